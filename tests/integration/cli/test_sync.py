"""`sync` and `dry-run` against a remote system: what they print, and every exit code."""

import asyncio
import json
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from typer.testing import Result

from openconnector.cli.outcome import Exit
from openconnector.db.database import BUSY_TIMEOUT_MS
from openconnector.engine import DATABASE_FILE
from tests.fakes.commands import Command as Process
from tests.fakes.loopback import Loopback
from tests.fakes.workers import until

Command = Callable[..., Result]
BALANCE = ("found", "created", "updated", "unchanged", "skipped", "invalid", "failed", "deleted")


def people(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"Person {number}"} for number in range(count)]


def configuration(url: str, **synchronization: Any) -> dict[str, Any]:
    """Return a configuration that copies people from a remote system."""
    return {
        "registers": [{"slug": "people", "title": "People", "schemas": ["person"]}],
        "schemas": [
            {
                "slug": "person",
                "title": "Person",
                "properties": {"name": {"type": "string", "maxLength": 20}},
            }
        ],
        "sources": [
            {
                "slug": "staff",
                "name": "Staff",
                "allowedNetworks": ["127.0.0.0/8"],
                "configuration": {"kind": "rest", "location": url, "endpoint": "people"},
            }
        ],
        "synchronizations": [
            {
                "slug": "people",
                "name": "People",
                "sourceId": "staff",
                "target": {"kind": "object_store", "register": "people", "schema": "person"},
                **synchronization,
            }
        ],
    }


@pytest.fixture
def file(tmp_path: Path, remote: Loopback) -> str:
    path = tmp_path / "configuration.json"
    path.write_text(json.dumps(configuration(remote.url)))
    return str(path)


