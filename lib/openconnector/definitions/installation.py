"""What administrators decide for the whole installation, as one frozen class and as each process sees it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal

import structlog
from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from openconnector.db import definitions as counter
from openconnector.db import settings as rows
from openconnector.db.database import Database
from openconnector.db.installation_rows import SettingsRow
from openconnector.db.session import Session
from openconnector.definitions.audit import Audit, Change
from openconnector.definitions.models import Model, Network
from openconnector.errors import InvalidInput, StaleVersion
from openconnector.kinds.registry import problems_of
from openconnector.messages import t
from openconnector.ports import Clock, HttpLimits

LOOK_SECONDS = 1.0
"""How old the settings of a process may be."""

MANY = 100
MEBIBYTE = 1024 * 1024

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Days = Annotated[int, Field(ge=1, le=3650)]

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Roles": ("editorGroups", "viewerGroups", "defaultUser"),
    "Notifications": ("notifies", "notifiedUsers", "notifiedGroups", "notificationHours"),
    "Retention": ("keepRunsDays", "keepLogsDays", "keepCallsDays"),
    "Network": ("allowedNetworks", "maxRequestSeconds", "maxAnswerMegabytes", "maxAttempts"),
    "Log of the program": ("logLevel",),
}
"""Which fields a form shows together, and under which heading."""

logger = structlog.get_logger(__name__)


class InstallationSettings(Model):
    """What administrators decide for the whole installation."""

    model_config = ConfigDict(
        json_schema_extra={
            "x-groups": [{"title": title, "fields": list(names)} for title, names in GROUPS.items()]
        }
    )

    editor_groups: list[Name] = Field(default_factory=list, max_length=MANY)
    """Groups whose members may see and save everything, by id."""
    viewer_groups: list[Name] = Field(default_factory=list, max_length=MANY)
    """Groups whose members may see everything, by id."""
    default_user: str = Field(default="", max_length=64)
    """The account as which a synchronization acts that names none itself. Left empty, whoever saved it.

    Everybody who may save synchronizations works in its name then: choose one that sees no more than they may.
    """
    notifies: bool = True
    """Tell people about runs that failed, wait for an approval or work again."""
    notified_users: list[Name] = Field(default_factory=list, max_length=MANY)
    """Accounts that are told, by id. Where neither accounts nor groups are named, the administrators are."""
    notified_groups: list[Name] = Field(default_factory=list, max_length=MANY)
    """Groups whose members are told, by id."""
    notification_hours: int = Field(default=24, ge=1, le=720)
    """For how many hours the same trouble with the same synchronization is not told again."""
    keep_runs_days: Days = 90
    """For how many days ended runs are kept, with the records that failed; the newest of each synchronization stays."""
    keep_logs_days: Days = 30
    """For how many days the lines of runs' logs are kept."""
    keep_calls_days: Days = 30
    """For how many days the list of requests to other systems is kept."""
    allowed_networks: list[Network] = Field(default_factory=list, max_length=MANY)
    """Private networks every source may reach, as `range` or `range:port`, for example `10.0.0.0/8:443`."""
    max_request_seconds: int = Field(default=3600, ge=1, le=3600)
    """The longest a source may take for one answer, whatever it says itself."""
    max_answer_megabytes: int = Field(default=1024, ge=1, le=1024)
    """The largest answer of a source in MiB, whatever it says itself."""
    max_attempts: int = Field(default=4, ge=1, le=10)
    """How often a request that is safe to repeat is tried at most."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on the log of the program says something."""

    @property
    def ceiling(self) -> HttpLimits:
        """What no request of a source goes beyond."""
        return HttpLimits(
            timeout_seconds=self.max_request_seconds,
            max_bytes=self.max_answer_megabytes * MEBIBYTE,
            attempts=self.max_attempts,
        )


