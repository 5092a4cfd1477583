"""What a REST target sends for a change, and what it makes of the answer."""

import asyncio
from collections.abc import Callable, Collection

import httpx
import pytest

from openconnector.errors import (
    ConfigurationError,
    CredentialsRejected,
    InvalidInput,
    MalformedAnswer,
    MaybeSent,
    Unavailable,
)
from openconnector.ports import SourceCall
from openconnector.records import Action, Change, Outcome, Verdict
from openconnector.sources.rest import RestSource
from openconnector.targets import TARGETS
from openconnector.targets.rest import RestTarget
from openconnector.testing import FakeLog, http_for
from tests.fakes.reach import reach_with

LOCATION = "https://api.test/v1"


class OneSource:
    """Implements `ports.Sources` with a REST source at a function."""

    def __init__(self, api: Callable[[httpx.Request], httpx.Response]) -> None:
        self.reach = reach_with(http=http_for(api))

    async def send(self, source: str, call: SourceCall) -> httpx.Response:
        assert source == "cases-api"
        return await RestSource(location=LOCATION).call(self.reach, call)


def target(**fields) -> RestTarget:
    return RestTarget.model_validate({"source": "cases-api", "endpoint": "cases", **fields})


def change(action: Action = Action.CREATE, **fields) -> Change:
    known = {
        "action": action,
        "origin_id": "o1",
        "target_id": None if action is Action.CREATE else "t1",
        "data": None if action is Action.DELETE else {"name": "x"},
        "key": "k1",
    }
    return Change(**{**known, **fields})


async def current(kind: RestTarget, api, target_id: str = "t/1") -> object:
    reach = reach_with(sources=OneSource(api), log=FakeLog())
    return await kind.current(reach, target_id)


@pytest.mark.parametrize(
    ("answer", "position", "found"),
    [
        (httpx.Response(200, json={"a": 1}), "", {"a": 1}),
        (httpx.Response(200, json={"data": {"a": 1}}), "data", {"a": 1}),
        (httpx.Response(404), "", {}),
        (httpx.Response(400), "", None),
        (httpx.Response(200, json=[1]), "", None),
    ],
)
async def test_what_an_object_holds_is_read_where_the_target_can(answer, position, found):
    kind = target(readEndpoint="cases/{{ targetId }}", readPosition=position)
    api = Answers(answer)

    assert await current(kind, api) == found
    assert api.lines[0] == "GET /v1/cases/t%2F1"


async def test_an_id_that_fits_no_address_and_a_target_without_such_a_call_show_nothing():
    api = Answers(httpx.Response(200, json={}))

    assert await current(target(readEndpoint="cases/{{ targetId }}"), api, "..") is None
    assert await current(target(), api) is None
    assert api.asked == []


class Made:
    """Implements `ports.Contracts` with the origin ids of objects made before."""

    def __init__(self, **owners: str) -> None:
        self.known = owners

    async def owners(self, target_ids: Collection[str]) -> dict[str, str]:
        return {one: owner for one, owner in self.known.items() if one in target_ids}


async def write(kind: RestTarget, api, *changes: Change, made: Made | None = None) -> list[Outcome]:
    return await kind.write(reach_with(sources=OneSource(api), contracts=made or Made()), changes)


