"""Which contracts a read has come across: one bit each, so that a million of them take 125 kB."""

from array import array
from collections.abc import Iterable, Iterator

FULL = 0xFF
"""A byte of which every bit is set."""


class Seen:
    """A set of ordinals, small because a synchronization counts its contracts without gaps."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self.count = 0
        """How many ordinals it holds."""

    def add(self, ordinal: int) -> bool:
        """Mark an ordinal; return False when it was marked before."""
        place, bit = ordinal >> 3, 1 << (ordinal & 7)
        self._reach(place + 1)
        if self._bits[place] & bit:
            return False
        self._bits[place] |= bit
        self.count += 1
        return True

    def __contains__(self, ordinal: int) -> bool:
        place = ordinal >> 3
        return place < len(self._bits) and bool(self._bits[place] & (1 << (ordinal & 7)))

    def add_range(self, start: int, end: int) -> None:
        """Mark ordinals of which none was marked before, up to but without ``end``."""
        if start < end:
            self._mark(start, end - start)

    def add_all(self, packed: bytes) -> bool:
        """Mark what `pack` wrote, if none of it was marked before; otherwise mark nothing and return False."""
        runs = list(_runs(packed))
        if any(self._overlaps(start, length) for start, length in runs):
            return False
        for start, length in runs:
            self._mark(start, length)
        return True

    def missing(self, start: int, end: int) -> Iterator[int]:
        """Yield the ordinals that are not marked, from ``start`` up to but without ``end``, in order."""
        ordinal = start
        while ordinal < end:
            place = ordinal >> 3
            if not ordinal & 7 and place < len(self._bits) and self._bits[place] == FULL:
                ordinal += 8
                continue
            if ordinal not in self:
                yield ordinal
            ordinal += 1

    def load(self, packed: bytes) -> None:
        """Mark what `pack` wrote, whether it was marked before or not."""
        for start, length in _runs(packed):
            for ordinal in range(start, start + length):
                self.add(ordinal)

    def _overlaps(self, start: int, length: int) -> bool:
        first, last = -(-start // 8), (start + length) // 8
        if first >= last:
            return any(ordinal in self for ordinal in range(start, start + length))
        edges = (*range(start, first * 8), *range(last * 8, start + length))
        return any(self._bits[first:last]) or any(ordinal in self for ordinal in edges)

    def _mark(self, start: int, length: int) -> None:
        first, last = -(-start // 8), (start + length) // 8
        if first >= last:
            for ordinal in range(start, start + length):
                self.add(ordinal)
            return
        for ordinal in (*range(start, first * 8), *range(last * 8, start + length)):
            self.add(ordinal)
        self._reach(last)
        self._bits[first:last] = b"\xff" * (last - first)
        self.count += 8 * (last - first)

    def _reach(self, places: int) -> None:
        if places > len(self._bits):
            self._bits.extend(bytes(places + 1024 - len(self._bits)))


def overlapping(seen: Seen, packed: bytes) -> int:
    """Mark what `pack` wrote, and return how many of it were marked before."""
    if seen.add_all(packed):
        return 0
    every = (range(start, start + length) for start, length in _runs(packed))
    return sum(not seen.add(ordinal) for ordinals in every for ordinal in ordinals)


def _runs(packed: bytes) -> Iterator[tuple[int, int]]:
    bounds = array("I")
    bounds.frombytes(packed)
    return zip(bounds[::2], bounds[1::2], strict=True)


def pack(ordinals: Iterable[int]) -> bytes:
    """Return ordinals as ranges; a page of neighbours takes eight bytes."""
    bounds = array("I")
    for ordinal in sorted(ordinals):
        if bounds and bounds[-2] + bounds[-1] == ordinal:
            bounds[-1] += 1
        else:
            bounds.extend((ordinal, 1))
    return bounds.tobytes()
