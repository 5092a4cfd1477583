"""`openconnector audit` as an operator types it."""

import json
import sqlite3
from pathlib import Path

from tests.integration.cli.conftest import Command

SCHEMAS = json.dumps({"schemas": [{"slug": "a", "title": "A"}, {"slug": "b", "title": "B"}]})


def test_a_trail_is_verified_and_exported_and_tampering_fails_the_command(
    command: Command, tmp_path: Path
):
    command("import", "-", text=SCHEMAS)

    whole = command("audit", "verify", "--json")
    exported = command("audit", "export", "--after", "1")
    end = json.loads(whole.stdout)["end"]
    noted = f"{end['number']}:{end['digest']}"
    with sqlite3.connect(tmp_path / "storage" / "openconnector.db") as database:
        database.execute("DELETE FROM audit WHERE number = 2")
    broken = command("audit", "verify", "--end", noted)

    assert (whole.exit_code, json.loads(whole.stdout)["isIntact"]) == (0, True)
    assert [json.loads(line)["name"] for line in exported.stdout.splitlines()] == ["b"]
    assert broken.exit_code == 1
    assert "Entry 1 the entries after it are missing; the last was 2" in broken.stdout
    assert "Entry 2 was noted elsewhere and is not there" in broken.stdout


def test_an_end_that_was_never_printed_is_refused(command: Command):
    answer = command("audit", "verify", "--end", "1:short")

    assert answer.exit_code == 2
    assert "--end" in answer.stderr
