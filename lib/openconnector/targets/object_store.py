"""Registers and schemas: Open Register, or the store this app brings along."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from openconnector.errors import NotFound
from openconnector.kinds.reach import Reach
from openconnector.kinds.target import Target
from openconnector.ports import Place, Stored
from openconnector.records import Action, Change, Outcome, Record


class ObjectStoreTarget(Target):
    """Register and schema.

    Keeps objects in a register of Open Register, or in the store this app brings along where there is none. Each record
    has one object: writing the record again changes that object instead of adding another.

    Example:
    {"kind": "object_store", "register": "people", "schema": "person"}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"objects"})
    placed_by: ClassVar[tuple[str, ...]] = ("register", "schema")

    kind: Literal["object_store"] = "object_store"
    # Classes and pydantic models have a `register` and a `schema` of their own.
    register_key: str = Field(alias="register", min_length=1)
    """The register that holds the objects: its id, uuid or slug."""
    schema_key: str = Field(alias="schema", min_length=1)
    """The schema of the objects, one of the register's own: its id, uuid or slug."""

    @override
    async def place(self, reach: Reach) -> str:
        # By the store's own ids: a slug that is renamed or written as an id is still the same place.
        place = await self._resolved(reach)
        return f"{place.register}/{place.schema}"

    @override
    def is_transactional(self, reach: Reach) -> bool:
        return reach.objects.is_transactional

    @override
    async def write(self, reach: Reach, changes: Sequence[Change]) -> list[Outcome]:
        place = await self._resolved(reach)
        outcomes: list[Outcome] = []
        # Deletions and writes take turns as they come, so that an object deleted and then written stays.
        for is_deletion, group in groupby(changes, _is_deletion):
            if is_deletion:
                outcomes += await reach.objects.delete(place, list(_ids(group)))
            else:
                outcomes += await reach.objects.upsert(place, list(_stored(group)))
        return outcomes

    @override
    async def object_schema(self, reach: Reach) -> dict[str, Any] | None:
        return await reach.objects.schema(await self._resolved(reach))

    @override
    async def check(self, reach: Reach, data: Record) -> list[str]:
        return await reach.objects.validate(await self._resolved(reach), data)

    @override
    def shows_current(self) -> bool:
        return True

    @override
    async def current(self, reach: Reach, target_id: str) -> Record | None:
        try:
            return (await reach.objects.get(await self._resolved(reach), target_id)).data
        except NotFound:
            return None

    @override
    async def existing(self, reach: Reach, target_ids: Sequence[str]) -> set[str] | None:
        return await reach.objects.existing(await self._resolved(reach), target_ids)

    @override
    async def confirm_identity(self, reach: Reach) -> None:
        await reach.objects.confirm_identity()

    async def _resolved(self, reach: Reach) -> Place:
        return await reach.objects.resolve(self.register_key, self.schema_key)


def _is_deletion(change: Change) -> bool:
    return change.action is Action.DELETE


def _ids(changes: Iterator[Change]) -> Iterator[str]:
    for change in changes:
        if change.target_id is None:
            raise ValueError(f"the change of {change.origin_id!r} names no object")
        yield change.target_id


def _stored(changes: Iterator[Change]) -> Iterator[Stored]:
    for change in changes:
        if change.target_id is None or change.data is None:
            raise ValueError(f"the change of {change.origin_id!r} names no object or no data")
        yield Stored(change.target_id, change.data, change.text)
