"""Which contracts a read has come across: one bit each, so that a million of them take 125 kB."""

from array import array
from collections.abc import Iterable


class Seen:
    """A set of ordinals, small because a synchronization counts its contracts without gaps."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self.count = 0
        """How many ordinals it holds."""

    def add(self, ordinal: int) -> bool:
        """Mark an ordinal; return False when it was marked before."""
        place, bit = ordinal >> 3, 1 << (ordinal & 7)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1024 - len(self._bits)))
        if self._bits[place] & bit:
            return False
        self._bits[place] |= bit
        self.count += 1
        return True

    def __contains__(self, ordinal: int) -> bool:
        place = ordinal >> 3
        return place < len(self._bits) and bool(self._bits[place] & (1 << (ordinal & 7)))

    def load(self, packed: bytes) -> None:
        """Mark what `pack` wrote."""
        bounds = array("I")
        bounds.frombytes(packed)
        for start, length in zip(bounds[::2], bounds[1::2], strict=True):
            for ordinal in range(start, start + length):
                self.add(ordinal)


def pack(ordinals: Iterable[int]) -> bytes:
    """Return ordinals as ranges; a page of neighbours takes eight bytes."""
    bounds = array("I")
    for ordinal in sorted(ordinals):
        if bounds and bounds[-2] + bounds[-1] == ordinal:
            bounds[-1] += 1
        else:
            bounds.extend((ordinal, 1))
    return bounds.tobytes()
