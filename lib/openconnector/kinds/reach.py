"""What a kind may touch: one frozen value of small Protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openconnector.ports import (
    Clock,
    Contracts,
    Host,
    Http,
    Log,
    Memory,
    ObjectStore,
    Remembered,
    Sources,
    Tokens,
)
from openconnector.records import Part


class NoMemory:
    """Implements `ports.Memory` where nothing is remembered: outside runs."""

    async def recall(self, wanted: Sequence[Part]) -> Mapping[str, Remembered]:
        """Return nothing: every part has to be read."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Everything a kind may touch; it names the parts it uses in `uses`."""

    http: Http
    """Outgoing HTTP, guarded and logged."""
    objects: ObjectStore
    """Registers, schemas and objects."""
    sources: Sources
    """Other sources, with their own address and credentials."""
    contracts: Contracts
    """What the run's synchronization made at its target before."""
    tokens: Tokens
    """Tokens obtained with credentials."""
    host: Host
    """The Nextcloud around us, as one of its users sees it."""
    clock: Clock
    """The time."""
    log: Log
    """The log of this run."""
    memory: Memory = NoMemory()
    """What earlier runs remember of the source's parts."""
