"""What is typed and written for a release: registering by hand, the archive, the bill of materials."""

import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from lxml import etree  # type: ignore[import-untyped]  # it ships no types

ROOT = Path(__file__).parents[2]
INFO = etree.parse(ROOT / "appinfo/info.xml")
VERSION = INFO.findtext("version")


def make(target: str, folder: Path, **variables: str) -> list[list[str]]:
    """Return the words of every command of `occ` that a target of the Makefile types."""
    said = folder / "said"
    occ = folder / "occ"
    occ.write_text(f'#!/bin/sh\nprintf "%s\\0" "$@" >> {said}\nprintf "\\n" >> {said}\n')
    occ.chmod(0o755)
    given = [f"{name}={value}" for name, value in variables.items()]
    subprocess.run(
        ["make", "-s", target, f"OCC={occ}", f"PYTHON={sys.executable}", *given],
        cwd=ROOT,
        env={**os.environ, "APP_SECRET": 'it\'s a "secret" $HOME', "APP_PORT": "9032"},
        check=True,
    )
    return [line.split("\0")[:-1] for line in said.read_text().splitlines()]


def test_an_app_started_by_hand_is_registered_as_its_manifest_says(tmp_path: Path):
    daemon, app = make("register", tmp_path, NEXTCLOUD_URL="https://cloud.test")

    told = json.loads(app[-1])
    assert daemon[0] == "app_api:daemon:register"
    assert daemon[-1] == "https://cloud.test"
    assert app[:4] == ["app_api:app:register", "openconnector", "manual_install", "--wait-finish"]
    assert (told["id"], told["version"], told["port"]) == ("openconnector", VERSION, 9032)
    assert told["secret"] == 'it\'s a "secret" $HOME'
    assert {route["access_level"] for route in told["routes"]} <= {0, 1, 2}
    assert all(isinstance(route["headers_to_exclude"], list) for route in told["routes"])
    assert len(told["routes"]) == len(INFO.findall("external-app/routes/route"))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("update", "app_api:app:update openconnector --json-info"),
        ("unregister", "app_api:app:unregister openconnector"),
    ],
)
def test_it_is_updated_and_forgotten_by_one_command_each(tmp_path: Path, target: str, words: str):
    [command] = make(target, tmp_path)

    assert " ".join(command).startswith(words)


def test_without_the_secret_nothing_is_registered():
    done = subprocess.run(
        [sys.executable, "docker/json_info.py"],
        check=False,
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "APP_SECRET is not set" in done.stderr


def test_every_target_says_what_it_does():
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"(?m)^\.PHONY: (.*)$", text)
    assert phony is not None

    explained = set(re.findall(r"(?m)^([a-z0-9-]+):.*## ", text))

    assert explained == set(phony[1].split())


def test_the_release_notes_are_about_this_version():
    assert (
        (ROOT / "docs/release-notes.md")
        .read_text()
        .startswith(f"# Release notes: OpenConnector {VERSION}\n")
    )


@pytest.mark.slow
def test_a_release_is_an_archive_for_the_store_and_a_bill_of_materials():
    subprocess.run(["make", "-s", "-o", "dev", "release"], cwd=ROOT, check=True)

    with tarfile.open(ROOT / f"dist/openconnector-{VERSION}.tar.gz") as archive:
        names = archive.getnames()
    text = (ROOT / f"dist/openconnector-{VERSION}.cdx.json").read_text()
    parts = {part["name"]: part["version"] for part in json.loads(text)["components"]}
    pins = re.findall(
        r"(?m)^([a-z0-9-]+)==([^ ;]+)", (ROOT / "docker/requirements.lock").read_text()
    )
    assert {name.split("/")[0] for name in names} == {"openconnector"}
    assert "openconnector/appinfo/info.xml" in names
    assert not [name for name in names if name.endswith(".py")]
    assert {name for name, _ in pins} | {"frpc"} <= parts.keys()
    assert all(parts[name] == version for name, version in pins)
    assert [trace for trace in ("/simple", str(ROOT), "index-url") if trace in text] == []
