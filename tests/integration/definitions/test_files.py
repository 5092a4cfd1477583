"""Configuration as code, on both databases."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openconnector.crypto import KeyRing
from openconnector.db import definitions as rows
from openconnector.db.database import Database
from openconnector.definitions import files
from openconnector.definitions.files import Saved
from openconnector.definitions.notation import Document, read, write
from openconnector.definitions.registers import Registers
from openconnector.definitions.store import MAPPINGS, SOURCES, SYNCHRONIZATIONS, Definitions
from openconnector.definitions.variables import escaped
from openconnector.definitions.verifying import Verifier
from openconnector.errors import InvalidInput
from openconnector.previews.pool import Previews
from openconnector.testing import FakeClock
from tests.fakes.odd_exports import DOCUMENTS
from tests.fakes.previews import PreviewsHere, WatchingPreviews
from tests.fakes.ways import ON_ONE_DATABASE

CLOCK = FakeClock()
DEFINITIONS = Definitions(KeyRing({b"test": bytes(32)}, b"test"), CLOCK)

WHOLE: dict[str, Any] = {
    "registers": [{"slug": "people", "title": "People", "schemas": ["person"]}],
    "schemas": [
        {"slug": "person", "title": "Person", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    ],
    "sources": [
        {
            "slug": "staff",
            "name": "Staff",
            "configuration": {
                "kind": "rest",
                "location": "https://staff.example",
                "auth": {"kind": "bearer", "token": "${STAFF_TOKEN}"},
            },
        }
    ],
    "mappings": [{"slug": "person", "name": "Person", "mapping": {"name": "{{ first }}", "cost": "$${x}"}}],
    "synchronizations": [
        {
            "slug": "staff-to-people",
            "name": "Staff to people",
            "sourceId": "staff",
            "sourceTargetMapping": "person",
            "target": {"kind": "object_store", "register": "people", "schema": "person"},
        }
    ],
}  # fmt: skip
TOKEN = {"STAFF_TOKEN": "s3cr3t-staff-token"}


async def load(
    database: Database,
    document: Any,
    variables: Mapping[str, str] = TOKEN,
    *,
    previews: Previews | None = None,
    is_forced: bool = False,
) -> list[Saved]:
    """Import a value, as if it were a file."""
    given = document if isinstance(document, Document) else read(write(document))
    return await load_all(database, [given], variables, previews=previews, is_forced=is_forced)


async def load_all(
    database: Database,
    documents: list[Document],
    variables: Mapping[str, str] = TOKEN,
    *,
    previews: Previews | None = None,
    is_forced: bool = False,
) -> list[Saved]:
    """Import several documents together."""
    return await files.import_documents(
        documents,
        files.Destination(
            database=database,
            definitions=DEFINITIONS,
            registers=Registers(CLOCK, DEFINITIONS.audit),
            verifier=Verifier(
                database=database, definitions=DEFINITIONS, previews=previews or Previews()
            ),
        ),
        is_forced=is_forced,
        variables=variables,
        who="test",
    )


async def dump(database: Database) -> dict[str, Any]:
    async with database.reading() as session:
        return await files.export_document(session, DEFINITIONS)


async def refusal(
    database: Database, document: Any, variables: Mapping[str, str] = TOKEN
) -> dict[str, str]:
    """Return what an import says is wrong, by place."""
    with pytest.raises(InvalidInput) as refused:
        await load(database, document, variables)
    return {problem.field: problem.message for problem in refused.value.problems}


@asynccontextmanager
async def opened(migrated_url: str) -> AsyncIterator[Database]:
    """Give a database of this test's own."""
    database = Database(migrated_url)
    try:
        yield database
    finally:
        await database.close()


def actions(saved: list[Saved]) -> set[str]:
    return {one.action for one in saved}


def changed(section: str, **fields: Any) -> dict[str, Any]:
    """Return the whole document with the first entry of a section changed."""
    return WHOLE | {section: [WHOLE[section][0] | fields]}


