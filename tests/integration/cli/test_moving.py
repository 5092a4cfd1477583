"""Moving from the PHP app on the command line: its exports are imported and run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from openconnector.cli.outcome import Exit
from tests.fakes.loopback import Loopback
from tests.fakes.predecessor import (
    a_mapping,
    a_source,
    a_synchronization,
    bundled,
    exported,
    without_numbers,
)

Command = Callable[..., Result]
SECRET = "s3cr3t-of-a-source"

STORE = {
    "registers": [{"slug": "people", "title": "People", "schemas": ["person"]}],
    "schemas": [{"slug": "person", "title": "Person", "properties": {"name": {"type": "string"}}}],
}
RULE = {"id": 5, "uuid": "r", "name": "Before", "timing": "before", "type": "error"}


@pytest.fixture(autouse=True)
def _loopback_is_allowed(environment: dict[str, str]) -> None:
    environment["OPENCONNECTOR_ALLOWED_NETWORKS"] = "127.0.0.0/8"


@pytest.fixture
def remote(remote: Loopback) -> Loopback:
    """Pages of people, of which the first names the second."""

    def answer(path: str) -> tuple[int, Any]:
        if "page=2" in path:
            return 200, {"results": [a_person(2, "3"), a_person(3, "12")], "next": None}
        return 200, {"results": [a_person(0, "40"), a_person(1, "41")], "next": "/api/items?page=2"}

    remote.answer = answer
    return remote


def a_person(number: int, age: str) -> dict[str, Any]:
    return {"id": f"ext-{number}", "naam": f"Naam {number}", "leeftijd": age, "mail": "U@X.NL",
            "soort": "A", "adres": {"straat": "S", "huisnummer": number}}  # fmt: skip


def entities(remote: Loopback) -> list[dict[str, Any]]:
    """Return a source, two mappings of which one calls the other by number, and a synchronization."""
    options = {"headers.X-Api-Key": SECRET, "headers.X-From": "{{ source.name }}"}
    outer = {
        "name": "naam",
        "age": "leeftijd",
        "home": "{{ executeMapping(7, adres)|json_encode }}",
    }
    return [
        a_source(name="Personen", location=f"{remote.url}/api", configuration=options),
        a_mapping(mapping=outer, cast={"age": "integer", "home": "jsonToArray"}),
        a_mapping(7, slug="adres", mapping={"line": "{{ straat }} {{ huisnummer }}"}, cast=[]),
        a_synchronization(
            sourceConfig={"endpoint": "/items", "resultsPosition": "results"},
            conditions={">": [{"var": "leeftijd"}, "9"]},
            targetId="people/person",
        ),
    ]


def written(folder: Path, *values: Any) -> list[str]:
    """Write each value to a file of its own and return the names."""
    names = []
    for at, value in enumerate(values):
        file = folder / f"{at}.json"
        file.write_text(json.dumps(value))
        names.append(str(file))
    return names


def test_exports_of_the_php_app_are_imported_and_run(
    command: Command, tmp_path: Path, remote: Loopback
):
    kinds = ("source", "mapping", "mapping", "synchronization")
    files = [exported(kind, entity) for kind, entity in zip(kinds, entities(remote), strict=True)]

    imported = command("import", *written(tmp_path, STORE, *files), "--json")
    run = command("sync", "sync-53245", "--json")
    again = command("import", *written(tmp_path, STORE, *files), "--json")

    assert imported.exit_code == Exit.SUCCESS, imported.output
    assert {one["action"] for one in json.loads(imported.stdout)} == {"created"}
    assert {one["action"] for one in json.loads(again.stdout)} == {"unchanged"}
    assert run.exit_code == Exit.SUCCESS, run.output
    balance = json.loads(run.stdout)["balance"]
    # Texts of digits are compared as numbers in PHP, so "12" is more than "9" and "3" is not.
    assert (balance["found"], balance["created"], balance["skipped"]) == (4, 3, 1)
    assert remote.asked == ["/api/items", "/api/items?page=2"]
    assert SECRET not in imported.output + run.output + command("export").output


def test_a_configuration_set_is_imported_and_what_is_left_out_is_told(
    command: Command, tmp_path: Path, remote: Loopback
):
    source, outer, inner, synchronization = entities(remote)
    document = bundled(
        sources={"personen": without_numbers(source | {"slug": "personen"})},
        mappings={
            "m": without_numbers(outer | {"mapping": {"home": "{{ executeMapping('adres', adres)|json_encode }}"}}),
            "adres": without_numbers(inner),
        },
        synchronizations={
            "s": without_numbers(
                synchronization
                | {"sourceId": "personen", "sourceTargetMapping": "ext-to-persoon-53245"}
            )
        },
        rules={"before": RULE},
        schemas={"person": {"title": "Person"}},
    )  # fmt: skip
    names = written(tmp_path, STORE, document)

    told = command("import", *names)
    as_json = command("import", *names, "--json")
    run = command("sync", "sync-53245", "--json")

    assert told.exit_code == as_json.exit_code == Exit.PARTIAL, told.output
    assert "Left out: rule 'Before': rules are not taken over yet" in told.stderr
    left_out = [one["slug"] for one in json.loads(as_json.stdout) if one["action"] == "left out"]
    assert left_out == ["Before", "person"]
    assert run.exit_code == Exit.SUCCESS, run.output


def test_one_synchronization_that_cannot_be_taken_over_keeps_all_from_being_saved(
    command: Command, tmp_path: Path, remote: Loopback
):
    whole = entities(remote)
    whole[-1] |= {"actions": [5], "sourceConfig": {"extraDataConfigs": [{"staticEndpoint": "/x"}]}}

    result = command("import", *written(tmp_path, STORE, [*whole, RULE]))

    assert result.exit_code == Exit.WRONG_USE
    assert "3.actions: runs rules, which are not taken over yet: 5" in result.stderr
    assert "3.sourceConfig.extraDataConfigs: is not taken over" in result.stderr
    assert command("export", "--json").stdout.strip() == "{}"


def test_an_export_is_no_yaml_of_ours_either(command: Command, tmp_path: Path):
    file = tmp_path / "mapping.yaml"
    file.write_text('"@type": mapping\nname: Zaak\nmapping:\n    a: "{{ b }}"\ncast: {  }\n')

    result = command("import", str(file), "--json")

    [saved] = json.loads(result.stdout)
    assert (saved["slug"], saved["action"]) == ("zaak", "created")


@pytest.mark.parametrize(
    "content", [b"\xff\xfe{", b"a: &b 1\nc: *b", b"[" * 100_000, b'{"@type": NaN}']
)
def test_a_file_that_is_no_text_is_wrong_use(command: Command, tmp_path: Path, content: bytes):
    file = tmp_path / "mapping.json"
    file.write_bytes(content)

    assert command("import", str(file)).exit_code == Exit.WRONG_USE
