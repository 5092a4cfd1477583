"""The two forms of a mapping, fused and field by field, and what must not change its result.

`make sweep` runs these tests with 2,000 examples each.
"""

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import RecordError
from openconnector.mapping.mapper import Mapper, compile_mapping
from openconnector.mapping.spec import MappingSpec

NAMES = st.sampled_from(["a", "b", "c", "a.b", "b.c", "a['0']", "missing", "missing.x"])
LITERALS = st.sampled_from(
    ["1", "0", "-2", "2.5", "''", "'0'", "'x'", "'12x'", "true", "false", "[1, 'b']"]
)
BINARY = ["+", "-", "*", "~", "==", "!=", "<", ">=", "and", "or", "in", "not in", "%", "//"]
TESTS = ["is none", "is even", "is not iterable"]
DEFINED = st.tuples(NAMES, st.sampled_from(["is defined", "is not defined"])).map(" ".join)
FILTERS = ["upper", "default('d')", "length", "abs", "round", "first", "trim"]
TWIG_BINARY = [*BINARY, "??", "?:", "xor", "b-and", "<=>", "===", "starts with"]
TWIG_FILTERS = [
    *FILTERS,
    "map(v => v ~ 1)|join('-')",
    "filter(v => v)|length",
    "reduce((s, v) => s ~ v, '')",
]


def expressions(binary: list[str], filters: list[str], ternary: str) -> st.SearchStrategy[str]:
    """Expressions of a dialect that do not show the order of an object's keys."""
    return st.recursive(
        NAMES | LITERALS | DEFINED.map(lambda test: f"({test})"),
        lambda inner: (
            st.tuples(inner, st.sampled_from(binary), inner).map(lambda parts: f"({' '.join(parts)})")
            | st.tuples(inner, st.sampled_from(filters)).map(lambda parts: f"({'|'.join(parts)})")
            | st.tuples(inner, st.sampled_from(TESTS)).map(lambda parts: f"({' '.join(parts)})")
            | st.tuples(inner, inner, inner).map(lambda parts: f"({ternary.format(*parts)})")
            | st.tuples(st.sampled_from(["-", "not "]), inner).map(lambda parts: f"({''.join(parts)})")
        ),
        max_leaves=5,
    )  # fmt: skip


def templates(expression: st.SearchStrategy[str], text: str) -> st.SearchStrategy[str]:
    printed = expression.map(lambda inner: f"{{{{ {inner} }}}}")
    return (
        printed
        | st.tuples(printed, printed).map(text.join)
        | expression.map(lambda inner: f"{{% if {inner} %}}{{{{ a }}}}{{% else %}}-{{% endif %}}")
        | expression.map(lambda inner: f"{{% for x in [1, 2] %}}{{{{ x ~ ({inner}) }}}}{{% endfor %}}")
        | expression.map(lambda inner: f"{{% set b = {inner} %}}{{{{ b }}}}{{{{ a }}}}")
    )  # fmt: skip


TEMPLATES = {
    "jinja": templates(expressions(BINARY, FILTERS, "{1} if {0} else {2}"), " & "),
    "twig": templates(expressions(TWIG_BINARY, TWIG_FILTERS, "{0} ? {1} : {2}"), " &amp; ")
    | st.sampled_from(
        [
            "{% set x %}{{ a }}&lt;{% endset %}{{ x }}{{ x|length }}",
            "{% macro m(v, w = 1) %}{{ v }}{{ w }}{% endmacro %}{{ _self.m(a) }}{{ _self.m(b, c) }}",
            "{% with {a: b} %}{{ a }}{% endwith %}{{ a }}",
            "{% apply upper %}{{ a }}{{ c }}{% endapply %}",
        ]
    ),
}
TARGETS = st.sampled_from(["x", "y", "z.one", "z.two", "z.list.0", "a", "#"])
CASTS = st.sampled_from(
    ["string", "int", "bool", "float", "array", "unsetIfValue==", "jsonToArray", "nullStringToNull"]
)
KEYS = st.sampled_from(["a", "b", "c", "0"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.sampled_from([1.5, "", "0", "x", "12x", "a & b", "&lt;", "null"])
)


def records(width: int) -> st.SearchStrategy[dict[str, Any]]:
    """Records whose inner objects have at most so many fields."""
    values = st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=width),
        max_leaves=6,
    )
    return st.dictionaries(KEYS, values, max_size=4)


@st.composite
def specs(draw: st.DrawFn) -> MappingSpec:
    dialect = draw(st.sampled_from(["jinja", "twig"]))
    values = TEMPLATES[dialect] | st.sampled_from(["a", "b.c", "a.0", "missing", 5, True])
    return MappingSpec.model_validate(
        {
            "mapping": draw(st.dictionaries(TARGETS, values, min_size=1, max_size=4)),
            "cast": draw(st.dictionaries(TARGETS, st.lists(CASTS, max_size=2), max_size=2)),
            "unset": draw(st.lists(TARGETS, max_size=1)),
            "passThrough": draw(st.booleans()),
            "escape": draw(st.booleans()),
            "dialect": dialect,
        }
    )


def outcome(mapper: Mapper, record: dict[str, Any]) -> Any:
    try:
        return mapper.apply(record)
    except RecordError as error:
        return ("failed", error.field)


def turned(value: Any) -> Any:
    """Return a value with the keys of its objects in the opposite order."""
    if isinstance(value, list):
        return [turned(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {key: turned(element) for key, element in reversed(value.items())}


@given(specs(), records(3))
def test_the_fused_function_and_the_fields_one_by_one_agree(
    spec: MappingSpec, record: dict[str, Any]
):
    mapper = compile_mapping(spec)
    before = json.dumps(record)

    fused = outcome(mapper, copy.deepcopy(record))
    explained = mapper.explain(record)

    if isinstance(fused, tuple):
        assert fused[1] in {trace.target for trace in explained.fields if trace.error is not None}
    else:
        assert not explained.errors
        assert json.dumps(explained.result) == json.dumps(fused)
    assert json.dumps(record) == before


@given(specs(), records(3))
def test_a_mapping_gives_the_same_every_time(spec: MappingSpec, record: dict[str, Any]):
    first, again = compile_mapping(spec), compile_mapping(spec.model_copy(deep=True))

    assert first.fingerprint == again.fingerprint
    assert json.dumps(outcome(first, record)) == json.dumps(outcome(first, record))
    assert json.dumps(outcome(first, record)) == json.dumps(outcome(again, copy.deepcopy(record)))


@given(specs(), records(1))
def test_the_order_of_fields_does_not_matter(spec: MappingSpec, record: dict[str, Any]):
    # Inner objects have one field, since a template may print them: that shows their order.
    if "#" in spec.mapping or spec.pass_through:
        spec = spec.model_copy(update={"pass_through": False, "mapping": without_root(spec)})
    mapper = compile_mapping(spec)
    reordered = spec.model_copy(update={"mapping": turned(spec.mapping)})

    result = outcome(mapper, record)

    assert outcome(mapper, turned(record)) == result
    if not isinstance(result, tuple):
        assert outcome(compile_mapping(reordered), record) == result


def without_root(spec: MappingSpec) -> dict[str, Any]:
    """A result that `#` replaces, or that begins as the record, shows the order its fields were set in."""
    return {path: value for path, value in spec.mapping.items() if path != "#"}
