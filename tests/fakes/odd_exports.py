"""Exports of the predecessor that hold anything, for properties: strategies of Hypothesis."""

from typing import Any

from hypothesis import strategies as st

from tests.fakes.predecessor import a_job, a_mapping, a_source, a_synchronization, exported

WORDS = (
    "", "0", "1", "-1", "false", "api", "soap", "register/schema", "4/4", "a/b/c", "/x", "?a=b", "https://a.example",
    "https://a:b@c.example/?key=d", "http://[", "{{ source.name }}", "{{ executeMapping(7, x) }}",
    "{{ oauthToken(source) }}", "Bearer x", "Basic eDp5", "Basic !", "[1]", "{", "$.a", "..", "a.b",
    "&#46;", "\\", "\x7f", "é", "🎈", "x" * 300,
)  # fmt: skip
NAMES = (
    "headers", "headers.Authorization", "headers.X-Api-Key", "query", "query.a", "auth", "auth.0", "auth.1", "auth.2",
    "authentication.grant_type", "timeout", "verify", "cert", "endpoint", "idPosition", "resultsPosition", "maxPages",
    "usesPagination", "paginationQuery", "extraDataConfigs", "subObjects", "var", "==", "a", ".", "..", "a..b", "",
)  # fmt: skip
TEXTS = st.sampled_from(WORDS) | st.text(max_size=8)
PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | TEXTS
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)
ENTITIES = {
    "source": a_source(),
    "mapping": a_mapping(),
    "synchronization": a_synchronization(),
    "job": a_job(),
}


@st.composite
def an_entity(draw: st.DrawFn) -> dict[str, Any]:
    """An entity of which some fields are something else, or gone."""
    kind = draw(st.sampled_from(sorted(ENTITIES)))
    entity = exported(kind, ENTITIES[kind])
    for name in draw(st.lists(st.sampled_from(sorted(entity)), max_size=4, unique=True)):
        entity[name] = draw(VALUES)
    for name in draw(st.lists(st.sampled_from(sorted(entity)), max_size=2, unique=True)):
        del entity[name]
    return entity


GROUPS = ("sources", "mappings", "synchronizations", "rules", "schemas", "x")
MEMBERS = st.one_of(
    st.dictionaries(st.sampled_from(("a", "b")), an_entity() | VALUES, max_size=2),
    st.lists(an_entity(), max_size=2),
)
DOCUMENTS = st.one_of(
    an_entity(),
    st.lists(an_entity(), max_size=3),
    st.fixed_dictionaries({"results": st.lists(an_entity() | VALUES, max_size=2)}),
    st.fixed_dictionaries(
        {"components": st.dictionaries(st.sampled_from(GROUPS), MEMBERS, max_size=3)}
    ),
    VALUES,
)
