"""The tables: one class per row."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from openconnector.db.types import Json, Moment, Sequential

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


# What holds for a part of the rows is told of SQLite's indexes alone. PostgreSQL's are the same, but only migrations
# make them, and to tell of them here would load its dialect into every process.
UNFINISHED = text("state IN ('queued', 'running', 'waiting') AND mode <> 'dry_run'")
SUCCEEDED = text("state = 'succeeded' AND mode = 'run'")
"""Of a run that brought its synchronization into step. A query has to repeat it word for word to use the index."""


class Base(DeclarativeBase):
    """Base of every row; fixed constraint names keep migrations alike on both databases."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads this class attribute
        datetime: Moment(),
        dict[str, Any]: Json,
        list[Any]: Json,
        bytes: LargeBinary(),
    }


class DefinitionColumns:
    """What every definition has; its own fields are in `definition`, as users write them, without secrets."""

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[str] = mapped_column(String(64), default="0.0.1")
    reference: Mapped[str | None] = mapped_column(Text, default=None)
    owner: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(64))
    updated_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)
    """The number of the newest revision; the ETag."""
    revision_id: Mapped[int]
    """The newest row in `revision`; runs and contracts refer to it."""
    definition: Mapped[dict[str, Any]]


class SourceRow(DefinitionColumns, Base):
    """Where records come from."""

    __tablename__ = "source"


class MappingRow(DefinitionColumns, Base):
    """How a record becomes another."""

    __tablename__ = "mapping"


class SynchronizationRow(DefinitionColumns, Base):
    """What is kept in step with what."""

    __tablename__ = "synchronization"


class RevisionRow(Base):
    """One save of one definition, never changed afterwards."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("collection", "entity_id", "number"),)

    id: Mapped[int] = mapped_column(Sequential, primary_key=True)
    collection: Mapped[str] = mapped_column(String(64))
    entity_id: Mapped[str] = mapped_column(String(36))
    number: Mapped[int]
    saved_by: Mapped[str] = mapped_column(String(64))
    saved_at: Mapped[datetime]
    definition: Mapped[dict[str, Any]]
    """Every field including name and slug, without the values of secrets."""
    fingerprint: Mapped[bytes]
    is_forced: Mapped[bool] = mapped_column(default=False, server_default=false())
    """It was saved although its own tests fail, because whoever saved it insisted."""


class SecretRow(Base):
    """One sealed secret of one definition."""

    __tablename__ = "secret"

    collection: Mapped[str] = mapped_column(String(64), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    field: Mapped[str] = mapped_column(String(255), primary_key=True)
    """Dot path of the field in the definition."""
    sealed: Mapped[bytes]
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    """When it is of no use any more, where it says so itself: a JSON Web Token does."""


class ChangeCounterRow(Base):
    """One row, counted up with every save of a definition, so that each process sees that caches are old."""

    __tablename__ = "change_counter"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


class RunRow(Base):
    """One execution of a synchronization: its state, its balance and where it stands."""

    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_synchronization_id_queued_at", "synchronization_id", "queued_at"),
        Index("ix_run_state_due_at", "state", "due_at"),
        Index("ix_run_queued_at", "queued_at"),
        # One unfinished run per synchronization; the database itself keeps a second one out.
        Index(
            "uq_run_active",
            "synchronization_id",
            unique=True,
            sqlite_where=UNFINISHED,
        ),
        Index(
            "ix_run_succeeded",
            "synchronization_id",
            "finished_at",
            sqlite_where=SUCCEEDED,
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE")
    )
    mode: Mapped[str] = mapped_column(String(16))
    is_forced: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(16))
    phase: Mapped[str] = mapped_column(String(16), default="reading")
    """What to go on with: reading, deleting or closing."""
    trigger: Mapped[str] = mapped_column(String(16))
    requested_by: Mapped[str] = mapped_column(String(64))
    parent_id: Mapped[str | None] = mapped_column(String(36), default=None)
    """The run this one follows up or replays."""
    revisions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Revision ids of the synchronization, its source and its mappings, fixed when the run starts."""
    target: Mapped[str | None] = mapped_column(String(64), default=None)
    """Under which contracts belong to the target it writes to; None until it has started."""

    cursor: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    pages: Mapped[int] = mapped_column(default=0)
    is_read_complete: Mapped[bool] = mapped_column(default=False)
    incomplete_reason: Mapped[str | None] = mapped_column(Text, default=None)

    found: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    invalid: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    resolved: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Of the invalid and failed records, those that a later run has handled."""
    deleted: Mapped[int] = mapped_column(default=0)
    restored: Mapped[int] = mapped_column(default=0)
    """Of the updated ones, those whose target had been deleted or lost."""
    writes: Mapped[int] = mapped_column(default=0)
    contracts_before: Mapped[int | None] = mapped_column(default=None)
    contracts_after: Mapped[int | None] = mapped_column(default=None)
    missing: Mapped[int | None] = mapped_column(default=None)
    """Contracts whose object the target no longer has; None when the target cannot tell."""
    deletions_pending: Mapped[int] = mapped_column(default=0)
    """How many objects wait for approval to be deleted."""

    error_code: Mapped[str | None] = mapped_column(String(64), default=None)
    error_message: Mapped[str | None] = mapped_column(Text, default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(default=None)
    lease_owner: Mapped[str | None] = mapped_column(String(255), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    fence: Mapped[int] = mapped_column(default=0)
    """Counted up at every claim; a commit with an older number is refused."""
    is_cancel_requested: Mapped[bool] = mapped_column(default=False)
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    timings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Seconds spent reading, mapping, writing and committing."""


