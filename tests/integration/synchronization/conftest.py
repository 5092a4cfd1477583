"""Fixtures for runs of a whole engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.installation import Installation, installation


@pytest.fixture
async def installed(migrated_sqlite_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """An engine on SQLite with one synchronization over a hostile API."""
    async with installation(migrated_sqlite_url, tmp_path / "storage") as one:
        yield one


@pytest.fixture
async def installed_on_both(migrated_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """The same, once on each database."""
    async with installation(migrated_url, tmp_path / "storage") as one:
        yield one
