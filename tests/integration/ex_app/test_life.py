"""The life of the real process in a Nextcloud: on every daemon, disabled, updated, uninstalled with its data."""

import asyncio
import base64
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from openconnector.db.database import Database
from openconnector.db.migrate import migrate
from openconnector.db.version import newest_step
from tests.fakes.hosted import environment_for, exapp_process, reachable
from tests.fakes.loopback import Loopback
from tests.fakes.nextcloud import FakeNextcloud

pytestmark = pytest.mark.slow

Started = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]

EVERYWHERE = "0.0.0.0"  # noqa: S104  what AppAPI sets on networks of Docker
DAEMONS = {
    "manual-install": {"APP_HOST": "127.0.0.1"},
    "docker socket proxy": {
        "APP_HOST": EVERYWHERE,
        "COMPUTE_DEVICE": "CPU",
        "AA_VERSION": "31.0.0",
    },
    "HaRP": {
        "APP_HOST": "127.0.0.1",
        "AA_VERSION": "33.0.0",
        "HP_SHARED_KEY": "a shared key",
        "HP_FRP_ADDRESS": "harp",
        "HP_FRP_PORT": "8782",
    },
    "HaRP without its tunnel": {"APP_HOST": EVERYWHERE, "AA_VERSION": "34.0.0"},
}
"""What each way to deploy sets besides what all of them do."""


@pytest.fixture
async def nextcloud() -> AsyncIterator[FakeNextcloud]:
    async with reachable(FakeNextcloud()) as double:
        yield double


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "nc_app_openconnector_data"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The only other places the process is told of: its home, where it starts, where temporary files go."""
    for name in ("home", "temporary"):
        (tmp_path / "elsewhere" / name).mkdir(parents=True)
    return tmp_path / "elsewhere"


@pytest.fixture
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the process and its worker write to standard output and error, as a container's log keeps it."""
    return tmp_path_factory.mktemp("output") / "log"


@pytest.fixture
def started(
    nextcloud: FakeNextcloud, storage: Path, elsewhere: Path, tmp_path: Path, output: Path
) -> Started:
    """Starts the process as a daemon does, and ends it as one does."""

    def start(**daemon: str) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        places = {
            "HOME": str(elsewhere / "home"),
            "TMPDIR": str(elsewhere / "temporary"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HP_EXAPP_SOCK": str(tmp_path / "exapp.sock"),
        }
        environment = environment_for(nextcloud, storage, **places, **daemon)
        return exapp_process(nextcloud, environment, output)

    return start


def registered(nextcloud: FakeNextcloud) -> list[object]:
    kept = [nextcloud.menu, nextcloud.console.commands, *nextcloud.resources.values()]
    return [one for one in kept if one]


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if not path.is_dir())


@pytest.mark.parametrize("daemon", DAEMONS)
async def test_the_app_lives_on_every_daemon_and_uninstalled_with_its_data_leaves_nothing_behind(
    nextcloud: FakeNextcloud,
    started: Started,
    storage: Path,
    elsewhere: Path,
    tmp_path: Path,
    daemon: str,
):
    async with started(**DAEMONS[daemon]) as exapp:
        assert await nextcloud.install()
        kinds = await exapp.get("/api/v1/kinds", headers=nextcloud.signed("admin"))
        assert (await exapp.get("/heartbeat")).json() == {"status": "ok"}
        assert kinds.status_code == 200
        assert list(nextcloud.menu) == ["main"]

        await nextcloud.disable()

    assert registered(nextcloud) == []
    assert {"keys.json", "openconnector.db"} <= set(left_in(storage))
    shutil.rmtree(storage)
    assert left_in(elsewhere) == []
    assert set(left_in(tmp_path)) <= {"exapp.sock"}  # where HaRP's tunnel ends, in its container


async def test_a_server_that_lacks_every_registration_is_lived_with(
    nextcloud: FakeNextcloud, started: Started
):
    nextcloud.lacks = {"/ui/top-menu", "/ui/script", "/ui/style", "/occ_command"}

    async with started(**DAEMONS["manual-install"]):
        assert await nextcloud.install()
        await nextcloud.disable()

    assert registered(nextcloud) == []


async def test_updated_and_enabled_again_nothing_is_lost(
    nextcloud: FakeNextcloud, started: Started, storage: Path
):
    storage.mkdir()
    await as_the_first_version_left_it(storage / "openconnector.db")

    async with started(**DAEMONS["manual-install"]) as exapp:
        assert await nextcloud.install()
        after_update = await names(exapp, nextcloud)
        await nextcloud.disable()
        assert await nextcloud.enable()
        enabled_again = await names(exapp, nextcloud)
    nextcloud.version = "2.0.0"
    async with started(**DAEMONS["manual-install"]) as exapp:
        assert await nextcloud.install()
        in_the_next_version = await names(exapp, nextcloud)

    assert [after_update, enabled_again, in_the_next_version] == [["Kept"]] * 3
    assert f"openconnector.db.before-{newest_step()}" in left_in(storage)


