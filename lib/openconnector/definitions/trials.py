"""Trying a source out: one page of it. Nothing is saved."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, cast

import httpx

from openconnector.definitions.models import SourceDefinition
from openconnector.definitions.store import Loaded
from openconnector.errors import Conflict, OpenConnectorError
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.messages import t
from openconnector.ports import Account, AuthFlow, Host, HostRequest, Http, HttpLimits, OcsAnswer
from openconnector.records import Page

SECRET_HEADER = re.compile(r"auth|token|secret|key|cookie|session|signature", re.IGNORECASE)
"""Names of headers whose values nobody needs to see."""


@dataclass(slots=True, kw_only=True)
class Trial:
    """What one page of a source brought."""

    status: int | None = None
    """Of the last answer; None when none came."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of the last answer, without those that may hold secrets."""
    requests: int = 0
    duration_ms: float = 0.0
    found: int | None = None
    """Records on the page; None when it could not be read."""
    records: list[Any] = field(default_factory=list)
    """Those of the page."""
    paginator: str | None = None
    """How the next page would be asked for, as far as the page tells."""
    has_more: bool | None = None
    error: OpenConnectorError | None = None
    answer: httpx.Response | None = None
    """The last answer itself, of a source that is asked over HTTP."""


LIMITS = HttpLimits()


class _Watched:
    """Implements `ports.Http`: sends once, without repeating, and notes what came back."""

    def __init__(self, http: Http, trial: Trial) -> None:
        self._http = http
        self._trial = trial

    async def send(
        self,
        request: httpx.Request,
        *,
        auth: AuthFlow | None = None,
        limits: HttpLimits = LIMITS,
        idempotent: bool | None = None,
    ) -> httpx.Response:
        """Send the request and note its answer."""
        once = replace(limits, attempts=1)
        self._trial.requests += 1
        response = await self._http.send(request, auth=auth, limits=once, idempotent=idempotent)
        self._trial.status, self._trial.answer = response.status_code, response
        self._trial.headers = {
            name: value
            for name, value in response.headers.items()
            if not SECRET_HEADER.search(name)
        }
        return response


@dataclass(frozen=True, slots=True)
class _WatchedHost:
    """Implements `ports.Host`: what comes back is noted."""

    host: Host
    trial: Trial

    def account(self, user_id: str = "") -> Account:
        return _WatchedAccount(self.host.account(user_id), self.trial)


@dataclass(frozen=True, slots=True)
class _WatchedAccount:
    """Implements `ports.Account`: notes every answer."""

    account: Account
    trial: Trial

    @property
    def user_id(self) -> str:
        return self.account.user_id

    async def ocs(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> OcsAnswer:
        self.trial.requests += 1
        answer = await self.account.ocs(method, path, query=query, json=json)
        self.trial.status = answer.status
        return answer

    async def send(self, request: HostRequest, limits: HttpLimits = LIMITS) -> httpx.Response:
        self.trial.requests += 1
        answer = await self.account.send(request, limits)
        self.trial.status = answer.status_code
        return answer

    @asynccontextmanager
    async def stream(
        self, request: HostRequest, limits: HttpLimits = LIMITS
    ) -> AsyncIterator[httpx.Response]:
        self.trial.requests += 1
        async with self.account.stream(request, limits) as answer:
            self.trial.status = answer.status_code
            yield answer


async def try_source(
    loaded: Loaded[SourceDefinition], reach: Reach, selection: Mapping[str, Any]
) -> Trial:
    """Read one page of a source.

    Raises `InvalidInput` for a wrong selection and `Conflict` when it is switched off; all else the trial tells.
    """
    if not loaded.definition.is_enabled:
        raise Conflict(
            t("The source {slug} is switched off; switch it on to try it", slug=repr(loaded.slug))
        )
    narrowed = loaded.definition.configuration.narrowed(selection)
    trial = Trial()
    watched = replace(reach, http=_Watched(reach.http, trial), host=_WatchedHost(reach.host, trial))
    began = perf_counter()
    try:
        _take(trial, narrowed, await _first_page(narrowed, watched))
    except OpenConnectorError as error:
        trial.error = error
    trial.duration_ms = round((perf_counter() - began) * 1000, 1)
    return trial


async def _first_page(source: Source, reach: Reach) -> Page:
    pages = cast(AsyncGenerator[Page, None], source.read(reach))
    async with aclosing(pages):
        return await anext(pages, Page(records=[], is_end=True))


def _take(trial: Trial, source: Source, page: Page) -> None:
    trial.found = len(page.records)
    trial.records = page.records
    trial.has_more = not page.is_end
    trial.paginator = _paginator(source, page)


def _paginator(source: Source, page: Page) -> str | None:
    """Return the paginator's kind; for one that is found out, what was found if anything follows."""
    chosen = getattr(source, "paginator", None)
    return _found_out(page.cursor) or (chosen.kind if chosen else None)


def _found_out(cursor: Any) -> str | None:
    """Return the kind that `auto` found: it stands in its state, somewhere in the source's own cursor."""
    if not isinstance(cursor, dict):
        return None
    found = cursor.get("paginator")
    if isinstance(found, dict):
        return found.get("kind")
    return next(filter(None, map(_found_out, cursor.values())), None)
