"""The audit trail: read, exported and verified by administrators."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Self

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from openconnector.api.lists import Listing, MomentGiven, Paging, Text, listing
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Parts, Reading
from openconnector.api.trials import Asked
from openconnector.db import audit as rows
from openconnector.db.audit import AuditQuery
from openconnector.db.installation_rows import AuditRow
from openconnector.definitions.audit import End, every, shown
from openconnector.engine import Engine
from openconnector.synchronization.shown import Shown

LINES = "application/x-ndjson"

After = Annotated[
    int, Query(ge=0, le=2**31 - 1, description="Only what follows this number; 0 begins.")
]


class AuditEntry(Shown):
    """One change somebody made."""

    number: int
    """Counts the entries, without a gap."""
    at: datetime
    who: str
    action: str
    """create, update, delete, or a word of its own."""
    subject: str
    """What kind of thing was changed, for example source."""
    subject_id: str
    name: str
    """What it was called then."""
    revision: int | None
    details: dict[str, Any]
    """What else there is to say, for example which fields changed; never a secret."""
    digest: str
    """SHA-256 over the digest of the entry before and this entry."""

    @classmethod
    def of(cls, row: AuditRow) -> Self:
        """Return a row as it is shown."""
        return cls.model_validate(shown(row))


class AuditList(Listing[AuditEntry]):
    """One page of the audit trail, newest first."""


class EntriesQuery(Paging):
    """Which entries."""

    who: Text | None = Field(default=None, description="Only what this account did.")
    action: Text | None = Field(default=None, description="Only what was done like this.")
    subject: Text | None = Field(default=None, description="Only changes of this kind of thing.")
    subject_id: Text | None = Field(
        default=None, alias="subjectId", description="Only changes of the thing with this id."
    )
    since: MomentGiven | None = Field(default=None, description="Only from this moment on.")
    until: MomentGiven | None = Field(default=None, description="Only before this moment.")


class NotedEnd(Asked):
    """An entry as it was noted elsewhere, for example the last of an export."""

    number: int = Field(ge=1, le=2**31 - 1)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class AuditFinding(BaseModel):
    """One thing that is not as it was written."""

    number: int = Field(description="The entry where it shows; 0 is the beginning.")
    message: str


class AuditEnd(BaseModel):
    """The newest entry there is; noted elsewhere, it proves later that all of this is still there."""

    number: int
    digest: str


class AuditVerdict(Shown):
    """Whether the trail is as it was written."""

    is_intact: bool
    entries: int
    end: AuditEnd
    findings: list[AuditFinding]
    """At most 50."""


routes = APIRouter(prefix="/audit", tags=["audit"], route_class=Route)


@routes.get("", response_model=AuditList)
@needs(Right.ADMINISTER)
async def list_entries(
    session: Reading, wanted: Annotated[EntriesQuery, Query()]
) -> dict[str, Any]:
    """Return one page of the audit trail, newest first."""
    found, total = await rows.page(session, AuditQuery(**wanted.model_dump()))
    return listing([AuditEntry.of(row) for row in found], total, wanted)


@routes.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {LINES: {"schema": {"type": "string"}}}}},
)
@needs(Right.ADMINISTER)
async def export_entries(engine: Parts, after: After = 0) -> StreamingResponse:
    """Return the audit trail as JSON lines, oldest first."""
    return StreamingResponse(_lines(engine, after), media_type=LINES)


@routes.post("/verify")
@needs(Right.ADMINISTER)
async def verify_entries(engine: Parts, body: NotedEnd | None = None) -> AuditVerdict:
    """Follow the trail from its first entry to its sealed end; a body names an entry that has to be there still."""
    noted = End(number=body.number, digest=bytes.fromhex(body.digest)) if body else None
    return AuditVerdict.model_validate((await engine.audit.examine(engine.database, noted)).told())


async def _lines(engine: Engine, after: int) -> AsyncIterator[bytes]:
    async for row in every(engine.database, after):
        yield orjson.dumps(shown(row)) + b"\n"
