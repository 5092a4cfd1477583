"""Everything that is configured as one file: saved as a whole, tried first, and written out again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from openconnector.api.lists import Text
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Author, Parts, Preparing, Reading
from openconnector.api.trials import Asked
from openconnector.definitions import files
from openconnector.definitions.contents import WRITTEN
from openconnector.definitions.notation import HEADING, Document, read, write
from openconnector.definitions.predecessor.exports import is_export
from openconnector.definitions.variables import named
from openconnector.errors import FieldProblem, InvalidInput
from openconnector.languages import told
from openconnector.messages import t
from openconnector.synchronization.shown import Shown

YAML = "application/yaml"
FILE_NAME = "openconnector"
MAX_DOCUMENTS = 100


class SentDocument(Asked):
    """A configuration file, or an export of the PHP app."""

    name: str = Field(default="", max_length=255)
    """What problems call it."""
    text: str
    """What it holds, YAML or JSON."""


class Import(Asked):
    """Files that belong together."""

    documents: list[SentDocument] = Field(min_length=1, max_length=MAX_DOCUMENTS)
    """They are saved together or not at all."""
    variables: dict[str, str] = Field(default_factory=dict)
    """What references such as `${NAME}` stand for; the environment of the server is not looked at."""
    is_forced: bool = Field(default=False, strict=True)
    """Save mappings that break their own tests, too."""


class ShownSaved(Shown):
    """What became of one entry, or would."""

    section: str
    slug: str
    action: Literal["created", "updated", "unchanged", "left out"]
    changed: list[str]
    """The fields of an updated definition that are others then; `secrets` for a secret."""
    is_forced: bool
    """It breaks its own tests, and stands because it was insisted on."""
    warnings: list[str]


class ImportResult(Shown):
    """What was saved."""

    results: list[ShownSaved]
    """Each entry, and what the files hold and is not saved."""


class ShownVariable(Shown):
    """A variable that the files refer to."""

    name: str
    is_needed: bool
    """Without it, nothing can be saved. Of others something stands beside them, or a secret is stored already."""


class WrongPart(BaseModel):
    """What keeps the files from being saved."""

    field: str = Field(description="Its place, as a dot path.")
    message: str


class ImportPreview(ImportResult):
    """What would become of the files, and what keeps them from being saved."""

    problems: list[WrongPart]
    variables: list[ShownVariable]


NAMES = "|".join(WRITTEN)
FORMS = (YAML, "application/json")


class ExportQuery(BaseModel):
    """What to write, and how."""

    model_config = ConfigDict(extra="forbid")

    sections: Text | None = Field(
        default=None,
        description=f"Only these, with commas between, of {', '.join(WRITTEN)}.",
        json_schema_extra={"pattern": rf"^({NAMES})(,({NAMES}))*$"},
    )
    slugs: Text | None = Field(
        default=None, description="Only entries with these slugs, with commas between."
    )
    format: Literal["yaml", "json"] = Field(default="yaml", description="The form of the file.")


routes = APIRouter(prefix="/configuration", tags=["configuration"], route_class=Route)


@routes.get(
    "",
    response_class=Response,
    responses={200: {"content": {form: {"schema": {"type": "object"}} for form in FORMS}}},
)
@needs(Right.READ)
async def export_configuration(
    session: Reading, engine: Parts, wanted: Annotated[ExportQuery, Query()]
) -> Response:
    """Return what is configured as a file. Secrets are not in it: each is a reference that keeps what is stored."""
    sections = _sections(wanted.sections)
    whole = await files.export_document(session, engine.definitions)
    document = _narrowed({name: whole[name] for name in sections if name in whole}, wanted.slugs)
    name = f'attachment; filename="{FILE_NAME}.{wanted.format}"'
    headers = {"Content-Disposition": name}
    if wanted.format == "json":
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2)
        return Response(text, media_type="application/json", headers=headers)
    return Response(HEADING + write(document), media_type=YAML, headers=headers)


@routes.post("/preview")
@needs(Right.ADMINISTER)
async def preview_import(body: Import, author: Preparing) -> ImportPreview:
    """Return what an import would create and change, and what is wrong; nothing is saved."""
    results: list[ShownSaved] = []
    problems: Sequence[FieldProblem] = ()
    variables: dict[str, bool] = {}
    try:
        documents = _read(body.documents)
        for document in documents:
            variables |= {} if is_export(document.value) else named(document.value)
        results = await _saved(documents, body, author, is_rehearsal=True)
    except InvalidInput as error:
        problems = error.problems
    return ImportPreview(
        results=results,
        problems=[WrongPart(field=one.field, message=told(one.message)) for one in problems],
        variables=[ShownVariable(name=name, is_needed=need) for name, need in variables.items()],
    )


@routes.post("/import")
@needs(Right.ADMINISTER)
async def import_configuration(body: Import, author: Preparing) -> ImportResult:
    """Save what files hold, all of it or nothing; what is already so makes no revision, and nothing is deleted."""
    results = await _saved(_read(body.documents), body, author, is_rehearsal=False)
    return ImportResult(results=results)


def _sections(given: str | None) -> Sequence[str]:
    if given is None:
        return WRITTEN
    wanted = [name.strip() for name in given.split(",")]
    if unknown := [name for name in wanted if name not in WRITTEN]:
        message = t("is not known; one of {known}", known=", ".join(WRITTEN))
        raise InvalidInput([FieldProblem(field="sections", message=message, value=unknown[0])])
    return wanted


def _narrowed(document: dict[str, Any], slugs: str | None) -> dict[str, Any]:
    if slugs is None:
        return document
    wanted = {slug.strip() for slug in slugs.split(",")}
    kept = {name: [one for one in part if one["slug"] in wanted] for name, part in document.items()}
    return {name: entries for name, entries in kept.items() if entries}


def _read(sent: Sequence[SentDocument]) -> list[Document]:
    found, problems = [], []
    for one in sent:
        try:
            document = read(one.text)
        except InvalidInput as error:
            problems += [_named(one, wrong) for wrong in error.problems]
            continue
        found.append(Document(value=document.value, lines=document.lines, name=one.name))
    if problems:
        raise InvalidInput(problems, subject="configuration")
    return found


def _named(sent: SentDocument, wrong: FieldProblem) -> FieldProblem:
    place = f"{sent.name}: {wrong.field}" if sent.name else wrong.field
    return FieldProblem(field=place, message=wrong.message, value=wrong.value)


async def _saved(
    documents: Sequence[Document], body: Import, author: Author, *, is_rehearsal: bool
) -> list[ShownSaved]:
    engine, variables = author.engine, _without_empty(body.variables)
    saved = await files.import_documents(
        documents,
        engine.destination,
        variables=variables,
        who=author.who,
        is_forced=body.is_forced,
        is_rehearsal=is_rehearsal,
    )
    return [ShownSaved.model_validate(asdict(one)) for one in saved]


def _without_empty(variables: Mapping[str, str]) -> dict[str, Any]:
    return {name: value for name, value in variables.items() if value}
