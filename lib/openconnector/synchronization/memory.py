"""Recognise whole pages: the same bytes, under the same definitions, with no contract changed since, are unchanged.

A page that is recognised costs its reading and nothing per record. What a memo says is only believed while the
epoch of the contracts stands still: any update, deletion or loss of an object counts it up.
"""

import orjson
import xxhash

from openconnector.db import memos
from openconnector.db.session import Session
from openconnector.records import Page
from openconnector.synchronization.compare import Sorted
from openconnector.synchronization.hashing import HASH_VERSION
from openconnector.synchronization.plan import Plan
from openconnector.synchronization.progress import Progress
from openconnector.synchronization.seen import pack

AHEAD = 64
"""Memos read at a time; each takes a few bytes, or a few kilobytes where records come in no order."""


class PageMemory:
    """The memos of one synchronization and target."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self._key = (plan.synchronization_id, plan.target_key)
        self.definitions = xxhash.xxh3_128_digest(
            orjson.dumps(
                [
                    plan.revisions,
                    plan.fingerprint.hex(),
                    plan.hash_fingerprint.hex(),
                    HASH_VERSION,
                ],
                option=orjson.OPT_SORT_KEYS,
            )
        )
        self._is_asked = progress.mode == "run" and not progress.is_forced
        self._database = progress.context.database
        self._epoch = 0
        self._ahead: dict[int, memos.Memo] = {}
        self._read_from = -AHEAD

    async def load(self, session: Session) -> None:
        """Read the epoch the memos have to be of."""
        self._epoch = await memos.epoch(session, *self._key)

    async def recall(self, number: int, page: Page) -> bytes | None:
        """Return which contracts the page touches when it is known to be unchanged, packed; None otherwise."""
        if page.digest is None or not self._is_asked:
            return None
        memo = await self._memo(number)
        if (
            memo is None
            or memo.digest != self._digest(page.digest)
            or memo.epoch != self._epoch
            or memo.found != len(page.records)
        ):
            return None
        return memo.seen

    async def _memo(self, number: int) -> memos.Memo | None:
        if not self._read_from <= number < self._read_from + AHEAD:
            async with self._database.reading() as session:
                self._ahead = await memos.following(session, *self._key, number, limit=AHEAD)
            self._read_from = number
        return self._ahead.get(number)

    async def keep(self, session: Session, number: int, page: Page, work: Sorted) -> None:
        """Note in the page's transaction what it came to, and that contracts were changed."""
        balance = work.balance
        if balance.updated or work.refreshed:
            await memos.count_up(session, *self._key)
            self._epoch += 1
        is_clean = balance.found == balance.created + balance.updated + balance.unchanged
        if page.digest is None or not is_clean or not page.records:
            return
        found = memos.Memo(self._digest(page.digest), self._epoch, balance.found, pack(work.seen))
        await memos.save(session, *self._key, number, found)

    def _digest(self, digest: bytes) -> bytes:
        return xxhash.xxh3_128_digest(self.definitions + digest)
