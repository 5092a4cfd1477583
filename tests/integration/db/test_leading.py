"""Of several processes on one PostgreSQL database one leads; on SQLite there is but one."""

import pytest
from sqlalchemy import text

from openconnector.db.database import Database
from openconnector.db.leading import LEADER_KEY, Leadership


@pytest.mark.postgres
async def test_one_leads_until_it_gives_the_lead_up(postgres_url: str):
    database = Database(postgres_url)
    one, other = Leadership(database), Leadership(database)

    first = [await one.is_ours(), await other.is_ours(), await one.is_ours()]
    await one.aclose()
    second = [await other.is_ours(), await one.is_ours()]
    await other.aclose()
    await database.close()

    assert (first, second) == ([True, False, True], [True, False])


@pytest.mark.postgres
async def test_the_lead_goes_with_its_connection(postgres_url: str):
    database = Database(postgres_url)
    one, other = Leadership(database), Leadership(database)
    await one.is_ours()

    async with database.writing() as session:
        holders = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key"
        await session.execute(text(holders), {"key": LEADER_KEY})
    after = [await other.is_ours(), await one.is_ours()]
    await other.aclose()
    await one.aclose()
    await database.close()

    assert after == [True, False]


async def test_on_sqlite_there_is_nobody_to_ask(sqlite_url: str):
    database = Database(sqlite_url)

    assert await Leadership(database).is_ours()

    await database.close()