class RunPageRow(Base):
    """Which contracts one committed page touched; kept until the run has ended, for deletions and resuming."""

    __tablename__ = "run_page"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    seen: Mapped[bytes]


class RunLogRow(Base):
    """One line of a run's log."""

    __tablename__ = "run_log"
    __table_args__ = (Index("ix_run_log_run_id_id", "run_id", "id"),)

    id: Mapped[int] = mapped_column(Sequential, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    level: Mapped[str] = mapped_column(String(16))
    event: Mapped[str] = mapped_column(String(255))
    fields: Mapped[dict[str, Any]]


class RunChangeRow(Base):
    """What a dry run would write for one record, field by field."""

    __tablename__ = "run_change"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(16))
    origin_id: Mapped[str] = mapped_column(Text)
    target_id: Mapped[str | None] = mapped_column(Text)
    differences: Mapped[bytes]
    """JSON list of {path, before, after}; sealed for personal sources."""
    is_sealed: Mapped[bool]


class ContractRow(Base):
    """The pair of a record at its source and its object at the target, with what was last seen of both.

    The key is what every page looks up, so the table is stored in its order.
    """

    __tablename__ = "contract"
    __table_args__ = (
        UniqueConstraint("synchronization_id", "target", "ordinal"),
        {"sqlite_with_rowid": False},
    )

    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE"), primary_key=True
    )
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Which of the synchronization's targets; `main` while there is one."""
    origin_id: Mapped[str] = mapped_column(Text, primary_key=True)
    ordinal: Mapped[int]
    """Counts a synchronization's contracts; a run marks what it saw by it, one bit each."""
    target_id: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    """active, deleted (by us) or lost (gone at the target without us)."""
    origin_hash: Mapped[bytes]
    mapped_hash: Mapped[bytes]
    hash_version: Mapped[int]
    fingerprint: Mapped[bytes]
    """Of the mapping that made the object."""
    synchronization_revision_id: Mapped[int]
    mapping_revision_id: Mapped[int | None]
    run_id: Mapped[str] = mapped_column(String(36))
    """The run that last wrote the object."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class FailedRecordRow(Base):
    """A record that could not be mapped or written, with its reason; it can be replayed."""

    __tablename__ = "failed_record"
    __table_args__ = (
        UniqueConstraint("run_id", "number"),
        Index(
            "ix_failed_record_synchronization_id_state_origin_id",
            "synchronization_id",
            "state",
            "origin_id",
        ),
    )

    id: Mapped[int] = mapped_column(Sequential, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    number: Mapped[int]
    """Counts the failed records of a run."""
    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE")
    )
    origin_id: Mapped[str | None] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(String(16))
    """invalid or failed, as the balance counts it."""
    stage: Mapped[str] = mapped_column(String(16))
    """select, map, validate or write."""
    field: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes]
    """The record as read, as JSON; for personal sources sealed, together with the reason."""
    is_sealed: Mapped[bool]
    synchronization_revision_id: Mapped[int]
    mapping_revision_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))
    """open, or resolved by a later run."""
    created_at: Mapped[datetime]


class IntentRow(Base):
    """A write that was about to be sent to a target outside our database; gone once its outcome is known."""

    __tablename__ = "intent"

    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE"), primary_key=True
    )
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    origin_id: Mapped[str] = mapped_column(Text, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    action: Mapped[str] = mapped_column(String(16))
    target_id: Mapped[str | None] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(64))
    ordinal: Mapped[int]
    payload: Mapped[bytes]
    """The mapped record as JSON; sealed for personal sources."""
    is_sealed: Mapped[bool]
    origin_hash: Mapped[bytes]
    mapped_hash: Mapped[bytes]
    created_at: Mapped[datetime]


class CallRow(Base):
    """One request on the wire; no header, no body, no value of a query."""

    __tablename__ = "call"
    __table_args__ = (Index("ix_call_started_at", "started_at"),)

    id: Mapped[int] = mapped_column(Sequential, primary_key=True)
    source_id: Mapped[str | None] = mapped_column(String(36), index=True)
    run_id: Mapped[str | None] = mapped_column(String(36), index=True)
    method: Mapped[str] = mapped_column(String(16))
    url: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None]
    started_at: Mapped[datetime]
    duration_ms: Mapped[float]
    connect_ms: Mapped[float | None]
    sent_bytes: Mapped[int]
    received_bytes: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(64))