class Answers:
    """An API that gives one answer after the other and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=answer.content, request=request
        )

    @property
    def lines(self) -> list[str]:
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.asked]


async def test_a_creation_posts_the_object_with_its_key_and_takes_the_id():
    api = Answers(httpx.Response(201, json={"id": 17, "name": "x"}))

    outcomes = await write(target(headers={"Crs": "a"}, query={"v": "1"}), api, change())

    assert outcomes == [Outcome(verdict=Verdict.WRITTEN, target_id="17", writes=1)]
    assert api.lines == ["POST /v1/cases?v=1"]
    assert api.asked[0].content == b'{"name":"x"}'
    assert api.asked[0].headers["idempotency-key"] == "k1"
    assert api.asked[0].headers["crs"] == "a"


@pytest.mark.parametrize(
    ("answer", "position", "target_id"),
    [
        (httpx.Response(201, json={"data": {"uuid": "u"}}), "data.uuid", "u"),
        (httpx.Response(201, headers={"Location": "/v1/cases/a%2Fb"}), "id", "a/b"),
        (httpx.Response(201, headers={"Location": "https://x.test/cases/9/?a=b"}), "id", "9"),
        (httpx.Response(200, json={"id": 3}, headers={"Location": "/cases/9"}), "id", "3"),
    ],
)
async def test_the_new_id_comes_from_the_answer_or_the_location(answer, position, target_id):
    outcomes = await write(target(idPosition=position), Answers(answer), change())

    assert outcomes[0].target_id == target_id


async def test_records_that_are_answered_with_one_and_the_same_id_fail_but_for_the_first():
    api = Answers(httpx.Response(201, json={"id": "1"}))

    outcomes = await write(target(), api, *(change(origin_id=name) for name in "abc"))

    assert [one.verdict for one in outcomes] == [Verdict.WRITTEN, Verdict.FAILED, Verdict.FAILED]
    assert all("record 'a'" in str(one.reason) for one in outcomes[1:])
    assert all("idPosition" in str(one.reason) for one in outcomes[1:])
    assert [one.writes for one in outcomes] == [1, 1, 1]


async def test_the_id_of_an_object_made_before_is_no_new_one_for_another_record():
    api = Answers(httpx.Response(201, json={"id": "t9"}))

    other = await write(target(), api, change(origin_id="b"), made=Made(t9="a"))
    same = await write(target(), api, change(origin_id="a"), made=Made(t9="a"))

    assert other[0].verdict is Verdict.FAILED
    assert "'t9'" in str(other[0].reason)
    assert same[0].verdict is Verdict.WRITTEN


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(201, json={"uuid": 1, "name": "x"}), "the keys 'uuid', 'name'"),
        (httpx.Response(201, json={"id": True}), "'id'"),
        (httpx.Response(201), "null"),
    ],
)
async def test_a_creation_without_an_id_fails_and_names_what_came(answer, says):
    outcomes = await write(target(), Answers(answer), change())

    assert outcomes[0].verdict is Verdict.FAILED
    assert outcomes[0].writes == 1
    assert "idPosition" in str(outcomes[0].reason)
    assert says in str(outcomes[0].reason)


@pytest.mark.parametrize(
    ("fields", "action", "line"),
    [
        ({}, Action.UPDATE, "PUT /v1/cases/t%2F1"),
        ({}, Action.DELETE, "DELETE /v1/cases/t%2F1"),
        ({"endpoint": "cases?v=2"}, Action.UPDATE, "PUT /v1/cases/t%2F1?v=2"),
        ({"updateMethod": "PATCH"}, Action.UPDATE, "PATCH /v1/cases/t%2F1"),
        ({"updateEndpoint": "x/{{targetId}}/y"}, Action.UPDATE, "PUT /v1/x/t%2F1/y"),
        ({"updateEndpoint": "x/{{ originId }}"}, Action.DELETE, "DELETE /v1/x/o%3F1"),
        (
            {"deleteEndpoint": "del?id={{ targetId }}", "deleteMethod": "POST"},
            Action.DELETE,
            "POST /v1/del?id=t%2F1",
        ),
    ],
)
async def test_paths_hold_the_ids_percent_encoded(fields, action, line):
    api = Answers(httpx.Response(200, json={}))

    outcomes = await write(target(**fields), api, change(action, target_id="t/1", origin_id="o?1"))

    assert api.lines == [line]
    assert outcomes == [Outcome(verdict=Verdict.WRITTEN, target_id="t/1", writes=1)]


@pytest.mark.parametrize("target_id", ["", ".", "..", "../x", "a/../b", "%2e%2e", "a\nb", "..\\x"])
async def test_an_id_that_would_leave_the_path_fails_alone(target_id):
    api = Answers(httpx.Response(200, json={}))
    bad, good = change(Action.DELETE, target_id=target_id), change(Action.DELETE)

    outcomes = await write(target(), api, bad, good)

    assert [outcome.verdict for outcome in outcomes] == [Verdict.FAILED, Verdict.WRITTEN]
    assert api.lines == ["DELETE /v1/cases/t1"]


@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"title": "Invalid", "detail": "name is too long"}, "name is too long"),
        ({"invalidParams": [{"name": "bsn", "reason": "no BSN"}], "title": "t"}, "no BSN"),
        ({"error": {"message": "m"}}, "m"),
        ({"errors": ["first", "second"]}, "first"),
        ({"message": "x" * 1000}, "x" * 300),
    ],
)
async def test_a_refused_record_is_invalid_with_what_the_target_says(status, body, detail):
    outcomes = await write(target(), Answers(httpx.Response(status, json=body)), change())

    assert outcomes[0].verdict is Verdict.INVALID
    assert outcomes[0].reason == f"POST https://api.test/v1/cases answered {status}: {detail}"


@pytest.mark.parametrize("content", [b"<html>oops</html>", b"", b"[]", b'{"code": 3}'])
async def test_a_refusal_without_a_message_is_still_one(content):
    outcomes = await write(target(), Answers(httpx.Response(400, content=content)), change())

    assert outcomes[0].reason == "POST https://api.test/v1/cases answered 400"


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_gone_fails_an_update_and_satisfies_a_deletion(status):
    api = Answers(httpx.Response(status))

    outcomes = await write(target(), api, change(Action.UPDATE), change(Action.DELETE))

    assert outcomes[0].verdict is Verdict.FAILED
    assert outcomes[0].target_id is None
    assert "gone at the target" in str(outcomes[0].reason)
    assert outcomes[1] == Outcome(verdict=Verdict.UNCHANGED, target_id="t1")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401), CredentialsRejected),
        (httpx.Response(403), CredentialsRejected),
        (httpx.Response(404), ConfigurationError),
        (httpx.Response(301, headers={"Location": "/x"}), ConfigurationError),
        (httpx.Response(503), Unavailable),
        (httpx.Response(200, html="<html><form><input type=password>"), MalformedAnswer),
    ],
)
async def test_what_concerns_every_record_is_raised(answer, error):
    with pytest.raises(error):
        await write(target(), Answers(answer), change())


async def test_after_a_failure_for_all_no_further_write_begins():
    api = Answers(httpx.Response(403))

    with pytest.raises(CredentialsRejected):
        await write(target(concurrency=1), api, *(change() for _ in range(10)))

    assert len(api.asked) == 1


async def test_outcomes_are_in_the_order_of_the_changes():
    under_way = most = 0

    async def api(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(10 - len(request.content) % 7):
            await asyncio.sleep(0)
        under_way -= 1
        return httpx.Response(201, json={"id": request.headers["idempotency-key"]})

    changes = [change(key=f"k{n}", data={"name": "x" * n}) for n in range(30)]

    outcomes = await write(target(concurrency=3), api, *changes)

    assert [outcome.target_id for outcome in outcomes] == [one.key for one in changes]
    assert most == 3


async def test_an_empty_batch_sends_nothing():
    assert await write(target(), Answers(httpx.Response(500))) == []


async def test_an_uncertain_creation_is_sent_again_only_where_a_key_protects_it():
    api = Answers(MaybeSent("cut"))

    with pytest.raises(MaybeSent):
        await write(target(), api, change())
    with_key = len(api.asked)
    with pytest.raises(MaybeSent):
        await write(target(idempotencyHeader=""), api, change())

    assert with_key > 1
    assert len(api.asked) == with_key + 1


async def test_a_repeated_creation_that_is_found_becomes_an_update():
    api = Answers(httpx.Response(200, json={"results": [{"id": 5}]}), httpx.Response(200, json={}))
    kind = target(findEndpoint="cases", findQuery={"externalId": "{{ originId }}"})

    outcomes = await write(kind, api, change(origin_id="o&1", is_repeat=True))

    assert api.lines == ["GET /v1/cases?externalId=o%261", "PUT /v1/cases/5"]
    assert outcomes == [Outcome(verdict=Verdict.WRITTEN, target_id="5", writes=1)]


@pytest.mark.parametrize(
    "absent", [httpx.Response(200, json={"results": []}), httpx.Response(404)], ids=["none", "404"]
)
async def test_a_repeated_creation_that_is_not_found_is_created(absent):
    api = Answers(absent, httpx.Response(201, json={"id": 6}))
    kind = target(findEndpoint="by-origin/{{ originId }}")

    outcomes = await write(kind, api, change(is_repeat=True))

    assert api.lines == ["GET /v1/by-origin/o1", "POST /v1/cases"]
    assert outcomes[0].target_id == "6"


async def test_a_first_creation_is_not_looked_up():
    api = Answers(httpx.Response(201, json={"id": 6}))

    await write(target(findEndpoint="cases"), api, change())

    assert api.lines == ["POST /v1/cases"]


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (httpx.Response(200, json=[{"id": 1}, {"id": 2}]), "gave 2 objects"),
        (httpx.Response(200, json=[{"uuid": 1}]), "gave 1 objects"),
        (httpx.Response(400, json={"detail": "no such filter"}), "no such filter"),
    ],
)
async def test_an_unclear_look_up_creates_nothing(found, says):
    api = Answers(found)

    outcomes = await write(target(findEndpoint="cases"), api, change(is_repeat=True))

    assert outcomes[0].verdict is Verdict.FAILED
    assert says in str(outcomes[0].reason)
    assert len(api.asked) == 1


async def test_a_repeated_creation_that_nothing_protects_is_left_to_a_person():
    api = Answers(httpx.Response(201, json={"id": 6}))

    outcomes = await write(target(idempotencyHeader=""), api, change(is_repeat=True))

    assert outcomes[0].verdict is Verdict.FAILED
    assert "findEndpoint" in str(outcomes[0].reason)
    assert api.asked == []


async def test_a_put_creation_has_the_id_of_the_source():
    api = Answers(httpx.Response(204))

    outcomes = await write(
        target(createMethod="PUT", endpoint="cases/{{ originId }}"), api, change()
    )

    assert api.lines == ["PUT /v1/cases/o1"]
    assert outcomes[0].target_id == "o1"


@pytest.mark.parametrize(
    "fields",
    [
        {"endpoint": "cases/{{ targetId }}"},
        {"updateEndpoint": "cases/{{ id }}"},
        {"updateEndpoint": "cases/{{ targetId"},
        {"updateEndpoint": "cases/{{ targetId | upper }}"},
        {"updateEndpoint": "../cases/{{ targetId }}"},
        {"findQuery": {"a": "{{ secret }}"}},
        {"headers": {"Authorization": "x"}},
        {"idempotencyHeader": "not a name"},
        {"idPosition": "$.id["},
        {"concurrency": 0},
        {"source": ""},
    ],
)
def test_a_wrong_configuration_is_refused(fields):
    with pytest.raises(InvalidInput):
        TARGETS.load({"kind": "rest", "source": "s", "endpoint": "cases", **fields})


async def test_two_places_at_one_source_are_told_apart():
    reach = reach_with()
    here = await target().place(reach)

    assert here == await target(endpoint="/cases/").place(reach)
    assert here != await target(endpoint="people").place(reach)
