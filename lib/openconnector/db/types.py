"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Json = JSON(none_as_null=True)
"""A JSON document as it was written: the order of its keys is kept, because a mapping's fields have one."""


Sequential = BigInteger().with_variant(Integer(), "sqlite")
"""A key the database counts up itself; SQLite does so only for INTEGER."""


class SearchableJson(TypeDecorator[Any]):
    """A JSON document that is searched: jsonb on PostgreSQL, which keeps no order of keys."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON(none_as_null=True))
        from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415  takes a while, for nothing on SQLite

        return dialect.type_descriptor(JSONB(none_as_null=True))


class Moment(TypeDecorator[datetime]):
    """A timezone-aware moment: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite.

    SQLite's own text form loses the zone; a number keeps the order, the precision and costs eight bytes.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return moment_value(value, dialect.name)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value
        return EPOCH + int(value) * MICROSECOND


def moment_value(moment: datetime, dialect_name: str) -> int | datetime:
    """Return a moment as the driver takes it, for statements that bypass the type. Raises on a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    if dialect_name == "sqlite":
        return (moment - EPOCH) // MICROSECOND
    return moment
