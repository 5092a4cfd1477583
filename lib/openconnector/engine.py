"""The composition root: builds and holds every part of the engine."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import httpx
import structlog
from pydantic import SecretStr

from openconnector.accounts import Accounts
from openconnector.auth.basic import BasicAuth
from openconnector.crypto import KeyRing
from openconnector.db.database import Database
from openconnector.db.location import refuse_network_file_system
from openconnector.db.sealed import sealed_in
from openconnector.db.session import Session
from openconnector.definitions.drafts import Drafts
from openconnector.definitions.files import Destination
from openconnector.definitions.installation import Installation
from openconnector.definitions.models import SourceDefinition
from openconnector.definitions.previewing import MappingPreviews
from openconnector.definitions.registers import Registers
from openconnector.definitions.store import SOURCES, Definitions, Loaded
from openconnector.definitions.verifying import Verifier
from openconnector.errors import NEEDS_NEXTCLOUD, ConfigurationError, Conflict
from openconnector.http.client import HttpClients
from openconnector.http.guard import AllowedNetwork, NetworkPolicy
from openconnector.http.tokens import ProcessTokens
from openconnector.http.urls import origin
from openconnector.jobs.calls import CallJournal
from openconnector.jobs.expiries import Expiries
from openconnector.jobs.notices import Notices
from openconnector.jobs.retention import Retention
from openconnector.jobs.scheduling import Scheduler
from openconnector.jobs.worker import Worker
from openconnector.kinds.reach import Reach
from openconnector.logs import set_level
from openconnector.messages import t
from openconnector.notifications import Notifications
from openconnector.objects.embedded import EmbeddedStore
from openconnector.objects.open_register import OpenRegisterStore
from openconnector.ports import (
    Account,
    AuthFlow,
    CallLog,
    Clock,
    HostAccess,
    Log,
    ObjectStore,
    SourceCall,
)
from openconnector.previews.pool import PreviewLimits, Previews
from openconnector.synchronization.outcome import Ending
from openconnector.synchronization.prepare import Preparation
from openconnector.synchronization.progress import Context, OnEnding

DATABASE_FILE = "openconnector.db"
KEY_FILE = "keys.json"
KEPT_STORES = 100
"""Accounts whose view of Open Register is kept, with what was learnt of its registers."""


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRegisterAccess:
    """Where Open Register is and who we are there."""

    url: str
    """The Nextcloud's own address."""
    user: str
    password: SecretStr
    """An app password; the account's own one costs its server a second per request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation decides once, before it starts."""

    storage: Path
    """Folder that outlives the process: the key file and, without `database_url`, the database."""
    database_url: str | None = None
    """PostgreSQL address; None keeps everything in one SQLite file in `storage`."""
    allowed_networks: tuple[str, ...] = ()
    """Private networks every source may reach, as `range` or `range:port`."""
    trusted_addresses: tuple[str, ...] = ()
    """Servers that are reachable wherever they are: the Nextcloud that installed us."""
    open_register: OpenRegisterAccess | None = None
    """The Nextcloud whose Open Register keeps the objects; None keeps them in our own database."""
    is_open_register_around: bool = False
    """Whether the Open Register of the Nextcloud around us keeps the objects, each as the account a run acts for."""
    previews: PreviewLimits = PreviewLimits()
    """What trying out mappings may cost."""

    @property
    def url(self) -> str:
        """The address of the database."""
        return self.database_url or f"sqlite:///{self.storage / DATABASE_FILE}"

    @property
    def key_file(self) -> Path:
        """Where the keys are, outside the database."""
        return self.storage / KEY_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the host brings along; each has a default that works without Nextcloud."""

    clock: Clock = field(default_factory=SystemClock)
    host: HostAccess | None = None
    """The Nextcloud around us; None where we run by ourselves."""
    notifications: Notifications | None = None
    """Tells people something; None where there is nobody to tell."""
    accounts: Accounts | None = None
    """The host's accounts; None where we run by ourselves."""


