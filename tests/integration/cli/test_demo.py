"""The demo in processes of its own, once as a newcomer types it."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from openconnector.engine import Engine, Settings
from openconnector.example_data import folder
from openconnector.ports import ObjectQuery
from tests.fakes.commands import Command

COUNTED = ("found", "created", "updated", "unchanged", "skipped", "invalid", "failed", "deleted")
RECORDS = len(
    orjson.loads((folder() / "earthquakes" / "earthquakes.json").read_bytes())["features"]
)


async def demo(environment: dict[str, str], *options: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error."""
    given = dict(environment)
    command = Command(["demo", *options], Path(given.pop("APP_PERSISTENT_STORAGE")), **given)
    code, out = await command.wait()
    return code, out, command.told()


def balance(**counts: int) -> dict[str, int]:
    return dict.fromkeys(COUNTED, 0) | {"found": RECORDS} | counts


async def test_the_first_run_creates_everything_and_the_second_writes_nothing(
    environment: dict[str, str],
):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "openconnector.cli", "demo", "--json"),
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await process.communicate()

    first, second = json.loads(out)
    assert process.returncode == 0
    assert (first["state"], first["balance"]) == ("succeeded", balance(created=RECORDS))
    assert (second["state"], second["balance"]) == ("succeeded", balance(unchanged=RECORDS))
    assert (first["writes"], second["writes"]) == (RECORDS, 0)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str, str]:
    """A demo as people see it: the storage it left, exit code, standard output and standard error."""
    storage = tmp_path_factory.mktemp("demo") / "storage"
    environment = {"APP_PERSISTENT_STORAGE": str(storage), "DATABASE_URL": ""}
    return storage, *asyncio.run(demo(environment))


@pytest.fixture
def storage(environment: dict[str, str], shown: tuple[Path, int, str, str]) -> Path:
    """This test's copy of what a demo left."""
    return Path(shutil.copytree(shown[0], environment["APP_PERSISTENT_STORAGE"]))


async def test_the_objects_are_what_the_source_says(storage: Path):
    async with Engine(Settings(storage=storage)) as engine:
        place = await engine.embedded.resolve("seismology", "earthquake")
        found = await engine.embedded.search(place, ObjectQuery(filters={"id": "ci37868143"}))
        everything = await engine.embedded.search(place, ObjectQuery(limit=1))

    assert everything.total == RECORDS
    assert [one.data for one in found.results] == [
        {
            "id": "ci37868143",
            "magnitude": 2,
            "magnitudeType": "ml",
            "place": "4km W of Castaic, CA",
            "type": "earthquake",
            "status": "automatic",
            "occurred": "2018-02-07T01:26:13.840Z",
            "updated": "2018-02-07T01:29:56.303Z",
            "longitude": -118.6671667,
            "latitude": 34.4945,
            "depthKilometres": 26.49,
            "feltReports": None,
            "stations": 7,
            "alert": None,
            "isTsunamiPossible": False,
            "ids": ["ci37868143"],
            "url": "https://earthquake.usgs.gov/earthquakes/eventpage/ci37868143",
            "network": {"code": "ci", "sources": ["ci"]},
        }
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [(("--json",), balance(created=RECORDS)), (("--json", "--keep"), balance(unchanged=RECORDS))],
)
async def test_a_second_demo_starts_empty_unless_it_is_told_to_keep(
    environment: dict[str, str], options: tuple[str, ...], expected: dict[str, Any], storage: Path
):
    assert (storage / "openconnector.db").exists()

    _, out, _ = await demo(environment, *options)

    assert json.loads(out)[0]["balance"] == expected


def test_people_are_shown_both_balances_and_what_to_do_next(
    shown: tuple[Path, int, str, str],
):
    _, code, out, errors = shown

    found = next(line for line in out.splitlines() if "found" in line)
    assert code == 0
    assert found.count(str(RECORDS)) == 2
    assert "curl" in errors


@pytest.mark.postgres
async def test_the_demo_runs_on_postgresql(environment: dict[str, str], postgres_url: str):
    code, out, _ = await demo(environment | {"DATABASE_URL": postgres_url}, "--json")

    assert code == 0
    assert [run["writes"] for run in json.loads(out)] == [RECORDS, 0]