async def test_everything_a_document_holds_is_saved(database: Database):
    saved = await load(database, WHOLE)

    async with database.reading() as session:
        source = await DEFINITIONS.load(session, SOURCES, "staff")
        mapping = await DEFINITIONS.load(session, MAPPINGS, "person")
    assert [one.section for one in saved] == [
        "schemas",
        "registers",
        "sources",
        "mappings",
        "synchronizations",
    ]
    assert actions(saved) == {"created"}
    assert source.definition.configuration.auth.token.get_secret_value() == TOKEN["STAFF_TOKEN"]  # type: ignore[attr-defined]  # a kind's own field
    assert mapping.definition.mapping["cost"] == "${x}"


async def test_a_second_import_changes_nothing(database: Database):
    await load(database, WHOLE)

    again = await load(database, WHOLE)

    async with database.reading() as session:
        revisions = await rows.revisions(
            session,
            SYNCHRONIZATIONS.table,
            (await rows.get(session, SYNCHRONIZATIONS.table, "staff-to-people")).id,
        )
    assert actions(again) == {"unchanged"}
    assert len(revisions) == 1


async def test_only_what_differs_is_saved(database: Database):
    await load(database, WHOLE)

    saved = await load(database, changed("mappings", name="Human"))

    assert [one.section for one in saved if one.action == "updated"] == ["mappings"]


async def test_an_export_imports_without_a_change(database: Database):
    await load(database, WHOLE)
    exported = await dump(database)

    saved = await load(database, exported, {})

    assert actions(saved) == {"unchanged"}
    assert await dump(database) == exported


async def test_an_export_holds_references_instead_of_secrets(database: Database):
    await load(database, WHOLE)

    exported = write(await dump(database))

    assert TOKEN["STAFF_TOKEN"] not in exported
    assert "token: ${STAFF_AUTH_TOKEN:-**********}" in exported


async def test_an_export_can_be_loaded_elsewhere_with_its_secrets_in_the_environment(
    database: Database, migrated_storage: Path
):
    await load(database, WHOLE)
    exported = await dump(database)

    async with opened(f"sqlite:///{migrated_storage / 'openconnector.db'}") as other:
        missing = await refusal(other, exported, {})
        saved = await load(other, exported, {"STAFF_AUTH_TOKEN": "another"})
        copied = await dump(other)

    assert list(missing) == ["sources.0.configuration.auth.token"]
    assert actions(saved) == {"created"}
    assert copied == exported


async def test_everything_that_is_wrong_is_named_at_once_with_its_line(database: Database):
    text = """\
sources:
  - slug: a
    name: A
    configuration: {kind: rest, location: ftp://x}
  - slug: b
    name: ""
    configuration:
      kind: rest
      location: https://x
      nonsense: 1
schemas:
  - slug: s
    title: S
    properties: {name: {type: word}}
"""

    problems = await refusal(database, read(text))

    assert set(problems) >= {"sources.0.configuration.location", "sources.1.name"}
    assert any("(line 4)" in message for message in problems.values())
    assert any("(line 10)" in message for message in problems.values())
    assert any(field.startswith("schemas.0.properties") for field in problems)


async def test_nothing_is_saved_when_a_part_is_wrong(database: Database):
    problems = await refusal(database, changed("synchronizations", sourceId="nowhere"))

    assert list(problems) == ["synchronizations.0.sourceId"]
    assert await dump(database) == {}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], "(whole)"),
        ({"endpoints": []}, "endpoints"),
        ({"sources": {}}, "sources"),
        ({"sources": ["x"]}, "sources.0"),
        ({"sources": [{"name": "X"}]}, "sources.0"),
        ({"mappings": [{"slug": "a", "name": "A"}, {"slug": "a", "name": "B"}]}, "mappings.1.slug"),
        ({"mappings": [{"slug": "a", "name": "${MISSING}"}]}, "mappings.0.name"),
        ({"registers": [{"slug": "r", "title": "R", "schemas": ["nowhere"]}]}, "registers.0.schemas.0"),
        ({"mappings": [{"slug": "Not A Slug", "name": "A"}]}, "mappings.0.slug"),
    ],
)  # fmt: skip
async def test_a_document_of_the_wrong_shape_is_refused(
    database: Database, document: Any, place: str
):
    assert place in await refusal(database, document)


