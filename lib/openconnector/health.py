"""What an installation rests on, looked at: each check says what it found and how to mend it."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from openconnector.db import definitions as definition_rows
from openconnector.db import runs
from openconnector.definitions.store import COLLECTIONS
from openconnector.engine import Engine
from openconnector.errors import OpenConnectorError
from openconnector.jobs.owner import is_surely_dead
from openconnector.messages import t

MEBIBYTE = 1024 * 1024
LEAST_SPACE = 500 * MEBIBYTE
PATIENCE = timedelta(minutes=1)
"""How long a run may wait before a worker is missed, and how far a clock may be off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    state: Literal["ok", "warn", "fail"]
    message: str
    remedy: str | None = None


Check = Callable[[Engine], Awaitable[Finding]]


def around(engine: Engine) -> list[Finding]:
    """Return what is found of the folder and the key file, for which no database is asked."""
    return [_storage(engine.settings.storage), _keys(engine.settings.key_file)]


async def within(engine: Engine, *, is_thorough: bool = True) -> AsyncIterator[Finding]:
    """Yield what is found in a database that is reachable and migrated.

    Unless ``is_thorough``, of the definitions those alone are loaded that hold secrets: soon done with thousands.
    """
    checks: dict[str, Check] = {
        "secrets": partial(_secrets, is_thorough=is_thorough),
        "clock": _clock,
        "worker": _worker,
    }
    for name, check in checks.items():
        try:
            yield await check(engine)
        except OpenConnectorError as error:
            yield Finding(check=name, state="fail", message=str(error))


def _storage(folder: Path) -> Finding:
    if not os.access(folder, os.W_OK):
        return Finding(
            check="storage",
            state="fail",
            message=t("{folder} is not writable for this user", folder=folder.absolute()),
            remedy=t("Make it writable, or set APP_PERSISTENT_STORAGE to another folder"),
        )
    free = shutil.disk_usage(folder).free
    if free < LEAST_SPACE:
        return Finding(
            check="storage",
            state="warn",
            message=t(
                "{folder} has {free} MiB left", folder=folder.absolute(), free=free // MEBIBYTE
            ),
            remedy=t("Free space: a full disk stops every run"),
        )
    return Finding(
        check="storage",
        state="ok",
        message=t(
            "{folder} is writable and local, {free} MiB free",
            folder=folder.absolute(),
            free=free // MEBIBYTE,
        ),
    )


def _keys(file: Path) -> Finding:
    mode = file.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding(
            check="keys",
            state="warn",
            message=t("{file} can be read by others (mode {mode})", file=file, mode=f"{mode:04o}"),
            remedy=f"chmod 600 {file}",
        )
    return Finding(
        check="keys", state="ok", message=t("{file} is readable for this user alone", file=file)
    )


async def _secrets(engine: Engine, *, is_thorough: bool) -> Finding:
    closed = []
    async with engine.database.reading() as session:
        for collection in COLLECTIONS:
            holding = await definition_rows.with_secrets(session, collection.table)
            for row in await definition_rows.every(session, collection.table):
                if not is_thorough and row.id not in holding:
                    continue
                try:
                    await engine.definitions.load(session, collection, row.id)
                except OpenConnectorError as error:
                    closed.append(f"{collection.name}/{row.slug}: {error}")
    if closed:
        return Finding(
            check="secrets",
            state="fail",
            message="; ".join(closed),
            remedy=t("Restore the key file that belongs to this database, or enter these again"),
        )
    return Finding(
        check="secrets", state="ok", message=t("every definition loads and its secrets open")
    )


async def _clock(engine: Engine) -> Finding:
    now = engine.clock.now()
    async with engine.database.reading() as session:
        newest, _ = await runs.page(session, runs.RunQuery(limit=1))
    if newest and (queued_at := newest[0].queued_at) > now + PATIENCE:
        return Finding(
            check="clock",
            state="fail",
            message=t(
                "it is {now} UTC here, but a run was queued at {queued}",
                now=f"{now:%Y-%m-%d %H:%M}",
                queued=f"{queued_at:%Y-%m-%d %H:%M}",
            ),
            remedy=t("Set this machine's clock: leases and schedules rest on it"),
        )
    return Finding(
        check="clock", state="ok", message=t("it is {now} UTC", now=f"{now:%Y-%m-%d %H:%M:%S}")
    )


async def _worker(engine: Engine) -> Finding:
    remedy = t("Start `openconnector serve` or `openconnector worker`")
    async with engine.database.reading() as session:
        leases = await runs.leases(session)
        waiting, _ = await runs.page(session, runs.RunQuery(state="queued", sort="queued", limit=1))
    if dead := [run for run, owner in leases if is_surely_dead(owner)]:
        message = t("the worker of {count} runs died and none has taken them over", count=len(dead))
        return Finding(check="worker", state="warn", message=message, remedy=remedy)
    if waiting and waiting[0].queued_at < engine.clock.now() - PATIENCE:
        message = t(
            "a run waits since {queued} UTC", queued=f"{waiting[0].queued_at:%Y-%m-%d %H:%M}"
        )
        return Finding(check="worker", state="warn", message=message, remedy=remedy)
    message = (
        t("{count} runs are worked on", count=len(leases)) if leases else t("no run waits for one")
    )
    return Finding(check="worker", state="ok", message=message)
