"""Telling people in time what expires: the certificate of another system, a token that is stored."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

import xxhash

from openconnector.db import certificates, latest, runs
from openconnector.db import notices as rows
from openconnector.db.installation_rows import NoticeRow
from openconnector.db.rows import RunRow, SourceRow
from openconnector.db.session import Session
from openconnector.definitions.installation import Installation
from openconnector.definitions.models import SourceDefinition, SynchronizationDefinition
from openconnector.definitions.store import SOURCES, SYNCHRONIZATIONS, Definitions, Loaded
from openconnector.errors import ConfigurationError
from openconnector.http.certificates import Certificates
from openconnector.messages import Message, t
from openconnector.ports import Clock
from openconnector.synchronization.attention import SOON
from openconnector.synchronization.outcome import Ending

AGAIN = timedelta(days=7)
"""After how long the same is told again."""

ENDED = ("succeeded", "partial", "failed")


class Expiries:
    """Looks, when a run ends, at what it needed, and writes down what expires and what there is to tell."""

    def __init__(
        self,
        definitions: Definitions,
        installation: Installation,
        certificates: Certificates,
        clock: Clock,
    ) -> None:
        self._definitions = definitions
        self._installation = installation
        self._certificates = certificates
        self._clock = clock

    async def note(self, session: Session, run_id: str, found: Ending) -> None:
        """Write down what expires soon, in the transaction in which the run ends; the same thing once in a while."""
        run = await runs.get(session, run_id)
        if run.mode not in {"run", "changes"} or found.state not in ENDED:
            return
        key = run.synchronization_id
        synchronization = (await self._definitions.load(session, SYNCHRONIZATIONS, key)).definition
        now = self._clock.now()
        secrets = await latest.expiring(session, SourceRow, now + SOON)
        async for source in self._sources(session, synchronization):
            shown = self._shown(source)
            hosts = source.definition.configuration.hosts
            await certificates.note(session, source.id, hosts, shown)
            if not self._installation.settings.notifies:
                continue
            for said in _said(source, shown, secrets.get(source.id), now + SOON):
                thing = f"expires {xxhash.xxh3_64_hexdigest(said.encode())}"
                if not await rows.was_told(session, thing, now - AGAIN):
                    await rows.add(session, _notice(run, thing, synchronization.name, said, now))

    async def _sources(
        self, session: Session, synchronization: SynchronizationDefinition
    ) -> AsyncIterator[Loaded[SourceDefinition]]:
        """Yield the source that is read, and the one that is written by."""
        keys = dict.fromkeys([synchronization.source_id, synchronization.target.through])
        for key in filter(None, keys):
            with suppress(ConfigurationError):  # it was deleted meanwhile
                yield await self._definitions.load(session, SOURCES, key)

    def _shown(self, source: Loaded[SourceDefinition]) -> dict[str, datetime]:
        """Return until when the certificates are good that this process has seen of a source's hosts."""
        found = {
            host: self._certificates.expiry(host) for host in source.definition.configuration.hosts
        }
        return {host: expiry for host, expiry in found.items() if expiry is not None}


def _said(
    source: Loaded[SourceDefinition],
    shown: Mapping[str, datetime],
    secret: datetime | None,
    until: datetime,
) -> Iterator[Message]:
    """Say what of a source expires until then; ``secret`` is when the first of its secrets does."""
    for host, expiry in shown.items():
        if expiry < until:
            yield t("The certificate of {host} expires on {day}", host=host, day=_day(expiry))
    if secret is not None:
        name = source.definition.name
        yield t("The token of the source {source} expires on {day}", source=name, day=_day(secret))


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _notice(run: RunRow, thing: str, name: str, said: Message, now: datetime) -> NoticeRow:
    return NoticeRow(
        id=str(uuid4()),
        synchronization_id=run.synchronization_id,
        run_id=run.id,
        reason=thing,
        kind=rows.EXPIRES,
        values={
            "synchronization": name,
            "reason": said,
            "template": said.template,
            "arguments": dict(said.arguments),
        },
        state="waiting",
        created_at=now,
    )
