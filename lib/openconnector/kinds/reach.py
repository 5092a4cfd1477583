"""What a kind may touch: one frozen value of small Protocols."""

from dataclasses import dataclass

from openconnector.ports import Clock, Contracts, Host, Http, Log, ObjectStore, Sources, Tokens


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
