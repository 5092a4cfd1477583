"""Promises about counting what only the key opens, on SQLite and PostgreSQL."""

from datetime import UTC, datetime

import pytest

from openconnector.db.database import Database
from openconnector.db.rows import RunChangeRow, SecretRow
from openconnector.db.sealed import Sealed, sealed_in
from openconnector.errors import ConfigurationError
from tests.fakes.synchronizing import Synchronizing

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def change(run_id: str, number: int, *, is_sealed: bool) -> RunChangeRow:
    return RunChangeRow(
        run_id=run_id,
        number=number,
        action="create",
        origin_id=str(number),
        differences=b"[]",
        is_sealed=is_sealed,
    )


async def test_a_database_without_our_tables_holds_nothing_sealed(database_url: str):
    database = Database(database_url)

    assert await sealed_in(database) == Sealed()
    assert database.file is None or not database.file.exists()

    await database.close()


async def test_secrets_and_sealed_records_are_counted_and_no_others(database: Database):
    secret = SecretRow(
        collection="source", entity_id="1", field="/auth/token", sealed=b"x", changed_at=NOW
    )
    sync = Synchronizing(database)
    await sync.save()
    run_id = await sync.queue("dry_run")
    changes = [change(run_id, 1, is_sealed=True), change(run_id, 2, is_sealed=False)]
    async with database.writing() as session:
        session.add_all([secret, *changes])

    assert await sealed_in(database) == Sealed(secrets=1, records=1)


async def test_a_database_that_cannot_be_asked_is_an_error_and_not_an_empty_one():
    database = Database("postgresql://someone:hidden-password@127.0.0.1:1/x")

    with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1:1/x cannot be asked") as refused:
        await sealed_in(database)

    assert "hidden-password" not in str(refused.value)
    await database.close()
