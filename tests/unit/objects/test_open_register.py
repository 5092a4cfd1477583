"""Open Register as an object store: what it takes for true and what it does when things go wrong."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from openconnector.auth.basic import BasicAuth
from openconnector.errors import (
    ConfigurationError,
    CredentialsRejected,
    MalformedAnswer,
    NotFound,
    OpenConnectorError,
    RateLimited,
    Unavailable,
)
from openconnector.objects.open_register import OpenRegisterStore
from openconnector.ports import ObjectQuery, Place, Stored
from openconnector.records import Verdict
from openconnector.testing import FakeClock, FakeLog, http_for
from tests.fakes.open_register import API, V0_2_14, V1_0_0, FakeOpenRegister, Profile

OBJECTS = f"{API}/objects/1/1"
PLACE = Place(register="1", schema="1")


@dataclass
class Setup:
    """A store, the double behind it, and what it is told."""

    profile: Profile = V1_0_0
    password: str = "secret"
    clock: FakeClock = field(default_factory=FakeClock)
    log: FakeLog = field(default_factory=FakeLog)

    def __post_init__(self) -> None:
        self.double = FakeOpenRegister(self.profile)
        properties = {"title": {"type": "string"}, "age": {"type": "integer"}}
        schema = self.double.add_schema("Thing", "thing", properties=properties)
        self.double.add_register("Things", "things", schemas=[schema["id"]])
        self.store = OpenRegisterStore(
            http_for(httpx.ASGITransport(self.double).handle_async_request, clock=self.clock),
            "http://nextcloud.test",
            BasicAuth(username="admin", password=SecretStr(self.password)),
            clock=self.clock,
            log=self.log,
        )

    def events(self) -> list[str]:
        return [event for _, event, _ in self.log.events]


def things(count: int, **more: Any) -> list[Stored]:
    return [
        Stored(id=f"00000000-0000-4000-8000-{at:012d}", data={"title": f"Thing {at}", **more})
        for at in range(count)
    ]


def ids(objects: list[Stored]) -> list[str]:
    return [one.id for one in objects]


# Bulk


async def test_a_server_that_refuses_bulk_is_asked_once_a_day_and_loses_nothing():
    setup = Setup(V1_0_0)

    for _ in range(3):
        await setup.store.upsert(PLACE, things(30))
    asked_on_the_first_day = setup.double.count("POST", "/bulk")
    setup.clock.moment += timedelta(hours=24, seconds=1)
    await setup.store.upsert(PLACE, things(30))

    assert asked_on_the_first_day == 1
    assert setup.double.count("POST", "/bulk") == 2
    assert setup.double.count("POST", "/objects") == 4 * 30
    assert setup.double.count("PUT") == 0
    assert setup.events() == ["open_register_bulk_abandoned"] * 2


async def test_where_bulk_works_objects_are_written_five_hundred_at_a_time_after_a_trial():
    setup = Setup(V0_2_14)

    outcomes = await setup.store.upsert(PLACE, things(1_200))

    assert setup.double.count("POST", "/bulk") == 4
    assert setup.double.count("POST", "/objects") == 0
    assert {one.verdict for one in outcomes} == {Verdict.WRITTEN}
    assert sum(one.writes for one in outcomes) == 4
    assert len(setup.double.rows) == 1_200


async def test_figures_that_call_changed_rows_unchanged_are_not_believed():
    setup = Setup(V0_2_14)
    await setup.store.upsert(PLACE, things(100, age=1))

    changed = await setup.store.upsert(PLACE, things(100, age=2))
    unchanged = await setup.store.upsert(PLACE, things(100, age=2))

    assert {one.verdict for one in [*changed, *unchanged]} == {Verdict.WRITTEN}
    assert {row.data["age"] for row in setup.double.rows.values()} == {2}
    assert setup.double.count("POST", "/objects") == 0
    assert setup.events() == []


async def test_rows_that_bulk_silently_left_out_are_written_one_by_one():
    setup = Setup(replace(V0_2_14, is_bulk_partial=True))

    outcomes = await setup.store.upsert(PLACE, things(62))

    left_out = 2 + 19  # every third of the trial's five rows and of the remaining 57
    assert {one.verdict for one in outcomes} == {Verdict.WRITTEN}
    assert setup.double.count("POST", "/objects") == left_out
    assert len(setup.double.rows) == 62
    assert "open_register_bulk_incomplete" in setup.events()


async def test_a_deleted_object_among_many_is_brought_back_by_a_write_of_its_own():
    setup = Setup(V0_2_14)
    objects = things(60)
    await setup.store.upsert(PLACE, objects)
    await setup.store.delete(PLACE, ids(objects[30:32]))

    await setup.store.upsert(PLACE, objects)

    assert setup.double.count("POST", "/objects") == 2
    assert await setup.store.existing(PLACE, ids(objects)) == set(ids(objects))


async def test_bulk_that_stores_rows_without_their_values_is_given_up_and_mended():
    setup = Setup(replace(V1_0_0, bulk="hollow"))

    await setup.store.upsert(PLACE, things(40))

    found = await setup.store.search(PLACE, ObjectQuery(limit=100))
    assert setup.double.count("POST", "/bulk") == 1
    assert {one.id: one.data for one in found.results} == {one.id: one.data for one in things(40)}


async def test_a_bulk_call_stays_below_two_mebibytes():
    setup = Setup(V0_2_14)
    long = Random(7).randbytes(50_000).hex()

    await setup.store.upsert(PLACE, [Stored(id=one.id, data={"title": long}) for one in things(45)])

    # Five on trial, then forty in two calls of twenty.
    assert setup.double.count("POST", "/bulk") == 3
    assert len(setup.double.rows) == 45


@pytest.mark.parametrize("profile", [replace(V1_0_0, bulk="works"), V0_2_14])
async def test_a_property_that_no_row_of_a_bulk_call_has_any_more_is_emptied(profile):
    setup = Setup(profile)
    await setup.store.upsert(PLACE, things(30, age=3))

    await setup.store.upsert(PLACE, things(30))

    assert (await setup.store.get(PLACE, ids(things(1))[0])).data == {"title": "Thing 0"}
    assert setup.double.count("POST", "/objects") == 0


async def test_a_bulk_call_that_meets_maintenance_is_tried_again_later_not_given_up():
    setup = Setup(V0_2_14)
    setup.double.plan("POST", "/save", JSONResponse({}, 503))

    with pytest.raises(Unavailable):
        await setup.store.upsert(PLACE, things(30))

    assert setup.events() == []


# One object


async def test_single_writes_go_out_a_few_at_a_time():
    setup = Setup(V1_0_0)

    await setup.store.upsert(PLACE, things(19))

    assert setup.double.busiest == 4


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (JSONResponse("The required property (a) is missing.", 400), Verdict.INVALID, "(a)"),
        (
            JSONResponse(
                {
                    "status": "error",
                    "message": "Validation failed",
                    "errors": [{"message": "bad a"}],
                },
                400,
            ),
            Verdict.INVALID,
            "Validation failed; bad a",
        ),
        (JSONResponse({"error": "Hook", "errors": ["no"]}, 422), Verdict.INVALID, "Hook; no"),
        (JSONResponse({"error": "Something went wrong"}, 403), Verdict.FAILED, "Something"),
        (JSONResponse({"message": "Too large"}, 413), Verdict.FAILED, "Too large"),
        (HTMLResponse("<html>", 400), Verdict.INVALID, "did not say why"),
    ],
)
async def test_each_way_of_refusing_a_record_concerns_that_record_alone(answer, verdict, words):
    setup = Setup(V1_0_0)
    setup.double.plan("POST", "/objects/1/1", answer)

    outcomes = await setup.store.upsert(PLACE, things(3))

    refused = [one for one in outcomes if one.verdict is not Verdict.WRITTEN]
    assert [(one.verdict, one.writes) for one in refused] == [(verdict, 0)]
    assert words in (refused[0].reason or "")
    assert len(setup.double.rows) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (JSONResponse({}, 429, headers={"Retry-After": "900"}), RateLimited),
        (JSONResponse({}, 503, headers={"X-Nextcloud-Maintenance-Mode": "1"}), Unavailable),
        (HTMLResponse("<html>", 500), Unavailable),
        (HTMLResponse("<html>Log in</html>", 200), MalformedAnswer),
        (JSONResponse([], 201), MalformedAnswer),
        (RedirectResponse("http://nextcloud.test/login", 303), MalformedAnswer),
        (JSONResponse({"message": "Current user is not logged in"}, 401), CredentialsRejected),
    ],
)
async def test_what_would_hit_every_record_ends_the_batch(answer: Response, error):
    setup = Setup(V1_0_0)
    setup.double.plan("POST", "/objects/1/1", answer, times=100)

    with pytest.raises(error):
        await setup.store.upsert(PLACE, things(10))


async def test_a_refusal_to_a_caller_who_is_not_known_any_more_ends_the_batch():
    setup = Setup(V1_0_0)
    setup.double.plan("POST", "/objects/1/1", JSONResponse({"error": "No"}, 403), times=10)
    setup.double.plan("GET", "/cloud/user", JSONResponse({"ocs": {"data": []}}, 200))

    with pytest.raises(CredentialsRejected):
        await setup.store.upsert(PLACE, things(10))


async def test_an_object_that_was_stored_under_another_id_is_no_success():
    setup = Setup(V1_0_0)
    setup.double.plan("POST", "/objects/1/1", JSONResponse({"id": "other"}, 201))

    outcomes = await setup.store.upsert(PLACE, things(1))

    assert (outcomes[0].verdict, outcomes[0].writes) == (Verdict.FAILED, 1)
    assert "other" in (outcomes[0].reason or "")


async def test_a_schema_that_was_removed_meanwhile_is_not_found_rather_than_broken():
    setup = Setup(V1_0_0)
    await setup.store.resolve("things", "thing")
    setup.double.schemas.clear()
    setup.double.registers[1]["schemas"] = []

    with pytest.raises(NotFound):
        await setup.store.upsert(PLACE, things(3))


async def test_a_lock_is_waited_for_and_then_counts_as_failed():
    setup = Setup(V1_0_0)
    locked = JSONResponse({"error": "Locked", "lockedBy": "alice"}, 423)
    setup.double.plan("POST", "/objects/1/1", locked, times=4)

    failed = await setup.store.upsert(PLACE, things(1))
    setup.double.plan("POST", "/objects/1/1", locked, times=2)
    written = await setup.store.upsert(PLACE, things(1))

    assert (failed[0].verdict, written[0].verdict) == (Verdict.FAILED, Verdict.WRITTEN)
    assert "alice" in (failed[0].reason or "")
    assert setup.clock.slept == [1, 2, 4, 1, 2]


async def test_a_property_that_open_register_drops_is_told_once():
    setup = Setup(V1_0_0)

    await setup.store.upsert(PLACE, things(3, colour="red", schema="x", nothing=None))

    dropped = [fields["property"] for _, _, fields in setup.log.events]
    assert sorted(dropped) == ["colour", "schema"]


# Deleting


@pytest.mark.parametrize("profile", [V1_0_0, V0_2_14])
async def test_nothing_counts_as_gone_once_our_credentials_are_void(profile):
    setup = Setup(profile)
    await setup.store.upsert(PLACE, things(1))
    setup.double.users["admin"] = "changed"

    with pytest.raises(CredentialsRejected):
        await setup.store.delete(PLACE, ids(things(1)))


async def test_an_anonymous_visitor_is_refused_although_the_list_answers_200():
    setup = Setup(V1_0_0)
    setup.double.plan("GET", "/cloud/user", JSONResponse({"ocs": {"data": {}}}))

    with pytest.raises(CredentialsRejected):
        await setup.store.confirm_identity()


async def test_what_refers_to_an_object_is_named_when_it_cannot_be_deleted():
    setup = Setup(V1_0_0)
    await setup.store.upsert(PLACE, things(2))
    setup.double.rows[things(1)[0].id].blockers = ["invoice 7"]

    outcomes = await setup.store.delete(PLACE, ids(things(2)))

    assert [one.verdict for one in outcomes] == [Verdict.FAILED, Verdict.WRITTEN]
    assert "invoice 7" in (outcomes[0].reason or "")


@pytest.mark.parametrize("profile", [V1_0_0, V0_2_14])
async def test_an_object_that_somebody_else_deletes_first_is_gone(profile):
    setup = Setup(profile)
    objects = things(1)
    seen = {"results": [{"id": objects[0].id, "@self": {}}], "total": 1}
    setup.double.plan("GET", "/objects/1/1", JSONResponse(seen))

    outcomes = await setup.store.delete(PLACE, ids(objects))

    assert [one.verdict for one in outcomes] == [Verdict.UNCHANGED]
    assert setup.double.count("DELETE") > 0


async def test_a_server_that_breaks_while_deleting_does_not_make_an_object_gone():
    setup = Setup(V0_2_14)
    await setup.store.upsert(PLACE, things(1))
    path = f"/{things(1)[0].id}"
    setup.double.plan("DELETE", path, JSONResponse({"error": "Failed"}, 500), times=100)

    with pytest.raises(Unavailable):
        await setup.store.delete(PLACE, ids(things(1)))


# Reading


async def test_a_place_is_looked_up_once_in_five_minutes():
    setup = Setup()
    for _ in range(3):
        await setup.store.resolve("things", "thing")
    await setup.store.upsert(PLACE, things(1))
    looked_up = setup.double.count("GET", "/registers")

    setup.clock.moment += timedelta(minutes=5, seconds=1)
    await setup.store.resolve("things", "thing")

    assert (looked_up, setup.double.count("GET", "/registers")) == (2, 4)


async def test_a_schema_is_looked_for_among_those_of_its_register():
    setup = Setup()
    setup.double.add_schema("Stranger", "stranger")

    with pytest.raises(NotFound, match="stranger"):
        await setup.store.resolve("things", "stranger")


async def test_ids_are_asked_for_in_addresses_of_less_than_8_kilobytes():
    setup = Setup()
    long = [f"{at:04d}{'x' * 196}" for at in range(90)]

    await setup.store.existing(PLACE, [*ids(things(250)), *long])

    queries = [query for method, path, query in setup.double.calls if path == OBJECTS]
    assert len(queries) == 6
    assert max(map(len, queries)) < 8_000 - len(OBJECTS) - len("http://nextcloud.test")


async def test_a_server_that_ignores_the_ids_asked_for_is_not_believed():
    setup = Setup()
    other = {"results": [{"id": "another", "@self": {}}], "total": 1}
    setup.double.plan("GET", "/objects/1/1", JSONResponse(other))

    with pytest.raises(MalformedAnswer):
        await setup.store.existing(PLACE, ids(things(2)))


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"total": 0}),
        JSONResponse({"results": ["x"], "total": 1}),
        JSONResponse({"results": [{"name": "no id"}], "total": 1}),
        JSONResponse([]),
        JSONResponse({"message": "No"}, 403),
        HTMLResponse("<html>Log in</html>"),
    ],
)
async def test_an_answer_that_is_no_list_never_means_that_there_is_nothing(answer):
    setup = Setup()
    setup.double.plan("GET", "/objects/1/1", answer)

    with pytest.raises(MalformedAnswer):
        await setup.store.existing(PLACE, ids(things(2)))


async def test_lists_have_an_order_in_which_every_object_has_its_place():
    setup = Setup()

    await setup.store.search(PLACE, ObjectQuery(sort="-updated", search="x", limit=5, page=2))

    query = httpx.QueryParams(setup.double.calls[-1][2])
    assert list(query.multi_items()) == [
        ("_search", "x"),
        ("_order[_updated]", "DESC"),
        ("_order[_uuid]", "ASC"),
        ("_limit", "5"),
        ("_page", "2"),
        ("_empty", "true"),
    ]


@pytest.mark.parametrize("name", ["snake_case", "dotted.name", "rbac", "multi", "deleted"])
async def test_a_filter_that_open_register_would_take_for_something_else_is_refused(name):
    setup = Setup()
    setup.double.schemas[1]["properties"][name] = {"type": "string"}

    with pytest.raises(ConfigurationError, match="cannot be filtered"):
        await setup.store.search(PLACE, ObjectQuery(filters={name: "false"}))


async def test_moments_are_read_and_the_organisation_beside_the_properties_is_left_out():
    setup = Setup()
    await setup.store.upsert(PLACE, things(1, age=3))

    found = await setup.store.get(PLACE, things(1)[0].id)

    assert found.data == {"title": "Thing 0", "age": 3}
    assert found.created_at is not None
    assert found.created_at.tzinfo is not None


async def test_a_schema_without_validation_foretells_nothing():
    setup = Setup(V0_2_14)

    assert await setup.store.validate(PLACE, {"age": "many"}) == []


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "file"},
        {"type": "object", "$ref": "person"},
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": "(?=x)"},
    ],
)
async def test_rules_with_a_meaning_of_their_own_foretell_nothing(rule):
    setup = Setup(V1_0_0)
    setup.double.schemas[1]["properties"]["title"] = rule

    assert await setup.store.validate(PLACE, {"title": "2026-01-01T00:00:00Z"}) == []


async def test_a_rule_that_cannot_be_foretold_does_not_hide_the_others():
    setup = Setup(V1_0_0)
    setup.double.schemas[1]["properties"]["title"] = {"type": "file"}

    problems = await setup.store.validate(PLACE, {"title": 1, "age": "many"})

    assert [problem.partition(":")[0] for problem in problems] == ["age"]


async def test_the_store_cannot_be_part_of_a_transaction():
    setup = Setup()

    assert not setup.store.is_transactional
    with pytest.raises(OpenConnectorError):
        setup.store.within(object())