class Engine:
    """Every part of one installation in one process. Close it when done: `async with engine: ...`."""

    def __init__(self, settings: Settings, ports: Ports | None = None) -> None:
        ports = ports or Ports()
        refuse_network_file_system(settings.storage)
        settings.storage.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings = settings
        self.clock, self.host, self.accounts = ports.clock, ports.host, ports.accounts
        self.database = Database(settings.url)
        self.keys = KeyRing.load(settings.key_file)
        self.definitions = Definitions(self.keys, self.clock)
        self.audit = self.definitions.audit
        self.registers, self.drafts = (
            Registers(self.clock, self.audit),
            Drafts(self.keys, self.clock),
        )
        self.embedded = EmbeddedStore(self.database, clock=self.clock)
        self.tokens = ProcessTokens(self.clock)
        self.http = HttpClients(clock=self.clock, tokens=self.tokens)
        self.calls = CallJournal(self.database)
        self.objects: ObjectStore = self._object_store()
        self._stores: dict[str, ObjectStore] = {}
        self.installation = Installation(self.database, self.audit, self.clock)
        self.preparation = Preparation(
            self.definitions, self.reach, self.database, self.installation.refresh
        )
        self.notices = Notices(
            self.database,
            self.installation,
            self.definitions,
            clock=self.clock,
            notifications=ports.notifications,
        )
        self.context = Context(
            database=self.database,
            keys=self.keys,
            clock=self.clock,
            on_end=self._endings() if ports.notifications else None,
        )
        self.previews = Previews(settings.previews)
        self.mapping_previews = MappingPreviews(
            database=self.database, definitions=self.definitions, previews=self.previews
        )
        self.verifier = Verifier(
            database=self.database, definitions=self.definitions, previews=self.previews
        )
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        if self.keys.is_empty:
            try:
                await self._make_keys()
            except ConfigurationError:
                await self.database.close()
                raise
        self.installation.listen(lambda found: set_level(found.log_level))
        for service in (self.calls.serve, self.installation.follow):
            self._tasks.append(asyncio.create_task(service(self._stop)))
        return self

    async def __aexit__(self, *error: object) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)
        await self.previews.close()
        await self.http.aclose()
        await self.database.close()

    def _endings(self) -> OnEnding:
        """Return what hears of the end of every run."""
        expiries = Expiries(self.definitions, self.installation, self.http.certificates, self.clock)

        async def note(session: Session, run_id: str, found: Ending) -> None:
            await self.notices.note(session, run_id, found)
            await expiries.note(session, run_id, found)

        return note

    async def _make_keys(self) -> None:
        """Create the key file of a new installation. Raises `ConfigurationError` where one got lost."""
        file = self.settings.key_file
        lost = await sealed_in(self.database)
        if (
            lost and not file.exists()
        ):  # another process may have created it, and sealed with it, just now
            raise ConfigurationError(
                f"The key file {file} is missing, and the database holds {lost.secrets} secrets and {lost.records} "
                "records that only its key opens. Put the file back from the backup that belongs to this database. If "
                "there is none, `openconnector new-key` goes on with a new key: the secrets have to be entered again, "
                "and these records are lost"
            )
        self.keys.create(file)

    def _object_store(self) -> ObjectStore:
        access = self.settings.open_register
        if access is None:
            return self.embedded
        auth = BasicAuth(username=access.user, password=access.password)
        return self._open_register(access.url, auth)

    @property
    def keeps_objects(self) -> bool:
        """Whether objects are kept in our own database, so that registers and schemas can be made here."""
        return self.objects is self.embedded and not self.settings.is_open_register_around

    def objects_of(self, acting_user: str) -> ObjectStore:
        """Return the object store as this account sees it: the Open Register around us, or the one store for all.

        In the name of nobody every call to Open Register is refused before it is made.
        """
        if self.host is None or not self.settings.is_open_register_around:
            return self.objects
        store = self._stores.pop(acting_user, None)
        if store is None:
            store = self._open_register(self.host.url, self.host.credentials(acting_user))
        self._stores[acting_user] = store  # the last one used stands last
        if len(self._stores) > KEPT_STORES:
            del self._stores[next(iter(self._stores))]
        return store

    def _open_register(self, url: str, auth: AuthFlow) -> ObjectStore:
        policy = NetworkPolicy(trusted_origins=frozenset({origin(httpx.URL(url))}))
        log = self.calls.log(source_id=None, run_id=None)
        return OpenRegisterStore(
            self.http.client(policy=policy, log=log),
            url,
            auth,
            clock=self.clock,
            log=structlog.get_logger("openconnector.open_register"),
        )

    @property
    def destination(self) -> Destination:
        """Where documents are saved."""
        return Destination(
            database=self.database,
            definitions=self.definitions,
            registers=self.registers,
            verifier=self.verifier,
        )

    def worker(self) -> Worker:
        """Return a worker that carries out runs in this process."""
        return Worker(self.context, self.preparation)

    def scheduler(self) -> Scheduler:
        """Return what starts runs at the moments of their schedules."""
        return Scheduler(self.context, self.definitions)

    async def work(self, stop: asyncio.Event) -> None:
        """Do what a worker does until ``stop`` is set: start and carry out runs, tell people, delete what is old."""
        retention = Retention(self.database, self.installation, self.clock)
        await asyncio.gather(
            *(
                part.serve(stop)
                for part in (self.worker(), self.scheduler(), self.notices, retention)
            )
        )

    def reach(
        self,
        source: Loaded[SourceDefinition],
        run_id: str | None,
        log: Log,
        acting_user: str = "",
    ) -> Reach:
        """Return what the kinds of one run may touch; its HTTP follows the source's network policy.

        What is asked of a source without an id, which is not saved, is noted as nobody's. ``acting_user`` is in whose
        name Nextcloud is asked, where a kind names nobody.
        """
        calls = self.calls.log(source_id=source.id or None, run_id=run_id)
        decided = self.installation.settings
        return Reach(
            http=self.http.client(
                policy=self.policy(source.definition), log=calls, ceiling=decided.ceiling
            ),
            host=_Host(self.host, acting_user, calls),
            objects=self.objects_of(acting_user),
            sources=_Sources(self, run_id, log),
            contracts=_NoContracts(),
            tokens=self.tokens,
            clock=self.clock,
            log=log,
        )

    def policy(self, source: SourceDefinition | None = None) -> NetworkPolicy:
        """Return which addresses a source may reach: public ones, and what is allowed for it and for all."""
        own = source.allowed_networks if source else []
        decided = self.installation.settings.allowed_networks
        allowed = (*self.settings.allowed_networks, *decided, *own)
        return NetworkPolicy(
            allowed=tuple(map(AllowedNetwork.named, dict.fromkeys(allowed))),
            trusted_origins=frozenset(
                origin(httpx.URL(address)) for address in self.settings.trusted_addresses
            ),
        )


