"""What the engine asks of its host: small Protocols, each with a fake in `testing`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import httpx

from openconnector.records import Outcome, Part, Record


class Clock(Protocol):
    """The time, as an argument."""

    def now(self) -> datetime:
        """Return the present moment, timezone-aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""
        ...


class Log(Protocol):
    """Events with fields, not sentences. A run's log is also kept for its reader."""

    def info(self, event: str, **fields: Any) -> None:
        """Note what happened."""
        ...

    def warning(self, event: str, **fields: Any) -> None:
        """Note what somebody should look at."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request on the wire, for the call log. It holds no header, no body and no secret."""

    method: str
    url: str
    """Scheme, host and path; a query keeps its names, never its values."""
    status: int | None
    """None when no answer came."""
    started_at: datetime
    duration_ms: float
    connect_ms: float | None
    """None when the connection was a kept one."""
    sent_bytes: int
    received_bytes: int
    error: str | None
    """The error's code, None for an answer."""


class CallLog(Protocol):
    """Takes one row per request on the wire; never blocks and never fails the call."""

    def add(self, call: Call) -> None:
        """Keep the call for the log."""
        ...


Obtain = Callable[[], Awaitable[tuple[str, float | None]]]
"""Asks the issuer for a token; gives it with the seconds it is valid, None when unknown."""


class Tokens(Protocol):
    """Tokens obtained with credentials: cached per credential version, one request at a time."""

    async def get(self, key: str, obtain: Obtain, *, rejected: str | None = None) -> str:
        """Return the token kept under ``key``, obtaining it when absent, nearly expired or ``rejected``."""
        ...


class AuthFlow(Protocol):
    """How a request is given its credentials; auth kinds have this shape."""

    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: "Http", *, rejected: bool
    ) -> None:
        """Put the credentials on ``request``; ``rejected`` says the last ones were answered with 401."""
        ...

    @property
    def is_renewable(self) -> bool:
        """Whether asking again after a 401 can help."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Bounds of one request; beyond them it fails with `LimitExceeded` or `TransientError`."""

    timeout_seconds: float = 30.0
    """The whole answer must be here within this time, per attempt."""
    connect_seconds: float = 10.0
    max_bytes: int = 64 * 1024 * 1024
    """Of the body, on the wire and after decompression."""
    max_ratio: int = 200
    """How many times its size a body over 1 MiB may inflate to."""
    min_bytes_per_second: int = 100
    """A body that comes slower is given up, once it had time to get going."""
    slow_after_seconds: float = 10.0
    """How long a body may come as slowly as it likes."""
    attempts: int = 4
    """Tries of a request that is safe to repeat."""
    max_wait_seconds: float = 30.0
    """The longest pause between attempts; a longer Retry-After ends in `RateLimited` at once."""

    def within(self, ceiling: "HttpLimits") -> "HttpLimits":
        """Return these limits, none beyond the ceiling's time, size and number of attempts."""
        return replace(
            self,
            timeout_seconds=min(self.timeout_seconds, ceiling.timeout_seconds),
            max_bytes=min(self.max_bytes, ceiling.max_bytes),
            attempts=min(self.attempts, ceiling.attempts),
        )


class Http(Protocol):
    """Outgoing HTTP: guarded, bounded, retried, logged."""

    async def send(
        self,
        request: httpx.Request,
        *,
        auth: AuthFlow | None = None,
        limits: HttpLimits = HttpLimits(),
        idempotent: bool | None = None,
    ) -> httpx.Response:
        """Return the whole answer, of any status that is not retried.

        ``idempotent`` says whether a request that may have arrived may be repeated; None decides by the method.
        Raises `TransientError`, `CredentialsRejected` (401 after renewal), `AddressForbidden`, `LimitExceeded`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCall:
    """A request to a source by the place that knows its path, not its address or credentials."""

    method: str
    path: str
    """Relative to the source's location."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    """The body as JSON; None sends none."""
    idempotent: bool | None = None
    """Whether repeating is safe; None decides by the method."""


class Sources(Protocol):
    """Other sources, by id, slug or reference."""

    async def send(self, source: str, call: SourceCall) -> httpx.Response:
        """Send the call with the source's address, credentials, headers and network policy."""
        ...


class Contracts(Protocol):
    """What a synchronization knows of the objects it made at its target."""

    async def owners(self, target_ids: Collection[str]) -> Mapping[str, str]:
        """Return the origin id of the record that each of these objects was made of; others are left out."""
        ...


class Remembered(NamedTuple):
    """What a part came to in an earlier run."""

    found: int
    """How many records it has."""
    note: Any
    """What the source noted with it."""