async def test_a_file_that_was_left_alone_does_not_set_an_older_version(database: Database):
    older = changed("mappings", version="1.0.0")
    await load(database, older)
    await load(database, changed("mappings", version="1.0.0", name="Human"))

    again = await load(database, changed("mappings", version="1.0.0", name="Human"))

    assert actions(again) == {"unchanged"}
    assert (await dump(database))["mappings"][0]["version"] == "1.0.1"


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAMES = st.text("abc", min_size=1, max_size=3)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "slug": NAMES,
                "name": TEXTS.filter(bool),
                "mapping": st.dictionaries(NAMES, TEXTS | st.integers(-(2**63), 2**63 - 1)),
            },
            optional={"description": TEXTS, "unset": st.lists(NAMES, max_size=2)},
        ),
        unique_by=lambda entry: str(entry["slug"]),
        max_size=3,
    )
)
async def test_any_mappings_come_back_from_an_export_as_they_were(
    migrated_sqlite_url: str, entries: list[dict[str, Any]]
):
    async with opened(migrated_sqlite_url) as database:
        with suppress(InvalidInput):  # some texts are no templates
            await load(database, {"mappings": escaped(entries)})
        exported = await dump(database)

        saved = await load(database, read(write(exported)), {})

        assert actions(saved) <= {"unchanged"}
        assert await dump(database) == exported


@pytest.fixture
def previews() -> Previews:
    return PreviewsHere()


def with_a_test(target: str, expected: Any) -> dict[str, Any]:
    """A document with a mapping that calls another, and a test of what comes out."""
    test = {"name": "Ada", "input": {"first": "Ada"}, "expected": {"person": {"name": expected}}}
    inner = {"slug": "inner", "name": "Inner", "mapping": {target: "first"}}
    outer = {
        "slug": "outer",
        "name": "Outer",
        "mapping": {"person": "{{ mapping('inner', _context) }}"},
        "tests": [test],
    }
    return {"mappings": [outer, inner]}


@ON_ONE_DATABASE
async def test_an_import_that_breaks_its_own_tests_saves_nothing_and_names_test_and_field(
    database: Database, previews: Previews
):
    with pytest.raises(InvalidInput) as refused:
        await load(database, with_a_test("name", "Grace"), previews=previews)

    [problem] = refused.value.problems
    assert problem.field == "mappings.0.tests.0.expected.person.name"
    assert 'in \'Ada\' person.name is "Ada"; expected "Grace"' in problem.message
    assert await dump(database) == {}


async def test_a_forced_import_says_what_it_forced_and_is_unchanged_when_it_comes_again(
    database: Database, previews: Previews
):
    document = with_a_test("name", "Grace")

    first = await load(database, document, previews=previews, is_forced=True)
    again = await load(database, await dump(database), previews=previews)

    assert [(one.slug, one.action, one.is_forced) for one in first] == [
        ("outer", "created", True),
        ("inner", "created", False),
    ]
    assert {(one.slug, one.action, one.is_forced) for one in again} == {
        ("outer", "unchanged", True),
        ("inner", "unchanged", False),
    }


@ON_ONE_DATABASE
async def test_an_import_that_mends_what_was_forced_is_no_longer_forced(
    database: Database, previews: Previews
):
    await load(database, with_a_test("name", "Grace"), previews=previews, is_forced=True)

    mended = await load(database, with_a_test("name", "Ada"), previews=previews)

    assert [(one.slug, one.action, one.is_forced) for one in mended] == [
        ("outer", "updated", False),
        ("inner", "unchanged", False),
    ]


async def test_no_writing_transaction_is_open_while_the_tests_of_an_import_run(
    migrated_sqlite_url: str,
):
    async with opened(migrated_sqlite_url) as database:
        watching = WatchingPreviews(database)
        document = with_a_test("name", "Ada")
        document["mappings"][1]["tests"] = [
            {"input": {"first": "Ada"}, "expected": {"name": "Ada"}}
        ]

        saved = await load(database, document, previews=watching)

    assert actions(saved) == {"created"}
    assert watching.was_free == [True, True]


