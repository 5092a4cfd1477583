"""What every answer has in common, and the files a browser reads."""

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ex_app.answers import SafeAnswers
from openconnector.api.answers import Languages
from tests.fakes.raw import send_raw


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/heartbeat", 200),
        ("/api/v1/sources", 200),
        ("/boom", 500),
        ("/img/nothing.svg", 404),
        ("/enabled?enabled=yes", 400),
    ],
)
async def test_no_answer_may_be_kept_by_a_browser_unless_it_says_so(exapp, nextcloud, path, status):
    method = "PUT" if path.startswith("/enabled") else "GET"

    answer = await exapp.request(method, path, headers=nextcloud.signed())

    assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_refusal_may_not_be_kept_either(exapp):
    answer = await exapp.get("/api/v1/sources")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (401, "no-store")


async def test_no_redirect_leaves_since_the_proxy_would_follow_it_with_our_secret(exapp, nextcloud):
    answer = await exapp.get("/redirect", headers=nextcloud.signed("alice"))

    assert answer.status_code == 502
    assert "Location" not in answer.headers


@pytest.mark.parametrize("path", ["/img", "/init/", "/heartbeat/", "/enabled/"])
async def test_a_slash_too_many_or_too_few_is_no_redirect(exapp, nextcloud, path):
    answer = await exapp.get(path, headers=nextcloud.signed())

    assert "Location" not in answer.headers


async def test_an_icon_is_served_and_asked_about_again(exapp, nextcloud):
    headers = nextcloud.signed("alice")
    first = await exapp.get("/img/app.svg", headers=headers)

    again = await exapp.get(
        "/img/app.svg", headers=headers | {"If-None-Match": first.headers["ETag"]}
    )

    assert first.headers["Content-Type"] == "image/svg+xml"
    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


async def test_no_file_outside_the_folders_is_served(exapp, nextcloud):
    answer = await exapp.get("/img/%2e%2e/pyproject.toml", headers=nextcloud.signed("alice"))

    assert answer.status_code == 404


async def test_a_refusal_is_told_in_the_language_of_who_is_refused(exapp, nextcloud):
    unsigned = await exapp.get("/api/v1/sources", headers={"Accept-Language": "nl"})
    foreign = await exapp.post(
        "/api/v1/sources",
        headers=nextcloud.signed("alice") | {"Accept-Language": "nl", "Cookie": "session=x"},
    )

    assert unsigned.json()["title"] == "Niet aangemeld"
    assert foreign.json()["detail"].startswith("Stuur de header")
    assert foreign.headers["Content-Language"] == "nl"


async def test_a_fault_is_told_in_the_language_of_the_reader():
    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("boom")

    app = Languages(SafeAnswers(fail))
    answer = await send_raw(app, "GET", "/", [("Accept-Language", "nl")])

    assert answer.status_code == 500
    assert answer.json()["title"] == "Interne serverfout"
    assert answer.headers["Content-Language"] == "nl"


async def test_a_fault_after_a_whole_answer_leaves_the_connection_open():
    async def answer_and_fail(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("whole")(scope, receive, send)
        raise RuntimeError("boom")

    answer = await send_raw(SafeAnswers(answer_and_fail), "GET", "/")

    assert answer.text == "whole"


async def test_a_fault_within_an_answer_ends_it_for_the_client_to_see():
    async def begin_and_fail(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ha", "more_body": True})
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await send_raw(SafeAnswers(begin_and_fail), "GET", "/")
