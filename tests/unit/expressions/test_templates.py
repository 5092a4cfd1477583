"""Templates of the dialect `jinja`."""

import contextlib
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import InvalidInput, RecordError
from openconnector.expressions.dialects import DIALECTS
from openconnector.expressions.limits import MAX_NESTING, MAX_NODES, MAX_SOURCE_BYTES
from openconnector.expressions.problems import TemplateProblem
from openconnector.expressions.templates import check_template, compile_template
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec

RECORD: dict[str, Any] = {
    "naam": "Jan",
    "empty": None,
    "waar": True,
    "bedrag": 12.5,
    "address": {"straat": "Dorpsstraat", "nr": 3, "__metadata": {"uri": "u"}},
    "nummers": [3, 1, 2],
    "items": [{"id": 1, "n": "a", "ok": True}, {"id": 2, "n": "b", "ok": False}],
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ address.nr }}", 3),
        ("{{ address['nr'] }}", 3),
        ("{{ address }}", RECORD["address"]),
        ("{{ address.__metadata.uri }}", "u"),
        ("{{ nummers[0] }}", 3),
        ("{{ nummers[-1] }}", 2),
        ("{{ nummers[9] }}", None),
        ("{{ nummers[1:] }}", [1, 2]),
        ("{{ nummers.1 }}", 1),
        ("{{ weg }}", None),
        ("{{ weg.verder.weg }}", None),
        ("{{ naam.verder }}", None),
        ("{{ 1 + 2 * 3 }}", 7),
        ("{{ 7 // 2 }}", 3),
        ("{{ 7 % 4 }}", 3),
        ("{{ 2 ** 10 }}", 1024),
        ("{{ -bedrag }}", -12.5),
        ("{{ 'a' + 'b' }}", "ab"),
        ("{{ nummers + [4] }}", [3, 1, 2, 4]),
        ("{{ naam == 'Jan' and bedrag > 10 }}", True),
        ("{{ 1 < address.nr <= 3 }}", True),
        ("{{ 'Jan' in naam and 3 in nummers and 'straat' in address }}", True),
        ("{{ 9 not in nummers }}", True),
        ("{{ weg or 'anders' }}", "anders"),
        ("{{ not weg }}", True),
        ("{{ 'ja' if waar else 'nee' }}", "ja"),
        ("{{ 'ja' if empty }}", None),
        ("{{ weg is defined }}", False),
        ("{{ 1 is defined and 'a' is not undefined }}", True),
        ("{{ empty is defined and empty is none }}", True),
        ("{{ address.nr is odd }}", True),
        ("{{ address.nr is divisibleby(3) }}", True),
        ("{{ {'a': naam, 'b': [weg]} }}", {"a": "Jan", "b": [None]}),
        ("{{ naam ~ ' ' ~ address.nr ~ empty ~ waar }}", "Jan 3true"),
        ("{{ _context.naam }}", "Jan"),
        ("{{ _context['naam'] }}", "Jan"),
        ("{{ address.items() | first | first }}", "straat"),
        ("{{ address.get('weg', 7) }}", 7),
        ("{{ range(1, 4) }}", [1, 2, 3]),
        ("", ""),
        ("{# niets #}", ""),
        ("{% if naam %}{% endif %}", ""),
    ],
)
def test_a_lone_expression_keeps_the_type_of_its_value(template: str, expected: object):
    result = compile_template(template).render(RECORD)

    assert (type(result), result) == (type(expected), expected)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("x{{ naam }}", "xJan"),
        ("{{ naam }} ", "Jan "),
        ("{{ address.nr }}/{{ bedrag }}/{{ waar }}/{{ empty }}/{{ weg }}", "3/12.5/true//"),
        ("lijst: {{ nummers }}", "lijst: [3,1,2]"),
        ("{% if waar %}ja{% elif empty %}?{% else %}nee{% endif %}", "ja"),
        ("{% if empty %}ja{% elif naam %}?{% else %}nee{% endif %}", "?"),
        ("{% for n in nummers %}{{ loop.index }}{{ n }}{{ ',' if not loop.last }}{% endfor %}", "13,21,32"),
        ("{% for i in items if i.ok %}{{ i.n }}{% else %}empty{% endfor %}", "a"),
        ("{% for i in weg %}{{ i }}{% else %}empty{% endfor %}", "empty"),
        ("{% for k, v in address.items() %}{{ k }};{% endfor %}", "straat;nr;__metadata;"),
        ("{% for k in address %}{{ k }};{% endfor %}", "straat;nr;__metadata;"),
        ("{% for a in nummers %}{% for b in nummers %}{{ loop.index0 }}{% endfor %}{{ loop.revindex }} {% endfor %}",
         "0123 0122 0121 "),
        ("{% set x = 1 %}{% for n in nummers %}{% set x = x + n %}{{ x }} {% endfor %}{{ x }}", "4 2 3 1"),
        ("{% set naam = naam ~ '!' %}{{ naam }}", "Jan!"),
        ("{% if empty %}{% set y = 1 %}{% endif %}[{{ y }}]", "[]"),
        ("{% set ns = namespace(t=0) %}{% for n in nummers %}{% set ns.t = ns.t + n %}{% endfor %}{{ ns.t }}", "6"),
        ("{% set x %}<{{ naam }}>{% endset %}{{ x | upper }}", "<JAN>"),
        ("{% set x | upper %}{{ naam }}{% endset %}{{ x }}", "JAN"),
        ("{% filter lower %}{{ naam }}{% endfilter %}", "jan"),
        ("a &amp; b {{ naam }}", "a &amp; b Jan"),
    ],
)  # fmt: skip
def test_text_around_an_expression_makes_text(template: str, expected: str):
    assert compile_template(template).render(RECORD) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ naam | upper | lower }}", "jan"),
        ("{{ weg | upper }}", ""),
        ("{{ 'jan de vries' | title }}", "Jan De Vries"),
        ("{{ 'JAN' | capitalize }}", "Jan"),
        ("{{ '  x ' | trim }}", "x"),
        ("{{ empty | default('x') }}", "x"),
        ("{{ 0 | default('x') }}", 0),
        ("{{ 0 | default('x', true) }}", "x"),
        ("{{ naam | replace('a', 'o') }}", "Jon"),
        ("{{ naam | replace({'J': 'P', 'an': 'im'}) }}", "Pim"),
        ("{{ 'a;b' | split(';') }}", ["a", "b"]),
        ("{{ nummers | join('-') }}", "3-1-2"),
        ("{{ items | join('-', attribute='n') }}", "a-b"),
        ("{{ items | map(attribute='id') | sum }}", 3),
        ("{{ items | selectattr('ok') | map(attribute='n') | first }}", "a"),
        ("{{ items | rejectattr('id', '==', 1) | length }}", 1),
        ("{{ items | column('n') }}", ["a", "b"]),
        ("{{ nummers | sort | reverse }}", [3, 2, 1]),
        ("{{ items | sort(attribute='id', reverse=true) | map(attribute='id') }}", [2, 1]),
        ("{{ [1, '1', 1] | unique }}", [1, "1"]),
        ("{{ nummers | batch(2) }}", [[3, 1], [2]]),
        ("{{ nummers | max + nummers | min }}", 4),
        ("{{ address | keys }}", ["straat", "nr", "__metadata"]),
        ("{{ {'a': 1} | merge({'b': 2}) }}", {"a": 1, "b": 2}),
        ("{{ bedrag | round }}", 13),
        ("{{ -2.5 | abs }}", 2.5),
        ("{{ 3.14159 | round(2, 'floor') }}", 3.14),
        ("{{ '12abc' | int }}", 12),
        ("{{ weg | int(5) }}", 5),
        ("{{ '1.5' | float }}", 1.5),
        ("{{ 1234.5 | number_format(2, ',', '.') }}", "1.234,50"),
        ("{{ '%05d|%.2f|%-4s|%s' | format(42, 1.005, 'a', naam) }}", "00042|1.00|a   |Jan"),
        ("{{ address.nr | tojson }}", "3"),
        ("{{ {'a': [1.0, 'é/']} | json_encode }}", '{"a":[1,"é/"]}'),
        ("{{ '{\"a\": 1}' | json_decode }}", {"a": 1}),
        ("{{ 'é' | b64enc | b64dec }}", "é"),
        ("{{ 'Een Title, één!' | slugify }}", "een-title-n"),
        ("{{ 'a b&c' | url_encode }}", "a%20b%26c"),
        ("{{ {'q': 'a b'} | urlencode }}", "q=a+b"),
        (
            "{{ '2024-03-01T09:05:00+01:00' | date('D j M Y, G:i P') }}",
            "Fri 1 Mar 2024, 9:05 +01:00",
        ),
        ("{{ 1700000000 | date('c') }}", "2023-11-14T22:13:20+00:00"),
        ("{{ '<b>x</b>' | striptags }}", "x"),
        ("{{ '<b>' | e }}", "&lt;b&gt;"),
        ("{{ 'abcdef' | truncate(5) }}", "ab..."),
    ],
)
def test_filters(template: str, expected: object):
    assert compile_template(template).render(RECORD) == expected