class _NoContracts:
    """Implements `ports.Contracts` where no synchronization runs; `Preparation` gives a run its own."""

    async def owners(self, _target_ids: Collection[str]) -> dict[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class _Host:
    """Implements `ports.Host` for one run."""

    access: HostAccess | None
    acting_user: str
    calls: CallLog

    def account(self, user_id: str = "") -> Account:
        if self.access is None:
            raise ConfigurationError(f"This {NEEDS_NEXTCLOUD}")
        user_id = user_id or self.acting_user
        if not user_id:
            raise ConfigurationError(
                "Nobody is named in whose name Nextcloud is asked; set `actingUser`"
            )
        return self.access.account(user_id, log=self.calls)


class _Sources:
    """Implements `ports.Sources`: each call with the address, credentials and policy of its own source."""

    def __init__(self, engine: Engine, run_id: str | None, log: Log) -> None:
        self._engine = engine
        self._run_id = run_id
        self._log = log
        self._loaded: dict[str, Loaded[SourceDefinition]] = {}

    async def send(self, source: str, call: SourceCall) -> httpx.Response:
        """Send the call. Raises `NotFound` or `Conflict` when the source is gone or switched off."""
        loaded = self._loaded.get(source)
        if loaded is None:
            async with self._engine.database.reading() as session:
                loaded = await self._engine.definitions.load(session, SOURCES, source)
            self._loaded[source] = loaded
        if not loaded.definition.is_enabled:
            raise Conflict(
                t(
                    "The source {source} is switched off; switch it on to call it",
                    source=repr(loaded.slug),
                )
            )
        reach = self._engine.reach(loaded, self._run_id, self._log)
        return await loaded.definition.configuration.call(reach, call)
