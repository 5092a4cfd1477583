"""An API that answers with XML: read, mapped and written like any other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from openconnector.cli.outcome import Exit
from tests.fakes.loopback import Loopback
from tests.integration.cli.test_sync import configuration

Command = Callable[..., Result]

RECORDS = "<list xmlns='urn:l'><total>{count}</total><people>{people}</people></list>"


def listed(*names: str) -> bytes:
    people = "".join(f'<person id="{name}"><name>{name}</name></person>' for name in names)
    return RECORDS.format(count=len(names), people=people).encode()


@pytest.fixture
def run(tmp_path: Path, command: Command, remote: Loopback) -> Callable[..., dict[str, Any]]:
    def run(answer: bytes, position: str, exit_code: Exit = Exit.SUCCESS) -> dict[str, Any]:
        document = configuration(
            remote.url,
            sourceConfig={"idPosition": "@attributes.id", "resultsPosition": position},
            sourceTargetMapping="person",
        )
        document["sources"][0]["configuration"]["decoder"] = {"kind": "xml"}
        document["mappings"] = [
            {"slug": "person", "name": "Person", "mapping": {"name": "name.#text"}}
        ]
        file = tmp_path / "xml.json"
        file.write_text(json.dumps(document))
        remote.answer = lambda _path: (200, answer)
        result = command("sync", str(file), "--json")
        assert result.exit_code == exit_code, result.output
        return dict(json.loads(result.stdout))

    return run


@pytest.mark.parametrize("position", ["people.person", "$.people.person", "$.people.person[*]"])
def test_records_are_read_mapped_written_and_unchanged_the_second_time(run, position):
    first = run(listed("Ada", "Bob"), position)
    second = run(listed("Ada", "Bob"), position)

    assert (first["balance"]["created"], first["balance"]["failed"]) == (2, 0)
    assert (second["balance"]["unchanged"], second["writes"]) == (2, 0)


def test_a_single_record_and_an_empty_list_are_lists_too(run):
    one = run(listed("Ada"), "people.person")
    none = run(listed(), "people.person", exit_code=Exit.NEEDS_APPROVAL)

    assert one["balance"]["created"] == 1
    assert none["balance"]["found"] == 0


def test_the_root_can_be_the_record(run):
    ended = run(b'<person id="7"><name>Ada</name></person>', "_root")

    assert (ended["state"], ended["balance"]["created"]) == ("succeeded", 1)


@pytest.mark.parametrize(
    "answer",
    [b"<fault>no</fault>", b"<list><people><person", b"<!DOCTYPE list><list/>", b'{"people": []}'],
)
def test_an_answer_that_is_not_the_list_fails_the_run_and_deletes_nothing(run, answer):
    run(listed("Ada", "Bob"), "people.person")

    ended = run(answer, "people.person", exit_code=Exit.FAILURE)

    assert (ended["state"], ended["balance"]["deleted"]) == ("failed", 0)
