"""SQL that was compiled for one engine serves all engines of its dialect: each test has engines of its own."""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.util import LRUCache

_compiled: LRUCache[Any, Any] = LRUCache(2_000)


class _Shared:
    """Two of the same dialect are one to the cache; in our applications they differ in nothing."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_compiled)


class Sqlite(_Shared, SQLiteDialect_aiosqlite):
    supports_statement_cache = True


class Postgres(_Shared, PGDialect_asyncpg):
    supports_statement_cache = True


def share() -> None:
    """Have every engine of this process that is built from now on use what others have compiled."""
    for name, dialect in (("sqlite.aiosqlite", Sqlite), ("postgresql.asyncpg", Postgres)):
        registry.register(name, __name__, dialect.__name__)
