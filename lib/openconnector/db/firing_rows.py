"""The tables of what begins by itself: how far each schedule has come, and what it has started."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from openconnector.db.rows import Base
from openconnector.db.types import Sequential


class ScheduleMarkRow(Base):
    """How far one schedule of one synchronization has come; what passed while nobody looked follows from it."""

    __tablename__ = "schedule_mark"

    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE"), primary_key=True
    )
    schedule: Mapped[str] = mapped_column(String(16), primary_key=True)
    """The schedule's key: with other moments it is another schedule, which begins anew."""
    moment: Mapped[datetime]
    """Every moment up to here has been decided on."""
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the next one is to begin; None when there is none."""

    @property
    def key(self) -> tuple[str, str]:
        """Which synchronization, and which of its schedules."""
        return self.synchronization_id, self.schedule


class FiringRow(Base):
    """One moment of one schedule that came: there is one row for it, whoever was the first to notice."""

    __tablename__ = "firing"
    __table_args__ = (
        UniqueConstraint("synchronization_id", "schedule", "moment"),
        Index("ix_firing_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(Sequential, primary_key=True)
    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE")
    )
    schedule: Mapped[str] = mapped_column(String(16))
    moment: Mapped[datetime]
    """What the schedule says."""
    due_at: Mapped[datetime]
    """When to begin."""
    misfire: Mapped[str] = mapped_column(String(8))
    """What becomes of it when it cannot begin in time: all, last or none."""
    state: Mapped[str] = mapped_column(String(16))
    """waiting (for the run before), started or missed."""
    missed_since: Mapped[datetime | None] = mapped_column(default=None)
    """The first of the moments before it that passed unused; None when there are none."""
    reason: Mapped[str | None] = mapped_column(Text, default=None)
    """Why it was missed."""
    run_id: Mapped[str | None] = mapped_column(String(36), default=None)
    """The run it started."""


class WakeRow(Base):
    """Something happened that a synchronization is to follow; one row for all of a burst."""

    __tablename__ = "wake"

    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE"), primary_key=True
    )
    due_at: Mapped[datetime] = mapped_column(index=True)
    """When to begin: a little after the first time, so that a burst costs one run."""
    latest_at: Mapped[datetime]
    count: Mapped[int]
    """How often it happened."""
    things: Mapped[list[Any] | None] = mapped_column(default=None)
    """The ids of what changed; None when that does not tell all of it."""
