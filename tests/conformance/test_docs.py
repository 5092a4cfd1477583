"""The documentation says what the program does; where it can be checked, it is."""

import re
from pathlib import Path

import pytest
import typer.main

from openconnector.cli.commands import app
from openconnector.cli.outcome import Exit
from openconnector.cli.settings import Settings
from openconnector.definitions.notation import read
from openconnector.definitions.store import COLLECTIONS, validated
from openconnector.definitions.variables import filled_in

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CLI = (ROOT / "docs" / "cli.md").read_text()
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group has them


def test_every_command_is_described():
    missing = [name for name in COMMANDS if not re.search(rf"`(openconnector )?{name}\b", CLI)]

    assert missing == []


def test_every_option_is_described():
    missing = [
        f"{name} {option}"
        for name, command in COMMANDS.items()
        for parameter in command.params
        if not getattr(parameter, "hidden", False)
        for option in parameter.opts
        if option.startswith("--") and option not in CLI
    ]

    assert missing == []


def test_every_exit_code_is_described():
    described = re.findall(r"^\| (\d) \|", CLI, re.MULTILINE)

    assert [int(code) for code in described] == [int(code) for code in Exit]


def test_every_setting_is_described():
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}

    assert {name for name in names if f"| `{name}` |" not in README} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_configuration_in_the_readme_is_valid():
    block = re.search(r"```yaml\n(.+?)```", README, re.DOTALL)
    assert block

    value, problems = filled_in(read(block[1]).value, {"STAFF_TOKEN": "a-token"})

    assert problems == []
    for collection in COLLECTIONS:
        for entry in value[collection.name]:
            validated(collection, entry)


def test_decisions_are_numbered_without_gaps_and_say_why():
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text()
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        for part in ("Context", "Decision", "Consequences", "Alternatives"):
            assert f"**{part}.**" in text, page.name
