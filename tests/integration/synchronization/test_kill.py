"""`kill -9` at any moment of a run loses no record and makes none twice."""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.slow_systems import SlowSystems, slow_systems

RECORDS = 300
MOMENTS = 30
SIDE_BY_SIDE = 5
SEED = 20_261_124
LEAST_SECONDS = 3.0
LEAST_KILLS = 25

pytestmark = pytest.mark.slow


@dataclass
class Victim:
    """One installation whose run is killed once."""

    name: str
    folder: Path
    systems: SlowSystems
    target: dict[str, Any]

    def write_configuration(self) -> Path:
        base = f"{self.systems.address}/{self.name}"
        source = {
            "kind": "rest",
            "location": base,
            "endpoint": "records",
            "resultsPosition": "results",
            "paginator": {"kind": "next_url"},
        }
        document = {
            "registers": [{"slug": "kept", "title": "Kept", "schemas": ["thing"]}],
            "schemas": [
                {"slug": "thing", "title": "Thing", "properties": {"code": {"type": "string"}}}
            ],
            "sources": [
                {
                    "slug": "remote",
                    "name": "Remote",
                    "allowedNetworks": ["127.0.0.0/8"],
                    "configuration": source,
                }
            ],
            "mappings": [
                {"slug": "m", "name": "M", "mapping": {"code": "code", "label": "{{ title }}!"}}
            ],
            "synchronizations": [
                {
                    "slug": "s",
                    "name": "S",
                    "sourceId": "remote",
                    "sourceConfig": {"idPosition": "code"},
                    "sourceTargetMapping": "m",
                    "target": self.target,
                }
            ],
        }
        file = self.folder / "configuration.json"
        file.write_text(json.dumps(document))
        return file

    async def start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "openconnector.cli",
            "sync",
            str(self.write_configuration()),
            "--json",
            env={**os.environ, "APP_PERSISTENT_STORAGE": str(self.folder / "storage")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self) -> dict[str, Any]:
        process = await self.start()
        out, error = await process.communicate()
        assert process.returncode == 0, (out, error[-3000:])
        return json.loads(out)  # type: ignore[no-any-return]  # the run as the command prints it

    async def run_and_be_killed(self, after_seconds: float) -> bool:
        """Kill the run so long after its first page was asked for; return whether it was still at work."""
        begun = asyncio.Event()
        self.systems.on_first_page[self.name] = begun.set
        process = await self.start()
        await begun.wait()
        await asyncio.sleep(after_seconds)
        is_at_work = process.returncode is None
        if is_at_work:
            process.send_signal(signal.SIGKILL)
        await process.wait()
        return is_at_work


OUTSIDE = {
    "kind": "rest",
    "source": "remote",
    "endpoint": "objects",
    "idPosition": "id",
    "concurrency": 4,
}
EMBEDDED = {"kind": "object_store", "register": "kept", "schema": "thing"}


async def killed_and_taken_up(
    victim: Victim, moment: float
) -> tuple[bool, dict[str, Any], dict[str, Any]]:
    was_killed = await victim.run_and_be_killed(moment)
    finished = await victim.run()
    return was_killed, finished, await victim.run()


async def test_thirty_kills_lose_nothing_and_double_nothing(tmp_path: Path):
    moments = random.Random(SEED)
    async with slow_systems(RECORDS, page_seconds=0.12, write_seconds=0.03) as systems:
        whole = Victim("whole", tmp_path / "whole", systems, OUTSIDE)
        whole.folder.mkdir()
        first_page: list[float] = []
        systems.on_first_page["whole"] = lambda: first_page.append(time.monotonic())
        await whole.run()
        seconds = time.monotonic() - first_page[0]
        places = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(number: int, moment: float) -> tuple[bool, dict[str, Any], dict[str, Any]]:
            victim = Victim(f"v{number}", tmp_path / f"v{number}", systems, OUTSIDE)
            victim.folder.mkdir()
            async with places:
                return await killed_and_taken_up(victim, moment)

        kills = [moments.uniform(0, seconds * 0.9) for _ in range(MOMENTS)]
        results = await asyncio.gather(*(one(number, kill) for number, kill in enumerate(kills)))

    assert seconds >= LEAST_SECONDS
    assert sum(was_killed for was_killed, _, _ in results) >= LEAST_KILLS
    wanted = Counter(f"r{number}" for number in range(RECORDS))
    for number, (_, finished, again) in enumerate(results):
        name = f"v{number}"
        assert Counter(o["code"] for o in systems.objects[name].values()) == wanted
        assert Counter(systems.writes[name]) == Counter(f"create {code}" for code in wanted)
        assert finished["state"] == "succeeded"
        assert again["balance"] | {"writes": again["writes"]} == {
            "found": RECORDS, "created": 0, "updated": 0, "unchanged": RECORDS, "skipped": 0,
            "invalid": 0, "failed": 0, "deleted": 0, "writes": 0,
        }  # fmt: skip