class Memory(Protocol):
    """What earlier runs remember of a source's parts, so that it need not read them again."""

    async def recall(self, wanted: Sequence[Part]) -> Mapping[str, Remembered]:
        """Return, by key, the parts known under their present version; all of them may be named as `Page.unchanged`.

        Empty in runs that are to look at every record.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OcsAnswer:
    """What one of Nextcloud's OCS interfaces says, taken out of its envelope."""

    status: int
    """As HTTP says it: 200 is good; what concerns this call alone is 400, 403, 404, 409, 412 and the like."""
    code: int
    """Nextcloud's own number for what happened; `ocs/v2.php` repeats the status where it has none."""
    message: str
    """Nextcloud's own words, often none."""
    data: Any

    @property
    def is_good(self) -> bool:
        """Whether Nextcloud did what it was asked."""
        return self.status < httpx.codes.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRequest:
    """A request to the Nextcloud around us, for WebDAV and what has no OCS envelope."""

    method: str
    path: str
    """From the server's root on and percent-encoded, such as `/remote.php/dav/files/alice/a%20b`."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | Callable[[], AsyncIterator[bytes]] = b""
    """The body; one that is streamed is made anew for each attempt."""
    idempotent: bool | None = None
    """Whether repeating is safe; None decides by the method."""


class Account(Protocol):
    """The Nextcloud around us as one of its users sees it.

    A call is repeated after 423, 429 and 503, within the limits, when Nextcloud says or after growing pauses. Raises
    `CredentialsRejected` (no such user, or disabled), `TransientError`, `MalformedAnswer` and `LimitExceeded`; any
    other answer is given back, whatever its status.
    """

    @property
    def user_id(self) -> str:
        """Who it is."""
        ...

    async def ocs(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> OcsAnswer:
        """Call an OCS interface, such as `/ocs/v2.php/cloud/users`."""
        ...

    async def send(self, request: HostRequest, limits: HttpLimits = HttpLimits()) -> httpx.Response:
        """Return the whole answer."""
        ...

    def stream(
        self, request: HostRequest, limits: HttpLimits = HttpLimits()
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """Give an answer whose body is still to be read, chunk by chunk; it is never compressed."""
        ...


class Host(Protocol):
    """The Nextcloud around us; there is none where we run by ourselves."""

    def account(self, user_id: str = "") -> Account:
        """Return what this user sees; without a name, the one the run acts for.

        Raises `ConfigurationError` where there is no Nextcloud, or nobody to act for.
        """
        ...


class HostAccess(Protocol):
    """How we reach the Nextcloud around us as any of its users; the host application brings it along."""

    @property
    def url(self) -> str:
        """Its address."""
        ...

    def account(self, user_id: str, *, log: CallLog) -> Account:
        """Return what a user sees; each request on the wire makes one row in the call log."""
        ...

    def credentials(self, user_id: str) -> AuthFlow:
        """Return what makes a request one of this user. It raises `ConfigurationError` when nobody is named."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A resolved register and schema of an object store."""

    register: str
    schema: str
    """Both as the store's own ids, ready to be used in its calls."""


class Stored(NamedTuple):
    """An object to be written: its id, chosen by us, and its properties."""

    id: str
    data: Record
    text: bytes | None = None
    """`data` as canonical JSON, where it has been written down already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object as a store gives it back: properties apart from what the store says about it."""

    id: str
    data: Record
    version: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectQuery:
    """Which objects of a place, in what order."""

    search: str | None = None
    """Text that some property contains, case-insensitively."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Top-level property -> value it equals."""
    sort: str | None = None
    """A property, `created` or `updated`; a leading `-` turns the order."""
    limit: int = 20
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of objects and how many there are in all."""

    results: list[StoredObject]
    total: int


class Transaction(Protocol):
    """An open database transaction; opaque to all but `db` and the store that shares it."""


class ObjectStore(Protocol):
    """Registers, schemas and objects: Open Register over HTTP, or tables of our own."""

    @property
    def is_transactional(self) -> bool:
        """Whether its writes can be part of our own database's transaction."""
        ...

    def within(self, transaction: Transaction) -> "ObjectStore":
        """Return the store bound to an open transaction; only for transactional stores."""
        ...

    async def resolve(self, register: str, schema: str) -> Place:
        """Return the place that id, uuid or slug name. Raises `NotFound`."""
        ...

    async def schema(self, place: Place) -> dict[str, Any]:
        """Return the JSON Schema of the objects there, as far as it is ours to foretell."""
        ...

    async def validate(self, place: Place, data: Record) -> list[str]:
        """Return what the schema says against the record: one sentence per problem, [] when valid or unknown."""
        ...

    async def upsert(self, place: Place, objects: Sequence[Stored]) -> list[Outcome]:
        """Write a batch, one outcome per object in order; an object that was deleted comes back."""
        ...

    async def delete(self, place: Place, ids: Sequence[str]) -> list[Outcome]:
        """Delete softly, one outcome per id in order; what is already gone counts as `unchanged`."""
        ...

    async def get(self, place: Place, object_id: str) -> StoredObject:
        """Return one object. Raises `NotFound`."""
        ...

    async def existing(self, place: Place, ids: Sequence[str]) -> set[str]:
        """Return which of the ids exist and are not deleted."""
        ...

    async def search(self, place: Place, query: ObjectQuery) -> Found:
        """Return one page of the objects that match."""
        ...

    async def confirm_identity(self) -> None:
        """Make sure the store knows who asks, so that absence means absence. Raises `CredentialsRejected`."""
        ...
