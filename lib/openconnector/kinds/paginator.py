"""How to ask for the next page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openconnector.kinds.base import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to add to a source's request to get one page. As JSON it is the read's cursor."""

    query: Mapping[str, str] = field(default_factory=dict)
    """Query parameters laid over the source's own."""
    url: str | None = None
    """The whole address instead of the source's, absolute; the source refuses another origin."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """What the paginator must remember to go on from here, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a paginator may look at to find the next page."""

    url: str
    """The address that was asked."""
    headers: Mapping[str, str]
    """Response headers, names in lower case."""
    body: Any
    """The decoded body."""
    count: int
    """How many records the page held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """No further page. Unless `incomplete` says otherwise, the end was proved."""

    incomplete: str | None = None


class Paginator(Kind):
    """Decides from an answer what to ask next. It holds no state and does no I/O."""

    kind: str

    def next(self, ask: Ask | None, answer: Answer | None) -> Ask | End:
        """Return what to ask after ``ask`` was answered with ``answer``; without both, what to ask first."""
        raise NotImplementedError

    def end_at(self, ask: Ask, status: int) -> End | None:
        """Return the end that a 4xx answer to ``ask`` means; None when it is an error.

        Status 200 stands for an answer that holds the very records of the page before.
        """
        return None
