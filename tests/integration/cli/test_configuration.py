"""`import`, `export`, `migrate` and `doctor` as an operator types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from openconnector.cli.outcome import Exit
from openconnector.definitions.notation import read
from tests.fakes.loopback import Loopback
from tests.integration.cli.test_sync import configuration, people

Command = Callable[..., Result]


def findings(result: Result) -> dict[str, dict[str, Any]]:
    """Return what the doctor found, by check."""
    return {finding["check"]: finding for finding in json.loads(result.stdout)}


def test_what_was_exported_imports_without_a_change(
    command: Command, tmp_path: Path, remote: Loopback
):
    command("import", "-", text=json.dumps(configuration(remote.url)))
    file = tmp_path / "exported.yaml"

    written = command("export", "--output", str(file))
    again = command("import", str(file), "--json")

    assert (written.exit_code, again.exit_code) == (Exit.SUCCESS, Exit.SUCCESS)
    assert {one["action"] for one in json.loads(again.stdout)} == {"unchanged"}


def test_an_export_is_the_same_in_both_notations(command: Command, remote: Loopback):
    command("import", "-", text=json.dumps(configuration(remote.url)))

    as_yaml, as_json = command("export"), command("export", "--json")

    assert read(as_yaml.stdout).value == json.loads(as_json.stdout)
    assert as_yaml.stdout.startswith("# ")


@pytest.mark.parametrize("text", ["sources: [{slug: a}]", "nonsense: 1", "a: [", "\0"])
def test_a_file_that_is_wrong_is_wrong_use(command: Command, text: str):
    result = command("import", "-", "--json", text=text)

    assert result.exit_code == Exit.WRONG_USE
    assert json.loads(result.stdout)["errors"]


def test_migrating_twice_has_nothing_to_do(command: Command):
    first, second = command("migrate", "--json"), command("migrate", "--json")

    assert json.loads(first.stdout)["applied"]
    assert json.loads(second.stdout) == {"applied": []}


@pytest.mark.parametrize("name", ["migrate", "export"])
def test_a_database_that_is_not_there_is_a_failure_that_hides_the_password(
    command: Command, environment: dict[str, str], name: str
):
    environment["DATABASE_URL"] = "postgresql://someone:hidden-password@127.0.0.1:1/x"

    result = command(name, "--json")

    assert result.exit_code == Exit.FAILURE
    assert "127.0.0.1:1/x" in json.loads(result.stdout)["detail"]
    assert "hidden-password" not in result.output


def test_the_doctor_finds_a_healthy_installation_healthy(command: Command, remote: Loopback):
    remote.answer = lambda _path: (200, people(2))
    command("import", "-", text=json.dumps(configuration(remote.url)))

    result = command("doctor", "--json")
    shown = command("doctor")

    assert result.exit_code == Exit.SUCCESS
    found = findings(result)
    assert list(found) == [
        "storage",
        "keys",
        "database",
        "secrets",
        "clock",
        "worker",
        "source staff",
    ]
    assert {finding["state"] for finding in found.values()} == {"ok"}
    assert shown.stdout.count("ok ") >= len(found)


def test_the_doctor_asks_for_the_migration_that_is_missing(command: Command):
    result = command("doctor", "--json")

    assert result.exit_code == Exit.FAILURE
    assert findings(result)["database"]["remedy"] == "openconnector migrate"


def test_the_doctor_sees_a_key_file_that_others_can_read(
    command: Command, environment: dict[str, str]
):
    command("migrate")
    (Path(environment["APP_PERSISTENT_STORAGE"]) / "keys.json").chmod(0o644)

    result = command("doctor", "--json")

    assert result.exit_code == Exit.SUCCESS
    assert findings(result)["keys"]["state"] == "warn"
    assert "chmod 600" in findings(result)["keys"]["remedy"]


@pytest.fixture
def lost(command: Command, environment: dict[str, str], remote: Loopback) -> Path:
    """The key file of an installation that holds a secret; it is gone."""
    document = configuration(remote.url)
    document["sources"][0]["configuration"]["auth"] = {"kind": "bearer", "token": "t0ken"}
    command("import", "-", text=json.dumps(document))
    file = Path(environment["APP_PERSISTENT_STORAGE"]) / "keys.json"
    file.rename(file.with_suffix(".kept"))
    return file


@pytest.mark.parametrize("name", ["export", "doctor"])
def test_a_lost_key_file_is_never_replaced_silently(command: Command, lost: Path, name: str):
    result = command(name, "--json")

    assert result.exit_code == Exit.FAILURE
    shown = json.loads(result.stdout)
    said = shown["detail"] if name == "export" else shown[0]["message"]
    assert f"{lost} is missing" in said
    assert "1 secrets" in said
    assert "from the backup" in said
    assert "openconnector new-key" in said
    assert not lost.exists()


def test_a_key_file_put_back_opens_what_it_sealed(command: Command, lost: Path, remote: Loopback):
    lost.with_suffix(".kept").rename(lost)
    remote.answer = lambda _path: (200, people(1))

    assert findings(command("doctor", "--json"))["secrets"]["state"] == "ok"


def test_a_new_key_goes_on_and_the_doctor_names_what_to_enter_again(command: Command, lost: Path):
    made = command("new-key")
    result = command("doctor", "--json")

    assert made.exit_code == Exit.SUCCESS
    assert lost.stat().st_mode & 0o777 == 0o600
    assert result.exit_code == Exit.FAILURE
    assert findings(result)["secrets"]["state"] == "fail"
    assert "sources/staff" in findings(result)["secrets"]["message"]
    assert "enter" in findings(result)["secrets"]["message"]


def test_a_new_key_never_replaces_one_that_is_there(command: Command, lost: Path):
    lost.write_bytes(content := lost.with_suffix(".kept").read_bytes())

    result = command("new-key", "--json")

    assert result.exit_code == Exit.FAILURE
    assert "nothing was changed" in json.loads(result.stdout)["detail"]
    assert lost.read_bytes() == content


def test_the_doctor_sees_what_keeps_a_source_from_being_read(command: Command, remote: Loopback):
    document = configuration(remote.url)
    forbidden = document["sources"][0] | {"slug": "inside", "allowedNetworks": []}
    refusing = document["sources"][0] | {"slug": "refusing"}
    absent = document["sources"][0] | {
        "slug": "absent",
        "configuration": {"kind": "rest", "location": "http://127.0.0.1:1"},
    }
    document["sources"] += [forbidden, refusing, absent]
    remote.answer = lambda _path: (403, {})
    command("import", "-", text=json.dumps(document))

    found = findings(command("doctor", "--json"))

    assert found["source inside"]["state"] == "fail"
    assert "allowedNetworks" in found["source inside"]["remedy"]
    assert found["source refusing"]["state"] == "fail"
    assert found["source absent"]["state"] == "warn"
