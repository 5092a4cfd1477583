"""The tables of the embedded object store."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from openconnector.db.rows import Base
from openconnector.db.types import SearchableJson

DELETED = text("deleted_at IS NOT NULL")


class RegisterRow(Base):
    """A named group of schemas in the embedded object store."""

    __tablename__ = "register"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(String(255), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    schemas: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of the schemas whose objects it holds."""
    owner: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)


class SchemaRow(Base):
    """What the objects of one kind look like: a JSON Schema."""

    __tablename__ = "schema"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(String(255), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    properties: Mapped[dict[str, Any]] = mapped_column(default=dict)
    required: Mapped[list[Any]] = mapped_column(default=list)
    is_strict: Mapped[bool] = mapped_column(default=False)
    """Whether properties that are not listed are refused."""
    owner: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)


class ObjectRow(Base):
    """One object of the embedded store."""

    __tablename__ = "object"
    __table_args__ = (
        Index(
            "ix_object_register_id_schema_id_created_at", "register_id", "schema_id", "created_at"
        ),
        Index("ix_object_deleted", "deleted_at", "id", sqlite_where=DELETED),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    # No foreign keys: a register or schema that holds objects is never removed, and checking costs two lookups a write.
    register_id: Mapped[str] = mapped_column(String(36))
    schema_id: Mapped[str] = mapped_column(String(36))
    data: Mapped[dict[str, Any]] = mapped_column(SearchableJson)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)
