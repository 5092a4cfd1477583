"""Open Register over HTTP as an object store.

Every object is written by POST with an id of ours: Open Register replaces what has that id, creates what has not, and
brings back what was deleted; PUT does none of the latter two. What it says about a write is believed only as far as it
was observed to be true.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import httpx
from httpx import codes
from typing_extensions import override

from openconnector.errors import (
    ConfigurationError,
    MalformedAnswer,
    NotFound,
    OpenConnectorError,
    Unavailable,
)
from openconnector.http.urls import segment
from openconnector.messages import t
from openconnector.objects.open_register_api import (
    OpenRegisterApi,
    answered,
    batches,
    decoded_object,
    reason,
    results_in,
)
from openconnector.objects.open_register_bulk import BulkTrials, bulk_rows, is_kept
from openconnector.objects.open_register_schema import Definition, row_id
from openconnector.objects.open_register_schema import definition as definition_of
from openconnector.ports import (
    AuthFlow,
    Clock,
    Found,
    Http,
    Log,
    ObjectQuery,
    ObjectStore,
    Place,
    Stored,
    StoredObject,
    Transaction,
)
from openconnector.records import Outcome, Record, Verdict

RESOLVED_FOR = timedelta(minutes=5)
LOCK_PAUSES_SECONDS = (1.0, 2.0, 4.0)
"""Waits for somebody's lock on an object before its write counts as failed."""
IDENTITY_HOLDS = timedelta(seconds=30)

T = TypeVar("T")
R = TypeVar("R")


