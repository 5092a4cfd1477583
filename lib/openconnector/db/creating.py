"""Make a new SQLite file with the tables of this version, from the rows themselves.

Loading the migrations and going through them takes several times as long, at the moment a newcomer waits.
"""

from sqlalchemy import Connection, insert, text

from openconnector.db.database import Database
from openconnector.db.installation_rows import AuditHeadRow
from openconnector.db.locking import locked_file
from openconnector.db.metadata import METADATA
from openconnector.db.version import newest_step


async def create(database: Database) -> bool:
    """Make the database if it is a SQLite file that is not there yet; return whether it was made.

    All or nothing: a file left without tables by a crash is one for the migrations.
    """
    if database.file is None or database.file.exists():
        return False
    async with locked_file(database.file):
        if database.file.exists():
            return False
        async with database.writing() as session:
            await (await session.connection()).run_sync(_tables)
    return True


def _tables(connection: Connection) -> None:
    METADATA.create_all(connection)
    connection.execute(text("INSERT INTO change_counter (id, value) VALUES (1, 0)"))
    connection.execute(insert(AuditHeadRow).values(id=1))
    # As Alembic makes it, so that migrations go on from here.
    connection.execute(
        text(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(text("INSERT INTO alembic_version VALUES (:step)"), {"step": newest_step()})
