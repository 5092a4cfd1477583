"""The object store as a target: changes become writes of an object store."""

from typing import Any, cast

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from openconnector.auth.basic import BasicAuth
from openconnector.errors import NotFound
from openconnector.kinds.reach import Reach
from openconnector.objects.open_register import OpenRegisterStore
from openconnector.ports import ObjectStore
from openconnector.records import Action, Change, Verdict
from openconnector.targets import TARGETS
from openconnector.targets.object_store import ObjectStoreTarget
from openconnector.testing import FakeClock, FakeLog, http_for
from tests.fakes.open_register import FakeOpenRegister

TARGET = ObjectStoreTarget(register_key="things", schema_key="thing")


@pytest.fixture
def double() -> FakeOpenRegister:
    fake = FakeOpenRegister()
    schema = fake.add_schema("Thing", "thing", properties={"title": {"type": "string"}})
    fake.add_register("Things", "things", schemas=[schema["id"]])
    return fake


@pytest.fixture
def reach(double: FakeOpenRegister) -> Reach:
    clock = FakeClock()
    store = OpenRegisterStore(
        http_for(httpx.ASGITransport(double).handle_async_request, clock=clock),
        "http://nextcloud.test",
        BasicAuth(username="admin", password=SecretStr("secret")),
        clock=clock,
        log=FakeLog(),
    )
    return cast("Reach", Objects(store))


class Objects:
    """The only part of `Reach` this target may touch."""

    def __init__(self, objects: ObjectStore) -> None:
        self.objects = objects


def change(action: Action, target_id: str | None, data: dict[str, Any] | None = None) -> Change:
    return Change(action=action, origin_id="o", target_id=target_id, data=data, key="k")


async def test_changes_are_carried_out_in_order_with_an_outcome_each(reach: Reach):
    outcomes = await TARGET.write(
        reach,
        [
            change(Action.CREATE, "a", {"title": "A"}),
            change(Action.CREATE, "b", {"title": "B"}),
            change(Action.DELETE, "b"),
            change(Action.DELETE, "nobody"),
            change(Action.CREATE, "b", {"title": "B again"}),
            change(Action.UPDATE, "a", {"title": "A changed"}),
        ],
    )

    assert [(one.target_id, one.verdict) for one in outcomes] == [
        ("a", Verdict.WRITTEN),
        ("b", Verdict.WRITTEN),
        ("b", Verdict.WRITTEN),
        ("nobody", Verdict.UNCHANGED),
        ("b", Verdict.WRITTEN),
        ("a", Verdict.WRITTEN),
    ]
    assert await TARGET.current(reach, "a") == {"title": "A changed"}
    assert await TARGET.current(reach, "b") == {"title": "B again"}


async def test_what_is_not_there_has_no_current_state(reach: Reach):
    assert await TARGET.current(reach, "nobody") is None
    assert await TARGET.existing(reach, ["nobody"]) == set()


async def test_the_schema_of_the_store_says_what_is_wrong_with_a_record(reach: Reach):
    assert await TARGET.check(reach, {"title": 1}) != []
    assert await TARGET.check(reach, {"title": "A"}) == []


async def test_a_register_that_is_not_there_is_named(reach: Reach):
    target = ObjectStoreTarget(register_key="nowhere", schema_key="thing")

    with pytest.raises(NotFound, match="nowhere"):
        await target.write(reach, [change(Action.CREATE, "a", {})])


async def test_it_is_part_of_a_transaction_only_where_the_store_is(reach: Reach):
    assert not TARGET.is_transactional(reach)
    await TARGET.confirm_identity(reach)


async def test_a_change_without_the_id_of_its_object_is_a_mistake_of_ours(reach: Reach):
    for wrong in (change(Action.CREATE, None, {}), change(Action.DELETE, None)):
        with pytest.raises(ValueError, match="names no object"):
            await TARGET.write(reach, [wrong])


async def test_a_place_is_the_same_however_it_is_spelled(reach: Reach):
    by_slug = await TARGET.place(reach)
    place = await reach.objects.resolve(TARGET.register_key, TARGET.schema_key)
    loaded = {"kind": "object_store", "register": place.register, "schema": place.schema}

    assert by_slug == f"{place.register}/{place.schema}"
    assert by_slug == await TARGETS.load(loaded).place(reach)


def test_the_configuration_names_register_and_schema():
    loaded = TARGETS.load({"kind": "object_store", "register": "a", "schema": "b"})

    assert loaded.configuration() == {"kind": "object_store", "register": "a", "schema": "b"}
    with pytest.raises(ValidationError):
        ObjectStoreTarget(register_key="", schema_key="b")


def test_a_field_is_called_as_it_is_written():
    properties = ObjectStoreTarget.model_json_schema()["properties"]

    assert [properties[name]["title"] for name in ("register", "schema")] == ["Register", "Schema"]
