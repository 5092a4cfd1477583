"""The tables of what concerns the whole installation."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from openconnector.db.rows import Base


class AuditRow(Base):
    """One change somebody made: an entry of the audit trail, never changed and never deleted."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "subject", "subject_id"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts the entries from 1, without a gap."""
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64), index=True)
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    """What kind of thing was changed, for example `source`."""
    subject_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(Text)
    """What the thing was called then."""
    revision: Mapped[int | None]
    details: Mapped[dict[str, Any]]
    """What else there is to say; never a secret's value."""
    digest: Mapped[bytes]
    """SHA-256 over the digest of the entry before and everything above."""


class AuditHeadRow(Base):
    """One row: where the audit trail ends, sealed, so that an end that was cut off is missed."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None]
    """Number and digest of the newest entry; None before the first."""


class SettingsRow(Base):
    """One row: what administrators decided for the whole installation."""

    __tablename__ = "settings"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    """Every field, as the API shows it."""
    revision: Mapped[int]
    """Counts the saves; the ETag."""
    updated_by: Mapped[str] = mapped_column(String(64))
    updated_at: Mapped[datetime]
    mirrored: Mapped[dict[str, Any]]
    """The texts that the host's own form had of them, when both were last alike."""