class Installation:
    """The settings as this process sees them: read again when the change counter has moved, or after a second."""

    def __init__(self, database: Database, audit: Audit, clock: Clock) -> None:
        self.settings = InstallationSettings()
        self.revision = 0
        """Counts the saves; 0 before the first."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._seen: int | None = None
        self._listeners: list[Callable[[InstallationSettings], None]] = []

    def listen(self, listener: Callable[[InstallationSettings], None]) -> None:
        """Have ``listener`` called with the settings whenever they have changed."""
        self._listeners.append(listener)

    async def refresh(self, session: Session) -> InstallationSettings:
        """Take over what is saved, as the session sees it, and return it."""
        count = await counter.change_counter(session)
        if count != self._seen:
            row = await rows.get(session)
            self._take(InstallationSettings() if row is None else _stored(row.value), row)
            self._seen = count
        return self.settings

    async def change(
        self, session: Session, body: Mapping[str, Any], who: str, *, based_on: int | None = None
    ) -> InstallationSettings:
        """Replace the settings; a field that is left out gets its usual value.

        Raises `InvalidInput` naming every wrong field, or `StaleVersion` when ``based_on`` is not the newest save.
        """
        wanted = validated(body)
        row = await rows.get(session, is_held=True)
        revision = 0 if row is None else row.revision
        if based_on is not None and based_on != revision:
            raise StaleVersion(
                t(
                    "The settings are at revision {revision}, not {based_on}: somebody saved them in between. Read "
                    "them again and repeat the change",
                    revision=revision,
                    based_on=based_on,
                )
            )
        before = InstallationSettings() if row is None else _stored(row.value)
        old, new = before.model_dump(by_alias=True), wanted.model_dump(by_alias=True)
        changed = [name for name, value in new.items() if value != old[name]]
        if not changed:
            return wanted
        await rows.save(session, row, new, who=who, now=self._clock.now())
        await counter.count_change(session)
        details = {"changed": {name: {"before": old[name], "after": new[name]} for name in changed}}
        await self._audit.note(
            session,
            Change(
                who=who,
                action="update",
                subject="settings",
                subject_id="installation",
                revision=revision + 1,
                details=details,
            ),
        )
        return wanted

    async def mirrored(self, session: Session) -> dict[str, str]:
        """Return the texts the host's own form had of the settings when both were last alike; {} before that."""
        row = await rows.get(session)
        return {} if row is None else row.mirrored

    async def note_mirrored(self, session: Session, texts: Mapping[str, str]) -> None:
        """Note that the host's own form has these texts now, and the settings are alike."""
        await rows.note_mirrored(session, texts, now=self._clock.now())

    async def follow(self, stop: asyncio.Event) -> None:
        """Keep up with what is saved by any process until ``stop`` is set."""
        while not stop.is_set():
            await self._look()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)

    async def _look(self) -> None:
        file = self._database.file
        if file is not None and not file.exists():
            return  # looking would make it
        try:
            async with self._database.reading() as session:
                await self.refresh(session)
        except Exception as error:  # noqa: BLE001  not migrated yet, or away: it will be there, and says so elsewhere
            logger.debug("settings not read", reason=str(error).partition("\n")[0])

    def _take(self, settings: InstallationSettings, row: SettingsRow | None) -> None:
        self.revision = 0 if row is None else row.revision
        if settings != self.settings:
            self.settings = settings
            for listener in self._listeners:
                listener(settings)


def validated(body: Mapping[str, Any]) -> InstallationSettings:
    """Return the settings a body describes. Raises `InvalidInput` naming every wrong field."""
    try:
        return InstallationSettings.model_validate(dict(body))
    except ValidationError as error:
        raise InvalidInput(problems_of(error, body), subject="set of settings") from error


def _stored(value: Mapping[str, Any]) -> InstallationSettings:
    """Return what this or another version stored: what we do not know, or cannot take, has its usual value."""
    try:
        return InstallationSettings.model_validate(dict(value))
    except ValidationError as error:
        wrong = {str(finding["loc"][0]) for finding in error.errors(include_input=False)}
        logger.warning("settings not understood", fields=sorted(wrong))
        kept = {name: one for name, one in value.items() if name not in wrong}
        return InstallationSettings.model_validate(kept)