async def as_the_first_version_left_it(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    await migrate(database, to="0001")
    await database.close()
    row = ("7d1e", "kept", "Kept", "", "[]", "admin", 0, 0, 1)
    with closing(sqlite3.connect(file)) as old:
        old.execute(
            "INSERT INTO register (id, slug, title, description, schemas, owner, created_at, updated_at, revision) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        old.commit()


async def names(exapp: httpx.AsyncClient, nextcloud: FakeNextcloud) -> list[str]:
    answer = await exapp.get("/api/v1/registers", headers=nextcloud.signed("admin"))
    return [one["title"] for one in answer.json()["results"]]


SECRETS = {
    "the secret of the app": "app-secret-5b1e",
    "the key of HaRP": "harp-key-77c0",
    "a cookie": "cookie-90aa",
    "a basic login": "basic-4d11",
    "a bearer token of a client": "bearer-13f7",
    "a password that was accepted": "password-a0b4",
    "a password that was refused": "password-c2d8",
    "a name that was refused": "name-3e55",
    "the token of a source": "token-8f02",
    "a header of a source": "header-66b9",
    "a password in an address": "address-1c3d",
    "a key in a query": "query-f4e6",
    "a record": "record-29ac",
    "what a wrong body held": "body-e7d5",
}
"""What may stand in no log, each in a spelling of its own."""


async def test_no_secret_cookie_or_record_stands_in_the_log_at_its_most_talkative(
    nextcloud: FakeNextcloud, started: Started, storage: Path, output: Path
):
    nextcloud.secret = SECRETS["the secret of the app"]
    nextcloud.accounts.passwords["alice"] = SECRETS["a password that was accepted"]
    harp = DAEMONS["HaRP"] | {"HP_SHARED_KEY": SECRETS["the key of HaRP"]}

    async with started(**harp) as exapp:
        assert await nextcloud.install()
        await use_with_secrets(nextcloud, exapp, storage / "openconnector.db")
        await nextcloud.disable()

    written = output.read_text()
    assert '"level": "debug"' in written
    assert [what for what, secret in SECRETS.items() if secret in written] == []
    assert [one for one in signatures(nextcloud) if one in written] == []
    assert "record not handled" in written
    assert "no such table: source" in written


def signatures(nextcloud: FakeNextcloud) -> list[str]:
    """Return what calls are signed with, which is a secret in another spelling."""
    users = ("", *nextcloud.groups)
    return [nextcloud.signed(user)["AUTHORIZATION-APP-API"] for user in users]


async def use_with_secrets(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient, database: Path
) -> None:
    """Do all that a secret is part of, what goes wrong included."""
    headers = nextcloud.signed("admin") | {
        "Cookie": f"nc_session_id={SECRETS['a cookie']}",
        "Authorization": f"Bearer {SECRETS['a bearer token of a client']}",
        "OCS-APIRequest": "true",
    }
    talkative = {"logLevel": "debug", "allowedNetworks": ["127.0.0.0/8"]}
    await exapp.put("/api/v1/settings", json=talkative, headers=headers)
    logins = [await log_in(nextcloud, exapp, name, word) for name, word in WHO_LOGS_IN.items()]
    assert logins == [200, 401]
    system = Loopback()
    system.answer = lambda _path: (200, [{"id": 1, "name": SECRETS["a record"]}])
    with system.serving():
        for path, body in definitions(system.url):
            made = await exapp.post(f"/api/v1/{path}", json=body, headers=headers)
            assert made.status_code == 201, made.text
        for slug in ("refused", "not-mapped"):
            await ended(exapp, f"/api/v1/synchronizations/{slug}/run", headers)
    wrong = SECRETS["what a wrong body held"]
    for content in (f'"{wrong}', f'{{"name": 1, "{wrong}": "{wrong}"}}'):
        await exapp.post("/api/v1/sources", content=content, headers=headers)
    url = f"http://me:{SECRETS['a password in an address']}@127.0.0.1"
    await exapp.post("/api/v1/sources", json=source_at(url), headers=headers)
    with closing(sqlite3.connect(database)) as broken:
        broken.execute("ALTER TABLE source RENAME TO source_elsewhere")
    fault = await exapp.post("/api/v1/sources", json=source_at(system.url), headers=headers)
    assert fault.status_code == 500


WHO_LOGS_IN = {
    "alice": SECRETS["a password that was accepted"],
    SECRETS["a name that was refused"]: SECRETS["a password that was refused"],
}


async def log_in(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient, name: str, password: str
) -> int:
    basic = base64.b64encode(f"alice:{SECRETS['a basic login']}".encode()).decode()
    return (
        await exapp.post(
            "/api/v1/user/login",
            json={"username": name, "password": password},
            headers=nextcloud.signed() | {"Authorization": f"Basic {basic}"},
        )
    ).status_code


def source_at(url: str) -> dict[str, Any]:
    return {
        "name": "Other",
        "configuration": {
            "kind": "rest",
            "location": f"{url}/?key={SECRETS['a key in a query']}",
            "headers": {"X-Api-Key": SECRETS["a header of a source"]},
            "auth": {"kind": "bearer", "token": SECRETS["the token of a source"]},
        },
    }


def definitions(url: str) -> list[tuple[str, dict[str, Any]]]:
    """Return a synchronization whose record is refused by its schema, and one whose record cannot be mapped."""
    schema = {"title": "S", "slug": "s", "properties": {"name": {"type": "integer"}}}
    mapping = {"name": "M", "mapping": {"name": "{{ name | date('Y') }}"}, "cast": {"name": "int"}}
    place = {"kind": "object_store", "register": "r", "schema": "s"}
    refused = {"name": "Refused", "sourceId": "other", "target": place}
    return [
        ("schemas", schema),
        ("registers", {"title": "R", "slug": "r", "schemas": ["s"]}),
        ("mappings", mapping),
        ("sources", source_at(url)),
        ("synchronizations", refused),
        ("synchronizations", {**refused, "name": "Not mapped", "sourceTargetMapping": "m"}),
    ]


async def ended(exapp: httpx.AsyncClient, run_at: str, headers: dict[str, str]) -> None:
    run = (await exapp.post(run_at, json={}, headers=headers)).json()
    while run["state"] in {"queued", "running"}:
        await asyncio.sleep(0.05)
        run = (await exapp.get(f"/api/v1/runs/{run['id']}", headers=headers)).json()
    assert run["balance"]["found"] == 1
