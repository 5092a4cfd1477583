"""`kill -9` at any moment of a run loses no record and makes none twice."""

import asyncio
import json
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from openconnector.engine import DATABASE_FILE
from tests.fakes.commands import Command
from tests.fakes.slow_systems import SlowSystems, slow_systems

RECORDS = 24
MOMENTS = 30
SIDE_BY_SIDE = 8
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

    def migrate(self, migrated_file: Path) -> None:
        """Begin with the tables there: no kill is meant for what makes them."""
        (self.folder / "storage").mkdir(parents=True)
        shutil.copy(migrated_file, self.folder / "storage" / DATABASE_FILE)

    def start(self) -> Command:
        return Command(["sync", str(self.write_configuration()), "--json"], self.folder / "storage")

    async def run(self) -> dict[str, Any]:
        code, out = await self.start().wait()
        assert code == 0, out
        return json.loads(out)  # type: ignore[no-any-return]  # the run as the command prints it

    async def run_and_be_killed(self, after_seconds: float) -> bool:
        """Kill the run so long after its first page was asked for; return whether it was still at work."""
        begun = asyncio.Event()
        self.systems.on_first_page[self.name] = begun.set
        command = self.start()
        await begun.wait()
        await asyncio.sleep(after_seconds)
        is_at_work = command.kill()
        await command.wait()
        return is_at_work


OUTSIDE = {
    "kind": "rest",
    "source": "remote",
    "endpoint": "objects",
    "idPosition": "id",
    "concurrency": 4,
}


async def kill_each_once(
    systems: SlowSystems, folder: Path, kills: list[float], migrated_file: Path
) -> list[tuple[bool, dict[str, Any]]]:
    """Kill one run at each of these moments and take each up again; return whether it was hit, and how it ended."""
    places = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(number: int, moment: float) -> tuple[bool, dict[str, Any]]:
        victim = Victim(f"v{number}", folder / f"v{number}", systems, OUTSIDE)
        victim.migrate(migrated_file)
        async with places:
            was_hit = await victim.run_and_be_killed(moment)
            return was_hit, await victim.run()

    return await asyncio.gather(*(one(number, kill) for number, kill in enumerate(kills)))


async def test_thirty_kills_lose_nothing_and_double_nothing(tmp_path: Path, migrated_file: Path):
    moments = random.Random(SEED)
    async with slow_systems(RECORDS, page_seconds=0.24, write_seconds=0.45) as systems:
        first_page: list[float] = []
        systems.on_first_page["whole"] = lambda: first_page.append(time.monotonic())
        whole = Victim("whole", tmp_path / "whole", systems, OUTSIDE)
        whole.migrate(migrated_file)
        await whole.run()
        seconds = time.monotonic() - first_page[0]

        kills = [moments.uniform(0, seconds * 0.9) for _ in range(MOMENTS)]
        results = await kill_each_once(systems, tmp_path, kills, migrated_file)
        again = await Victim("v0", tmp_path / "v0", systems, OUTSIDE).run()

    assert seconds >= LEAST_SECONDS
    assert sum(was_hit for was_hit, _ in results) >= LEAST_KILLS
    wanted = Counter(f"r{number}" for number in range(RECORDS))
    for number, (_, finished) in enumerate(results):
        name = f"v{number}"
        assert Counter(o["code"] for o in systems.objects[name].values()) == wanted
        assert Counter(systems.writes[name]) == Counter(f"create {code}" for code in wanted)
        assert (finished["state"], finished["balance"]["created"]) == ("succeeded", RECORDS)
        assert finished["contracts"]["after"] == RECORDS
    assert (again["balance"]["unchanged"], again["writes"]) == (RECORDS, 0)