class OpenRegisterStore(ObjectStore):
    """`ports.ObjectStore` on an Open Register; one of it per server and user, kept between runs."""

    def __init__(
        self,
        http: Http,
        base_url: str,
        auth: AuthFlow | None,
        *,
        clock: Clock,
        log: Log,
        concurrency: int = 4,
    ) -> None:
        self._api = OpenRegisterApi(http, base_url, auth)
        self._clock = clock
        self._log = log
        self._concurrency = concurrency
        self._bulk = BulkTrials(clock, log)
        self._resolved: dict[tuple[str, str], tuple[Definition, datetime]] = {}
        self._confirmed_at: datetime | None = None
        self._told: set[tuple[Place, str]] = set()

    @property
    @override
    def is_transactional(self) -> bool:
        return False

    @override
    def within(self, transaction: Transaction) -> ObjectStore:
        raise ConfigurationError(t("Writes to Open Register cannot be part of our own transaction"))

    @override
    async def confirm_identity(self) -> None:
        await self._api.confirm_identity()
        self._confirmed_at = self._clock.now()

    @override
    async def resolve(self, register: str, schema: str) -> Place:
        return (await self._definition(register, schema)).place

    @override
    async def schema(self, place: Place) -> dict[str, Any]:
        return (await self._at(place)).schema()

    @override
    async def validate(self, place: Place, data: Record) -> list[str]:
        """Foretell what the server will say; it says nothing without a write."""
        return (await self._at(place)).problems(data)

    # Writing

    @override
    async def upsert(self, place: Place, objects: Sequence[Stored]) -> list[Outcome]:
        # Of two with one id the last is written, as writing them in order would end.
        wanted = {one.id: one for one in objects}
        definition = await self._at(place)
        outcomes = await self._write_in_bulk(definition, list(wanted.values()))
        rest = [one for one in wanted.values() if one.id not in outcomes]
        singly = await self._each(rest, partial(self._write, definition))
        outcomes |= {one.id: outcome for one, outcome in zip(rest, singly, strict=True)}
        return _one_per_object(objects, outcomes)

    async def _write_in_bulk(
        self, definition: Definition, objects: list[Stored]
    ) -> dict[str, Outcome]:
        """Write what bulk can be trusted with; what is not in the result is still to be written."""
        # Bulk checks no schema, so what may break it is written singly and gets the server's own verdict.
        waiting = [one for one in objects if not definition.problems(one.data)]
        outcomes: dict[str, Outcome] = {}
        while waiting and (limit := self._bulk.rows_at_once(definition.place, len(waiting))):
            rows = bulk_rows(definition.properties, waiting, limit)
            sent, waiting = waiting[: len(rows)], waiting[len(rows) :]
            kept = await self._send_in_bulk(definition, sent, rows)
            # One request was acknowledged, so one is counted.
            outcomes |= {
                one.id: Outcome(verdict=Verdict.WRITTEN, target_id=one.id, writes=int(at == 0))
                for at, one in enumerate(kept)
            }
        return outcomes

    async def _send_in_bulk(
        self, definition: Definition, sent: list[Stored], rows: list[dict[str, Any]]
    ) -> list[Stored]:
        """Send one bulk call and return what is there afterwards as it was sent."""
        place = definition.place
        response = await self._api.post(
            f"bulk/{place.register}/{place.schema}/save", {"objects": rows}, is_bulk=True
        )
        if response.status_code == codes.SERVICE_UNAVAILABLE:
            raise Unavailable(reason(response))
        if response.status_code != codes.OK:
            self._bulk.abandon(place, reason(response))
            return []
        found = await self._found(definition, [one.id for one in sent], {"_empty": "true"})
        kept = [one for one in sent if is_kept(definition.properties, one, found.get(one.id))]
        self._bulk.judge(place, len(sent), len(kept))
        return kept

    async def _write(self, definition: Definition, stored: Stored) -> Outcome:
        place = definition.place
        body = stored.data | {"id": stored.id}
        path = f"objects/{place.register}/{place.schema}"
        try:
            response = await self._patiently(partial(self._api.post, path, body))
        except Unavailable:
            # v1.0.0 answers 500 for a schema that is gone, as it does when it is broken.
            await self._forget(place)
            raise
        if response.status_code == codes.NOT_FOUND:
            await self._forget(place)
            raise NotFound("register and schema of Open Register", path)
        if response.status_code == codes.FORBIDDEN:
            await self._confirm_lately()
        if response.status_code in (codes.OK, codes.CREATED):
            return self._acknowledged(definition, stored, decoded_object(response))
        is_invalid = response.status_code in (codes.BAD_REQUEST, codes.UNPROCESSABLE_ENTITY)
        verdict = Verdict.INVALID if is_invalid else Verdict.FAILED
        return Outcome(verdict=verdict, target_id=stored.id, reason=reason(response))

    def _acknowledged(
        self, definition: Definition, stored: Stored, answer: dict[str, Any]
    ) -> Outcome:
        if row_id(answer) != stored.id:
            told = f"Open Register stored the object under {row_id(answer)}, another id than ours"
            return Outcome(verdict=Verdict.FAILED, target_id=stored.id, writes=1, reason=told)
        for name, value in stored.data.items():
            if value is not None and name not in answer:
                self._tell_once(definition.place, name)
        return Outcome(verdict=Verdict.WRITTEN, target_id=stored.id, writes=1)

    def _tell_once(self, place: Place, name: str) -> None:
        """Say that Open Register drops a property: without a column for it, it does so silently."""
        if (place, name) not in self._told:
            self._told.add((place, name))
            self._log.warning(
                "open_register_property_dropped",
                register=place.register,
                schema=place.schema,
                property=name,
            )

    @override
    async def delete(self, place: Place, ids: Sequence[str]) -> list[Outcome]:
        # What an anonymous caller does not see counts as gone, so we make sure that we are none.
        await self.confirm_identity()
        present = await self.existing(place, ids)
        wanted = [object_id for object_id in dict.fromkeys(ids) if object_id in present]
        done = await self._each(wanted, partial(self._delete, place))
        outcomes = dict(zip(wanted, done, strict=True))
        return [
            outcomes.pop(one)
            if one in outcomes
            else _gone(one)  # an id that comes twice is gone then
            for one in ids
        ]

    async def _delete(self, place: Place, object_id: str) -> Outcome:
        path = f"objects/{place.register}/{place.schema}/{segment(object_id)}"
        try:
            response = await self._patiently(partial(self._api.delete, path))
        except Unavailable:
            # v0.2.14 answers 500 when somebody else was faster.
            if await self.existing(place, [object_id]):
                raise
            return _gone(object_id)
        if response.is_success:
            return Outcome(verdict=Verdict.WRITTEN, target_id=object_id, writes=1)
        if response.status_code in (codes.FORBIDDEN, codes.NOT_FOUND) and not await self.existing(
            place, [object_id]
        ):
            return _gone(object_id)
        return Outcome(verdict=Verdict.FAILED, target_id=object_id, reason=reason(response))

    # Reading

    @override
    async def get(self, place: Place, object_id: str) -> StoredObject:
        definition = await self._at(place)
        path = f"objects/{place.register}/{place.schema}/{segment(object_id)}"
        response = await self._api.get(path, {"_empty": "true"})
        return definition.stored(answered(response, "object", object_id))

    @override
    async def existing(self, place: Place, ids: Sequence[str]) -> set[str]:
        definition = await self._at(place)
        return set(await self._found(definition, ids, {"_fields": "id"}))

    async def _found(
        self, definition: Definition, ids: Sequence[str], query: dict[str, str]
    ) -> dict[str, StoredObject]:
        """Return which of the ids are there, by id."""
        pages = await self._each(list(batches(ids)), partial(self._batch, definition, query))
        return {one.id: one for page in pages for one in page}

    async def _batch(
        self, definition: Definition, query: dict[str, str], ids: list[str]
    ) -> list[StoredObject]:
        found = await self._list(
            definition, query | {"_ids": ",".join(ids), "_limit": str(len(ids))}
        )
        answered = {one.id for one in found.results}
        if answered - set(ids):
            raise MalformedAnswer(
                t("Open Register answered objects that were not asked for by `_ids`")
            )
        if len(answered) < len(found.results):
            # As many rows as ids are answered: where one comes twice, another may have been left out.
            raise MalformedAnswer(t("Open Register answered an object twice in one list by `_ids`"))
        return found.results

    @override
    async def search(self, place: Place, query: ObjectQuery) -> Found:
        definition = await self._at(place)
        return await self._list(definition, definition.parameters(query))

    async def _list(self, definition: Definition, query: dict[str, str]) -> Found:
        path = f"objects/{definition.place.register}/{definition.place.schema}"
        response = await self._api.get(path, query)
        body = answered(response, "register and schema of Open Register", path)
        results = [definition.stored(row) for row in results_in(body)]
        total = body.get("total")
        return Found(results=results, total=total if isinstance(total, int) else len(results))

    # What the rest stands on

    async def _at(self, place: Place) -> Definition:
        return await self._definition(place.register, place.schema)

    async def _definition(self, register: str, schema: str) -> Definition:
        """Return a place with its schema, asked once in five minutes.

        The schema is looked up among the register's own: schemas of two apps may have one slug (issue 2225).
        """
        known = self._resolved.get((register, schema))
        if known and self._clock.now() < known[1]:
            return known[0]
        response = await self._api.get(f"registers/{segment(register)}")
        number = answered(response, "register", register).get("id")
        response = await self._api.get(f"registers/{number}/schemas")
        for one in results_in(answered(response, "register", register)):
            if schema in (str(one.get("id")), one.get("uuid"), one.get("slug")):
                place = Place(register=str(number), schema=str(one["id"]))
                found = definition_of(place, one)
                until = self._clock.now() + RESOLVED_FOR
                self._resolved[register, schema] = found, until
                self._resolved[place.register, place.schema] = found, until
                return found
        raise NotFound(t("schema of register {register}", register=repr(register)), schema)

    async def _forget(self, place: Place) -> None:
        """Look a place up anew. Raises `NotFound` when it is gone."""
        self._resolved.clear()
        await self._at(place)

    async def _confirm_lately(self) -> None:
        """Confirm our identity unless that was done a moment ago."""
        lately = self._confirmed_at and self._clock.now() - self._confirmed_at < IDENTITY_HOLDS
        if not lately:
            await self.confirm_identity()

    async def _patiently(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Send, and again while somebody has the object locked (423)."""
        for seconds in LOCK_PAUSES_SECONDS:
            response = await send()
            if response.status_code != codes.LOCKED:
                return response
            await self._clock.sleep(seconds)
        return await send()

    async def _each(self, items: Sequence[T], do: Callable[[T], Awaitable[R]]) -> list[R]:
        """Do something for each item, a few at a time; results in order.

        After a failure nothing more is begun, but what is under way ends: cutting a write off leaves it uncertain.
        """
        results: dict[int, R] = {}
        failures: list[OpenConnectorError] = []
        waiting = iter(enumerate(items))

        async def work() -> None:
            for at, item in waiting:
                if failures:
                    return
                try:
                    results[at] = await do(item)
                except OpenConnectorError as error:
                    failures.append(error)

        await asyncio.gather(*(work() for _ in range(min(self._concurrency, len(items)))))
        if failures:
            raise failures[0]
        return [results[at] for at in range(len(items))]


def _gone(object_id: str) -> Outcome:
    return Outcome(verdict=Verdict.UNCHANGED, target_id=object_id)


def _one_per_object(objects: Sequence[Stored], outcomes: dict[str, Outcome]) -> list[Outcome]:
    """Return the outcomes in order; where an id comes twice, its write counts once."""
    counted: set[str] = set()
    result = []
    for one in objects:
        outcome = outcomes[one.id]
        result.append(outcome._replace(writes=0) if one.id in counted else outcome)
        counted.add(one.id)
    return result
