"""How a run ends: the state its reader sees, and why."""

from dataclasses import dataclass
from datetime import timedelta

from openconnector.errors import (
    ConfigurationError,
    EndlessRead,
    LimitExceeded,
    MalformedAnswer,
    OpenConnectorError,
    TransientError,
)
from openconnector.messages import t
from openconnector.synchronization.balance import Balance

MAX_ATTEMPTS = 5
"""How often a run is taken up again without moving on, before it is given up."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)

READ_ERRORS = (MalformedAnswer, EndlessRead, LimitExceeded, TransientError)
"""Errors that end the reading; what was read before them stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The state a run ends in, with the code and the words of its error."""

    state: str
    code: str | None = None
    message: str | None = None


def ending(balance: Balance, *, incomplete: str | None, not_deleted: int, missing: int) -> Ending:
    """Return how a run ends that came to its end by itself."""
    if not balance.is_closed:
        return Ending(
            state="failed",
            code="balance-open",
            message=t(
                "The balance does not close: {counts}. Please report this", counts=balance.columns()
            ),
        )
    if incomplete is not None:
        return Ending(state="partial", code="incomplete-read", message=incomplete)
    handled = balance.created + balance.updated + balance.unchanged + balance.skipped
    if not balance.is_clean:
        return Ending(
            state="partial" if handled else "failed",
            code="records-failed",
            message=t(
                "{invalid} records are invalid and {failed} failed; each is kept with its reason",
                invalid=balance.invalid,
                failed=balance.failed,
            ),
        )
    if not_deleted:
        message = t("{count} objects could not be deleted; the log names them", count=not_deleted)
        return Ending(state="partial", code="deletions-failed", message=message)
    if missing:
        message = t(
            "{count} objects are gone at the target; the next run writes them again", count=missing
        )
        return Ending(state="partial", code="objects-missing", message=message)
    return Ending(state="succeeded")


def ending_of(error: OpenConnectorError, pages: int) -> Ending:
    """Return how a run ends that an error stopped; pages committed before it stand."""
    is_partial = pages > 0 and isinstance(error, READ_ERRORS)
    message = str(error)
    if isinstance(error, ConfigurationError):
        message = t("The definition has to be changed: {error}", error=message)
    return Ending(state="partial" if is_partial else "failed", code=error.code, message=message)


def pause_before(attempt: int, asked_seconds: float | None) -> timedelta:
    """Return how long to wait before the next attempt; the other side's wish wins."""
    if asked_seconds is not None:
        return timedelta(seconds=max(asked_seconds, 1.0))
    doubled: timedelta = FIRST_PAUSE * 2 ** max(attempt - 1, 0)
    return min(doubled, LONGEST_PAUSE)
