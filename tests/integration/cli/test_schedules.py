"""`openconnector schedule`: when synchronizations begin by themselves."""

import json
from pathlib import Path

import pytest

from openconnector.cli.outcome import Exit
from tests.integration.cli.conftest import Command

DOCUMENT = {
    "schemas": [{"slug": "thing", "title": "Thing"}],
    "registers": [{"slug": "kept", "title": "Kept", "schemas": ["thing"]}],
    "sources": [
        {
            "slug": "remote",
            "name": "Remote",
            "configuration": {"kind": "rest", "location": "https://remote.test"},
        }
    ],
    "synchronizations": [
        {
            "slug": "nightly",
            "name": "Nightly",
            "sourceId": "remote",
            "target": {"kind": "object_store", "register": "kept", "schema": "thing"},
            "schedules": [
                {"kind": "cron", "expression": "30 2 * * *", "timezone": "Europe/Amsterdam"},
                {"kind": "interval", "every": 1, "unit": "weeks", "isEnabled": False},
            ],
        },
        {
            "slug": "never",
            "name": "Never",
            "sourceId": "remote",
            "target": {"kind": "object_store", "register": "kept", "schema": "thing"},
        },
    ],
}


@pytest.fixture
def imported(command: Command, tmp_path: Path) -> Command:
    file = tmp_path / "all.json"
    file.write_text(json.dumps(DOCUMENT))
    result = command("import", str(file))
    assert result.exit_code == Exit.SUCCESS, result.output
    return command


def test_every_schedule_is_listed_with_its_next_moment(imported: Command):
    told = imported("schedule", "list")
    lines = json.loads(imported("schedule", "list", "--json").stdout)

    assert told.exit_code == Exit.SUCCESS
    assert "nightly: cron 30 2 * * * Europe/Amsterdam; next: 20" in told.stdout
    assert "nightly: interval 1 weeks; next: switched off" in told.stdout
    assert [(line["number"], line["isActive"]) for line in lines] == [(0, True), (1, False)]


def test_the_next_moments_are_those_of_the_clocks_of_the_zone(imported: Command):
    told = imported("schedule", "next", "nightly", "--count", "400")

    lines = told.stdout.splitlines()
    assert len(lines) == 400
    assert {line[11:19] for line in lines} == {"02:30:00", "03:00:00"}
    assert {line[19:] for line in lines} == {"+01:00", "+02:00"}


def test_one_without_a_schedule_says_so(imported: Command):
    assert "never does not begin by itself" in imported("schedule", "next", "never").stdout


def test_an_unknown_one_is_told(imported: Command):
    result = imported("schedule", "next", "nothing", "--json")

    assert result.exit_code == Exit.WRONG_USE
    assert "'nothing'" in json.loads(result.stdout)["detail"]
