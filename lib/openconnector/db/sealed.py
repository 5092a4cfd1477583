"""What is sealed with the installation's key: lost for good when the key is."""

from dataclasses import dataclass

from sqlalchemy import func, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.database import Database
from openconnector.db.rows import FailedRecordRow, IntentRow, RunChangeRow, SecretRow
from openconnector.errors import ConfigurationError

RECORDS = (FailedRecordRow, RunChangeRow, IntentRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """How much a database holds that only the key opens."""

    secrets: int = 0
    """Secrets of definitions: somebody can enter them again."""
    records: int = 0
    """Records of personal sources that failed, wait to be written or would change."""

    def __bool__(self) -> bool:
        return bool(self.secrets or self.records)


async def sealed_in(database: Database) -> Sealed:
    """Count what is sealed; nothing where there is no database yet, or none of our tables.

    Raises `ConfigurationError` when the database cannot be asked.
    """
    if database.file is not None and not database.file.exists():
        return Sealed()
    try:
        async with database.reading() as session:
            return await _count(session)
    except (DBAPIError, OSError) as error:
        address = database.url.render_as_string(hide_password=True)
        raise ConfigurationError(
            f"The database {address} cannot be asked whether it holds secrets: {type(error).__name__}. "
            "Check DATABASE_URL and that the server runs"
        ) from error


async def _count(session: AsyncSession) -> Sealed:
    connection = await session.connection()
    present = set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
    secrets, records = 0, 0
    if SecretRow.__tablename__ in present:
        secrets = await session.scalar(select(func.count()).select_from(SecretRow)) or 0
    for row in RECORDS:
        if row.__tablename__ in present:
            count = select(func.count()).select_from(row).where(row.is_sealed)
            records += await session.scalar(count) or 0
    return Sealed(secrets=secrets, records=records)
