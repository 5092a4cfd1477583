"""JSON APIs that take objects one by one."""

import asyncio
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import unquote, urlsplit

import httpx
from pydantic import AfterValidator, Field
from typing_extensions import override

from openconnector.decoders.json import JsonDecoder
from openconnector.errors import (
    ConfigurationError,
    CredentialsRejected,
    MalformedAnswer,
    OpenConnectorError,
    RecordError,
)
from openconnector.expressions.paths import compile_path
from openconnector.expressions.positions import Position, described
from openconnector.expressions.results import records_in
from openconnector.http import refusals, urls
from openconnector.http.fields import Headers
from openconnector.http.headers import checked_name
from openconnector.kinds.reach import Reach
from openconnector.kinds.target import Target
from openconnector.messages import t
from openconnector.ports import SourceCall
from openconnector.records import Action, Change, Outcome, Record, Verdict

PLACEHOLDER = re.compile(r"\{\{\s*(\w*)\s*\}\}")
"""Where an id goes in a path or query."""

ANY_ADDRESS = "https://target.example"
"""Stands for the source's address where only a path is checked."""

REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""What a target answers that does not like a record."""

REJECTED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def _checked_names(template: str, *allowed: str) -> str:
    """Return the template. Raises `ValueError` when it names something else than these ids."""
    if unknown := [name for name in PLACEHOLDER.findall(template) if name not in allowed]:
        known = ", ".join(f"{{{{ {name} }}}}" for name in allowed)
        wrong = f"{{{{ {unknown[0]} }}}}"
        raise ValueError(t("knows no {name}; only {known} can stand here", name=wrong, known=known))
    if "{{" in PLACEHOLDER.sub("", template):
        raise ValueError(t("holds a {opening} that is not closed", opening="{{"))
    return template


def _checked_path(template: str, *allowed: str) -> str:
    try:
        urls.join(ANY_ADDRESS, PLACEHOLDER.sub("id", _checked_names(template, *allowed)))
    except ConfigurationError as error:
        raise ValueError(str(error)) from error
    return template


PathOfNew = Annotated[str, AfterValidator(lambda text: _checked_path(text, "originId"))]
PathOfKnown = Annotated[
    str, AfterValidator(lambda text: _checked_path(text, "targetId", "originId"))
]
PathOfObject = Annotated[str, AfterValidator(lambda text: _checked_path(text, "targetId"))]
OriginTemplate = Annotated[str, AfterValidator(lambda text: _checked_names(text, "originId"))]


def _header_or_nothing(name: str) -> str:
    return checked_name(name) if name else name


class RestTarget(Target):
    """REST API.

    Creates, updates and deletes objects one by one at an API that takes JSON. The address and the credentials are
    those of a source.

    Example:
    {
        "kind": "rest",
        "source": "case-system",
        "endpoint": "cases",
        "updateEndpoint": "cases/{{ targetId }}",
        "updateMethod": "PATCH",
        "idPosition": "data.id"
    }
    """

    uses: ClassVar[frozenset[str]] = frozenset({"sources", "contracts", "log"})
    chooses_ids: ClassVar[bool] = True
    placed_by: ClassVar[tuple[str, ...]] = ("source", "endpoint")

    kind: Literal["rest"] = "rest"
    source: str = Field(min_length=1, json_schema_extra={"x-refers": "sources"})
    """The source whose address, credentials and headers are used: its id, slug or reference."""
    endpoint: PathOfNew = ""
    """Path for new objects, below the source's address."""
    create_method: Literal["POST", "PUT"] = "POST"
    """Method for new objects. With PUT an object has its id at the source, unless the answer gives another."""
    update_endpoint: PathOfKnown = ""
    """Path of an object that exists, with `{{ targetId }}` for its id at the target and `{{ originId }}` for its id at
    the source. Empty means the path for new objects and the id behind it."""
    update_method: Literal["PUT", "PATCH", "POST"] = "PUT"
    """Method for objects that exist."""
    delete_endpoint: PathOfKnown = ""
    """Path of an object to delete, with `{{ targetId }}` and `{{ originId }}`. Empty means that for updates."""
    delete_method: Literal["DELETE", "POST"] = "DELETE"
    """Method for deletions."""
    id_position: Position = "id"
    """Where the id of a new object stands in the answer, as a path. Without it the `Location` header counts."""
    idempotency_header: Annotated[str, AfterValidator(_header_or_nothing)] = "Idempotency-Key"
    """Name of the header by which the target recognises a write that is sent again. Empty when it knows none."""
    find_endpoint: PathOfNew = ""
    """Path under which an object is looked up by `{{ originId }}` before a creation is sent again that an interrupted
    run may have sent already. Empty when it cannot be looked up."""
    find_query: dict[str, OriginTemplate] = Field(default_factory=dict)
    """Query parameters of that look-up, such as `externalId` with the value `{{ originId }}`."""
    results_position: Position = ""
    """Where that look-up's answer holds the list of objects: a path, `_root` when the answer is the list, `_object`
    when it is the object. Empty looks in the usual places."""
    read_endpoint: PathOfObject = ""
    """Path under which one object is read by `{{ targetId }}`, so that a dry run can show which of its fields would
    change. Empty when it cannot be read: a dry run then shows every field as new."""
    read_position: Position = ""
    """Where the object stands in that answer, as a dot path. Empty when the answer is the object."""
    headers: Headers = Field(default_factory=dict)
    """Headers of every write, besides those of the source."""
    query: dict[str, str] = Field(default_factory=dict)
    """Query parameters of every write."""
    concurrency: int = Field(default=4, ge=1, le=32)
    """How many writes may be under way at once."""

    @property
    @override
    def through(self) -> str | None:
        return self.source

    @override
    async def place(self, reach: Reach) -> str:
        return f"{self.source}/{self.endpoint.strip('/')}"

    @override
    async def write(self, reach: Reach, changes: Sequence[Change]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        failures: list[OpenConnectorError] = []
        waiting = iter(enumerate(changes))

        async def work() -> None:
            for index, change in waiting:
                if failures:
                    return
                try:
                    outcomes[index] = await self._carried_out(reach, change)
                except OpenConnectorError as error:
                    failures.append(error)

        # What is under way when one write fails for good is let finish: cutting it off would leave it uncertain.
        await asyncio.gather(*(work() for _ in range(min(self.concurrency, len(changes)))))
        if failures:
            raise failures[0]
        return await _told_apart(reach, changes, [outcomes[at] for at in range(len(changes))])

    @override
    def shows_current(self) -> bool:
        return bool(self.read_endpoint)

    @override
    async def current(self, reach: Reach, target_id: str) -> Record | None:
        if not self.read_endpoint:
            return None
        try:
            path = _filled(self.read_endpoint, targetId=target_id)
        except RecordError:
            return None
        call = SourceCall(method="GET", path=path, query=self.query, headers=self.headers)
        response = await reach.sources.send(self.source, call)
        if response.status_code in GONE:
            return {}
        if refused := _refused(response, target_id):
            reach.log.warning("object not read", targetId=target_id, reason=refused.reason)
            return None
        body = _body(response)
        found = compile_path(self.read_position)(body) if self.read_position else body
        return found if isinstance(found, dict) else None

    async def _carried_out(self, reach: Reach, change: Change) -> Outcome:
        try:
            if change.action is Action.DELETE:
                return await self._delete(reach, change)
            if change.action is Action.UPDATE and change.target_id is not None:
                return await self._update(reach, change, change.target_id)
            found = await self._find(reach, change) if change.is_repeat else None
            return await (
                self._create(reach, change) if found is None else self._update(reach, change, found)
            )
        except RecordError as error:
            return Outcome(verdict=Verdict.FAILED, target_id=change.target_id, reason=str(error))

    async def _create(self, reach: Reach, change: Change) -> Outcome:
        path = _filled(self.endpoint, originId=change.origin_id)
        response = await self._send(reach, self.create_method, path, change)
        if response.status_code in GONE:
            raise ConfigurationError(f"{_said(response)}: nothing is there; see `endpoint`")
        if refused := _refused(response, None):
            # A server that breaks after it has made the object answers 5xx too.
            return refused._replace(is_uncertain=response.is_server_error)
        body = _body(response)
        chosen = change.origin_id if self.create_method == "PUT" else None
        target_id = self._id_in(body) or _id_in_location(response) or chosen
        if target_id is None:
            return Outcome(
                verdict=Verdict.FAILED,
                writes=1,
                reason=f"The target gave the new object no id at {self.id_position!r} "
                f"(`idPosition`); its answer is {described(body)}",
            )
        return Outcome(verdict=Verdict.WRITTEN, target_id=target_id, writes=1)

    async def _update(self, reach: Reach, change: Change, target_id: str) -> Outcome:
        path = _filled(self._object_path(), originId=change.origin_id, targetId=target_id)
        response = await self._send(reach, self.update_method, path, change)
        if response.status_code in GONE:
            reason = f"{_said(response)}: it is gone at the target"
            return Outcome(verdict=Verdict.FAILED, reason=reason)
        if refused := _refused(response, target_id):
            return refused
        _body(response)
        return Outcome(verdict=Verdict.WRITTEN, target_id=target_id, writes=1)

    async def _delete(self, reach: Reach, change: Change) -> Outcome:
        if change.target_id is None:
            return Outcome(verdict=Verdict.UNCHANGED)
        template = self.delete_endpoint or self._object_path()
        path = _filled(template, originId=change.origin_id, targetId=change.target_id)
        response = await self._send(reach, self.delete_method, path, change)
        if response.status_code in GONE:
            return Outcome(verdict=Verdict.UNCHANGED, target_id=change.target_id)
        if refused := _refused(response, change.target_id):
            return refused
        return Outcome(verdict=Verdict.WRITTEN, target_id=change.target_id, writes=1)

    async def _find(self, reach: Reach, change: Change) -> str | None:
        """Return the id of the object that an interrupted creation left, None when there is none."""
        if not self.find_endpoint:
            if self.idempotency_header or self.create_method == "PUT":
                return None
            raise RecordError(
                "An interrupted run may have created it already, and nothing can tell; "
                "set `findEndpoint` or `idempotencyHeader`"
            )
        ids = {"originId": change.origin_id}
        query = {
            name: PLACEHOLDER.sub(lambda found: ids[found[1]], template)
            for name, template in self.find_query.items()
        }
        call = SourceCall(
            method="GET",
            path=_filled(self.find_endpoint, **ids),
            query=self.query | query,
            headers=self.headers,
        )
        response = await reach.sources.send(self.source, call)
        if response.status_code in GONE:
            return None
        if refused := _refused(response, None):
            raise RecordError(
                f"It could not be looked up before it is created again: {refused.reason}"
            )
        found = [self._id_in(item) for item in records_in(_body(response), self.results_position)]
        if len(found) > 1 or None in found:
            raise RecordError(
                f"The look-up before it is created again gave {len(found)} objects where one with "
                f"an id at {self.id_position!r} was expected; see `findQuery`"
            )
        return found[0] if found else None

    async def _send(self, reach: Reach, method: str, path: str, change: Change) -> httpx.Response:
        key = {self.idempotency_header: change.key} if self.idempotency_header else {}
        # Many APIs ignore the header; where an object can be looked up, that is done before it is created again.
        is_looked_up = change.action is Action.CREATE and bool(self.find_endpoint)
        call = SourceCall(
            method=method,
            path=path,
            query=self.query,
            headers=self.headers | key,
            json=change.data,
            idempotent=(bool(key) and not is_looked_up) or method != "POST",
        )
        return await reach.sources.send(self.source, call)

    def _object_path(self) -> str:
        if self.update_endpoint:
            return self.update_endpoint
        path, mark, query = self.endpoint.partition("?")
        return f"{path.rstrip('/')}/{{{{ targetId }}}}{mark}{query}"

    def _id_in(self, body: Any) -> str | None:
        found = compile_path(self.id_position)(body)
        is_id = isinstance(found, (str, int)) and not isinstance(found, bool) and found != ""
        return str(found) if is_id else None


async def _told_apart(
    reach: Reach, changes: Sequence[Change], outcomes: list[Outcome]
) -> list[Outcome]:
    """Fail every creation that was answered with the id of another record's object: one object cannot be both."""
    made = [
        (at, change.origin_id, outcome.target_id)
        for at, (change, outcome) in enumerate(zip(changes, outcomes, strict=True))
        if change.action is Action.CREATE and outcome.verdict is Verdict.WRITTEN
    ]
    ids = {target_id for _, _, target_id in made if target_id is not None}
    owners = dict(await reach.contracts.owners(ids)) if ids else {}
    for at, origin_id, target_id in made:
        owner = owners.setdefault(target_id or "", origin_id)
        if owner != origin_id:
            reason = (
                f"The target answered with the id {target_id!r}, which is that of the object of the record "
                f"{owner!r}: either the two became one object, or the id does not stand there; see `idPosition`"
            )
            outcomes[at] = outcomes[at]._replace(verdict=Verdict.FAILED, reason=reason)
    return outcomes


def _filled(template: str, **ids: str) -> str:
    """Return the path with ids in the place of their names. Raises `RecordError` for what cannot be part of a path."""

    def segment(found: re.Match[str]) -> str:
        if not ids[found[1]]:
            raise RecordError(f"An empty {found[1]} cannot be part of an address")
        return urls.segment(ids[found[1]])

    path = PLACEHOLDER.sub(segment, template)
    try:
        urls.join(ANY_ADDRESS, path)
    except ConfigurationError as error:
        raise RecordError(f"Its id cannot be part of an address: {error}") from error
    return path


def _refused(response: httpx.Response, target_id: str | None) -> Outcome | None:
    """Return what an answer says against one record, None when it is accepted. Raises what concerns every record."""
    status = response.status_code
    if response.is_success:
        return None
    if status in REJECTED:
        raise CredentialsRejected(f"{_said(response)}: these credentials may not write there")
    if response.is_redirect:
        raise ConfigurationError(f"{_said(response)}, a redirect, and those are not followed")
    verdict = Verdict.INVALID if status in REFUSALS else Verdict.FAILED
    reason = (
        f"{_said(response)}: {detail}"
        if (detail := refusals.told_in(response))
        else _said(response)
    )
    return Outcome(verdict=verdict, target_id=target_id, reason=reason)


def _said(response: httpx.Response) -> str:
    return f"{urls.subject(response.request)} answered {response.status_code}"


def _body(response: httpx.Response) -> Any:
    """Return the JSON of an answer, None when it holds none. Raises `MalformedAnswer` for a web page."""
    content_type = response.headers.get("content-type", "")
    try:
        return JsonDecoder().decode(response.content, content_type)
    except MalformedAnswer as error:
        if "html" in content_type.lower():
            raise MalformedAnswer(f"{urls.subject(response.request)}: {error}") from error
        return None


def _id_in_location(response: httpx.Response) -> str | None:
    path = urlsplit(response.headers.get("location", "")).path
    return unquote(path.rstrip("/").rpartition("/")[2]) or None
