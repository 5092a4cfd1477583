"""Carries out a command: logs set up, the engine opened, errors told, the process ended with the right code."""

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from openconnector.cli.outcome import Exit, code_of, tell
from openconnector.errors import ConfigurationError, OpenConnectorError

if TYPE_CHECKING:
    from openconnector.cli.settings import Settings
    from openconnector.db.database import Database
    from openconnector.engine import Engine, OpenRegisterAccess


GARBAGE_THRESHOLD = 50_000
"""New objects before Python looks for circles among them. A page of records makes many and no circle; with Python's
own 700 the search takes a third of a run."""


def carry_out(work: Coroutine[Any, Any, Exit], *, as_json: bool = False) -> NoReturn:
    """Run a command to its end and leave with its code; errors are told, as JSON where that was asked for."""
    gc.freeze()  # what is loaded by now stays; looking through it again and again only costs time
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 100)
    gc.enable()
    try:
        code = asyncio.run(work)
    except OpenConnectorError as error:
        tell(error, as_json=as_json)
        code = code_of(error)
    except KeyboardInterrupt:
        code = Exit.CANCELLED
    except BrokenPipeError:
        code = Exit.SUCCESS  # whoever read our output has seen enough
    raise typer.Exit(code)


def log_to_standard_error(level: str = "warning") -> None:
    """Write logs for people to standard error, so that standard output holds results alone."""
    import sys

    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@asynccontextmanager
async def opened(settings: "Settings", *, migrated: bool = True) -> "AsyncIterator[Engine]":
    """Give the engine of these settings, its database migrated. Raises `ConfigurationError` in words."""
    from openconnector.engine import Engine
    from openconnector.engine import Settings as EngineSettings

    secret = settings.database_url
    own = EngineSettings(
        storage=settings.storage,
        database_url=secret.get_secret_value() if secret else None,
        allowed_networks=settings.allowed_networks,
        trusted_addresses=(settings.nextcloud_url,) if settings.nextcloud_url else (),
        open_register=_open_register(settings),
        previews=settings.previews,
    )
    try:
        engine = Engine(own)
    except OSError as error:
        raise ConfigurationError(
            f"The storage {settings.storage} cannot be used: {error.strerror}. "
            "Set APP_PERSISTENT_STORAGE to a folder this user may write to"
        ) from error
    async with engine:
        if migrated:
            await bring_up(engine.database)
        gc.freeze()  # the engine stays as well
        yield engine


def _open_register(settings: "Settings") -> "OpenRegisterAccess | None":
    from openconnector.engine import OpenRegisterAccess

    url, user, password = (
        settings.open_register_url,
        settings.open_register_user,
        settings.open_register_password,
    )
    if url is None or user is None or password is None:
        return None
    return OpenRegisterAccess(url=url, user=user, password=password)


async def bring_up(database: "Database") -> None:
    """Make the database what this version needs, if it is not. Raises `ConfigurationError` in words."""
    from openconnector.db.creating import create

    if not await _is_current(database) and not await create(database):
        await migrate(database)


async def _is_current(database: "Database") -> bool:
    """Whether nothing has to be migrated; False also for a server out of reach, of which `migrate` tells in words."""
    from openconnector.db.version import is_current

    try:
        return await is_current(database)
    except OSError:
        return False


async def migrate(database: "Database") -> list[str]:
    """Bring the database to this version and return what was applied. Raises `ConfigurationError` in words."""
    from sqlalchemy.exc import SQLAlchemyError

    from openconnector.db.migrate import migrate

    try:
        return await migrate(database)
    except (SQLAlchemyError, OSError) as error:
        raise unusable(database, error) from error


def unusable(database: "Database", error: Exception) -> ConfigurationError:
    """Return what a database that cannot be used means for an administrator."""
    address = database.url.render_as_string(hide_password=True)
    said = str(getattr(error, "orig", None) or error).partition("\n")[0] or type(error).__name__
    return ConfigurationError(
        f"The database {address} cannot be used: {said}. Check DATABASE_URL and that the server runs, and "
        "bring it to this version with `openconnector migrate`; `openconnector doctor` says more"
    )
