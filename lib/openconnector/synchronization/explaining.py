"""Why a record failed, as things stand now: what the mapping makes of it, and what the target holds instead."""

from dataclasses import dataclass, field
from typing import Any

import structlog

from openconnector.crypto import KeyRing
from openconnector.db import contracts, failures
from openconnector.db.database import Database
from openconnector.db.rows import FailedRecordRow
from openconnector.definitions.previewing import MappingPreviews
from openconnector.errors import ConfigurationError, OpenConnectorError
from openconnector.records import Difference, Record
from openconnector.synchronization.differences import differences
from openconnector.synchronization.keeping import opened
from openconnector.synchronization.plan import Plan
from openconnector.synchronization.prepare import Preparation


@dataclass(slots=True, kw_only=True)
class Explanation:
    """What would come of a failed record now. Nothing is written."""

    mapped: Any = None
    """What the mapping makes of it; None when it makes nothing."""
    problems: list[str] = field(default_factory=list)
    """What the mapping, its output schema and the target's schema say against it."""
    current: Record | None = None
    """What the target holds; None when it has no such object, or cannot tell."""
    is_current_known: bool = False
    """Whether the target could tell."""
    differences: list[Difference] = field(default_factory=list)
    """Which fields a write would change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    """Explains failed records with what is saved."""

    database: Database
    keys: KeyRing
    preparation: Preparation
    previews: MappingPreviews

    async def explain(self, run_id: str, number: int) -> Explanation:
        """Return what would come of a failed record now.

        Raises `NotFound`, or `ConfigurationError` when what it takes is gone or wrong.
        """
        log = structlog.get_logger(__name__)
        async with self.database.reading() as session:
            row = await failures.get(session, run_id, number)
            plan = await self.preparation.plan(session, row.synchronization_id, run_id, log)
        found = Explanation()
        await self._map(found, plan, opened(self.keys, row))
        await self._compare(found, plan, row)
        return found

    async def _map(self, found: Explanation, plan: Plan, record: Any) -> None:
        mapping = plan.definition.source_target_mapping
        found.mapped = record
        if mapping is not None:
            try:
                mapped = await self.previews.explain(mapping, record, None)
            except OpenConnectorError as error:
                found.mapped, found.problems = None, [str(error)]
                return
            found.mapped, found.problems = mapped.result, list(mapped.problems)
        if isinstance(found.mapped, dict):
            try:
                found.problems += await plan.target.check(plan.reach, found.mapped)
            except OpenConnectorError as error:
                found.problems.append(str(error))

    async def _compare(self, found: Explanation, plan: Plan, row: FailedRecordRow) -> None:
        known = None
        if row.origin_id is not None:
            known = await self._contract(plan, row.origin_id)
        if known is None or known.target_id is None or known.state != "active":
            found.is_current_known = True  # there is none
        elif plan.target.shows_current():
            await self._read(found, plan, known.target_id)
        if isinstance(found.mapped, dict):
            found.differences = differences(found.current, found.mapped)

    async def _contract(self, plan: Plan, origin_id: str) -> contracts.Known | None:
        ids = [origin_id]
        found = await contracts.known(self.database, plan.synchronization_id, plan.target_key, ids)
        return found[0] if found else None

    async def _read(self, found: Explanation, plan: Plan, target_id: str) -> None:
        try:
            found.current = await plan.target.current(plan.reach, target_id)
        except ConfigurationError:
            raise
        except OpenConnectorError as error:
            found.problems.append(str(error))
        else:
            found.is_current_known = True