def told(result: Result) -> Any:
    """Return what a command printed: JSON, and nothing else."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return json.loads(result.stdout)


def test_a_file_is_imported_and_run_and_the_second_run_writes_nothing(
    command: Command, file: str, remote: Loopback
):
    remote.answer = lambda _path: (200, people(3))

    first, second = command("sync", file, "--json"), command("sync", "people", "--json")

    assert (first.exit_code, second.exit_code) == (Exit.SUCCESS, Exit.SUCCESS)
    one, two = told(first), told(second)
    assert list(one["balance"]) == list(BALANCE)
    assert (one["state"], one["balance"]["created"], one["writes"]) == ("succeeded", 3, 3)
    assert (two["state"], two["balance"]["unchanged"], two["writes"]) == ("succeeded", 3, 0)


def test_force_writes_every_record_again(command: Command, file: str, remote: Loopback):
    remote.answer = lambda _path: (200, people(3))
    command("sync", file)

    again = told(command("sync", "people", "--force", "--json"))

    assert (again["isForced"], again["balance"]["updated"], again["writes"]) == (True, 3, 3)


def test_people_are_shown_the_balance(command: Command, file: str, remote: Loopback):
    remote.answer = lambda _path: (200, people(3))

    result = command("sync", file)

    lines = {
        cells[0]: cells[1] for line in result.stdout.splitlines() if len(cells := parts(line)) == 2
    }
    assert lines["state"] == "succeeded"
    assert (lines["found"], lines["created"], lines["writes"]) == ("3", "3", "3")


def parts(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")]


def test_credentials_that_are_refused_are_a_failure(command: Command, file: str, remote: Loopback):
    remote.answer = lambda _path: (401, {})

    result = command("sync", file, "--json")

    assert result.exit_code == Exit.FAILURE
    assert told(result)["error"]["code"] == "credentials-rejected"


@pytest.mark.parametrize(
    "arguments",
    [
        ["sync", "unknown", "--json"],
        ["sync", "missing.yaml", "--json"],
        ["sync", "unknown", "--only", "people", "--json"],
        ["dry-run", "unknown", "--json"],
    ],
)
def test_what_does_not_exist_is_wrong_use(command: Command, arguments: list[str]):
    result = command(*arguments)

    assert result.exit_code == Exit.WRONG_USE
    assert told(result)["detail"]


def test_a_record_the_schema_refuses_makes_the_run_partial(
    command: Command, file: str, remote: Loopback
):
    remote.answer = lambda _path: (200, [*people(2), {"id": 9, "name": "x" * 21}])

    result = command("sync", file, "--json")

    assert result.exit_code == Exit.PARTIAL
    assert told(result)["balance"] == dict.fromkeys(BALANCE, 0) | {
        "found": 3,
        "created": 2,
        "invalid": 1,
    }


def test_a_source_that_went_empty_needs_approval(command: Command, file: str, remote: Loopback):
    remote.answer = lambda _path: (200, people(8))
    command("sync", file)
    remote.answer = lambda _path: (200, [])

    result = command("sync", "people", "--json")

    assert result.exit_code == Exit.NEEDS_APPROVAL
    run = told(result)
    assert (run["state"], run["balance"]["deleted"], run["deletionsPending"]) == (
        "needs_approval",
        0,
        8,
    )


def test_a_source_that_asks_for_patience_leaves_the_run_waiting(
    command: Command, file: str, remote: Loopback
):
    remote.answer = lambda _path: (429, {})
    remote.headers = {"Retry-After": "3600"}

    result = command("sync", file, "--json")

    assert result.exit_code == Exit.WAITING
    assert told(result)["due"] is not None


def test_an_unfinished_run_is_taken_up_again(command: Command, file: str, remote: Loopback):
    remote.answer = lambda _path: (429, {})
    remote.headers = {"Retry-After": "3600"}
    waiting = told(command("sync", file, "--json"))

    again = command("sync", "people", "--json")

    assert again.exit_code == Exit.WAITING
    assert told(again)["id"] == waiting["id"]
    assert waiting["id"] in again.stderr


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(
    command: Command, file: str, remote: Loopback
):
    remote.answer = lambda _path: (200, people(2))
    command("sync", file)
    remote.answer = lambda _path: (200, [{"id": 0, "name": "Ada"}, *people(3)[1:]])

    result = command("dry-run", "people", "--json")
    shown = command("dry-run", "people")
    after = told(command("sync", "people", "--json"))

    run = told(result)
    assert result.exit_code == Exit.SUCCESS
    assert (run["mode"], run["writes"]) == ("dry_run", 0)
    assert [(change["action"], change["originId"]) for change in run["changes"]] == [
        ("update", "0"),
        ("create", "2"),
    ]
    assert {"path": "name", "before": "Person 0", "after": "Ada"} in run["changes"][0][
        "differences"
    ]
    assert "name: 'Person 0' -> 'Ada'" in shown.stdout
    assert (after["balance"]["created"], after["balance"]["updated"]) == (1, 1)


def test_a_file_with_several_synchronizations_asks_which(
    command: Command, tmp_path: Path, remote: Loopback
):
    both = configuration(remote.url)
    both["synchronizations"].append(both["synchronizations"][0] | {"slug": "others"})
    file = tmp_path / "both.json"
    file.write_text(json.dumps(both))
    remote.answer = lambda _path: (200, people(1))

    asked = command("sync", str(file), "--json")
    chosen = command("sync", str(file), "--only", "others", "--json")

    assert asked.exit_code == Exit.WRONG_USE
    assert "people, others" in told(asked)["detail"]
    assert chosen.exit_code == Exit.SUCCESS


@asynccontextmanager
async def interrupted(
    file: str, remote: Loopback, environment: dict[str, str]
) -> AsyncIterator[tuple[Process, Event]]:
    """Give `sync` after one Ctrl-C while it waits for its first page, and what lets that page come."""
    may_answer = Event()

    def slowly(_path: str) -> tuple[int, Any]:
        may_answer.wait(30)
        return 200, people(1)

    async def has_heard() -> bool:
        return "Stopping after this page" in process.told()

    remote.answer = slowly
    given = dict(environment)
    storage = Path(given.pop("APP_PERSISTENT_STORAGE"))
    process = Process(["sync", file, "--json"], storage, **given)
    try:
        assert await asyncio.to_thread(remote.was_asked.wait, 30)
        process.send(signal.SIGINT)
        await until(has_heard)
        yield process, may_answer
    finally:
        may_answer.set()
        process.kill()


async def test_control_c_stops_after_the_page(
    file: str, remote: Loopback, environment: dict[str, str]
):
    async with interrupted(file, remote, environment) as (process, may_answer):
        may_answer.set()
        async with asyncio.timeout(30):
            code, out = await process.wait()

    assert code == Exit.CANCELLED
    assert json.loads(out)["state"] == "cancelled"


async def test_control_c_twice_leaves_at_once_whatever_it_waits_for(
    file: str, remote: Loopback, environment: dict[str, str]
):
    database = Path(environment["APP_PERSISTENT_STORAGE"]) / DATABASE_FILE
    async with interrupted(file, remote, environment) as (process, _):
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # writes of the command wait for as long as they may
            process.send(signal.SIGINT)
            async with asyncio.timeout(BUSY_TIMEOUT_MS / 1000):
                code, out = await process.wait()

    assert code == Exit.CANCELLED
    assert json.loads(out)["type"].endswith(":interrupted")
