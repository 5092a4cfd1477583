"""What the command line says and ends with, for the commands that need no database."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from openconnector.cli.commands import app
from openconnector.cli.outcome import OF_STATE, Exit, code_of
from openconnector.errors import (
    CredentialsRejected,
    FieldProblem,
    InvalidInput,
    NotFound,
    OpenConnectorError,
    Unavailable,
    UnknownKind,
)
from openconnector.expressions.logic import Mode

COMMANDS = (
    "serve", "worker", "migrate", "sync", "dry-run", "map", "logic", "decode", "encode", "verify", "suggest",
    "import", "export", "demo", "doctor",
)  # fmt: skip

MAPPING = (
    '{"mapping": {"name": "{{ first }} {{ last }}", "age": "age"}, "cast": {"age": "integer"}}'
)
RECORD = '{"first": "Ada", "last": "Lovelace", "age": "36"}'

run = CliRunner().invoke


def test_help_names_every_command_and_every_exit_code():
    result = run(app, ["--help"])

    assert result.exit_code == 0
    assert all(f" {name} " in result.stdout for name in COMMANDS)
    assert "0 success, 1 failure, 2 wrong use, 3 partial, 4 needs approval" in " ".join(
        result.stdout.split()
    )


def test_help_loads_nothing_that_only_commands_need():
    heavy = ("sqlalchemy", "pydantic", "uvicorn", "fastapi", "aiohttp", "yaml", "alembic", "jinja2")
    program = (
        "import sys\n"
        "from openconnector.cli import main\n"
        "sys.argv = ['openconnector', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)\n"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert result.stderr.strip() == "[]"


def test_version_is_the_one_of_the_package():
    result = run(app, ["--version"])

    assert (result.exit_code, result.stdout) == (0, version("openconnector") + "\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["unknown"],
        ["logic", "--rule", "{}"],
        ["sync"],
        ["serve", "--port", "65536"],
        ["demo", "--nothing"],
        ["map", "--mapping", "{", "--input", "{}"],
        ["map", "--mapping", "[]", "--input", "{}"],
        ["map", "--mapping", '{"mapping": {"a": "{{ 1 + }}"}}', "--input", "{}"],
        ["logic", "--rule", "{}", "--data", "{}", "--mode", "perl"],
        ["logic", "--rule", '{"nonsense": []}', "--data", "{}"],
        ["decode", "punch-cards", "-"],
        ["decode", "json", "/nowhere/at/all.json"],
    ],
)
def test_wrong_use_ends_with_two_and_says_why(arguments: list[str]):
    result = run(app, arguments)

    assert result.exit_code == Exit.WRONG_USE
    assert result.stdout == ""
    assert result.stderr.strip()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput([FieldProblem(field="a", message="is wrong")]), Exit.WRONG_USE),
        (NotFound("synchronization", "x"), Exit.WRONG_USE),
        (UnknownKind("source", "x", ["rest"]), Exit.WRONG_USE),
        (CredentialsRejected("no"), Exit.FAILURE),
        (Unavailable("busy"), Exit.FAILURE),
    ],
)
def test_an_error_ends_with_the_code_for_who_has_to_act(error: OpenConnectorError, code: Exit):
    assert code_of(error) == code


def test_every_state_of_a_run_has_an_exit_code():
    ended = {state: int(code) for state, code in OF_STATE.items()}

    assert ended == {
        "succeeded": 0,
        "failed": 1,
        "partial": 3,
        "needs_approval": 4,
        "cancelled": 5,
        "waiting": 6,
        "queued": 6,
        "running": 6,
    }


def test_map_prints_the_mapped_record():
    result = run(app, ["map", "--mapping", MAPPING, "--input", RECORD])

    assert result.exit_code == Exit.SUCCESS
    assert json.loads(result.stdout) == {"name": "Ada Lovelace", "age": 36}


def test_map_takes_files_and_standard_input(tmp_path: Path):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("mapping:\n  name: '{{ first }}'\n")

    result = run(app, ["map", "--mapping", str(mapping), "--input", "-"], input=RECORD)

    assert json.loads(result.stdout) == {"name": "Ada"}


def test_map_explains_each_field_as_json():
    result = run(app, ["map", "--mapping", MAPPING, "--input", RECORD, "--explain", "--json"])

    told = json.loads(result.stdout)
    assert told["result"] == {"name": "Ada Lovelace", "age": 36}
    age = next(field for field in told["trace"] if field["target"] == "age")
    assert age["inputs"] == {"age": "36"}
    assert age["casts"][0]["after"] == 36


def test_map_explains_each_field_to_people():
    result = run(app, ["map", "--mapping", MAPPING, "--input", RECORD, "--explain"])

    assert result.exit_code == Exit.SUCCESS
    assert "integer: 36" in result.stdout


def test_a_record_that_cannot_be_mapped_is_a_failure():
    mapping = '{"mapping": {"a": "{{ 1 / n }}"}}'

    result = run(app, ["map", "--mapping", mapping, "--input", '{"n": 0}'])

    assert (result.exit_code, result.stdout) == (Exit.FAILURE, "")
    assert "a" in result.stderr


@pytest.mark.parametrize("mode", get_args(Mode))
def test_logic_prints_what_the_rule_gives(mode: str):
    rule, data = '{">": [{"var": "age"}, 17]}', '{"age": 18}'

    result = run(app, ["logic", "--rule", rule, "--data", data, "--mode", mode])

    assert (result.exit_code, json.loads(result.stdout)) == (Exit.SUCCESS, True)


def test_decode_prints_what_the_decoder_reads(tmp_path: Path):
    file = tmp_path / "answer"
    file.write_bytes(b"\xef\xbb\xbf" + b'{"n": 12345678901234567}')

    result = run(app, ["decode", "json", str(file)])

    assert json.loads(result.stdout) == {"n": 12345678901234567}


@pytest.mark.parametrize("arguments", [["decode", "json", "-"], ["decode", "json", "-", "--json"]])
def test_decode_fails_on_what_is_no_json(arguments: list[str]):
    result = run(app, arguments, input="<html>")

    assert result.exit_code == Exit.FAILURE


@pytest.mark.parametrize(
    "arguments",
    [
        ["map", "--mapping", "{", "--input", "{}", "--json"],
        ["map", "--mapping", '{"mapping": {"a": "{{ 1 / 0 }}"}}', "--input", "{}", "--json"],
        ["logic", "--rule", '{"nonsense": []}', "--data", "{}", "--json"],
        ["decode", "json", "/nowhere", "--json"],
    ],
)
def test_with_json_an_error_is_one_problem_on_standard_output(arguments: list[str]):
    result = run(app, arguments)

    problem = json.loads(result.stdout)
    assert result.exit_code in (Exit.FAILURE, Exit.WRONG_USE)
    assert result.stderr == ""
    assert problem["type"].startswith("urn:openconnector:problem:")
    assert problem["title"]
    assert problem["detail"]
