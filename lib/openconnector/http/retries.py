"""When a request is repeated, and after how long."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from httpx import codes

from openconnector.errors import NotSent, RateLimited, TransientError, Unavailable
from openconnector.messages import t
from openconnector.ports import HttpLimits

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""RFC 9110, section 9.2.2."""
FIRST_PAUSE_SECONDS = 0.5
"""Doubled with every further pause."""
EPOCH_FROM = 1_000_000_000
"""A reset value this large is a moment, not a number of seconds: no pause lasts thirty years."""
SECONDS = re.compile(r"[0-9]{1,10}")
RESET = re.compile(r"(?:^|[;,\s])(?:t|reset)=([0-9]{1,10})(?![0-9.])")


def announced_pause(headers: httpx.Headers, now: datetime) -> float | None:
    """Return how many seconds the other side asks us to stay away, None when it does not say.

    Retry-After in seconds or as a date (RFC 9110, section 10.2.3) comes first, then the RateLimit field of the IETF
    draft, then the X-RateLimit-Reset of common use, which holds seconds or a moment.
    """
    retry_after = headers.get("retry-after", "").strip()
    if retry_after:
        pause = _seconds(retry_after)
        return _until_date(retry_after, now) if pause is None else pause
    if found := RESET.search(headers.get("ratelimit", "")):
        return float(found[1])
    reset = _seconds(headers.get("ratelimit-reset") or headers.get("x-ratelimit-reset") or "")
    if reset is not None and reset >= EPOCH_FROM:
        return max(0.0, reset - now.timestamp())
    return reset


def failure_in(
    answer: httpx.Response, subject: str, now: datetime, *, is_safe: bool
) -> TransientError | None:
    """Return what makes this answer worth another try or a later one, None when it is to be taken as it is.

    ``is_safe`` says that the request may be repeated although it may have been acted on. A 500, 502 or 504 to one that
    may not be is an answer; so is its 503, unless that names a time to come back.
    """
    status = answer.status_code
    if status not in {429, 500, 502, 503, 504}:
        return None
    pause = announced_pause(answer.headers, now) if status in {429, 503} else None
    if status == codes.TOO_MANY_REQUESTS:
        return RateLimited(
            t("{subject} answered 429: too many requests", subject=subject),
            retry_after_seconds=pause,
        )
    if is_safe or pause is not None:
        return Unavailable(
            t("{subject} answered {status}", subject=subject, status=status),
            retry_after_seconds=pause,
        )
    return None


@dataclass(slots=True, kw_only=True)
class Patience:
    """How much longer one request is tried."""

    limits: HttpLimits
    is_safe: bool
    jitter: Callable[[], float]
    """Gives a number from 0 to 1."""
    failures: int = 0

    def pause(self, failure: TransientError) -> float:
        """Return the seconds to wait before the next try. Raises ``failure`` when there is none.

        What the other side announces is waited for exactly; otherwise the pause doubles, less up to half by chance.
        """
        self.failures += 1
        announced = failure.retry_after_seconds
        may_repeat = self.is_safe or isinstance(failure, NotSent) or announced is not None
        is_too_long = (announced or 0) > self.limits.max_wait_seconds
        if not may_repeat or is_too_long or self.failures >= self.limits.attempts:
            raise failure
        longest = min(self.limits.max_wait_seconds, FIRST_PAUSE_SECONDS * 2 ** (self.failures - 1))
        return announced or longest * (1 - self.jitter() / 2)


def _seconds(text: str) -> float | None:
    return float(text) if SECONDS.fullmatch(text) else None


def _until_date(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