@pytest.mark.parametrize(
    ("template", "message", "line", "column"),
    [
        ("{{ naam | nope }}", "no filter 'nope'", 1, 11),
        ("een\ntwee {{ naam is raar }}", "no test 'raar'", 2, 14),
        ("{{ naam | replace }}", "replace: missing a required argument: 'old'", 1, 11),
        ("{{ 1 + }}", "unexpected 'end of print statement'", 1, 8),
        ("a\nb {{ naam", "unexpected end of template", 2, 6),
        ("{{ doe(1) }}", "no function 'doe'", 1, 7),
        ("{{ naam.upper() }}", "use a filter", 1, 14),
        ("x\n{% include 'y' %}", "include is not allowed", 2, 4),
        ("{% for a, b, c in x %}{% endfor %}", "for takes one name", 1, 12),
        ("{% for a in x %}{{ loop }}{% endfor %}", "loop has only fields", 1, 20),
        ("{% for a in x %}{{ loop.nope }}{% endfor %}", "loop has no nope", 1, 24),
        ("x {{ naam ? 1 : 2 }}", "unexpected char '?'", 1, 11),
    ],
)
def test_a_wrong_template_says_what_is_wrong_and_where(
    template: str, message: str, line: int, column: int
):
    problem = check_template(template)

    assert isinstance(problem, TemplateProblem)
    assert message in problem.message
    assert (problem.line, problem.column) == (line, column)


