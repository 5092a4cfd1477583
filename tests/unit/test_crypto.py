"""Promises about secrets at rest."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openconnector.crypto import KeyRing
from openconnector.errors import ConfigurationError

BINDING = "source|1|/configuration/auth/token"


def created(path: Path) -> KeyRing:
    ring = KeyRing.load(path)
    ring.create(path)
    return ring


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return created(tmp_path / "keys.json")


def test_what_was_sealed_opens_where_it_belongs_and_nowhere_else(ring: KeyRing):
    sealed = ring.seal(b"secret", BINDING)

    assert ring.open(sealed, BINDING) == b"secret"
    assert b"secret" not in sealed
    with pytest.raises(ConfigurationError, match="does not open"):
        ring.open(sealed, BINDING.replace("1", "2"))


def test_a_changed_byte_anywhere_does_not_open(ring: KeyRing):
    sealed = ring.seal(b"secret", BINDING)

    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises(ConfigurationError):
            ring.open(bytes(broken), BINDING)


def test_the_same_secret_never_looks_the_same(ring: KeyRing):
    assert ring.seal(b"secret", BINDING) != ring.seal(b"secret", BINDING)


def test_the_key_file_is_for_its_owner_alone_and_is_found_again(tmp_path: Path):
    path = tmp_path / "deep" / "keys.json"
    sealed = created(path).seal(b"secret", BINDING)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyRing.load(path).open(sealed, BINDING) == b"secret"


def test_processes_that_start_together_end_up_with_one_key(tmp_path: Path):
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: created(path), range(8)))

    sealed = [ring.seal(b"s", BINDING) for ring in rings]

    assert all(rings[0].open(one, BINDING) == b"s" for one in sealed)
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_loading_creates_nothing(tmp_path: Path):
    ring = KeyRing.load(tmp_path / "keys.json")

    assert ring.is_empty
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"keys":{},"current":"00"}',
        b'{"keys":{"00":"!"},"current":"00"}',
        b'{"keys":{"00":"AA=="},"current":"00"}',
    ],
)
def test_a_broken_key_file_is_named_with_the_remedy_and_is_left_alone(
    tmp_path: Path, content: bytes
):
    path = tmp_path / "keys.json"
    path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"keys\.json .*restore it"):
        KeyRing.load(path)
    assert path.read_bytes() == content


def test_a_key_file_that_is_a_folder_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        KeyRing.load(tmp_path)


def test_a_key_file_that_is_a_link_stays_one_and_what_it_leads_to_has_the_new_key(tmp_path: Path):
    file, link = tmp_path / "elsewhere.json", tmp_path / "keys.json"
    KeyRing.load(file).create(file)
    link.symlink_to(file)

    name = KeyRing.load(link).prepare(datetime.now(UTC))

    assert link.is_symlink()
    assert name in KeyRing.load(file).ids


def test_keys_of_a_backup_are_added_to_those_that_another_process_made_meanwhile(tmp_path: Path):
    ring = created(tmp_path / "keys.json")
    backed_up = created(tmp_path / "backup.json")
    name = KeyRing.load(tmp_path / "keys.json").prepare(datetime.now(UTC))

    ring.adopt(backed_up.content())

    assert {name, ring.current, backed_up.current} == KeyRing.load(tmp_path / "keys.json").ids
