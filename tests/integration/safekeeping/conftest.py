from pathlib import Path

import pytest

from openconnector.crypto import KeyRing
from openconnector.testing import FakeClock


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "storage" / "keys.json"


@pytest.fixture
def ring(key_file: Path) -> KeyRing:
    """The keys of an installation."""
    ring = KeyRing.load(key_file)
    ring.create(key_file)
    return ring


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
