"""The commands of Nextcloud's command line, typed at the double."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from ex_app.callers import AppApiAuth
from ex_app.commands import COMMANDS
from ex_app.commands.command import Means
from ex_app.nextcloud.client import Nextcloud
from ex_app.registrations import REGISTRATIONS
from ex_app.registrations.entries import register_all, unregister_all
from openconnector.definitions.audit import every
from tests.fakes.exapp import client_for, settings_for
from tests.fakes.installation import Installation, installation
from tests.fakes.nextcloud import FakeNextcloud


@pytest.fixture
async def installed(migrated_sqlite_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(migrated_sqlite_url, tmp_path / "storage") as one:
        await one.configure()
        yield one


@pytest.fixture
async def server(installed: Installation) -> AsyncIterator[FakeNextcloud]:
    """A Nextcloud that has our commands registered and answered by this engine."""
    server = FakeNextcloud(is_registered=True, is_enabled=True)
    nextcloud = Nextcloud(settings_for(server), transport=httpx.ASGITransport(server))
    means = Means(engine=installed.engine, nextcloud=nextcloud, webhooks=lambda: "3 registered")
    routes = [command.route(means) for command in COMMANDS]
    exapp = AppApiAuth(Starlette(routes=routes), app_id=server.app_id, secret=server.secret)
    async with client_for(exapp) as client:
        server.exapp = client
        await register_all(nextcloud, REGISTRATIONS)
        yield server
    await nextcloud.aclose()


async def test_every_command_is_offered_and_taken_away_again(server: FakeNextcloud):
    offered = sorted(server.console.commands)

    await unregister_all(
        Nextcloud(settings_for(server), transport=httpx.ASGITransport(server)), REGISTRATIONS
    )

    names = ("backup", "restore", "run", "status", "sync", "tick")
    assert offered == [f"openconnector:{name}" for name in names]
    assert server.console.commands == {}


async def test_a_synchronization_is_queued_and_its_run_can_be_followed(
    server: FakeNextcloud, installed: Installation
):
    code, told = await server.occ("openconnector:sync", "s", force=True)
    [run] = await installed.runs()
    shown = await server.occ("openconnector:run", run.id)
    _, as_json = await server.occ("openconnector:run", run.id, json=True)

    assert (code, run.trigger, run.is_forced, run.state) == (0, "command", True, "queued")
    assert run.id in told
    assert shown[0] == 0
    assert f"Run {run.id}: queued (run, started by command)" in shown[1]
    assert json.loads(as_json)["id"] == run.id


async def test_a_dry_run_can_be_queued(server: FakeNextcloud, installed: Installation):
    await server.occ("openconnector:sync", "s", dry_run=True)

    assert [run.mode for run in await installed.runs()] == ["dry_run"]


@pytest.mark.parametrize(
    ("name", "word"), [("sync", "unknown"), ("run", "unknown"), ("sync", ""), ("run", "")]
)
async def test_a_command_that_cannot_be_carried_out_fails(
    server: FakeNextcloud, name: str, word: str
):
    code, told = await server.occ(f"openconnector:{name}", word)

    assert (code, "failed" in told) == (1, True)


async def test_a_second_run_is_refused_while_one_is_queued(server: FakeNextcloud):
    first, _ = await server.occ("openconnector:sync", "s")
    second, _ = await server.occ("openconnector:sync", "s")

    assert (first, second) == (0, 1)


async def test_a_tick_starts_what_is_due(server: FakeNextcloud, installed: Installation):
    installed.synchronization = {"schedules": [{"kind": "interval", "every": 1, "unit": "hours"}]}
    await installed.configure()
    before = await server.occ("openconnector:tick")
    installed.clock.moment += timedelta(hours=1)
    after = await server.occ("openconnector:tick")

    assert before == (0, "0 runs are queued; next moment 2026-01-01T01:00:00+00:00\n")
    assert after == (0, "1 runs are queued; next moment 2026-01-01T02:00:00+00:00\n")


async def test_the_status_tells_what_is_going_on(server: FakeNextcloud, installed: Installation):
    await server.occ("openconnector:sync", "s")

    code, told = await server.occ("openconnector:status")

    assert code == 0
    assert "Synchronizations: 1" in told
    assert "Webhooks: 3 registered" in told
    assert "Runs: 1 queued" in told


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'{"occ": null}', b'{"occ": {"arguments": []}}']
)
async def test_a_body_without_arguments_is_no_error_of_ours(server: FakeNextcloud, body: bytes):
    assert server.exapp is not None
    answers = [
        await server.exapp.post(f"/_internal/occ/{name}", content=body, headers=server.signed())
        for name in ("sync", "run", "status")
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 200]
    assert answers[0].headers["content-type"].startswith("text/plain")


async def test_marks_of_the_console_in_an_answer_are_plain_text(server: FakeNextcloud):
    assert server.exapp is not None
    body = {"occ": {"arguments": {"synchronization": "<error>x</error>"}, "options": None}}

    answer = await server.exapp.post("/_internal/occ/sync", json=body, headers=server.signed())

    assert "\\<error>x\\</error>" in answer.text


@pytest.mark.parametrize("is_there", [True, False])
async def test_the_status_says_when_the_php_app_is_enabled_too(
    server: FakeNextcloud, *, is_there: bool
):
    server.has_php_app = is_there

    _, told = await server.occ("openconnector:status")

    assert ("The PHP app openconnector is enabled" in told) == is_there


async def test_everything_is_written_into_a_new_file_and_brought_back(
    server: FakeNextcloud, installed: Installation
):
    code, told = await server.occ("openconnector:backup", "", with_key=True)
    [file] = (installed.engine.settings.storage / "backups").iterdir()
    again, _ = await server.occ("openconnector:backup", file.name)
    await server.occ("openconnector:sync", "s")
    refused, _ = await server.occ("openconnector:restore", file.name)
    queued = len(await installed.runs())
    restored, said = await server.occ("openconnector:restore", file.name, replace=True)

    assert (code, again, refused, restored, queued) == (0, 1, 1, 0, 1)
    assert str(file) in told
    assert "rows are as they were at" in said
    assert await installed.runs() == []
    assert (await installed.engine.audit.examine(installed.engine.database)).findings == []
    newest = [row async for row in every(installed.engine.database)][-1]
    assert (newest.action, newest.subject_id) == ("restore", file.name)


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "x" * 300])
async def test_a_name_no_file_can_have_is_refused(
    server: FakeNextcloud, installed: Installation, name: str
):
    code, _ = await server.occ("openconnector:backup", name)

    assert code == 1
    assert list((installed.engine.settings.storage / "backups").iterdir()) == []


@pytest.mark.parametrize("name", ["../keys.json", "/etc/passwd", "..", ".", "", "sub/folder.zip"])
async def test_only_files_in_the_folder_of_backups_can_be_named(server: FakeNextcloud, name: str):
    code, _ = await server.occ("openconnector:restore", name, replace=True)

    assert code == 1
