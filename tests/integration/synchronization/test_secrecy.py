"""What must never be stored or logged in plain: records about people, and secrets."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from openconnector.db import runs
from openconnector.synchronization.keeping import SEALED, opened, reason_of
from tests.fakes.hostile_server import Act, answer, hang_up
from tests.fakes.installation import Installation, page, records

NAME = "Johanna-van-der-Velde-de-Grote"
STREET = "Kerkstraat 12 huis"
PERSON = {"code": 7, "name": NAME, "address": {"street": STREET}, "born": "1961-03-04"}
PLANTED = (NAME, STREET, "1961-03-04", "Johanna", "Kerkstraat")

OUTSIDE = {"kind": "rest", "source": "remote", "endpoint": "people"}


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with capture_logs() as captured:
        yield captured


def stored(installed: Installation) -> bytes:
    """Return every byte the database has on disk."""
    file = installed.engine.database.file
    assert file is not None
    return b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))


def found_in(content: bytes, planted: tuple[str, ...]) -> list[str]:
    return [value for value in planted if value.encode() in content]


@pytest.mark.parametrize(
    ("mapping", "stage"),
    [
        ({"name": "{{ name }}", "born": "{{ address.street + 1 }}"}, "map"),
        ({"code": "code", "name": "name"}, "validate"),
    ],
)
async def test_a_record_about_a_person_that_fails_is_nowhere_in_plain(
    installed: Installation, logs: list[Any], mapping: dict[str, str], stage: str
):
    installed.source["personal"] = True
    installed.mapping = mapping

    row = await installed.run(page([PERSON]))

    (failure,) = await installed.failures(row.id)
    assert (failure.stage, failure.reason, row.found, row.created) == (stage, SEALED, 1, 0)
    assert opened(installed.engine.keys, failure) == PERSON
    assert reason_of(installed.engine.keys, failure) not in ("", SEALED)
    assert found_in(stored(installed), PLANTED) == []
    assert found_in(json.dumps([*logs, row.error_message], default=str).encode(), PLANTED) == []


async def test_the_same_record_of_another_source_tells_its_reason(installed: Installation):
    row = await installed.run(page([PERSON]))

    (failure,) = await installed.failures(row.id)
    assert reason_of(installed.engine.keys, failure) == failure.reason != SEALED
    assert opened(installed.engine.keys, failure) == PERSON
    assert NAME.encode() in stored(installed)


@pytest.mark.parametrize(
    "refusal",
    [
        answer(422, json.dumps({"detail": f"{NAME} is not allowed"}).encode()),
        answer(500, json.dumps({"detail": f"{NAME} broke it"}).encode()),
        answer(503, NAME.encode()),
        hang_up(b"HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n" + NAME.encode()),
    ],
    ids=["422", "500", "503", "cut"],
)
async def test_what_a_target_says_about_a_person_is_nowhere_in_plain(
    installed: Installation, logs: list[Any], refusal: Act
):
    installed.source["personal"] = True
    installed.mapping = {"code": "code", "name": "name", "street": "address.street"}
    installed.synchronization["target"] = OUTSIDE
    installed.api.play("/people", refusal)

    row = await installed.run(page([PERSON]))

    assert (row.created, row.state in ("failed", "waiting")) == (0, True)
    assert found_in(stored(installed), PLANTED) == []
    assert found_in(json.dumps([*logs, row.error_message], default=str).encode(), PLANTED) == []


async def test_what_a_target_says_when_it_refuses_to_delete_a_person_is_nowhere_in_plain(
    installed: Installation, logs: list[Any]
):
    installed.source["personal"] = True
    installed.synchronization["target"] = OUTSIDE | {"concurrency": 1}
    made = [answer(201, b'{"id": "p1"}'), answer(201, b'{"id": "p2"}')]
    installed.api.play("/people", *made)
    installed.api.play("/people/p1", answer(409, json.dumps({"detail": f"{NAME} stays"}).encode()))
    await installed.run(page([PERSON, *records(8)]))

    row = await installed.run(page(records(8)))

    assert (row.state, row.error_code, row.deleted) == ("partial", "deletions-failed", 0)
    assert found_in(stored(installed), PLANTED) == []
    assert found_in(json.dumps(logs, default=str).encode(), PLANTED) == []


async def test_the_differences_of_a_dry_run_over_people_are_sealed(installed: Installation):
    installed.source["personal"] = True

    row = await installed.run(page([{"code": 1, "name": STREET}]), mode="dry_run")

    async with installed.engine.database.reading() as session:
        (change,) = await runs.changes(session, row.id)
    assert STREET in str(opened(installed.engine.keys, change))
    assert found_in(stored(installed), PLANTED) == []


SECRET = "c4n4ry-5ecret"
USERPASS = base64.b64encode(f"us3r:{SECRET}".encode()).decode()
AUTHS = {
    "bearer": {"kind": "bearer", "token": SECRET},
    "basic": {"kind": "basic", "username": "us3r", "password": SECRET},
    "key in header": {"kind": "api_key", "name": "X-Key", "key": SECRET},
    "key in query": {"kind": "api_key", "name": "key", "key": SECRET, "sentIn": "query"},
    "oauth2": {
        "kind": "oauth2_client_credentials",
        "clientId": "client",
        "clientSecret": SECRET,
        "tokenUrl": "{address}/token",
    },
}
TOKEN = "i55ued-t0ken"
SECRETS = (SECRET, USERPASS, TOKEN)


def echoing(status: int, **headers: str) -> Act:
    """Answer with everything the request must keep secret, as a badly made system does."""
    body = {"detail": f"no: {SECRET} {USERPASS} {TOKEN}", "key": SECRET}
    return answer(status, json.dumps(body).encode(), **headers)


ENDINGS = {
    "refused": [echoing(401)],
    "forbidden": [echoing(403)],
    "not found": [echoing(404)],
    "broken": [echoing(500)],
    "redirected": [echoing(302, location=f"/login?key={SECRET}")],
    "no list": [echoing(200)],
    "no JSON": [answer(body=f"<html>{SECRET} {TOKEN}".encode(), content_type="text/html")],
    "link to the next page": [
        page(records(1), f"?page=2&key={SECRET}"),
        echoing(503),
    ],
}


@pytest.mark.parametrize("auth", AUTHS)
async def test_a_secret_is_neither_stored_nor_logged_nor_told(
    installed: Installation, logs: list[Any], auth: str
):
    address = f"http://127.0.0.1:{installed.api.port}"
    token = json.dumps({"access_token": TOKEN, "token_type": "bearer", "expires_in": 86_400})
    installed.api.play("/token", answer(body=token.encode(), content_type="application/json"))
    installed.configuration["auth"] = {
        name: value.replace("{address}", address) for name, value in AUTHS[auth].items()
    }

    for ending, acts in ENDINGS.items():
        row = await installed.run(*acts)
        await installed.engine.calls.flush()

        told = json.dumps([*logs, row.error_code, row.error_message], default=str)
        assert row.state in ("failed", "waiting"), ending
        assert found_in(told.encode(), SECRETS) == [], ending
        assert found_in(stored(installed), SECRETS) == [], ending
        await installed.cancel(row)
    sent = json.dumps([[one.target, dict(one.headers)] for one in installed.api.seen])
    assert found_in(sent.encode(), SECRETS)
