"""Build the plan of a run from what is saved."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
import xxhash

from openconnector.db.database import Database
from openconnector.db.owners import owners
from openconnector.db.session import Session
from openconnector.definitions.installation import InstallationSettings
from openconnector.definitions.models import MappingDefinition, SynchronizationDefinition
from openconnector.definitions.store import (
    MAPPINGS,
    SOURCES,
    SYNCHRONIZATIONS,
    Definitions,
    Loaded,
)
from openconnector.errors import Conflict, NotFound, RecordError
from openconnector.expressions.logic import compile_logic, is_truthy
from openconnector.kinds.reach import Reach
from openconnector.mapping.mapper import Mapper, Resolve, compile_mapping
from openconnector.mapping.spec import MappingSpec
from openconnector.messages import t
from openconnector.objects.validation import Validator
from openconnector.ports import Log
from openconnector.records import Record
from openconnector.synchronization.identity import (
    ordered_ids,
    origin_id_reader,
    target_ids,
    target_key,
)
from openconnector.synchronization.plan import Mapped, Plan

PLAIN = b"as it is"
"""The fingerprint of a synchronization without a mapping."""


class Preparation:
    """Loads and compiles; the reach of a run comes from whoever owns the network and the stores."""

    def __init__(
        self,
        definitions: Definitions,
        reach: Callable[[Loaded[Any], str, Log, str], Reach],
        database: Database,
        refresh: Callable[[Session], Awaitable[InstallationSettings]],
    ) -> None:
        """``refresh`` takes over the settings of the installation, which decide about the reach, and gives them."""
        self.definitions = definitions
        self._reach = reach
        self._database = database
        self._refresh = refresh

    async def plan(self, session: Session, synchronization_id: str, run_id: str, log: Log) -> Plan:
        """Return the plan of a run. Raises `ConfigurationError` when something it needs is gone or wrong."""
        decided = await self._refresh(session)
        loaded = await self.definitions.load(session, SYNCHRONIZATIONS, synchronization_id)
        definition = loaded.definition
        source = await self.definitions.load(session, SOURCES, definition.source_id)
        if not source.definition.is_enabled:
            raise Conflict(
                t(
                    "The source {slug} is switched off; switch it on to read it",
                    slug=repr(source.slug),
                )
            )
        mapping, mapper = await self._mapper(session, definition.source_target_mapping)
        apply, fingerprint = _mapped(mapper, mapping.definition.output_schema if mapping else None)
        _, hash_mapper = await self._mapper(session, definition.source_hash_mapping)
        acting_user = definition.acting_user or decided.default_user or loaded.saved_by
        reach = self._reach(source, run_id, log, acting_user)
        target = definition.target
        key = target_key(target.kind, await target.place(reach))
        is_transactional = target.is_transactional(reach)
        ids = ordered_ids(reach.clock.now()) if is_transactional else target_ids(loaded.id, key)
        return Plan(
            synchronization_id=loaded.id,
            definition=definition,
            target_key=key,
            source=source.definition.configuration.narrowed(definition.source_config.selection),
            target=target,
            reach=replace(reach, contracts=_Contracts(self._database, loaded.id, key)),
            origin_id=origin_id_reader(definition.source_config.id_position),
            object_id=ids,
            is_selected=_condition(definition),
            apply=apply,
            fingerprint=fingerprint,
            hash_apply=hash_mapper.apply if hash_mapper else None,
            hash_fingerprint=hash_mapper.fingerprint if hash_mapper else PLAIN,
            revisions={
                "synchronization": loaded.revision_id,
                "source": source.revision_id,
                "mapping": mapping.revision_id if mapping else None,
            },
            is_personal=source.definition.personal,
            is_transactional=is_transactional,
        )

    async def _mapper(
        self, session: Session, key: str | None
    ) -> tuple[Loaded[MappingDefinition] | None, Mapper | None]:
        if key is None:
            return None, None
        loaded = await self.definitions.load(session, MAPPINGS, key)
        nested = await self.nested(session)
        return loaded, compile_mapping(loaded.definition.spec, resolve=nested)

    async def nested(self, session: Session) -> Resolve:
        """Return what finds a mapping by id, slug or reference, for mappings that call others."""
        every = await self.definitions.every(session, MAPPINGS)

        def resolve(key: str) -> MappingSpec:
            if key not in every:
                raise NotFound("mapping", key)
            return every[key].spec

        return resolve


@dataclass(frozen=True, slots=True)
class _Contracts:
    """Implements `ports.Contracts` for one synchronization and target."""

    database: Database
    synchronization_id: str
    target_key: str

    async def owners(self, target_ids: Collection[str]) -> Mapping[str, str]:
        async with self.database.reading() as session:
            return await owners(session, self.synchronization_id, self.target_key, target_ids)


def _condition(definition: SynchronizationDefinition) -> Callable[[Record], bool] | None:
    if definition.conditions in (None, [], {}):
        return None
    evaluate = compile_logic(definition.conditions, mode=definition.conditions_mode)
    mode = definition.conditions_mode
    return lambda record: is_truthy(evaluate(record), mode)


def _mapped(mapper: Mapper | None, schema: Mapping[str, Any] | None) -> tuple[Mapped, bytes]:
    """Return what maps a record and holds the result to a schema, and the fingerprint of both."""
    if mapper is None:
        return _as_it_is, PLAIN
    if schema is None:
        return mapper.apply, mapper.fingerprint
    apply, validator = mapper.apply, Validator(schema, checks_formats=True)

    def checked(record: Record) -> Record:
        result: Record = apply(record)
        if problems := validator.problems(result):
            told = "; ".join(problems)
            message = f"The result breaks the output schema of the mapping: {told}"
            raise RecordError(message, stage="validate")
        return result

    # With the schema in it a stricter one is applied to records that did not change as well.
    text = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    return checked, xxhash.xxh3_128_digest(mapper.fingerprint + text)


def _as_it_is(record: Record) -> Record:
    return record
