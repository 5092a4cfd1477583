"""The flow of data: every synchronization with its source, its mapping and its target, and how it stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import orjson
import xxhash
from fastapi import APIRouter, Query
from pydantic import Field

from openconnector.api.lists import Listing, Paging, listing
from openconnector.api.overview import Named
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Reading
from openconnector.db import definitions as rows
from openconnector.db import latest
from openconnector.db.definitions import DefinitionRow, ListQuery
from openconnector.db.latest import LatestRun
from openconnector.db.rows import MappingRow, SourceRow, SynchronizationRow
from openconnector.kinds.explained import title_of
from openconnector.kinds.spoken import in_their_words
from openconnector.synchronization.shown import Shown
from openconnector.targets import TARGETS

MAX_FLOWS = 1_000
"""Synchronizations of one answer: more are not seen at a glance."""


class FlowSource(Named):
    """Where records come from."""

    kind: str
    is_enabled: bool


class FlowTarget(Shown):
    """Where objects go; the same place is the same target, whoever writes to it."""

    key: str
    """Tells one place from another."""
    kind: str
    title: str
    """What its kind is called."""
    place: str
    """Which register and schema, path, folder or table; empty where there is but one."""


class FlowRun(Shown):
    """How the latest run that was no dry run stands."""

    id: str
    state: str
    queued: datetime
    failed: int
    """Records that could not be handled."""


class Flow(Named):
    """One synchronization."""

    is_enabled: bool
    source: FlowSource | None
    """Null when it is gone, or not to be seen by who asks."""
    mapping: Named | None
    """Null without one, or when it is gone, or not to be seen by who asks."""
    target: FlowTarget
    run: FlowRun | None
    """Null when it has not run yet."""


class FlowList(Listing[Flow]):
    """The flow of data."""


class FlowQuery(Paging):
    """How much of the flow."""

    limit: int = Field(
        default=MAX_FLOWS, ge=1, le=MAX_FLOWS, alias="_limit", description="How many on a page."
    )


routes = APIRouter(prefix="/flow", tags=["flow"], route_class=Route)


@routes.get("", response_model=FlowList)
@needs(Right.READ)
async def read_flow(session: Reading, wanted: Annotated[FlowQuery, Query()]) -> dict[str, Any]:
    """Return every synchronization with what it connects, by name."""
    query = ListQuery(limit=wanted.limit, page=wanted.page)
    found, total = await rows.page(session, SynchronizationRow, query)
    sources = _by_key(await rows.every(session, SourceRow))
    mappings = _by_key(await rows.every(session, MappingRow))
    runs = {run.synchronization_id: run for run in await latest.newest_runs(session)}
    flows = [
        Flow(
            **_named(row),
            is_enabled=row.definition.get("isEnabled", True),
            source=_source(sources.get(row.definition["sourceId"])),
            mapping=_mapping(mappings.get(row.definition.get("sourceTargetMapping") or "")),
            target=_target(row.definition["target"]),
            run=_run(runs.get(row.id)),
        )
        for row in found
    ]
    return listing(flows, total, wanted)


def _by_key(every: Any) -> dict[str, DefinitionRow]:
    """Return definitions by everything that addresses them; an id wins over a slug, a slug over a reference."""
    found: dict[str, DefinitionRow] = {}
    for name in ("reference", "slug", "id"):
        found.update({getattr(row, name): row for row in every if getattr(row, name)})
    return found


def _named(row: DefinitionRow) -> dict[str, str]:
    return {"id": row.id, "slug": row.slug, "name": row.name}


def _source(row: DefinitionRow | None) -> FlowSource | None:
    if row is None:
        return None
    return FlowSource(
        **_named(row),
        kind=row.definition["configuration"]["kind"],
        is_enabled=row.definition.get("isEnabled", True),
    )


def _mapping(row: DefinitionRow | None) -> Named | None:
    return Named(**_named(row)) if row else None


def _target(configuration: Mapping[str, Any]) -> FlowTarget:
    kind = configuration["kind"]
    model = dict(TARGETS).get(kind)  # one of a host that is not around is not known
    names = model.placed_by if model else ()
    values = [str(configuration[name]) for name in names if configuration.get(name)]
    place = orjson.dumps([kind, values])
    return FlowTarget(
        key=xxhash.xxh3_64_hexdigest(place),
        kind=kind,
        title=in_their_words(title_of(model)) if model else kind,
        place=" / ".join(values),
    )


def _run(run: LatestRun | None) -> FlowRun | None:
    if run is None:
        return None
    failed = run.invalid + run.failed - run.resolved
    return FlowRun(id=run.id, state=run.state, queued=run.queued_at, failed=failed)
