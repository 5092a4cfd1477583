"""The pages on mappings: the reference is up to date, and what the page by hand shows is what comes out."""

import re
from pathlib import Path
from typing import Any

import pytest

from openconnector.definitions.notation import read
from openconnector.definitions.store import MAPPINGS, validated
from openconnector.expressions.dialects import DIALECTS
from openconnector.mapping.casts import CASTS
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.reference import page
from openconnector.mapping.verification import verify

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference-mapping.md").read_text()
BLOCKS = [
    read(block).value
    for block in re.findall(r"```yaml\n(.+?)```", (DOCS / "mapping.md").read_text(), re.DOTALL)
]


def test_the_reference_is_what_the_docstrings_say():
    assert page() == REFERENCE, "it is stale; write it anew with `make docs`"


def test_the_reference_names_everything_a_mapping_can_name():
    named = set(re.findall(r"^### `([^`(]+)", REFERENCE, re.MULTILINE))
    wanted = set(CASTS)
    for rules in DIALECTS.values():
        wanted |= {*rules.filters, *rules.functions, *rules.tests, *rules.methods}

    assert named == wanted


def test_every_entry_of_the_reference_has_a_sentence_and_an_example():
    entries = re.split(r"^### ", REFERENCE, flags=re.MULTILINE)[1:]

    assert [entry for entry in entries if not re.match(r"`.+?`.*\n\n\S.+\n\n```\n\S", entry)] == []


def test_the_page_shows_more_than_a_few_mappings():
    assert len([block for block in BLOCKS if "result" in block]) >= 8


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: ",".join(block["mapping"]))
def test_a_mapping_on_the_page_gives_the_result_it_shows(block: dict[str, Any]):
    definition = {name: value for name, value in block.items() if name not in ("input", "result")}
    mapping = validated(MAPPINGS, {"name": "Shown", **definition})
    tests = [test.model_dump() for test in mapping.tests]
    if "result" in block:
        tests.append({"input": block["input"], "expected": block["result"]})

    outcomes = verify(lambda now: compile_mapping(mapping.spec, now=now), tests, None)

    assert [outcome.findings for outcome in outcomes] == [[]]
