"""The synchronization that the caller is making step by step: kept, tried out, saved or thrown away."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Self

import structlog
from fastapi import APIRouter
from pydantic import Field

from openconnector.api import guards
from openconnector.api.callers import Who
from openconnector.api.documents import problems
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Author, Changing, Parts, Preparing, Reading
from openconnector.api.trials import Asked, ShownTrial
from openconnector.db import drafts as rows
from openconnector.db.definitions import DefinitionRow
from openconnector.db.session import Session
from openconnector.definitions import checks, samples
from openconnector.definitions.draft_saving import DraftSaving, below
from openconnector.definitions.drafts import Draft, DraftBody, shown
from openconnector.definitions.models import SourceDefinition
from openconnector.definitions.store import MAPPINGS, SOURCES, Collection, Loaded, validated
from openconnector.definitions.verifying import Verdict
from openconnector.engine import Engine
from openconnector.errors import FieldProblem, InvalidInput, NotFound
from openconnector.messages import t
from openconnector.synchronization.shown import Shown

logger = structlog.get_logger(__name__)


class ShownDraft(Shown):
    """What the caller has begun."""

    draft: DraftBody | None
    """As far as it is filled in, without secrets; null when nothing is begun."""
    saved: dict[str, str]
    """The ids of what has been saved of it for a dry run, by collection."""
    updated: datetime | None
    keeps_objects: bool
    """Whether registers and schemas can be made here: not where Open Register keeps the objects."""


class ShownList(Shown):
    """A list of objects in an answer."""

    position: str
    """The path that leads to it, as `resultsPosition` takes it."""
    count: int
    is_read: bool
    """Its elements are the records that are read now."""


class ShownKey(Shown):
    """A field that every record has."""

    position: str
    """Its path, as `idPosition` takes it."""
    is_unique: bool
    """No two records of the page have the same value."""
    example: str | int


class ShownSample(ShownTrial):
    """What one page of the draft's source brought, looked at."""

    records: list[Any]
    """The first records, unchanged."""
    answer: Any
    """The whole answer, with long lists and texts cut short; null where there is none that can be read."""
    lists: list[ShownList]
    """Where the records may stand, the likeliest first."""
    keys: list[ShownKey]
    """What may tell the records apart, the likeliest first."""

    @classmethod
    def looked_at(cls, sample: samples.Sample) -> Self:
        """Return a sample as answers show it."""
        told = ShownTrial.of(sample.trial).model_dump()
        looked = {name: getattr(sample, name) for name in ("records", "answer", "lists", "keys")}
        return cls.model_validate(told | looked)


class DraftSave(Asked):
    """How the draft is saved."""

    is_finished: bool = Field(default=False, strict=True)
    """The draft ends with it. Until then the synchronization is saved without what lets it begin by itself."""


class SavedDraft(Shown):
    """What was saved."""

    synchronization: str
    """Its slug."""
    mapping: str | None
    """The slug of the mapping that was made, if one was."""
    saved: dict[str, str]
    """The id of everything that was made, by collection."""


routes = APIRouter(prefix="/draft", tags=["draft"], route_class=Route)


@routes.get("")
@needs(Right.READ)
async def read_draft(session: Reading, engine: Parts, who: Who) -> ShownDraft:
    """Return the synchronization that the caller has begun to make."""
    return await _shown(session, engine, who.user_id)


@routes.put("")
@needs(Right.CHANGE)
async def keep_draft(body: DraftBody, desk: Changing) -> ShownDraft:
    """Keep the draft as far as it is; nothing of it is checked. Secrets that are left masked are kept."""
    await desk.engine.drafts.keep(desk.session, desk.who, body)
    return await _shown(desk.session, desk.engine, desk.who)


@routes.delete("", status_code=204)
@needs(Right.CHANGE)
async def throw_away_draft(desk: Changing) -> None:
    """Throw the draft away, with what was saved of it for a dry run and has not been used since."""
    draft = await desk.engine.drafts.find(desk.session, desk.who)
    if draft is not None:
        await _saving(desk, desk.session, draft).take_back()
    await desk.engine.drafts.forget(desk.session, desk.who)


