"""The table of what people have begun and not finished."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from openconnector.db.rows import Base


class DraftRow(Base):
    """The synchronization an account is making, step by step; each account has one at most."""

    __tablename__ = "draft"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes]
    """All of it: the secrets of its source stand among the rest."""
    updated_at: Mapped[datetime]
