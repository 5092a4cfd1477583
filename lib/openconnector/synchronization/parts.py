"""Recognise parts: a file or folder whose version is what it was is known without being read.

What a memo says is believed as long as only reads of the parts themselves change the contracts. Whatever else
changes them (lost objects, replays, deletions) makes the run forget.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
import xxhash

from openconnector.db import parts
from openconnector.db.parts import PartMemo
from openconnector.db.sealed import part_binding
from openconnector.db.session import Session
from openconnector.errors import ConfigurationError
from openconnector.ports import Remembered
from openconnector.records import Page, Part
from openconnector.synchronization.compare import Sorted
from openconnector.synchronization.plan import Plan
from openconnector.synchronization.progress import Progress
from openconnector.synchronization.seen import Seen, overlapping, pack


@dataclass(slots=True)
class _Open:
    """A part of which not all pages have come yet."""

    found: int = 0
    skipped: int = 0
    seen: list[int] = field(default_factory=list)
    is_clean: bool = True


class PartMemory:
    """The memos of one synchronization and target; implements `ports.Memory`."""

    def __init__(self, plan: Plan, progress: Progress, definitions: bytes) -> None:
        """``definitions`` is the digest of everything but the records that decides what they come to."""
        self._of = (plan.synchronization_id, plan.target_key)
        self._run_id = progress.run_id
        self._definitions = definitions
        self._database = progress.context.database
        self._keys = progress.context.keys
        self._is_replay = progress.mode == "replay"
        self._is_asked = progress.mode == "run" and not progress.is_forced
        self._is_kept = progress.mode == "run"
        self._recalled: dict[str, PartMemo] = {}
        self._open: dict[str, _Open] = {}
        self._new: list[PartMemo] = []
        self._met: list[str] = []
        self._wrong: list[str] = []
        self.is_used = False
        """Whether anything is remembered."""

    async def load(self, session: Session) -> None:
        """Find out whether anything is remembered."""
        self.is_used = await parts.any_there(session, *self._of)

    async def recall(self, wanted: Sequence[Part]) -> dict[str, Remembered]:
        """Return, by key, what is remembered of the parts whose version is what it was."""
        if not (self._is_asked and self.is_used):
            return {}
        by_key = {_key(part): part for part in wanted}
        async with self._database.reading() as session:
            memos = await parts.find(session, *self._of, list(by_key))
        known: dict[str, Remembered] = {}
        for memo in memos:
            part = by_key[memo.key]
            note = self._opened(memo) if memo.digest == self._digest(part) else None
            if note is not None:
                self._recalled[memo.key] = memo
                known[part.key] = Remembered(memo.found, orjson.loads(note))
        return known

    def take(self, unchanged: Sequence[Part], seen: Seen, work: Sorted) -> None:
        """Count parts that were recalled: their records were found, and are unchanged or left out as before.

        A record that came earlier in this read, in another part, is a duplicate; such a part is forgotten.
        """
        packed = []
        for part in unchanged:
            memo = self._recalled.pop(_key(part))
            duplicates = overlapping(seen, memo.seen)
            work.balance.found += memo.found
            work.balance.skipped += memo.skipped + duplicates
            work.balance.unchanged += memo.found - memo.skipped - duplicates
            packed.append(memo.seen)
            (self._wrong if duplicates else self._met).append(memo.key)
        work.recalled = b"".join(packed)

    def keep(self, page: Page, work: Sorted) -> None:
        """Note what a page of a part came to; with its last page the part is remembered, if nothing was amiss."""
        if page.part is None or not self._is_kept:
            return
        key = _key(page.part)
        if page.begins_part:
            self._open[key] = _Open()
        part = self._open.get(key)
        if part is None:
            return  # the part began before this process took the run over
        part.found += work.balance.found
        part.skipped += work.balance.skipped
        part.seen.extend(work.seen)
        part.is_clean &= not (work.failures or work.duplicates or work.unidentified)
        if page.ends_part:
            del self._open[key]
            self._remember(page.part, key, part)

    def _remember(self, part: Part, key: str, came: _Open) -> None:
        if not came.is_clean:
            self._wrong.append(key)
            return
        note = self._keys.seal(orjson.dumps(part.note), self._binding(key))
        digest, seen = self._digest(part), pack(came.seen)
        memo = PartMemo(key, digest, self._run_id, came.found, came.skipped, seen, note)
        self._new.append(memo)

    async def write(self, session: Session, work: Sorted | None = None) -> None:
        """Write down, in the transaction of the pages, what they came to."""
        if self._is_replay and work is not None and (work.balance.updated or work.refreshed):
            await parts.forget(session, *self._of)
        if not (self._new or self._met or self._wrong):
            return
        if self._wrong and self.is_used:
            await parts.forget(session, *self._of, keys=self._wrong)
        await parts.save(session, *self._of, self._new)
        await parts.mark(session, *self._of, self._met, self._run_id)
        self.is_used = self.is_used or bool(self._new)
        self._new, self._met, self._wrong = [], [], []

    async def forget_missing(self, session: Session) -> None:
        """Forget the parts that a complete read did not come across: they may come back, their records are gone."""
        await parts.forget(session, *self._of, not_of_run=self._run_id)

    def _digest(self, part: Part) -> bytes:
        return xxhash.xxh3_128_digest(self._definitions + part.version.encode())

    def _opened(self, memo: PartMemo) -> bytes | None:
        try:
            return self._keys.open(memo.note, self._binding(memo.key))
        except ConfigurationError:
            return None  # the key it was sealed with is gone; the part is read again

    def _binding(self, key: str) -> str:
        return part_binding(self._of[0], key)


def _key(part: Part) -> str:
    return xxhash.xxh3_128_hexdigest(part.key.encode())
