"""Whatever an export holds, it is taken over or refused: never a crash, and never a secret in what is said."""

import re
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openconnector.definitions.contents import SECTIONS, contents_of
from openconnector.definitions.entries import Contents
from openconnector.definitions.notation import Document
from openconnector.definitions.store import Collection, validated
from openconnector.errors import InvalidInput
from tests.fakes.odd_exports import DOCUMENTS
from tests.fakes.predecessor import a_source

SECRET = "s3cr3t-of-a-source"


def taken(*values: Any) -> Contents:
    return contents_of(
        [Document(value=value, lines={}, name=str(at)) for at, value in enumerate(values)], {}
    )


def said(contents: Contents) -> str:
    """Return everything that is told to whoever imports."""
    told = [f"{wrong.field} {wrong.message} {wrong.value}" for wrong in contents.problems]
    told += [warning for entry in contents.entries for warning in entry.warnings]
    told += [f"{one.name} {one.reason}" for one in contents.left_out]
    for entry in contents.entries:
        part = SECTIONS[entry.section]
        assert isinstance(part, Collection)
        try:
            validated(part, entry.value)
        except InvalidInput as error:
            told += [f"{wrong.field} {wrong.message} {wrong.value}" for wrong in error.problems]
    return "\n".join(told)


@given(st.lists(DOCUMENTS, min_size=1, max_size=2))
def test_an_odd_export_is_taken_over_or_refused(values: list[Any]):
    with suppress(UnicodeEncodeError):
        said(taken(*values))


LOCATIONS = (
    "https://a.example",
    f"https://me:{SECRET}@a.example",
    f"https://a.example?token={SECRET}",
    f"//me:{SECRET}@a.example",
    f"https://me:{SECRET}@[",
)


@st.composite
def a_source_with_a_secret(draw: st.DrawFn) -> dict[str, Any]:
    """A source with a secret wherever one may stand, among other oddities."""
    places = ("headers.Authorization", "headers.X-Api-Key", "headers.Token", "query.apikey", "auth.1",
              "auth.2", "authentication.client_secret", "authentication.password", "cert", "ssl_key", "json.password",
              "preRequest.config.headers.Authorization", "proxy", "secret", "body")  # fmt: skip
    forms = (
        SECRET,
        f"Bearer {SECRET}",
        f"Basic {SECRET}",
        f"{{{{ {SECRET} }}}}",
        [SECRET],
        {"a": SECRET},
        f"\n{SECRET}",
    )
    options = draw(st.dictionaries(st.sampled_from(places), st.sampled_from(forms), max_size=4))
    fields = draw(
        st.dictionaries(st.sampled_from(("apikey", "password", "jwt", "secret")), st.just(SECRET))
    )
    location = draw(st.sampled_from(LOCATIONS))
    auth = draw(st.sampled_from(("apikey", "username-password", "jwt", "none")))
    return a_source() | fields | {"configuration": options, "location": location, "auth": auth}


@given(a_source_with_a_secret())
def test_what_is_said_holds_no_secret(source: dict[str, Any]):
    assert not re.search(SECRET, said(taken(source)))


@given(a_source_with_a_secret())
def test_what_is_stored_in_the_open_holds_no_secret(source: dict[str, Any]):
    contents = taken(source)

    for entry in contents.entries:
        configuration = entry.value["configuration"]
        assert SECRET not in str(
            {name: value for name, value in configuration.items() if name != "auth"}
        )
