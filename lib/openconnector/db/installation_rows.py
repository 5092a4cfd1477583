"""The tables of what concerns the whole installation."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
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


class SourceCertificateRow(Base):
    """Until when the certificate is good that a host of a source showed last."""

    __tablename__ = "source_certificate"

    source_id: Mapped[str] = mapped_column(
        ForeignKey("source.id", ondelete="CASCADE"), primary_key=True
    )
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    expires_at: Mapped[datetime]


class NoticeRow(Base):
    """Something people have to be told, written in the transaction in which it came to be."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_synchronization_id_created_at", "synchronization_id", "created_at"),
        Index("ix_notice_state", "state"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    synchronization_id: Mapped[str] = mapped_column(
        ForeignKey("synchronization.id", ondelete="CASCADE")
    )
    run_id: Mapped[str] = mapped_column(String(36))
    reason: Mapped[str] = mapped_column(String(64))
    """What the trouble is, or that it is over."""
    kind: Mapped[str] = mapped_column(String(16))
    """Which sentences tell it: failed, approval, works or expires."""
    values: Mapped[dict[str, Any]]
    """What the sentences name."""
    state: Mapped[str] = mapped_column(String(16))
    """waiting for its receivers to be found, or spread to them."""
    created_at: Mapped[datetime]


class NoticeDeliveryRow(Base):
    """One notice for one account."""

    __tablename__ = "notice_delivery"
    __table_args__ = (Index("ix_notice_delivery_state", "state", "due_at"),)

    notice_id: Mapped[str] = mapped_column(
        ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    """waiting, sending, sent or given_up."""
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    """When to try; while sending, when another worker may take it over."""
