"""APIs over HTTP."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

import httpx
import xxhash
from pydantic import Field, model_validator
from typing_extensions import override
from xxhash import xxh3_64_hexdigest

from openconnector.auth import AUTH
from openconnector.auth.none import NoAuth
from openconnector.decoders import DECODERS
from openconnector.decoders.json import JsonDecoder
from openconnector.errors import (
    ConfigurationError,
    CredentialsRejected,
    EndlessRead,
    LimitExceeded,
    MalformedAnswer,
    OpenConnectorError,
    TemplateLimit,
    Unavailable,
)
from openconnector.expressions.positions import Position
from openconnector.expressions.results import OBJECT, records_in
from openconnector.http import urls
from openconnector.http.fields import Headers, Location
from openconnector.kinds.auth import Auth
from openconnector.kinds.base import FIRST, Selection
from openconnector.kinds.decoder import Decoder
from openconnector.kinds.paginator import Answer, Ask, End, Paginator
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.messages import t
from openconnector.paginators import PAGINATORS
from openconnector.paginators.auto import Auto
from openconnector.paginators.single_page import SinglePage
from openconnector.ports import HttpLimits, SourceCall
from openconnector.records import Cursor, Page

REJECTED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class RestSource(Source):
    """REST API.

    Reads records page by page from an API that answers with JSON, or with XML where the decoder says so.

    Example:
    {
        "kind": "rest",
        "location": "https://api.example.org/v1",
        "endpoint": "cases",
        "query": {"status": "open"},
        "resultsPosition": "results"
    }
    """

    uses: ClassVar[frozenset[str]] = frozenset({"http"})

    kind: Literal["rest"] = "rest"
    location: Location
    """Base address of the API, such as `https://api.example.org/v1`."""
    auth: Annotated[Auth, AUTH] = Field(default=NoAuth(), json_schema_extra=FIRST)
    """How requests prove who we are."""
    endpoint: Annotated[str, Selection()] = Field(default="", json_schema_extra=FIRST)
    """Path of the list below the base address."""
    method: Annotated[Literal["GET", "POST"], Selection()] = "GET"
    """Method of the requests for a page. POST is for APIs that are searched with a body."""
    query: Annotated[dict[str, str], Selection()] = Field(default_factory=dict)
    """Query parameters of every request. A synchronization adds its own to them."""
    headers: Annotated[Headers, Selection()] = Field(default_factory=dict)
    """Headers of every request. A synchronization adds its own to them. Credentials belong in the authentication."""
    body: Annotated[dict[str, Any] | list[Any] | None, Selection()] = None
    """Body of the requests for a page, sent as JSON; only with the method POST."""
    results_position: Annotated[Position, Selection()] = ""
    """Where the list of records stands in an answer: a dot path or JSONPath query, `_root` when the answer is the list,
    `_object` when it is one record. Empty looks in the usual places, such as `items`, `results` and `data`."""
    paginator: Annotated[Paginator, PAGINATORS, Selection()] = Auto()
    """How the next page is asked for."""
    next_links: Literal["exact", "repaired"] = "exact"
    """How links to the next page are followed: exactly as given, or repaired for APIs behind a proxy that name an
    inner address or leave out query parameters. Repairing keeps their path and query and adds what is missing."""
    decoder: Annotated[Decoder, DECODERS] = JsonDecoder()
    """Format of the answers."""
    max_pages: Annotated[int, Selection()] = Field(default=10_000, ge=1)
    """Reading stops after this many pages; the run then counts as incomplete and deletes nothing."""
    max_records: int | None = Field(default=None, ge=1)
    """Reading stops after the page with this record; the run then counts as incomplete. Empty means no bound."""
    timeout_seconds: float = Field(default=30.0, gt=0, le=3600)
    """How long one answer may take, in seconds."""
    max_bytes: int = Field(default=64 * 1024 * 1024, ge=1)
    """How large one answer may be, in bytes."""

    @model_validator(mode="after")
    def _request_is_possible(self) -> Self:
        if self.body is not None and self.method == "GET":
            raise ValueError(t("a body needs the method POST"))
        try:
            urls.join(self.location, self.endpoint, self.query)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    @override
    def hosts(self) -> tuple[str, ...]:
        return (httpx.URL(self.location).host, *self.auth.hosts)

    @override
    def narrowed(self, selection: Mapping[str, Any]) -> Self:
        merged = dict(selection)
        if isinstance(query := selection.get("query"), dict):
            merged["query"] = self.query | query
        if isinstance(headers := selection.get("headers"), dict):
            replaced = {str(name).lower() for name in headers}
            kept = {
                name: self.headers[name] for name in self.headers if name.lower() not in replaced
            }
            merged["headers"] = kept | headers
        return super().narrowed(merged)

    @override
    async def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        paginator = SinglePage() if self.results_position == OBJECT else self.paginator
        reading = _Reading.of(cursor) if cursor else _Reading(step=paginator.next(None, None))
        while isinstance(ask := reading.step, Ask):
            reading.note(ask)
            request = self._request(ask)
            response = await reach.http.send(
                request, auth=self.auth, limits=self._limits(), idempotent=True
            )
            try:
                page = self._page(reading, paginator, ask, response)
            except MalformedAnswer as error:
                raise MalformedAnswer(f"{urls.subject(request)}: {error}") from error
            except TemplateLimit as error:
                raise LimitExceeded(f"{urls.subject(request)}: {error}") from error
            yield replace(page, digest=xxhash.xxh3_128_digest(response.content))

    @override
    async def call(self, reach: Reach, call: SourceCall) -> httpx.Response:
        url = urls.join(self.location, call.path, {**self.query, **call.query})
        headers = self._all_headers()
        headers.update(call.headers)
        request = httpx.Request(call.method, url, headers=headers, json=call.json)
        return await reach.http.send(
            request, auth=self.auth, limits=self._limits(), idempotent=call.idempotent
        )

    def _limits(self) -> HttpLimits:
        return HttpLimits(timeout_seconds=self.timeout_seconds, max_bytes=self.max_bytes)

    def _all_headers(self) -> httpx.Headers:
        headers = httpx.Headers({"Accept": self.decoder.accept})
        headers.update(self.headers)
        return headers

    def _request(self, ask: Ask) -> httpx.Request:
        url = urls.join(self.location, self.endpoint, self.query)
        if ask.url is not None:
            url = self._followed(url, ask.url)
        for name, value in ask.query.items():
            url = urls.with_parameter(url, name, value)
        return httpx.Request(self.method, url, headers=self._all_headers(), json=self.body)

    def _followed(self, base: httpx.URL, link: str) -> httpx.URL:
        """Return the address of a link to the next page; never one on another origin."""
        if self.next_links == "exact":
            return urls.follow(base, link)
        url = urls.follow(base, urlsplit(link)._replace(scheme="", netloc="").geturl())
        for name, value in self.query.items():
            if name not in url.params:
                url = urls.with_parameter(url, name, value)
        return url

    def _page(
        self, reading: "_Reading", paginator: Paginator, ask: Ask, response: httpx.Response
    ) -> Page:
        """Return the page an answer holds, and leave in ``reading`` what to ask next."""
        records: list[Any] = []
        step: Ask | End = End()
        if response.is_error or response.has_redirect_location:
            step = _end_at(paginator, ask, response)
        elif response.status_code != HTTPStatus.NO_CONTENT:
            content_type = response.headers.get("content-type", "")
            body = self.decoder.decode(response.content, content_type)
            records = records_in(body, self.results_position, has_lists=self.decoder.has_lists)
            if reading.is_repeat(records):
                step, records = _end_at(paginator, ask, response), []
            else:
                answer = Answer(
                    url=str(response.request.url),
                    headers=response.headers,
                    body=body,
                    count=len(records),
                )
                step = paginator.next(ask, answer)
        reading.took(records, step)
        return self._bounded(reading, records)

    def _bounded(self, reading: "_Reading", records: list[Any]) -> Page:
        if isinstance(reading.step, End):
            why = reading.step.incomplete
            return Page(records=records, is_end=why is None, incomplete=why)
        if reading.pages >= self.max_pages:
            why = f"The limit of {self.max_pages} pages (`maxPages`) is reached and more may follow"
        elif self.max_records is not None and reading.records >= self.max_records:
            why = f"The limit of {self.max_records} records (`maxRecords`) is reached"
        else:
            return Page(records=records, cursor=reading.cursor())
        reading.pages = reading.records = 0
        page = Page(records=records, cursor=reading.cursor(), incomplete=why)
        reading.step = End()
        return page


@dataclass(slots=True, kw_only=True)
class _Reading:
    """How far one read has come."""

    step: Ask | End
    """What to ask next."""
    pages: int = 0
    records: int = 0
    before: str = ""
    """Fingerprint of the page before."""
    asked: set[int] = field(default_factory=set)
    """Hashes of what has been asked."""

    @classmethod
    def of(cls, cursor: Cursor) -> Self:
        return cls(**{**cursor, "step": Ask(**cursor["step"])})

    def cursor(self) -> Cursor:
        """Return where to read on from, as JSON."""
        return {
            "step": asdict(self.step),
            "pages": self.pages,
            "records": self.records,
            "before": self.before,
        }

    def note(self, ask: Ask) -> None:
        """Remember what is asked. Raises `EndlessRead` when it was asked before."""
        key = hash((ask.url, frozenset(ask.query.items())))
        if key in self.asked:
            raise EndlessRead(
                t(
                    "Page {pages} names a page that was read before as the next one; the source leads in a "
                    "circle, see `paginator`",
                    pages=self.pages,
                )
            )
        self.asked.add(key)

    def is_repeat(self, records: list[Any]) -> bool:
        """Tell whether these are the records of the page before."""
        return bool(records) and _fingerprint(records) == self.before

    def took(self, records: list[Any], step: Ask | End) -> None:
        """Count the page and remember it."""
        self.step = step
        self.before = _fingerprint(records) if records else ""
        self.pages += 1
        self.records += len(records)


def _fingerprint(records: list[Any]) -> str:
    """Return what tells a page from the next one: how many records it has, the first and the last."""
    return xxh3_64_hexdigest(repr((len(records), records[0], records[-1])).encode())


def _end_at(paginator: Paginator, ask: Ask, response: httpx.Response) -> End:
    """Return the end that an answer without a page of its own stands for. Raises when it stands for none."""
    status = response.status_code
    is_page_missing = response.is_success or (response.is_client_error and status not in REJECTED)
    if is_page_missing and (end := paginator.end_at(ask, status)):
        return end
    raise _problem_with(response)


def _problem_with(response: httpx.Response) -> OpenConnectorError:
    """Return what an answer that holds no page means for the caller."""
    status = response.status_code
    said = t("{subject} answered {status}", subject=urls.subject(response.request), status=status)
    if response.is_success:
        return EndlessRead(
            t("{said} with the same records as the page before; see `paginator`", said=said)
        )
    if status in REJECTED:
        return CredentialsRejected(
            t("{said}: these credentials may not read it; see `auth`", said=said)
        )
    if response.is_server_error:
        return Unavailable(said)
    if response.is_redirect:
        return ConfigurationError(
            t("{said}, a redirect, and those are not followed; see `location`", said=said)
        )
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return ConfigurationError(
            t("{said}: nothing is there; see `location` and `endpoint`", said=said)
        )
    return ConfigurationError(
        t("{said}; it does not accept the request, see `query` and `method`", said=said)
    )