@ON_ONE_DATABASE
async def test_the_mappings_of_a_file_are_tested_as_the_file_has_them_not_as_they_are_saved(
    database: Database, previews: Previews
):
    saved = with_a_test("name", "Ada")
    saved["mappings"][1]["reference"] = "urn:inner"
    await load(database, saved, previews=previews)
    async with database.reading() as session:
        inner = (await rows.get(session, MAPPINGS.table, "inner")).id

    for key, told in (("inner", "nom"), (inner, "nom"), ("urn:inner", "cannot be used")):
        document = with_a_test("nom", "Ada")
        document["mappings"][0]["mapping"]["person"] = f"{{{{ mapping('{key}', _context) }}}}"
        with pytest.raises(InvalidInput, match=told):
            await load(database, document, previews=previews)


async def test_a_reference_that_reads_like_a_slug_does_not_make_two_mappings_one(
    database: Database, previews: Previews
):
    other = {"slug": "other", "name": "Other", "reference": "inner", "mapping": {"name": "last"}}
    await load(database, {"mappings": [other]}, previews=previews)

    saved = await load(database, with_a_test("name", "Ada"), previews=previews)

    assert [(one.slug, one.action) for one in saved] == [("outer", "created"), ("inner", "created")]


async def test_a_mapping_the_predecessor_exported_comes_in_the_dialect_it_was_written_for(
    database: Database,
):
    exported = {
        "@context": {"schema": "https://example.org"},
        "@type": "mapping",
        "@id": "https://example.org/mapping/42",
        "id": 42,
        "uuid": "9f1c2a30-0000-4000-8000-000000000001",
        "name": "Zaak (oud)",
        "description": None,
        "version": "1.2.0",
        "mapping": {"naam": "{{ naam ~ '${x}' }}"},
        "cast": [],
        "unset": [],
        "passThrough": None,
        "dateCreated": "2024-01-01T00:00:00+00:00",
        "configurations": [],
    }
    new = {"mappings": [{"slug": "new", "name": "New", "mapping": {"a": "b"}}]}

    saved = await load(database, exported)
    again = await load(database, exported)
    await load(database, new)
    stored = {entry["slug"]: entry for entry in (await dump(database))["mappings"]}

    assert [(one.slug, one.action) for one in saved] == [("zaak-oud", "created")]
    assert [(one.slug, one.action) for one in again] == [("zaak-oud", "unchanged")]
    assert stored["zaak-oud"]["dialect"] == "twig"
    assert stored["zaak-oud"]["reference"] == "https://example.org/mapping/42"
    assert stored["zaak-oud"]["version"] == "1.2.0"
    assert stored["new"]["dialect"] == "jinja"


async def test_what_the_predecessor_exported_and_is_not_saved_is_told(database: Database):
    saved = await load(database, {"@type": "job", "name": "Every hour"})

    [told] = saved
    assert (told.section, told.slug, told.action) == ("job", "Every hour", "left out")
    assert "that start a synchronization" in told.warnings[0]


async def test_what_no_predecessor_knows_is_refused_in_words(database: Database):
    told = await refusal(database, [{"@type": "mapping", "name": "m"}, {"@type": "thing"}, 7])

    assert told.keys() == {"1.(whole)", "2.(whole)"}
    assert "is a 'thing', which is not known" in told["1.(whole)"]
    assert "is no export of the PHP app" in told["2.(whole)"]


async def test_several_documents_are_saved_together_and_a_problem_names_its_document(
    database: Database,
):
    outer = {"slug": "outer", "name": "O", "mapping": {"a": "{{ mapping('inner', _context) }}"}}
    inner = {"slug": "inner", "name": "I", "mapping": {"a": "b"}}

    def document(name: str, value: Any) -> Document:
        return replace(read(write({"mappings": [value]})), name=name)

    saved = await load_all(database, [document("a.yaml", outer), document("b.yaml", inner)])
    with pytest.raises(InvalidInput) as refused:
        await load_all(database, [document("a.yaml", outer), document("b.yaml", inner | {"x": 1})])

    assert [one.slug for one in saved] == ["outer", "inner"]
    [wrong] = refused.value.problems
    assert wrong.field == "b.yaml: mappings.0.x"
    assert "(line " in wrong.message


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=DOCUMENTS)
async def test_an_odd_export_of_the_predecessor_is_saved_or_refused(
    value: Any, migrated_sqlite_url: str
):
    async with opened(migrated_sqlite_url) as database:
        with suppress(InvalidInput):
            await load(database, Document(value=value, lines={}))
