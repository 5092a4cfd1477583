"""Open Register while any one of its answers is garbage: an error of ours or the truth, never a false success."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

import pytest
from pydantic import SecretStr

from openconnector.auth.basic import BasicAuth
from openconnector.errors import OpenConnectorError
from openconnector.objects.open_register import OpenRegisterStore
from openconnector.ports import ObjectQuery, Place, Stored
from openconnector.records import Verdict
from openconnector.testing import FakeClock, FakeLog, http_for
from tests.fakes.garbage import GARBAGE, GARBAGE_ROWS, Garble, Garbling
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


def store_of(garbling: Garbling) -> OpenRegisterStore:
    clock = FakeClock()
    return OpenRegisterStore(
        http_for(garbling.handle_async_request, clock=clock),
        "http://nextcloud.test",
        BasicAuth(username="admin", password=SecretStr("secret")),
        clock=clock,
        log=FakeLog(),
    )


async def wrong_after(
    act: Callable[[OpenRegisterStore], Awaitable[Any]],
    is_true: Callable[[Any, FakeOpenRegister], bool],
    profile: Profile,
    garble: Garble,
) -> list[int]:
    """Garble each answer of an act in turn; return at which of them it reported what is not so."""
    wrong = []
    double = FakeOpenRegister(profile)
    schema = double.add_schema("T", "t", properties={"title": {"type": "string"}})
    double.add_register("R", "r", schemas=[schema["id"]])
    await store_of(Garbling(double, garble)).upsert(PLACE, OLD)
    before = double.rows
    for at in range(FIRST_REQUESTS):
        double.rows = deepcopy(before)
        garbling = Garbling(double, garble)
        garbling.at = at
        try:
            told = await act(store_of(garbling))
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


WAYS = GARBAGE | GARBAGE_ROWS


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
async def test_no_garbage_breaks_the_store_or_is_taken_for_the_truth(way: str):
    found = {name: await wrong_after(*act, WAYS[way]) for name, act in ACTS.items()}

    assert {name: requests for name, requests in found.items() if requests} == {}