def test_limits_hold_at_the_limit_and_one_past_it():
    fits = "x" * (MAX_SOURCE_BYTES - len("{{a}}")) + "{{a}}"
    assert check_template(fits) is None
    assert check_template(fits + "x") is not None

    nested = "[" * (MAX_NESTING - 2) + "1" + "]" * (MAX_NESTING - 2)
    assert check_template(f"{{{{ {nested} }}}}") is None
    assert check_template(f"{{{{ [{nested}] }}}}") is not None

    many = "{{a}}" * (MAX_NODES - 2)
    assert check_template(many) is None
    assert check_template(many + "{{a}}") is not None


@pytest.mark.parametrize("wrapping", ["not {}", "({} ~ 1)", "({} | upper)", "[{}]", "({}.a)", "({} + 1)",
                                      "({} or a)", "(1 if {} else 2)", "({} is odd)", "a[{}]"])  # fmt: skip
def test_what_may_be_nested_can_be_compiled(wrapping: str):
    expression = "a.b"
    while check_template(f"{{{{ {wrapping.format(expression)} }}}}") is None:
        expression = wrapping.format(expression)

    assert len(expression) > MAX_NESTING
    compile_template(f"x{{{{ {expression} }}}}")


PIECES = st.sampled_from(
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "naam", "address.straat", "nummers", "items", "weg", "'words'",
        "1", "2.5", "true", "none", "|", "upper", "default('x')", "length", "join(',')", "first", "sort",
        "replace('a','b')", "map(attribute='id')", "int", "round", "tojson", "~", "+", "-", "*", "/", "//",
        "%", "**", "==", "!=", "<", "in", "not", "and", "or", "is", "defined", "odd", "if", "else", "elif",
        "endif", "for", "x", "endfor", "set", "=", "endset", "(", ")", "[", "]", ",", ":", ".", "loop.index",
        "range(9)", "namespace(a=1)", "ns.a", "mapping('m',address)", "__class__", "_context", "{{naam}}",
        "{%if(naam)%}", "{%endif%}", "{%for(x)in(nummers)%}", "{%endfor%}",
    ]
)  # fmt: skip
FRAGMENTS = st.lists(PIECES | st.text(string.printable, max_size=3), max_size=12).map(" ".join)
TEMPLATES = st.one_of(
    FRAGMENTS,
    FRAGMENTS.map(lambda inside: f"{{{{ {inside} }}}}"),
    FRAGMENTS.map(lambda inside: f"{{% for x in nummers %}}{inside}{{% endfor %}}"),
)


@given(TEMPLATES, st.sampled_from(["jinja", "twig"]))
def test_any_text_is_refused_rendered_or_fails_for_its_record(template: str, dialect: Any):
    spec = MappingSpec(mapping={"x": template}, dialect=dialect)

    try:
        result = compile_mapping(spec).apply(RECORD)
    except (InvalidInput, RecordError):
        return

    assert result.keys() == {"x"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
CALLS = [
    (dialect, name, arguments)
    for dialect, rules in DIALECTS.items()
    for name in rules.filters
    for arguments in ("", "(b)", "(b, c)", "(attribute=b)")
    if check_template(f"{{{{ a | {name}{arguments} }}}}", dialect) is None
]


@given(st.sampled_from(CALLS), JSON, JSON, JSON)
def test_any_filter_takes_any_values_or_fails_for_its_record(
    call: Any, first: Any, second: Any, third: Any
):
    dialect, name, arguments = call
    spec = MappingSpec(mapping={"x": f"{{{{ a | {name}{arguments} }}}}"}, dialect=dialect)

    with contextlib.suppress(RecordError):
        compile_mapping(spec).apply({"a": first, "b": second, "c": third})


OPERATORS = [
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "~",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "and",
    "or",
]


@given(st.sampled_from(OPERATORS), st.sampled_from(["jinja", "twig"]), JSON, JSON)
def test_any_operator_takes_any_values_or_fails_for_its_record(
    operator: str, dialect: Any, left: Any, right: Any
):
    spec = MappingSpec(mapping={"x": f"{{{{ a {operator} b }}}}"}, dialect=dialect)

    with contextlib.suppress(RecordError):
        compile_mapping(spec).apply({"a": left, "b": right})
