"""Fixtures for workers over a whole engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.installation import Installation, installation


@pytest.fixture
async def installed(migrated_sqlite_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """An engine on SQLite with one synchronization over an API that a test holds in its hand."""
    async with installation(migrated_sqlite_url, tmp_path / "storage") as one:
        yield one
