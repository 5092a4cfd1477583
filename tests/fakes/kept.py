"""What a backup has to bring back: every row of a database, and backups rewritten as older versions wrote them."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openconnector.db import dumping
from openconnector.db.database import Database

Rows = dict[str, list[Any]]


async def everything(database: Database, *, without: tuple[str, ...] = ()) -> Rows:
    """Return all rows of all tables that hold more than a new database does, as far as they are compared."""
    held: Rows = {}
    async with database.snapshot() as session:
        for shape in dumping.shapes():
            if shape.name not in ("change_counter", *without):
                rows = [row async for rows in dumping.taken(session, shape) for row in rows]
                held[shape.name] = sorted(map(repr, rows))
    return {name: rows for name, rows in held.items() if rows not in ([], ["(1, None)"])}


def rewrite(file: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """Return a copy of a backup after a change of its manifest and its members."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(manifest, members)
    copy = file.with_name(f"changed-{file.name}")
    with zipfile.ZipFile(copy, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr("manifest.json", json.dumps(manifest))
    return copy