@routes.post("/test", responses=problems(404, 409))
@needs(Right.CHANGE)
async def test_draft(engine: Parts, who: Who, author: Preparing) -> ShownSample:
    """Read one page of the draft's source, saved or not, and tell what came and what it may mean."""
    async with engine.database.reading() as session:
        draft = await _found(author, session)
        source = await _source(author, session, draft.body)
    choice = draft.body.synchronization.get("sourceConfig") or {}
    selection = {name: value for name, value in choice.items() if name != "idPosition"}
    reach = engine.reach(source, None, logger, who.user_id)
    with below("synchronization"):
        sample = await samples.sample_of(source, reach, selection)
    return ShownSample.looked_at(sample)


@routes.post("/save", responses=problems(404, 409))
@needs(Right.CHANGE)
async def save_draft(body: DraftSave, author: Preparing) -> SavedDraft:
    """Save the draft's synchronization with all that is made along with it, or nothing of it.

    Saved again, it replaces what it was saved as before.
    """
    engine = author.engine
    async with engine.database.reading() as session:
        draft = await _found(author, session)
    _refuse_schema(author, draft.body)
    verdict = await engine.verifier.judged(MAPPINGS, draft.body.mapping or {})
    async with engine.database.writing() as session:
        saving = _saving(author, session, draft)
        found = await saving.save(draft.body, is_finished=body.is_finished)
        for collection, row in found:
            await _settle(author, session, collection, row, verdict)
        if body.is_finished:
            await engine.drafts.forget(session, author.who)
        else:
            await engine.drafts.note_saved(session, author.who, draft, saving.saved)
        slugs = {collection.name: row.slug for collection, row in found}
    return SavedDraft(
        synchronization=slugs["synchronizations"],
        mapping=slugs.get("mappings"),
        saved=saving.saved,
    )


@routes.post("/mapping", responses=problems(404, 409))
@needs(Right.CHANGE)
async def save_mapping(author: Preparing) -> ShownDraft:
    """Save the draft's mapping alone, to be edited as one; the draft goes on with it by its name."""
    engine = author.engine
    async with engine.database.reading() as session:
        draft = await _found(author, session)
    verdict = await engine.verifier.judged(MAPPINGS, draft.body.mapping or {})
    async with engine.database.writing() as session:
        saving = _saving(author, session, draft)
        body, row = await saving.save_mapping(draft.body)
        await _settle(author, session, MAPPINGS, row, verdict)
        kept = replace(draft, body=body)
        await engine.drafts.note_saved(session, author.who, kept, saving.saved)
        return await _shown(session, engine, author.who)


async def _shown(session: Session, engine: Engine, owner: str) -> ShownDraft:
    row, draft = await rows.find(session, owner), await engine.drafts.find(session, owner)
    return ShownDraft(
        draft=shown(draft.body) if draft else None,
        saved=dict(draft.saved) if draft else {},
        updated=row.updated_at if row and draft else None,
        keeps_objects=engine.keeps_objects,
    )


async def _found(author: Author, session: Session) -> Draft:
    draft = await author.engine.drafts.find(session, author.who)
    if draft is None:
        raise NotFound("draft", author.who)
    return draft


async def _source(author: Author, session: Session, body: DraftBody) -> Loaded[SourceDefinition]:
    """Return the source of a draft: a saved one by its name, or the one that is to be made."""
    if body.source is None:
        key = str(body.synchronization.get("sourceId") or "")
        return await author.engine.definitions.load(session, SOURCES, key)
    with below("source"):
        definition = validated(SOURCES, body.source)
    guards.check(author.who, author.role, definition.model_dump(mode="json", by_alias=True))
    return Loaded(id="", slug="", saved_by=author.who, revision_id=0, definition=definition)


def _refuse_schema(author: Author, body: DraftBody) -> None:
    if body.schema_ is not None and not author.engine.keeps_objects:
        message = t("cannot be made here, since Open Register keeps the objects; make it there")
        raise InvalidInput([FieldProblem(field="schema", message=message)])


def _saving(author: Author, session: Session, draft: Draft) -> DraftSaving:
    return DraftSaving(
        session=session,
        definitions=author.engine.definitions,
        registers=author.engine.registers,
        who=author.who,
        saved=dict(draft.saved),
    )


async def _settle(
    author: Author,
    session: Session,
    collection: Collection[Any],
    row: DefinitionRow,
    verdict: Verdict,
) -> None:
    """Make sure that a saved part can be used, and may be saved by this account."""
    guards.check(author.who, author.role, row.definition)
    with below(collection.name.removesuffix("s")):
        await checks.check(session, author.engine.definitions, collection, row)
        if collection is MAPPINGS:
            await author.engine.verifier.settle(session, row, verdict, is_forced=False)
