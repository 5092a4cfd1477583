"""Which failed records of a run are replayed: all of them, or those somebody chose."""

from collections.abc import Sequence

from openconnector.db import failures
from openconnector.db.rows import FailedRecordRow
from openconnector.db.session import Session
from openconnector.errors import FieldProblem, InvalidInput
from openconnector.messages import t
from openconnector.records import Cursor

MAX_CHOSEN = 500
"""Records that can be chosen at once; they make one page."""

REPLAY_PAGE = 500
"""Failed records replayed at a time."""

WAITING = "open"
"""The state of a failed record that no later run has handled."""


async def choose(session: Session, run_id: str, numbers: Sequence[int]) -> Cursor:
    """Return where a replay of these failed records of a run begins.

    Raises `InvalidInput` naming every number that is none of an open failure.
    """
    found = {row.number for row in await _of(session, run_id, numbers)}
    problems = [
        FieldProblem(
            field=f"numbers.{place}",
            message=t("is no failed record of this run that still waits; see its failures"),
            value=number,
        )
        for place, number in enumerate(numbers)
        if number not in found
    ]
    if problems:
        raise InvalidInput(problems)
    return {"after": 0, "numbers": sorted(found)}


async def next_failures(
    session: Session, run_id: str, cursor: Cursor
) -> tuple[Sequence[FailedRecordRow], Cursor]:
    """Return the failed records that follow a cursor of a replay, and the cursor after them."""
    after, chosen = int(cursor.get("after", 0)), cursor.get("numbers")
    if chosen is None:
        rows = await failures.of_run(session, run_id, after=after, limit=REPLAY_PAGE, state=WAITING)
    else:
        rows = await _of(session, run_id, [number for number in chosen if number > after])
    return rows, cursor | {"after": rows[-1].number if rows else after}


async def _of(session: Session, run_id: str, numbers: Sequence[int]) -> list[FailedRecordRow]:
    found = []
    for number in numbers:
        rows = await failures.of_run(session, run_id, after=number - 1, limit=1, state=WAITING)
        found += [row for row in rows if row.number == number]
    return found
