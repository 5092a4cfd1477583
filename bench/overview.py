"""`python -m bench.overview`: how long the overview takes with a million runs, on SQLite or on `DATABASE_URL`."""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import httpx
from sqlalchemy import text

from openconnector.api.app import create_api
from openconnector.api.callers import by_token
from openconnector.db.migrate import migrate
from openconnector.definitions import files
from openconnector.definitions.notation import Document
from openconnector.engine import Engine, Settings

RUNS, SYNCHRONIZATIONS, ROUNDS = 1_000_000, 200, 20
TOKEN = "bench"  # noqa: S105  of a server nobody else reaches

CONFIGURATION = {
    "schemas": [{"slug": "thing", "title": "Thing"}],
    "registers": [{"slug": "kept", "title": "Kept", "schemas": ["thing"]}],
    "sources": [
        {
            "slug": "remote",
            "name": "Remote",
            "configuration": {"kind": "rest", "location": "https://api.example.org"},
        }
    ],
    "synchronizations": [
        {
            "slug": f"s{number}",
            "name": f"S{number}",
            "sourceId": "remote",
            "schedules": [{"kind": "interval", "every": 1, "unit": "hours"}],
            "target": {"kind": "object_store", "register": "kept", "schema": "thing"},
        }
        for number in range(SYNCHRONIZATIONS)
    ],
}

NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(1, :count))",
}
MOMENTS = {
    "sqlite": "(unixepoch() - :count + n) * 1000000",
    "postgresql": "now() - (:count - n) * interval '1 second'",
}
ZERO = (
    *("created", "updated", "skipped", "invalid", "failed", "deleted", "restored", "writes"),
    *("deletions_pending", "pages", "attempts", "fence"),
)
NO = ("is_forced", "is_cancel_requested", "is_read_complete")


def adding(dialect: str) -> str:
    """Return the statement that adds the runs: one a second until now, every seventh of them failed."""
    values = {
        "id": "'run-' || n",
        "synchronization_id": "every_one.id",
        "mode": "'run'",
        "state": "CASE n % 7 WHEN 0 THEN 'failed' ELSE 'succeeded' END",
        "phase": "'closing'",
        "trigger": "'schedule'",
        "requested_by": "'bench'",
        "revisions": "'{}'",
        "timings": "'{}'",
        "found": "1",
        "unchanged": "1",
        **dict.fromkeys(ZERO, "0"),
        **dict.fromkeys(NO, "false"),
        **dict.fromkeys(("queued_at", "started_at", "finished_at"), MOMENTS[dialect]),
    }
    every_one = "SELECT id, row_number() OVER (ORDER BY slug) - 1 AS place FROM synchronization"
    return (
        f"INSERT INTO run ({', '.join(values)}) {NUMBERS[dialect]} SELECT {', '.join(values.values())} FROM numbers "  # noqa: S608
        f"JOIN ({every_one}) AS every_one ON every_one.place = n % :synchronizations"
    )


async def main() -> None:
    """Fill a database and print how long an answer takes."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(storage=Path(folder), database_url=os.environ.get("DATABASE_URL"))
        async with Engine(settings) as engine:
            await migrate(engine.database)
            await fill(engine)
            taken = await ask(engine)
    taken.sort()
    middle, worst = taken[len(taken) // 2] * 1000, taken[-1] * 1000
    print(
        f"{engine.database.dialect}: {RUNS:,} runs of {SYNCHRONIZATIONS} synchronizations: ", end=""
    )
    print(f"overview in {middle:.0f} ms (median of {ROUNDS}), {worst:.0f} ms at worst")


async def fill(engine: Engine) -> None:
    """Save the synchronizations and add their runs."""
    document = Document(value=CONFIGURATION, lines={})
    await files.import_documents([document], engine.destination, variables={}, who="bench")
    values = {"count": RUNS, "synchronizations": SYNCHRONIZATIONS}
    async with engine.database.writing() as session:
        await session.execute(text(adding(engine.database.dialect)), values)
    await engine.scheduler().tick()


async def ask(engine: Engine) -> list[float]:
    """Return how many seconds each answer took."""
    transport = httpx.ASGITransport(create_api(engine, authenticate=by_token(TOKEN)))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    taken = []
    async with httpx.AsyncClient(
        transport=transport, base_url="http://bench", headers=headers
    ) as client:
        for _ in range(ROUNDS + 1):
            began = time.perf_counter()
            answer = await client.get("/api/v1/overview")
            taken.append(time.perf_counter() - began)
            answer.raise_for_status()
    return taken[1:]  # the first one compiles the statements


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
