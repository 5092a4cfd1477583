"""The tables of what is counted while it happens, so that nobody has to count runs or calls afterwards."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from openconnector.db.rows import Base


class SynchronizationDayRow(Base):
    """What the runs of one synchronization wrote on one day; there is no row for a day without any."""

    __tablename__ = "synchronization_day"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    """The day in UTC, as `2026-03-28`."""
    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE"), primary_key=True
    )
    written: Mapped[int] = mapped_column(BigInteger)
    """Objects created and updated."""
    deleted: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    """Records that were invalid or failed."""


class SourceHourRow(Base):
    """The requests to one source in one hour; there is no row for an hour without any.

    It refers to no source: one that is deleted may have calls that are still to be written.
    """

    __tablename__ = "source_hour"

    source_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    calls: Mapped[int]
    failures: Mapped[int]
    """Calls that the source did not serve, see `counts.is_failure`."""
    milliseconds: Mapped[float]
    """How long all calls took together."""
    served_at: Mapped[datetime | None]
    """When the latest call began that the source served."""
    failed_at: Mapped[datetime | None]
    """When the latest call began that it did not."""
    status: Mapped[int | None]
    """With which status it answered that one; None when it did not answer."""
    error: Mapped[str | None] = mapped_column(String(64))
    """Why there was no answer, as the error's code."""
