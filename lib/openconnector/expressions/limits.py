"""What one evaluation of a template may cost, and the count that holds it to that.

Work is counted, not timed: the same template on the same record always ends the same way. Straight-line templates
cannot do much harm (their size is limited), so only loops, assignments and calls of other mappings are counted.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from openconnector.errors import TemplateLimit

MAX_SOURCE_BYTES: Final = 16 * 1024
"""The longest template, in bytes of UTF-8."""

MAX_NODES: Final = 2_000
"""The most syntax nodes a template may have."""

MAX_NESTING: Final = 40
"""How deep expressions and tags may nest."""

MAX_LOOP_NESTING: Final = 8
"""How deep `for` may nest in `for`."""

MAX_STEPS: Final = 200_000
"""Loop turns and pieces of handled data per record; about a fifth of a second of work."""

MAX_RANGE: Final = 10_000
"""The most numbers `range` gives."""

MAX_TEXT: Final = 1_000_000
"""The longest text a template may produce, in characters."""

MAX_EXPONENT: Final = 1_000
"""The largest exponent of a power."""

TEXT_PER_STEP: Final = 64
"""How many characters count as one piece of handled data."""


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


class Budget:
    """Counts the work done for one record. Raises `TemplateLimit` when it is used up."""

    __slots__ = ("_left", "_text_left", "explains", "now")

    def __init__(self, *, explains: bool = False, now: Callable[[], datetime] = utc_now) -> None:
        self.now = now
        """The clock; its zone is the one in which dates are shown."""
        self.explains = explains
        """A calculation failed before: it is done again, slower, to find out where."""
        self._left = MAX_STEPS
        self._text_left = MAX_TEXT

    def tick(self) -> None:
        """Count one turn of a loop."""
        self._left -= 1
        if self._left < 0:
            self._exceeded()

    def charge(self, value: Any) -> Any:
        """Count a value that is about to be handled or kept, and return it."""
        self._left -= 1
        if isinstance(value, str):
            self._left -= len(value) // TEXT_PER_STEP
        elif isinstance(value, (list, dict)):
            self._left -= weight(value, self._left)
        if self._left < 0:
            self._exceeded()
        return value

    def put(self, out: list[str], text: str) -> None:
        """Append a piece of output."""
        self._text_left -= len(text)
        if self._text_left < 0:
            raise too_long()
        out.append(text)

    def _exceeded(self) -> None:
        raise TemplateLimit(f"the template does more than {MAX_STEPS:,} steps for this record")


def weight(value: Any, limit: int) -> int:
    """Return how much a value holds at every depth, counted no further than ``limit``."""
    count = 0
    waiting = [value]
    while waiting and count <= limit:
        node = waiting.pop()
        if isinstance(node, str):
            count += len(node) // TEXT_PER_STEP
        elif isinstance(node, (list, dict)):
            count += 1 + len(node)
            waiting.extend(node if isinstance(node, list) else node.values())
    return count


def too_long() -> TemplateLimit:
    """Return the error for a text beyond the limit."""
    return TemplateLimit(f"the template produces more than {MAX_TEXT:,} characters")


def join_texts(texts: Sequence[str], glue: str = "") -> str:
    """Return texts joined. Raises `TemplateLimit`, before anything is joined, when that would be too long."""
    if sum(map(len, texts)) + len(glue) * len(texts) > MAX_TEXT:
        raise too_long()
    return glue.join(texts)


def checked(text: str) -> str:
    """Return a produced text. Raises `TemplateLimit` when it is too long."""
    if len(text) > MAX_TEXT:
        raise too_long()
    return text
