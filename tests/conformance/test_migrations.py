"""The steps of the database: one chain, in the order of the numbers that their files and a backup name them by."""

import re
from collections import Counter
from pathlib import Path

import pytest

from openconnector.db import metadata
from openconnector.db.version import STEPS, steps


def flaws(folder: Path) -> list[str]:
    """Return in words what is wrong with the steps in a folder; [] when they are one chain."""
    found = []
    files = sorted(folder.glob("[!_]*.py"))
    numbers = [file.name.partition("_")[0] for file in files]
    found += [f"{number} is there twice" for number, count in Counter(numbers).items() if count > 1]
    if sorted(set(numbers)) != [f"{place:04}" for place in range(1, len(set(numbers)) + 1)]:
        found.append("the numbers are not 0001, 0002 and so on")
    before = None
    for file, number in zip(files, numbers, strict=True):
        text = file.read_text()
        if (named := assigned(text, "revision")) != number:
            found.append(f"{file.name} calls itself {named}")
        if (follows := assigned(text, "down_revision")) != before:
            found.append(f"{file.name} follows {follows} and not {before}")
        before = number
    return found


def assigned(text: str, name: str) -> str | None:
    match = re.search(rf'^{name}(?:: [^=]+)? = (?:None|"(.+)")$', text, re.MULTILINE)
    assert match is not None, f"{name} is not assigned"
    return match[1]


def test_the_steps_are_one_chain_in_the_order_of_their_numbers():
    assert flaws(STEPS) == []
    assert steps() == sorted(set(steps()))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"0001_a": None, "0002_b": "0001", "0003_c": "0002"}, ""),
        ({"0001_a": None, "0002_b": "0001", "0002_c": "0001"}, "0002 is there twice"),
        ({"0001_a": None, "0002_b": "0001", "0003_c": "0001"}, "0003_c.py follows 0001 and not"),
        ({"0001_a": None, "0003_b": "0001"}, "the numbers are not"),
        ({"0001_a": None, "0002_b": None}, "0002_b.py follows None and not 0001"),
    ],
)
def test_a_doubled_number_or_a_broken_chain_is_named(files, expected, tmp_path):
    for name, before in files.items():
        follows = f'"{before}"' if before else None
        text = f'revision = "{name[:4]}"\ndown_revision = {follows}\n'
        (tmp_path / f"{name}.py").write_text(text)

    told = "; ".join(flaws(tmp_path))

    assert expected in told
    assert bool(expected) == bool(told)


def test_every_module_with_rows_is_among_those_a_new_database_is_made_from():
    modules = {file.stem for file in Path(metadata.__file__).parent.glob("*_rows.py")}

    assert modules <= vars(metadata).keys()
