"""What a saved definition has to agree with: other definitions, its source, its own conditions.

Called after the save in the same transaction, so that a problem undoes the save and an import can save everything
first and check it afterwards.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from openconnector.db import definitions as rows
from openconnector.db import registers, runs
from openconnector.db.definitions import DefinitionRow
from openconnector.db.session import Session
from openconnector.definitions.registers import REGISTERS, SCHEMAS, Registers, Shelf
from openconnector.definitions.store import (
    MAPPINGS,
    SOURCES,
    SYNCHRONIZATIONS,
    Collection,
    Definitions,
)
from openconnector.errors import (
    ConfigurationError,
    Conflict,
    FieldProblem,
    InvalidInput,
    StaleVersion,
)
from openconnector.expressions.logic import compile_logic
from openconnector.messages import noun, t

SHOWN_USERS = 5
EVERY = registers.RegisterQuery(sort="created", limit=100_000)


async def check(
    session: Session, definitions: Definitions, collection: Collection[Any], row: DefinitionRow
) -> None:
    """Make sure that a saved definition can be used. Raises `InvalidInput` naming every wrong field."""
    problems = await _renamed(session, collection, row)
    if collection.name in CHECKS:
        problems += await CHECKS[collection.name](session, definitions, row)
    if problems:
        raise InvalidInput(problems, subject=row.__tablename__)


async def delete(
    session: Session,
    definitions: Definitions,
    collection: Collection[Any],
    key: str,
    who: str,
    *,
    based_on: int | None = None,
) -> None:
    """Delete a definition. Raises `NotFound`, `StaleVersion`, or `Conflict` naming what uses it."""
    row: DefinitionRow = await rows.get(session, collection.table, key)
    _check_revision(row, based_on)
    _refuse_used(row, [one.slug for one in await dependents(session, collection, row)])
    if collection is SYNCHRONIZATIONS and await runs.active(session, row.id) is not None:
        raise Conflict(
            t("{slug} has an unfinished run; wait for it or cancel it first", slug=repr(row.slug))
        )
    await definitions.delete(session, collection, row.id, who)


async def delete_shelved(
    session: Session,
    shelved: Registers,
    shelf: Shelf[Any],
    key: str,
    who: str,
    *,
    based_on: int | None = None,
) -> None:
    """Delete a register or schema. Raises `NotFound`, `StaleVersion`, or `Conflict` naming what stands in the way."""
    row = await registers.get(session, shelf.table, key)
    _check_revision(row, based_on)
    if shelf is SCHEMAS:
        every, _ = await registers.page(session, REGISTERS.table, EVERY)
        _refuse_used(row, [register.slug for register in every if row.id in register.schemas])
    await shelved.remove(session, row, who)


def _check_revision(row: Any, based_on: int | None) -> None:
    if based_on is not None and based_on != row.revision:
        raise StaleVersion(
            t(
                "The {kind} {slug} is at revision {revision}, not {based_on}: somebody saved it in between. Read it "
                "again before deleting it",
                kind=noun(row.__tablename__),
                slug=repr(row.slug),
                revision=row.revision,
                based_on=based_on,
            )
        )


def _refuse_used(row: Any, users: Sequence[str]) -> None:
    if users:
        named = ", ".join(repr(slug) for slug in users[:SHOWN_USERS])
        hidden = len(users) - SHOWN_USERS
        if hidden > 0:
            named = t("{named} and {hidden} more", named=named, hidden=hidden)
        raise Conflict(
            t(
                "The {kind} {slug} is used by {users}; change or delete those first",
                kind=noun(row.__tablename__),
                slug=repr(row.slug),
                users=named,
            )
        )


def references(definition: Mapping[str, Any]) -> Iterator[tuple[str, Collection[Any], str]]:
    """Yield what a synchronization names: field, collection and the id, slug or reference."""
    yield "sourceId", SOURCES, definition["sourceId"]
    for field in ("sourceTargetMapping", "sourceHashMapping"):
        if definition.get(field) is not None:
            yield field, MAPPINGS, definition[field]
    if (source := definition["target"].get("source")) is not None:
        yield "target.source", SOURCES, source
    for place, key in enumerate(definition.get("followUps", [])):
        yield f"followUps.{place}", SYNCHRONIZATIONS, key


def _keys(row: DefinitionRow) -> set[str]:
    return {key for key in (row.id, row.slug, row.reference) if key}


async def dependents(
    session: Session,
    collection: Collection[Any],
    row: DefinitionRow,
    keys: AbstractSet[str] = frozenset(),
) -> list[DefinitionRow]:
    """Return the other synchronizations that name a definition by one of these keys, or else by any of its own."""
    wanted = keys or _keys(row)
    return [
        found
        for found in await rows.every(session, SYNCHRONIZATIONS.table)
        if found.id != row.id
        and any(
            named is collection and key in wanted for _, named, key in references(found.definition)
        )
    ]


async def _renamed(
    session: Session, collection: Collection[Any], row: DefinitionRow
) -> list[FieldProblem]:
    """Refuse to give up a slug or reference by which synchronizations know the definition."""
    if row.revision == 1:
        return []
    before = await rows.get_revision(session, collection.table, row.id, row.revision - 1)
    problems = []
    for field in ("slug", "reference"):
        old = before.definition[field]
        if old and old not in _keys(row):
            users = await dependents(session, collection, row, {old})
            problems += [
                FieldProblem(
                    field=field,
                    message=t(
                        "cannot change while {user} names it {name}",
                        user=repr(user.slug),
                        name=repr(old),
                    ),
                )
                for user in users[:SHOWN_USERS]
            ]
    return problems


async def _check_synchronization(
    session: Session, definitions: Definitions, row: DefinitionRow
) -> list[FieldProblem]:
    loaded = await definitions.load(session, SYNCHRONIZATIONS, row.id)
    definition = loaded.definition
    problems = await _missing(session, row)
    source = await rows.find(session, SOURCES.table, definition.source_id)
    if source is not None:
        kind = (await definitions.load(session, SOURCES, source.id)).definition.configuration
        problems += _problems_of(lambda: kind.narrowed(definition.source_config.selection))
    if definition.conditions not in (None, [], {}):
        problems += _problems_of(
            lambda: compile_logic(definition.conditions, definition.conditions_mode),
            field="conditions",
        )
    return problems + await _circle(session, row)


async def _missing(session: Session, row: DefinitionRow) -> list[FieldProblem]:
    return [
        FieldProblem(
            field=field,
            message=t(
                "No {kind} has this id, slug or reference", kind=noun(wanted.table.__tablename__)
            ),
            value=key,
        )
        for field, wanted, key in references(row.definition)
        if await rows.find(session, wanted.table, key) is None
    ]


async def _circle(session: Session, row: DefinitionRow) -> list[FieldProblem]:
    """Refuse follow-ups that lead back: each run would start the next one for ever."""
    for place, key in enumerate(row.definition["followUps"]):
        seen: set[str] = set()
        waiting = [key]
        while waiting:
            following = await rows.find(session, SYNCHRONIZATIONS.table, waiting.pop())
            if following is None or following.id in seen:
                continue
            if following.id == row.id:
                message = t("leads back to this synchronization; follow-ups cannot go in a circle")
                return [FieldProblem(field=f"followUps.{place}", message=message, value=key)]
            seen.add(following.id)
            waiting += following.definition["followUps"]
    return []


def _problems_of(compiled: Callable[[], object], *, field: str = "(whole)") -> list[FieldProblem]:
    try:
        compiled()
    except InvalidInput as error:
        return list(error.problems)
    except ConfigurationError as error:
        return [FieldProblem(field=field, message=str(error))]
    return []


CHECKS: Mapping[
    str, Callable[[Session, Definitions, DefinitionRow], Awaitable[list[FieldProblem]]]
] = {
    SYNCHRONIZATIONS.name: _check_synchronization,
}
"""What a collection has to agree with; a mapping was compiled by `Verifier`, before the transaction."""
