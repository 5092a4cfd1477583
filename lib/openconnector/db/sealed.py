"""What is sealed with the installation's key: lost for good when the key is."""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, func, inspect, select, tuple_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.crypto import key_id
from openconnector.db.database import Database
from openconnector.db.draft_rows import DraftRow
from openconnector.db.installation_rows import AuditHeadRow
from openconnector.db.memo_rows import PartMemoRow
from openconnector.db.rows import (
    Base,
    FailedRecordRow,
    IntentRow,
    RunChangeRow,
    RunRow,
    SecretRow,
)
from openconnector.errors import ConfigurationError

RECORDS = (FailedRecordRow, RunChangeRow, IntentRow)
MADE_ANEW = (RunRow, PartMemoRow, AuditHeadRow)
"""What nobody misses: cursors of runs under way, notes of parts, and the end of the audit trail, of which it keeps a
line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedValue:
    """One value only the key opens, and where it stands."""

    key: tuple[Any, ...]
    """The primary key of its row."""
    sealed: bytes
    binding: str
    """What it was sealed for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """A column that holds sealed values, in all of its rows or some."""

    row: type[Base]
    column: str
    binding: Callable[[Any], str]
    """From a row to what its value is sealed for."""
    is_flagged: bool = False
    """Whether only those rows are sealed that say so in `is_sealed`."""
    is_json: bool = False
    """Whether the value stands in a JSON object, as `sealed_json` makes it."""

    @property
    def table(self) -> Table:
        """The table."""
        return self.row.metadata.tables[self.row.__tablename__]

    async def after(
        self,
        session: AsyncSession,
        key: Sequence[Any] | None = None,
        *,
        other_than: bytes = b"",
        is_held: bool = False,
        limit: int = 500,
    ) -> list[SealedValue]:
        """Return sealed values of the rows behind this key, in the order of their keys, [] behind the last.

        Those that begin with ``other_than`` are left out, except of JSON. ``is_held`` keeps others from changing the
        rows until the transaction ends, and leaves out those that somebody else is changing.
        """
        table, value = self.table, self.table.c[self.column]
        conditions: list[ColumnElement[bool]] = [value.is_not(None)]
        if other_than and not self.is_json:
            conditions.append(func.substr(value, 1, len(other_than)) != other_than)
        if self.is_flagged:
            conditions.append(table.c.is_sealed)
        if key is not None:
            conditions.append(tuple_(*table.primary_key.columns) > tuple_(*key))
        query = select(table).where(*conditions).order_by(*table.primary_key.columns).limit(limit)
        if is_held:
            query = query.with_for_update(skip_locked=True)
        return [self._value(row) for row in await session.execute(query)]

    async def replace(
        self, session: AsyncSession, values: Sequence[tuple[tuple[Any, ...], bytes]]
    ) -> None:
        """Put other sealed values into rows that are held, each given with its row's key."""
        if not values:
            return
        columns = list(self.table.primary_key.columns)
        hits = (column == bindparam(f"key_{column.name}") for column in columns)
        change = update(self.table).where(*hits).values({self.column: bindparam("sealed_anew")})
        rows = [
            {
                **{f"key_{c.name}": part for c, part in zip(columns, key, strict=True)},
                "sealed_anew": sealed_json(sealed) if self.is_json else sealed,
            }
            for key, sealed in values
        ]
        await session.execute(change, rows)

    def _value(self, row: Any) -> SealedValue:
        kept = getattr(row, self.column)
        return SealedValue(
            key=tuple(getattr(row, column.name) for column in self.table.primary_key.columns),
            sealed=opened_json(kept) if self.is_json else kept,
            binding=self.binding(row),
        )


def sealed_json(sealed: bytes) -> dict[str, str]:
    """Return a sealed value as a JSON column holds it."""
    return {"sealed": b64encode(sealed).decode()}


def opened_json(value: dict[str, Any]) -> bytes:
    """Return the sealed value a JSON column holds."""
    return b64decode(value["sealed"])


def secret_binding(collection: str, entity_id: str, field: str) -> str:
    """Return what a definition's secret is sealed for."""
    return f"{collection}|{entity_id}|{field}"


def cursor_binding(run_id: str) -> str:
    """Return what the cursor of a run is sealed for."""
    return f"run|{run_id}|cursor"


AUDIT_HEAD_BINDING = "audit_head|1|sealed"
"""What the end of the audit trail is sealed for."""


def part_binding(synchronization_id: str, key: str) -> str:
    """Return what the note of a remembered part is sealed for."""
    return f"part|{synchronization_id}|{key}"


def draft_binding(owner: str) -> str:
    """Return what the draft of an account is sealed for."""
    return f"draft|{owner}"


def _run_id(row: Any) -> str:
    return str(row.run_id)


SEALED_COLUMNS = (
    SealedColumn(
        row=SecretRow,
        column="sealed",
        binding=lambda row: secret_binding(row.collection, row.entity_id, row.field),
    ),
    SealedColumn(row=FailedRecordRow, column="payload", binding=_run_id, is_flagged=True),
    SealedColumn(row=RunChangeRow, column="differences", binding=_run_id, is_flagged=True),
    SealedColumn(row=IntentRow, column="payload", binding=_run_id, is_flagged=True),
    SealedColumn(
        row=RunRow, column="cursor", binding=lambda row: cursor_binding(row.id), is_json=True
    ),
    SealedColumn(row=AuditHeadRow, column="sealed", binding=lambda _row: AUDIT_HEAD_BINDING),
    SealedColumn(
        row=PartMemoRow,
        column="note",
        binding=lambda row: part_binding(row.synchronization_id, row.key),
    ),
    SealedColumn(row=DraftRow, column="sealed", binding=lambda row: draft_binding(row.owner)),
)
"""Every column anything is sealed in; whoever seals adds a line here, or a new key would leave it behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """How much a database holds that only the key opens."""

    secrets: int = 0
    """Secrets of definitions: somebody can enter them again."""
    records: int = 0
    """Records of personal sources that failed, wait to be written or would change."""

    def __bool__(self) -> bool:
        return bool(self.secrets or self.records)


async def sealed_by(session: AsyncSession) -> dict[bytes, Sealed]:
    """Return how much each key has sealed that would be missed, by the key's id."""
    secrets: Counter[bytes] = Counter()
    records: Counter[bytes] = Counter()
    for column in [one for one in SEALED_COLUMNS if one.row not in MADE_ANEW]:
        counts, key = secrets if column.row is SecretRow else records, None
        while values := await column.after(session, key):
            counts.update(key_id(value.sealed) for value in values)
            key = values[-1].key
    return {
        name: Sealed(secrets=secrets[name], records=records[name]) for name in secrets | records
    }


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
