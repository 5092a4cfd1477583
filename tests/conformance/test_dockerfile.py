"""The image is built from what is pinned, and what it copies is there."""

import re
import shlex
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text()
LINES = [
    line
    for line in re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", TEXT)).splitlines()
    if line.strip()
]


def instructions(name: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{name} ")]


def locked(path: str) -> dict[str, str]:
    """Return the pins of a lock: name with version -> its markers and hashes, without comments."""
    text = re.sub(r"(?m)^\s*#.*\n?", "", (ROOT / path).read_text())
    pins = re.split(r"(?m)^(?=[a-z0-9])", text.replace("\\\n", " "))
    return {pin.split()[0]: " ".join(pin.split()[1:]) for pin in pins if pin.strip()}


def test_every_base_has_a_version_and_none_is_the_latest():
    images = {line.split()[0] for line in instructions("FROM")}
    arguments = dict(line.split("=", 1) for line in instructions("ARG") if "=" in line)

    outer = {arguments.get(image.strip("${}"), image) for image in images} - {"scratch"}
    outer -= {"frp-${TARGETARCH}"}

    assert outer == {"python:3.13-slim-bookworm"}


def test_what_is_fetched_is_checked_against_a_sum_for_each_processor():
    fetched = instructions("ADD")

    assert len(fetched) == 2
    assert all(re.match(r"--checksum=sha256:[0-9a-f]{64} ", line) for line in fetched)
    assert {"linux_amd64" in line for line in fetched} == {True, False}


def test_every_library_comes_from_a_lock_with_hashes():
    installs = [
        step
        for line in instructions("RUN")
        for step in line.split("&&")
        if "pip install" in step and "--no-index" not in step
    ]

    assert len(installs) == 2
    assert all("--require-hashes --requirement docker/" in step for step in installs)


def test_the_images_locks_are_parts_of_the_lock_that_is_tested():
    everything = locked("requirements.lock")

    for path in ("docker/requirements.lock", "docker/build.lock"):
        pins = locked(path)
        assert pins
        assert {pin for pin in pins if pin not in everything} == set()
        assert all("--hash=sha256:" in hashes for hashes in pins.values())


def names(pins: dict[str, str]) -> set[str]:
    return {pin.split("==")[0] for pin in pins}


def test_the_image_has_every_library_the_package_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    needed = {re.split(r"[<>=\[]", line)[0] for line in project["dependencies"]}

    assert needed <= names(
        {pin.replace("[", "=="): "" for pin in locked("docker/requirements.lock")}
    )


def test_nothing_of_the_tests_is_in_the_image():
    assert names(locked("docker/requirements.lock")).isdisjoint(
        {"pytest", "mypy", "ruff", "hypothesis", "schemathesis"}
    )


def test_what_is_copied_exists_and_is_let_through():
    let_through = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = [
        source
        for line in instructions("COPY")
        if "--from" not in line
        for source in [part for part in shlex.split(line) if not part.startswith("--")][:-1]
    ]

    assert copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert {source.split("/")[0] for source in copied} == let_through


def test_the_last_stage_asks_the_app_for_its_health_and_starts_through_the_script():
    assert "/usr/local/lib/healthcheck.py" in instructions("HEALTHCHECK")[0]
    assert instructions("ENTRYPOINT") == ['["start"]']
    assert instructions("CMD") == ['["python", "-m", "ex_app"]']
    assert "USER root" in TEXT
    assert "setpriv --reuid" in (ROOT / "docker/start.sh").read_text()


def test_the_tunnel_listens_where_the_app_does():
    tunnel = (ROOT / "docker/frpc.toml").read_text()

    assert 'unixPath = "{{ .Envs.HP_EXAPP_SOCK }}"' in tunnel
    assert "HP_SHARED_KEY" in tunnel
