"""Who gets in, as whom, and which writes are refused."""

import base64

import pytest

from ex_app.callers import INTERNAL_PATHS, AppApiAuth


def signature(text: bytes) -> str:
    return base64.b64encode(text).decode()


async def test_the_heartbeat_is_open_to_all(exapp):
    answer = await exapp.get("/heartbeat")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("user", "caller"),
    [
        ("alice", {"kind": "user", "userId": "alice", "isAdmin": False}),
        ("admin", {"kind": "user", "userId": "admin", "isAdmin": True}),
        ("", {"kind": "anonymous", "userId": "", "isAdmin": False}),
    ],
)
async def test_a_signed_request_reaches_the_api_with_its_caller(exapp, nextcloud, user, caller):
    answer = await exapp.get("/api/v1/sources", headers=nextcloud.signed(user))

    assert (answer.status_code, answer.json()) == (200, caller)


async def test_the_caller_brings_his_language_and_the_id_of_his_request(exapp, nextcloud):
    headers = nextcloud.signed("alice") | {"Accept-Language": "nl-NL,nl;q=0.9,en;q=0.8"}

    spoken = await exapp.get("/api/v1/sources", headers=headers)
    silent = await exapp.get("/api/v1/sources", headers=headers | {"Accept-Language": ""})

    assert spoken.headers["X-Language"] == "nl-NL"
    assert silent.headers["X-Language"] == "en"
    assert spoken.headers["X-Nextcloud-Request"] == headers["AA-REQUEST-ID"]


async def test_a_websocket_is_no_way_around_the_signature():
    reached = []

    async def app(scope, receive, send):
        reached.append(scope)

    async def receive():
        return {"type": "websocket.connect"}

    async def send(_message):
        pass

    guarded = AppApiAuth(app, app_id="openconnector", secret="s3cret")
    await guarded({"type": "websocket", "path": "/api/v1/x", "headers": []}, receive, send)

    assert reached == []


async def test_a_user_id_may_hold_any_letter(exapp, nextcloud):
    nextcloud.groups["zoë@example.test"] = []

    answer = await exapp.get("/api/v1/sources", headers=nextcloud.signed("zoë@example.test"))

    assert answer.json()["userId"] == "zoë@example.test"


@pytest.mark.parametrize(
    "changes",
    [
        {"AUTHORIZATION-APP-API": signature(b"alice:wrong")},
        {"AUTHORIZATION-APP-API": signature(b"alice:")},
        {"AUTHORIZATION-APP-API": signature(b"alice")},
        {"AUTHORIZATION-APP-API": signature(b"\xff:s3cret")},
        {"AUTHORIZATION-APP-API": signature(b"alice:s3cret") + "!"},
        {"AUTHORIZATION-APP-API": "alice:s3cret"},
        {"AUTHORIZATION-APP-API": ""},
        {"EX-APP-ID": "another"},
        {"EX-APP-ID": ""},
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/sources", "/init", "/img/app.svg", "/nowhere"])
async def test_every_wrong_signature_gets_the_same_answer_everywhere(
    exapp, nextcloud, changes, path
):
    answer = await exapp.get(path, headers=nextcloud.signed("alice") | changes)
    plain = await exapp.get(path)

    assert answer.status_code == 401
    assert answer.content == plain.content
    assert "s3cret" not in answer.text


async def test_a_user_nextcloud_does_not_know_any_more_is_refused(exapp, nextcloud):
    answer = await exapp.get("/api/v1/sources", headers=nextcloud.signed("ghost"))

    assert answer.status_code == 401


async def test_a_user_is_told_to_come_back_when_nextcloud_cannot_say_what_he_may(exapp, nextcloud):
    nextcloud.failures = [503]

    answer = await exapp.get("/api/v1/sources", headers=nextcloud.signed("alice"))

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("path", [*sorted(INTERNAL_PATHS), "/_internal/occ/status"])
async def test_no_internal_path_is_reached_through_the_proxy(exapp, nextcloud, path):
    """AppAPI 32.0.0 matches `api/../init` against its routes before the dots are resolved."""
    headers = nextcloud.signed("admin") | {"x-origin-ip": "203.0.113.7"}

    answers = [await exapp.request(method, path, headers=headers) for method in ("POST", "PUT")]

    assert [answer.status_code for answer in answers] == [401, 401]


async def test_a_call_to_an_internal_path_is_the_systems_whoever_caused_it(exapp, nextcloud):
    answer = await exapp.post("/_internal/webhook/files", headers=nextcloud.signed("alice"))

    assert answer.json() == {"kind": "system", "userId": "alice", "isAdmin": False}


COOKIE = {"Cookie": "nc_session_id=x", "Host": "cloud.test"}
PROVED = COOKIE | {"X-Requested-With": "XMLHttpRequest"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 200, id="no session to ride on"),
        pytest.param(COOKIE, 403, id="a form of any site can send this"),
        pytest.param(PROVED, 200, id="a script of this site"),
        pytest.param(COOKIE | {"OCS-APIRequest": "true"}, 200, id="a client with cookies"),
        pytest.param(PROVED | {"Sec-Fetch-Site": "same-origin"}, 200, id="browser: same"),
        pytest.param(PROVED | {"Sec-Fetch-Site": "same-site"}, 403, id="browser: sibling"),
        pytest.param(PROVED | {"Sec-Fetch-Site": "cross-site"}, 403, id="browser: foreign"),
        pytest.param(PROVED | {"Sec-Fetch-Site": "none"}, 403, id="browser: typed address"),
        pytest.param(PROVED | {"Origin": "https://cloud.test"}, 200, id="origin: same"),
        pytest.param(PROVED | {"Origin": "https://evil.test"}, 403, id="origin: foreign"),
        pytest.param(PROVED | {"Origin": "null"}, 403, id="origin: hidden"),
        pytest.param(COOKIE | {"Sec-Fetch-Site": "same-origin"}, 403, id="an own form, no proof"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_write_with_cookies_has_to_come_from_this_site(
    exapp, nextcloud, method, headers, status
):
    answer = await exapp.request(
        method, "/api/v1/sources", headers=nextcloud.signed("alice") | headers
    )

    assert answer.status_code == status


async def test_reading_needs_no_proof(exapp, nextcloud):
    foreign = COOKIE | {"Sec-Fetch-Site": "cross-site"}

    answer = await exapp.get("/api/v1/sources", headers=nextcloud.signed("alice") | foreign)

    assert answer.status_code == 200
