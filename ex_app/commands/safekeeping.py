"""`occ openconnector:backup` and `occ openconnector:restore`: the same as `openconnector backup` and `restore`."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import orjson

from ex_app.commands.command import Argument, Command, Given, Means, Option
from openconnector.errors import ConfigurationError, FieldProblem, InvalidInput

FOLDER = "backups"
"""Where backups are, in the storage: whoever has only `occ` reaches no other folder of the container."""

LONGEST_NAME = 255
"""In bytes; what file systems allow."""

LIMIT = 1 << 20


async def back_up(means: Means, given: Given) -> str:
    """Write a backup and say where it is. Raises `ConfigurationError` when it cannot be written."""
    folder = means.engine.settings.storage / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / _name(given) if given.arguments.get("file") else folder
    options = ["--with-key"] if given.has("with-key") else []
    done = await _carried_out(means, "backup", str(place), *options)
    return f"{done['rows']:,} rows are in {done['file']} ({done['bytes']:,} bytes); copy it to another machine"


async def restore(means: Means, given: Given) -> str:
    """Bring a backup back and say what is to be done by hand. Raises `ConfigurationError`; nothing is changed then."""
    file = means.engine.settings.storage / FOLDER / _name(given)
    options = [f"--{name}" for name in ("replace", "lose-secrets") if given.has(name)]
    done = await _carried_out(means, "restore", str(file), *options)
    lines = [f"{done['rows']:,} rows are as they were at {done['takenAt']}"]
    if done["endedRuns"]:
        lines.append(f"{done['endedRuns']} runs were unfinished then and are ended as cancelled")
    lines += [f"Enter this secret again: {secret}" for secret in done["lostSecrets"]]
    return "\n".join(lines)


def _name(given: Given) -> str:
    name = given.text("file")
    is_folder = name in {"", ".", ".."} or Path(name).name != name
    if is_folder or not name.isprintable() or len(os.fsencode(name)) > LONGEST_NAME:
        wrong = FieldProblem(field="file", message=f"has to be the name of a file in {FOLDER}")
        raise InvalidInput([wrong], subject="command")
    return name


async def _carried_out(means: Means, *arguments: str) -> dict[str, Any]:
    """Run a command line of ours in a process of its own: this one has to answer others meanwhile."""
    settings = means.engine.settings
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "openconnector.cli", *arguments, "--json"),
        env={
            **os.environ,
            "APP_PERSISTENT_STORAGE": str(settings.storage.absolute()),
            "DATABASE_URL": settings.database_url or "",
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LIMIT,
    )
    output, _ = await process.communicate()
    try:
        told: dict[str, Any] = orjson.loads(output)
    except ValueError:
        raise ConfigurationError(
            f"`openconnector {arguments[0]}` ended with {process.returncode} and said nothing; call it in the "
            "container to see why"
        ) from None
    if process.returncode:
        raise ConfigurationError(str(told.get("detail")))
    return told


BACKUP = Command(
    name="backup",
    description=f"Write everything into a file in the folder {FOLDER} of the app's volume, while it works",
    work=back_up,
    arguments=(
        Argument(name="file", description="A new name; the moment unless given", mode="optional"),
    ),
    options=(Option(name="with-key", description="Put the key in, too: guard the file then"),),
)
RESTORE = Command(
    name="restore",
    description="Bring a backup back, all of it or nothing",
    work=restore,
    arguments=(Argument(name="file", description=f"Its name in the folder {FOLDER}"),),
    options=(
        Option(name="replace", description="Replace what the app holds now"),
        Option(name="lose-secrets", description="Go on without secrets whose key is missing"),
    ),
    usages=("before-upgrade.zip --replace",),
)
