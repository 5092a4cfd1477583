"""Whether a database is at this version, found out without loading the migrations."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from openconnector.db.database import Database

STEPS = Path(__file__).parent / "migrations" / "versions"


def steps() -> list[str]:
    """Return the names of all steps, oldest first."""
    return sorted(file.name.partition("_")[0] for file in STEPS.glob("[0-9]*.py"))


def newest_step() -> str:
    """Return the name of the newest step."""
    return steps()[-1]


async def is_current(database: Database) -> bool:
    """Return whether the newest step has been applied; False also when there is nothing yet."""
    if database.file is not None and not database.file.exists():
        return False
    try:
        async with database.reading() as session:
            present = await session.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:
        return False
    return bool(present == newest_step())
