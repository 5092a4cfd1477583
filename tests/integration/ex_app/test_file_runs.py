"""Whole runs over Nextcloud's files: what did not change is neither listed nor fetched, and counts all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest

from ex_app.building import built
from openconnector.api.callers import by_token
from openconnector.db import definitions, wakes
from openconnector.db.rows import SynchronizationRow
from openconnector.engine import Engine
from tests.fakes.exapp import settings_for
from tests.fakes.interfaces import Interfaces
from tests.fakes.nextcloud import FakeNextcloud

TOKEN = "a token of enough length"


class Running:
    """An engine inside the fake Nextcloud, and one synchronization of it."""

    def __init__(self, nextcloud: FakeNextcloud, engine: Engine, api: httpx.AsyncClient) -> None:
        self.nextcloud = nextcloud
        self.files = nextcloud.files
        self.engine = engine
        self._api = api

    async def save_to(self, target: dict[str, Any]) -> None:
        """Save a synchronization from files in `in` to this target."""
        source = {"kind": "nextcloud_files", "reads": "content", "folder": "in"}
        await self._made("/sources", {"name": "Files", "configuration": source})
        body = {"name": "Sync", "sourceId": "files", "target": target, "actingUser": "admin"}
        await self._made("/synchronizations", body)

    async def save(self, source: dict[str, Any], **more: Any) -> None:
        """Save a synchronization from this source into our own store."""
        schema = await self._made("/schemas", {"title": "S", "slug": "s"})
        await self._made("/registers", {"title": "R", "slug": "r", "schemas": [schema["id"]]})
        await self._made("/sources", {"name": "Files", "configuration": source})
        target = {"kind": "object_store", "register": "r", "schema": "s"}
        deletion = {"maxCount": 10_000, "smallBelow": 0}
        body = {"name": "Sync", "sourceId": "files", "target": target, "deletion": deletion}
        await self._made("/synchronizations", body | {"actingUser": "admin"} | more)

    async def save_follow_up(self) -> None:
        """Let another synchronization follow the one that is saved."""
        kept = (await self._api.get("/synchronizations/sync")).json()
        names = ("name", "sourceId", "target", "actingUser")
        body = {name: kept[name] for name in names}
        await self._made("/synchronizations", body | {"name": "Next"})
        answer = await self._api.put("/synchronizations/sync", json=body | {"followUps": ["next"]})
        assert answer.status_code == 200, answer.text

    async def triggers(self) -> list[str]:
        """Return what started each run, newest first."""
        return [run["trigger"] for run in (await self._api.get("/runs")).json()["results"]]

    async def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def run(self, **options: Any) -> dict[str, Any]:
        """Run it to its end and return the run; `asked` tells what Nextcloud was asked."""
        self.nextcloud.calls.clear()
        asked = await self._api.post("/synchronizations/sync/run", json=options)
        assert asked.status_code == 202, asked.text
        await self.engine.worker().finish(asked.json()["id"])
        return dict((await self._api.get(f"/runs/{asked.json()['id']}")).json())

    async def happen(self, *things: str | None) -> dict[str, Any]:
        """Let these files change, or something that tells of none, and return the run that follows."""
        return await self.taken_up(await self.queued(*things))

    async def taken_up(self, run_id: str) -> dict[str, Any]:
        """Work on a run that waits for a worker and return it."""
        await self.engine.worker().finish(run_id)
        return dict((await self._api.get(f"/runs/{run_id}")).json())

    async def interrupted(self, request: str) -> None:
        """Let a worker work until Nextcloud is asked this, and be stopped before the answer comes."""
        stop = asyncio.Event()

        async def never_answer() -> None:
            stop.set()
            await asyncio.Event().wait()

        self.files.before[request] = never_answer
        await self.engine.worker().serve(stop)

    async def queued(self, *things: str | None) -> str:
        """Let these files change, or something that tells of none, and return the id of the run that is asked for."""
        self.nextcloud.calls.clear()
        now = self.engine.clock.now()
        async with self.engine.database.writing() as session:
            key = (await definitions.get(session, SynchronizationRow, "sync")).id
            for thing in things:
                await wakes.add(session, key, now=now, due_at=now, thing=thing)
        await self.engine.scheduler().tick()
        newest = (await self._api.get("/runs", params={"_limit": 1})).json()["results"][0]
        return str(newest["id"])

    @property
    def asked(self) -> list[str]:
        root = "/remote.php/dav/files/"
        return [f"{call.method} {call.path.removeprefix(root)}" for call in self.nextcloud.calls]


@pytest.fixture
async def running(migrated_storage: Path, interfaces: Interfaces) -> AsyncIterator[Running]:
    nextcloud = FakeNextcloud(is_registered=True, is_enabled=True)
    settings = settings_for(nextcloud, app_persistent_storage=migrated_storage)
    engine, client = built(settings, transport=httpx.ASGITransport(nextcloud))
    async with aclosing(client), engine:
        app = interfaces(engine, by_token(TOKEN))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://t/api/v1", headers=headers
        ) as api:
            yield Running(nextcloud, engine, api)


def counted(run: dict[str, Any]) -> dict[str, int]:
    names = ("found", "created", "updated", "unchanged", "deleted", "failed", "skipped", "invalid")
    return {name: run["balance"][name] for name in names if run["balance"].get(name)}


async def test_ten_thousand_files_that_did_not_change_cost_one_request(running):
    for folder in range(100):
        for number in range(100):
            running.files.put(f"admin/{folder:02}/{number:02}.txt", "x")
    await running.save({"kind": "nextcloud_files"})

    first = await running.run()
    asked = len(running.asked)
    second = await running.run()

    assert (first["state"], counted(first)) == ("succeeded", {"found": 10_000, "created": 10_000})
    assert asked == 103  # the version before and after, and 101 folders
    assert (second["state"], counted(second)) == (
        "succeeded",
        {"found": 10_000, "unchanged": 10_000},
    )
    assert second["writes"] == 0
    assert running.asked == ["PROPFIND admin"]


async def test_thousands_of_files_in_one_folder_cost_one_request_as_well(running):
    for number in range(3_000):
        running.files.put(f"admin/in/{number % 7}-{number}.txt", "x")
    await running.save({"kind": "nextcloud_files", "folder": "in"})

    first = await running.run()
    asked = running.asked
    second = await running.run()

    assert asked == ["PROPFIND admin/in"] * 3  # the version before and after, and what is in it
    assert (first["state"], counted(first)) == ("succeeded", {"found": 3_000, "created": 3_000})
    assert counted(second) == {"found": 3_000, "unchanged": 3_000}
    assert running.asked == ["PROPFIND admin/in"]


async def test_one_changed_file_costs_the_folders_above_it(running):
    for path in ("a/b/1", "a/b/2", "a/c/3", "d/4"):
        running.files.put(f"admin/{path}", "x")
    await running.save({"kind": "nextcloud_files"})
    await running.run()
    running.files.put("admin/a/b/2", "other")
    running.files.remove("admin/d/4")

    run = await running.run()

    assert running.asked == [
        "PROPFIND admin",
        "PROPFIND admin",
        "PROPFIND admin/a",
        "PROPFIND admin/a/b",
        "PROPFIND admin/d",
        "PROPFIND admin",
    ]
    assert counted(run) == {"found": 3, "unchanged": 2, "updated": 1, "deleted": 1}


async def test_an_event_about_one_file_reads_that_file_alone_and_deletes_nothing(running):
    files = [running.files.put(f"admin/in/{number}", "x") for number in range(3)]
    await running.save({"kind": "nextcloud_files", "folder": "in"})
    await running.run()
    running.files.put("admin/in/1", "other")
    running.files.remove("admin/in/2")

    run = await running.happen(str(files[1].fileid), str(files[1].fileid))
    asked = running.asked
    whole = await running.run()

    assert asked == ["SEARCH /remote.php/dav/", "PROPFIND admin/in/1"]
    assert (run["mode"], run["trigger"], run["state"]) == ("changes", "webhook", "succeeded")
    assert counted(run) == {"found": 1, "updated": 1}
    assert counted(whole) == {"found": 2, "unchanged": 2, "deleted": 1}


@pytest.mark.parametrize(
    "things",
    [[None], ["1", None], [str(number) for number in range(1, wakes.MAX_THINGS + 2)]],
    ids=["no file", "also no file", "many files"],
)
async def test_an_event_about_more_than_some_files_reads_all_of_the_source(running, things):
    running.files.put("admin/in/1", "x")
    await running.save({"kind": "nextcloud_files", "folder": "in"})

    run = await running.happen(*things)

    assert (run["mode"], counted(run)) == ("run", {"found": 1, "created": 1})


async def test_what_is_not_read_is_not_read_when_it_changes_either(running):
    for path in ("other/1.csv", "in/2.txt", "in/deep/3.csv", "in.csv"):
        running.files.put(f"admin/{path}", "a\n1\n")
    elsewhere = running.files.put("alice/in/4.csv", "a\n1\n")
    source = {"kind": "nextcloud_files", "folder": "in", "pattern": "*.csv", "isRecursive": False}
    await running.save(source)
    ids = [
        running.files.find(f"admin/{path}").fileid
        for path in ("other/1.csv", "in/2.txt", "in/deep/3.csv", "in.csv", "in", "")
    ]

    run = await running.happen(*map(str, [*ids, elsewhere.fileid, 987654]))

    assert (run["mode"], run["state"], counted(run)) == ("changes", "succeeded", {})


async def test_a_run_over_what_changed_leads_on_to_what_follows(running):
    file = running.files.put("admin/in/1", "x")
    await running.save({"kind": "nextcloud_files", "folder": "in"})
    await running.save_follow_up()

    await running.happen(str(file.fileid))

    assert await running.triggers() == ["follow_up", "webhook"]


async def test_a_copied_folder_is_read_with_all_that_is_in_it(running):
    for path in ("copy/1", "copy/deep/2", "left/3"):
        running.files.put(f"admin/in/{path}", "x")
    await running.save({"kind": "nextcloud_files", "folder": "in", "types": "both"})

    run = await running.happen(str(running.files.find("admin/in/copy").fileid))

    assert counted(run) == {"found": 4, "created": 4}


async def test_a_run_over_what_changed_that_was_interrupted_loses_nothing_and_doubles_nothing(
    running,
):
    paths = [f"copy/{number}/file" for number in range(8)]
    files = [running.files.put(f"admin/in/{path}", "x") for path in ["before", *paths, "after"]]
    await running.save({"kind": "nextcloud_files", "folder": "in"})
    copied = running.files.find("admin/in/copy").fileid
    run_id = await running.queued(str(files[0].fileid), str(copied), str(files[-1].fileid))

    await running.interrupted("PROPFIND admin/in/copy/7")
    running.nextcloud.calls.clear()
    run = await running.taken_up(run_id)

    assert (run["mode"], run["state"]) == ("changes", "succeeded")
    assert counted(run) == {"found": 10, "created": 10}
    assert "PROPFIND admin/in/before" not in running.asked


@pytest.mark.parametrize("duplicates", ["skip", "fail"])
async def test_a_file_that_changed_together_with_its_folder_counts_once(running, duplicates):
    file = running.files.put("admin/in/copy/1", "x")
    await running.save({"kind": "nextcloud_files", "folder": "in"}, duplicates=duplicates)
    folder = running.files.find("admin/in/copy")

    run = await running.happen(str(folder.fileid), str(file.fileid))

    assert (run["mode"], run["state"]) == ("changes", "succeeded")
    assert counted(run) == {"found": 1, "created": 1}


@pytest.mark.parametrize(("deletion", "mode"), [("delete", "run"), ("keep", "changes")])
async def test_rows_that_a_file_lost_are_noticed_wherever_that_matters(running, deletion, mode):
    running.files.put("admin/in/a.csv", "id\n1\n2\n")
    source = {"kind": "nextcloud_files", "folder": "in", "reads": "content"}
    await running.save(source, deletion={"mode": deletion, "smallShare": 1})
    await running.run()
    changed = running.files.put("admin/in/a.csv", "id\n1\n3\n")

    run = await running.happen(str(changed.fileid))

    assert run["mode"] == mode
    assert run["balance"]["created"] == 1
    assert run["balance"]["deleted"] == (1 if deletion == "delete" else 0)


async def test_a_file_that_is_moved_stays_the_same_object(running):
    running.files.put("admin/a/1", "x")
    running.files.put("admin/b/2", "x")
    await running.save({"kind": "nextcloud_files"})
    await running.run()
    node = running.files.remove("admin/a/1")
    running.files.find("admin/b").children["moved"] = node
    running.files._changed("admin/b")

    run = await running.run()

    assert counted(run) == {"found": 2, "updated": 1, "unchanged": 1}


async def test_a_folder_that_is_moved_is_read_again_though_its_version_stays(running):
    for path in ("a/moved/1", "a/moved/deep/2", "b/3"):
        running.files.put(f"admin/{path}", "x")
    await running.save({"kind": "nextcloud_files"})
    await running.run()
    folder = running.files.remove("admin/a/moved")
    running.files.find("admin/b").children["moved"] = folder
    running.files._changed("admin/b")

    run = await running.run()

    assert counted(run) == {"found": 3, "updated": 2, "unchanged": 1}


async def test_the_contents_of_files_are_fetched_only_when_they_changed(running):
    put = running.files.put
    put("admin/in/a.csv", "id,n\n1,x\n2,y\n")
    put("admin/in/b.csv", "id,n\n3,z\n")
    await running.save({"kind": "nextcloud_files", "reads": "content", "folder": "in"})

    first = await running.run()
    second = await running.run()
    assert counted(first) == {"found": 3, "created": 3}
    assert (counted(second), running.asked) == ({"found": 3, "unchanged": 3}, ["PROPFIND admin/in"])
    put("admin/in/b.csv", "id,n\n3,new\n")
    third = await running.run()

    assert [asked for asked in running.asked if asked.startswith("GET")] == ["GET admin/in/b.csv"]
    assert counted(third) == {"found": 3, "updated": 1, "unchanged": 2}


async def test_a_broken_file_lets_nothing_be_deleted_until_it_is_mended(running):
    put = running.files.put
    put("admin/a.jsonl", '{"id": 1}\n{"id": 2}\n')
    put("admin/b.jsonl", '{"id": 3}\n')
    await running.save({"kind": "nextcloud_files", "reads": "content"})
    await running.run()
    put("admin/a.jsonl", '{"id": 1}\n{broken')
    running.files.remove("admin/b.jsonl")

    broken = await running.run()
    again = await running.run()
    put("admin/a.jsonl", '{"id": 1}\n')
    mended = await running.run()

    assert (broken["state"], counted(broken)) == ("partial", {})
    assert "/a.jsonl could not be read: Line 2" in broken["error"]["message"]
    assert again["state"] == "partial"
    assert (mended["state"], counted(mended)) == (
        "succeeded",
        {"found": 1, "unchanged": 1, "deleted": 2},
    )


async def test_a_file_that_comes_back_from_the_trash_is_read_again(running):
    running.files.put("admin/a.csv", "id\n1\n")
    running.files.put("admin/b.csv", "id\n2\n")
    await running.save({"kind": "nextcloud_files", "reads": "content"})
    await running.run()
    running.files.remove("admin/a.csv")
    gone = await running.run()
    running.files.restore("admin/a.csv")

    back = await running.run()

    assert counted(gone) == {"found": 1, "unchanged": 1, "deleted": 1}
    assert counted(back) == {"found": 2, "updated": 1, "unchanged": 1}


async def test_records_become_files_and_a_second_run_writes_none(running):
    running.files.put(
        "admin/in/all.jsonl",
        '{"id": 1, "path": "a/1.txt", "content": "x"}\n{"id": 2, "path": "../2", "content": "y"}\n',
    )
    await running.save_to({"kind": "nextcloud_files", "folder": "out", "form": "text"})

    first = await running.run()
    second = await running.run()
    running.files.put(
        "admin/in/all.jsonl", '{"id": 1, "path": "b/1.txt", "content": "new"}\n{"id": 3}\n'
    )
    running.files.put("admin/out/other.txt", "somebody's")
    third = await running.run()

    assert (first["state"], counted(first)) == (
        "partial",
        {"found": 2, "created": 1, "invalid": 1},
    )
    assert counted(second) == {"found": 2, "unchanged": 1, "invalid": 1}
    assert second["writes"] == 0
    assert counted(third) == {"found": 2, "updated": 1, "invalid": 1}
    held = {path for path in running.files.paths("admin") if path.startswith("admin/out/")}
    assert held == {"admin/out/b/1.txt", "admin/out/other.txt"}
