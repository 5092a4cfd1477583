"""A source and a target in memory, as kinds: what a run talks to when no network is wanted."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, ClassVar, Literal

import xxhash
from pydantic import ConfigDict
from typing_extensions import override

from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.kinds.target import Target
from openconnector.records import Action, Change, Cursor, Outcome, Page, Record, Verdict

Step = list[Any] | BaseException
"""A page's records, or what the source raises instead."""


class MemorySource(Source):
    """Gives the pages it was made with; a list that `steps` shares with the test."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    kind: Literal["memory"] = "memory"
    steps: Any = ()
    ends: bool = True
    """Whether the last page proves the end."""
    incomplete: str | None = None
    tells_bytes: bool = True
    """Whether pages come with the digest of their bytes, as those of remote sources do."""

    @override
    async def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        for number in range(int((cursor or {}).get("page", 0)), len(self.steps)):
            step: Step = self.steps[number]
            if isinstance(step, BaseException):
                raise step
            is_last = number == len(self.steps) - 1
            yield Page(
                records=step,
                cursor=None if is_last else {"page": number + 1},
                is_end=is_last and self.ends,
                incomplete=self.incomplete if is_last else None,
                digest=_digest(step) if self.tells_bytes else None,
            )


def _digest(records: list[Any]) -> bytes:
    return xxhash.xxh3_128_digest(repr(records).encode())


class Shelf:
    """What a memory target holds, and every call it got."""

    def __init__(self) -> None:
        self.objects: dict[str, Record] = {}
        self.calls: list[tuple[str, str]] = []
        """Action and object id of every write, in order."""
        self.keys: dict[str, str] = {}
        """Idempotency key -> object id."""
        self.refuse: Callable[[Change], Outcome | None] = lambda _change: None
        """Answers a change itself, or None."""
        self.before_batch: Callable[[Sequence[Change]], None] = lambda _changes: None
        """May raise before anything of a batch is written."""
        self.after_batch: Callable[[Sequence[Change]], None] = lambda _changes: None
        """May raise after everything of a batch was written."""


class MemoryTarget(Target):
    """Writes into a shelf; with `chooses_ids` it numbers its objects like a remote API."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    kind: Literal["memory"] = "memory"
    shelf: Any = None

    @override
    async def place(self, reach: Reach) -> str:
        return "shelf"

    @override
    async def write(self, reach: Reach, changes: Sequence[Change]) -> list[Outcome]:
        self.shelf.before_batch(changes)
        outcomes = [self._one(change) for change in changes]
        self.shelf.after_batch(changes)
        return outcomes

    def _one(self, change: Change) -> Outcome:
        shelf = self.shelf
        refused = shelf.refuse(change)
        if refused is not None:
            return refused  # type: ignore[no-any-return]  # the shelf is typed loosely here
        if change.action is Action.DELETE:
            is_there = shelf.objects.pop(change.target_id, None) is not None
            shelf.calls.append(("delete", change.target_id))
            verdict = Verdict.WRITTEN if is_there else Verdict.UNCHANGED
            return Outcome(verdict=verdict, target_id=change.target_id, writes=int(is_there))
        object_id = change.target_id or shelf.keys.get(change.key) or f"n{len(shelf.objects) + 1}"
        if change.target_id is not None or change.key not in shelf.keys:
            shelf.calls.append((str(change.action), object_id))
        shelf.keys[change.key] = object_id
        shelf.objects[object_id] = change.data
        return Outcome(verdict=Verdict.WRITTEN, target_id=object_id, writes=1)

    @override
    async def current(self, reach: Reach, target_id: str) -> Record | None:
        return self.shelf.objects.get(target_id)  # type: ignore[no-any-return]  # as above


class NumberingTarget(MemoryTarget):
    """A memory target that gives its objects their ids."""

    chooses_ids: ClassVar[bool] = True
