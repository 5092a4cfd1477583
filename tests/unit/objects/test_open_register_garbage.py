"""Open Register while any one of its answers is garbage: an error of ours or the truth, never a false success."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from openconnector.auth.basic import BasicAuth
from openconnector.errors import OpenConnectorError
from openconnector.objects.open_register import OpenRegisterStore
from openconnector.ports import ObjectQuery, Place, Stored
from openconnector.records import Verdict
from openconnector.testing import FakeClock, FakeLog, http_for
from tests.fakes.open_register import V0_2_14, V1_0_0, FakeOpenRegister, Profile

PLACE = Place(register="1", schema="1")
FIRST_REQUESTS = 9
"""Of so many requests each answer is garbled: among them is one of every kind."""


def things(title: str, *numbers: int) -> list[Stored]:
    return [
        Stored(id=f"00000000-0000-4000-8000-{at:012d}", data={"title": title}) for at in numbers
    ]


OLD = things("old", *range(4))
FEW, MANY = things("new", 3, 4, 5), things("new", *range(3, 25))
"""What is written one by one, and what is worth a bulk call."""

Garble = Callable[[httpx.Response], httpx.Response]


def body(content: bytes, status: int = 200, where: str = "") -> Garble:
    headers = {"Location": where} if where else {}
    return lambda _: httpx.Response(status, content=content, headers=headers)


def changed(change: Callable[[Any], Any]) -> Garble:
    """Return what changes the decoded answer; one that is no JSON stays."""

    def garble(answer: httpx.Response) -> httpx.Response:
        try:
            value = orjson.loads(answer.content)
        except ValueError:
            return answer
        return httpx.Response(answer.status_code, content=orjson.dumps(change(value)))

    return garble


def every_value(replacement: Any) -> Garble:
    return changed(
        lambda value: dict.fromkeys(value, replacement) if isinstance(value, dict) else replacement
    )


def rows_of(change: Callable[[list[Any]], Any]) -> Garble:
    def within(value: Any) -> Any:
        is_list = isinstance(value, dict) and isinstance(value.get("results"), list)
        return value | {"results": change(value["results"])} if is_list else value

    return changed(within)


def each_row(change: Callable[[dict[str, Any]], Any]) -> Garble:
    return rows_of(lambda rows: [change(row) if isinstance(row, dict) else row for row in rows])


GARBAGE: dict[str, Garble] = {
    "a login page": body(b"<!DOCTYPE html><html>Log in</html>"),
    "nothing": body(b""),
    "no content": body(b"", 204),
    "cut off": lambda answer: httpx.Response(answer.status_code, content=answer.content[:-7]),
    "a list": body(b"[]"),
    "a list of lists": body(b"[[[]]]"),
    "null": body(b"null"),
    "a text": body(b'"<b>Fatal error</b>"'),
    "a number": body(b"17"),
    "not UTF-8": body(b'{"id": "\xff\xfe", "results": []}'),
    "deep": body(b"[" * 100_000 + b"]" * 100_000),
    "a long text in an error": body(b'{"error": "' + b"x" * 3_000_000 + b'"}', 400),
    "errors of another shape": body(b'{"errors": {"a": [[1, {"b": null}]]}, "message": [1]}', 422),
    "a teapot": body(b"short and stout", 418),
    "broken": body(b"<h1>Internal Server Error</h1>", 500),
    "a redirect to itself": body(b"", 302, "/index.php/apps/openregister/api/objects/1/1"),
    "a redirect elsewhere": body(b"", 307, "http://169.254.169.254/latest"),
    "an early hint": body(b"", 226),
    "every value null": every_value(None),
    "every value a list": every_value([None]),
    "every value an object": every_value({"a": {}}),
    "every value huge": every_value(10**18),
    "results that are an object": changed(lambda value: {"results": value}),
    "rows that are null": rows_of(lambda rows: [None for _ in rows]),
    "rows that are lists": rows_of(lambda rows: [[row] for row in rows]),
    "rows without an id": each_row(lambda row: {k: v for k, v in row.items() if k != "id"}),
    "rows with a number as id": each_row(lambda row: row | {"id": 5}),
    "rows whose @self is a text": each_row(lambda row: row | {"@self": "x"}),
    "rows whose @self holds nonsense": each_row(
        lambda row: row | {"@self": {"id": [1], "created": {}, "updated": "never"}}
    ),
    "rows with the id of another": each_row(lambda row: row | {"id": OLD[0].id, "@self": {}}),
    "every row twice": rows_of(lambda rows: rows + rows),
}


class Garbling:
    """Passes requests on to the double, and garbles one answer, whether the request did something or not."""

    def __init__(self, double: FakeOpenRegister, garble: Garble) -> None:
        self._passed_on = httpx.ASGITransport(double, raise_app_exceptions=True)
        self._garble = garble
        self.at = -1
        """Which request from now on; negative ones garble nothing."""

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = await self._passed_on.handle_async_request(request)
        await answer.aread()
        self.at -= 1
        if self.at != -1:
            return answer
        return self._garble(answer)


async def wrong_after(
    act: Callable[[OpenRegisterStore], Awaitable[Any]],
    is_true: Callable[[Any, FakeOpenRegister], bool],
    profile: Profile,
    garble: Garble,
) -> list[int]:
    """Garble each answer of an act in turn; return at which of them it reported what is not so."""
    wrong = []
    for at in range(FIRST_REQUESTS):
        double = FakeOpenRegister(profile)
        schema = double.add_schema("T", "t", properties={"title": {"type": "string"}})
        double.add_register("R", "r", schemas=[schema["id"]])
        garbling, clock = Garbling(double, garble), FakeClock()
        store = OpenRegisterStore(
            http_for(garbling, clock=clock),
            "http://nextcloud.test",
            BasicAuth(username="admin", password=SecretStr("secret")),
            clock=clock,
            log=FakeLog(),
        )
        await store.upsert(PLACE, OLD)
        clock.moment = clock.moment.replace(year=clock.moment.year + 1)
        garbling.at = at
        try:
            told = await act(store)
        except OpenConnectorError:
            continue
        if not is_true(told, double):
            wrong.append(at)
        if garbling.at >= 0:
            break
    return wrong


def is_written(outcomes: Any, double: FakeOpenRegister) -> bool:
    kept = {object_id: row.data.get("title") for object_id, row in double.rows.items()}
    written = [one.target_id for one in outcomes if one.verdict is Verdict.WRITTEN]
    return len(outcomes) in (len(FEW), len(MANY)) and {kept.get(one) for one in written} <= {"new"}


def is_gone(outcomes: Any, double: FakeOpenRegister) -> bool:
    there = {one for one, row in double.rows.items() if not row.deleted}
    good = {one.target_id for one in outcomes if one.verdict is not Verdict.FAILED}
    return len(outcomes) == len(OLD) and not good & there


def is_there(found: Any, _double: FakeOpenRegister) -> bool:
    return bool(found == {one.id for one in OLD})


def is_any(_found: Any, _double: FakeOpenRegister) -> bool:
    """What a search answers is shown as it is."""
    return True


OLD_IDS = [one.id for one in OLD]
ACTS: dict[str, tuple[Any, Any, Profile]] = {
    "write": (lambda store: store.upsert(PLACE, FEW), is_written, V1_0_0),
    "write many": (lambda store: store.upsert(PLACE, MANY), is_written, V0_2_14),
    "delete": (lambda store: store.delete(PLACE, OLD_IDS), is_gone, V1_0_0),
    "look": (lambda store: store.existing(PLACE, OLD_IDS), is_there, V1_0_0),
    "search": (lambda store: store.search(PLACE, ObjectQuery(limit=100)), is_any, V1_0_0),
}


@pytest.mark.parametrize("garble", GARBAGE)
async def test_no_garbage_breaks_the_store_or_is_taken_for_the_truth(garble: str):
    found = {name: await wrong_after(*act, GARBAGE[garble]) for name, act in ACTS.items()}

    assert {name: requests for name, requests in found.items() if requests} == {}
