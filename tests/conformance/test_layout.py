"""The rules of the house that no linter knows."""

import ast
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Below `ex_app/ui` are thousands of folders, and no Python.
PLACES = [ROOT / "lib", *(place for place in (ROOT / "ex_app").iterdir() if place.name != "ui")]
SOURCES = sorted(
    file
    for place in PLACES
    for file in ([place] if place.suffix == ".py" else place.rglob("*.py"))
    if "migrations/versions" not in file.as_posix()
)
MAX_LINES = 400
VAGUE = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "service",
    "services",
    "misc",
    "base",
}
ALLOWED = {"lib/openconnector/kinds/base.py"}


def named(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_a_module_is_short_enough_to_be_read():
    long = {named(file): count for file in SOURCES if (count := lines(file)) > MAX_LINES}

    assert long == {}


def test_every_module_says_in_a_docstring_what_it_is():
    silent = [named(file) for file in SOURCES if not ast.get_docstring(ast.parse(file.read_text()))]

    assert silent == []


def test_every_module_is_named_for_what_it_does():
    vague = [named(file) for file in SOURCES if file.stem in VAGUE and named(file) not in ALLOWED]

    assert vague == []


def test_only_migrations_commit():
    committing = [named(file) for file in SOURCES if ".commit(" in file.read_text()]

    assert committing == ["lib/openconnector/db/migrate.py"]


def test_who_seals_is_known_to_db_sealed_so_that_a_new_key_leaves_nothing_behind():
    sealing = {named(file) for file in SOURCES if ".seal(" in file.read_text()}

    # Whoever is added here has a line in SEALED_COLUMNS of db/sealed.py, and rows in tests/fakes/sealed.py.
    assert sealing == {
        "lib/openconnector/definitions/audit.py",
        "lib/openconnector/definitions/drafts.py",
        "lib/openconnector/definitions/store.py",
        "lib/openconnector/safekeeping/rotation.py",
        "lib/openconnector/synchronization/keeping.py",
        "lib/openconnector/synchronization/parts.py",
        "lib/openconnector/synchronization/progress.py",
    }


def test_imports_are_at_the_top_unless_they_say_why_not():
    """Inside functions they hide what a module needs. The command line trades that for a fast start everywhere."""
    inner = [
        f"{named(file)}:{line}"
        for file in SOURCES
        if "lib/openconnector/cli/" not in named(file)
        for line in inner_imports(file)
    ]

    assert inner == []


def lines(file: Path) -> int:
    return len(file.read_text().splitlines())


def inner_imports(file: Path) -> list[int]:
    text = file.read_text()
    written = text.splitlines()
    return [
        node.lineno
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and not re.search(r"# noqa: PLC0415  \w", written[node.lineno - 1])
    ]


def test_the_store_manifest_has_the_version_of_the_package():
    manifest = re.search(r"<version>(.+)</version>", (ROOT / "appinfo" / "info.xml").read_text())
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert declared == version("openconnector")
    assert manifest is not None
    assert as_semantic(declared) == manifest[1]


def as_semantic(python_version: str) -> str:
    """Return a version of Python's form (PEP 440) as the store writes it: `1.0.0.dev0` is `1.0.0-dev.0`."""
    return re.sub(r"\.?(dev|a|b|rc)(\d+)$", r"-\1.\2", python_version)


def test_the_readme_and_the_pipeline_call_the_same_test_command():
    readme, pipeline = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()

    assert "make test" in readme
    assert re.search(r"^\s*make test\b", pipeline, re.MULTILINE)
