"""The syntax of the dialect `twig`: what the predecessor's templates are written in."""

import contextlib
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes

from openconnector.errors import InvalidInput, RecordError, TemplateLimit
from openconnector.expressions.limits import (
    MAX_LOOP_NESTING,
    MAX_MACRO_DEPTH,
    MAX_NODES,
    MAX_SOURCE_BYTES,
)
from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.templates import check_template, compile_template
from openconnector.expressions.tree import Node, walk
from openconnector.expressions.twig_lexer import SYMBOLS, WORDS
from openconnector.expressions.twig_parser import parse_twig
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec

RECORD: dict[str, Any] = {
    "n": 7,
    "neg": -2,
    "name": "Jan & Co",
    "null": None,
    "list": ["b", "a", "c"],
    "map": {"k1": "v1", "k2": "v2", "a b": "blank"},
    "rows": [{"id": 1, "p": 10}, {"id": 2, "p": 5}],
    "in": "I",
    "loop": "L",
}


def rendered(template: str, *, escapes: bool = True) -> Any:
    return compile_template(template, "twig", escapes=escapes).render(RECORD)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ 1 + 2 ~ 3 + 4 }}", "28"),
        ("{{ 2 + 3 * 4 }} {{ (2 + 3) * 4 }}", "14 20"),
        ("{{ -neg ** 2 }} {{ (-neg) ** 2 }} {{ -2 ** 2 }}", "-4 4 -4"),
        ("{{ 2 ** 3 ** 2 }}", "512"),
        ("{{ -5|abs }} {{ (-5)|abs }}", "-5 5"),
        ("{{ not n > 5 ? 1 : 0 }}{{ not (n < 5) ? 1 : 0 }}", "01"),
        ("{{ 0 or 1 and 0 ? 'yes' : 'no' }}", "no"),
        ("{{ 1 xor 1 or 0 ? 'yes' : 'no' }}", "no"),
        ("{{ 5 b-and 3 }} {{ 5 b-or 3 }} {{ 5 b-xor 3 }} {{ 1 b-or 2 b-and 2 }}", "1 7 6 3"),
        ("{{ missing ?? 'x' ~ 'y' }}", "xy"),
        ("{{ missing ?? null ?? 'deep' }}", "deep"),
        ("{{ 0 ?? 'x' }}{{ 0 ?: 'x' }}{{ 0 ? : 'y' }}", "0xy"),
        ("{{ n > 5 ? 'a' : n > 3 ? 'b' : 'c' }}{{ n > 9 ? 'a' : n > 3 ? 'b' : 'c' }}", "ab"),
        ("{{ n ? 'yes' }}{{ null ? 'yes' }}", "yes"),
        ("{{ missing ?: n > 5 ? 'a' : 'b' }}", "a"),
        ("{{ 2 < 3 == true ? 1 : 0 }}", "1"),
        ("{{ 1 <=> 2 }} {{ 'b' <=> 'a' }}", "-1 1"),
        ("{{ 7 // 2 * 2 }} {{ 7 % 4 }} {{ 10 / 4 }}", "6 3 2.5"),
        ("{{ 'a' in list and 'z' not in list ? 1 : 0 }}", "1"),
        ("{{ name starts with 'Jan' and name ends with 'Co' ? 1 : 0 }}{{ n starts with 7 ? 1 : 0 }}", "10"),
        ("{{ name matches '/^jan/i' ? 1 : 0 }}{{ null matches '/a/' ? 1 : 0 }}", "10"),
        ("{{ 1 === 1 and 1 !== '1' and 1 !== 1.0 and list === ['b', 'a', 'c'] ? 1 : 0 }}", "1"),
        ("{{ list has some v => v == 'a' }}{{ list has every v => v == 'a' }}", "1"),
        ("{{ (1..3)|join(',') }} {{ (3..1)|join(',') }}", "1,2,3 3,2,1"),
        ("{{ n is divisible by 7 ? 1 : 0 }}{{ n is divisible by(2) ? 1 : 0 }}", "10"),
        ("{{ n is same as(7) and n is not same as('7') ? 1 : 0 }}", "1"),
        ("{{ not n is odd ? 1 : 0 }}{{ n is not odd ? 1 : 0 }}", "00"),
    ],
)  # fmt: skip
def test_operators_bind_as_in_twig(template: str, expected: str):
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ 1_000 }} {{ 1.50 }} {{ 1e3 }} {{ 2.5e-1 }}", "1000 1.5 1000 0.25"),
        ("{{ 9223372036854775807 }} {{ 9223372036854775808 }}", "9223372036854775807 9.2233720368548E+18"),
        ("{{ TRUE }}{{ none }}{{ False }}", "1"),
        (r"""{{ 'it\'s' }} {{ "a\"b" }} {{ 'a\nb\x41\101\q' }}""", "it's a\"b a\nbAAq"),
        (r"{{ '\xc3\xa9' }}", "é"),
        ('{{ "#{name} is #{n + 1}" }}', "Jan & Co is 8"),
        ('{{ "a#{"b#{n}"}#" }}', "ab7#"),
        (r'{{ "\#{n}" }}{{ "# {n}" }}', "#{n}# {n}"),
        ('{{ "#{n}" is same as(7) ? 1 : 0 }}', "1"),
        ("{{ [1, 'a', null, true,]|json_encode }}", '[1,"a",null,true]'),
        ("{{ {'a': 1, b: 2, (name): 3, 5: 4,}|json_encode }}", '{"a":1,"b":2,"Jan & Co":3,"5":4}'),
        ("{{ {n, name}|json_encode }}", '{"n":7,"name":"Jan & Co"}'),
        ("{{ {0: 'a', 1: 'b'}|json_encode }} {{ {}|json_encode }}", '["a","b"] []'),
        ("{{ {(true): 1, (null): 2, (1.9): 3}|json_encode }}", '{"1":3,"":2}'),
        ("{{ [0, ...list, 9]|join }} {{ {...map, 'k2': 'x'}|join }} {{ max(...[3, 9]) }}", "0bac9 v1xblank 9"),
        ("{{ [...{a: 1}, 2]|json_encode }}", '{"a":1,"0":2}'),
        ("{{ 'a'  # a comment\n ~ 'b' }}", "ab"),
        ("{{ '{{ n }}' }} {{ '%}' }}", "{{ n }} %}"),
    ],
)  # fmt: skip
def test_literals(template: str, expected: str):
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ rows.1.id }}{{ rows[0].p }}{{ rows[-1].p }}{{ map['a b'] }}", "210blank"),
        ("{{ map.k1.x.y }}{{ n.x }}{{ name[0] }}{{ missing.x[2] }}|", "|"),
        ("{{ attribute(map, 'a b') }} {{ attribute(variable: map, attribute: 'k1') }}", "blank v1"),
        ("{{ map.(name) ?? 'none' }}{{ map.('k' ~ 1) }}", "nonev1"),
        ("{{ list[1:]|join }} {{ list[:1]|join }} {{ name[4:1] }} {{ list[-2:1]|join }}", "ac b & a"),
        ("{{ rows|first.id }}{{ (rows|last).id }}{{ rows|map(r => r.p)|last }}", "125"),
        ("{{ 5.5.5 }}{{ list.1.5 }}|", "a|"),
        ("{{ in }}{{ _context['in'] }}{{ _context.loop }}", "IIL"),
        ("{{ loop }}{% for i in list %}{{ loop.index }}{% endfor %}", "L123"),
        ("{{ map.k1() }}{{ name.upper() }}|", "|"),
        ("{{ list|join(glue='-') }} {{ list|join(glue: '+') }}", "b-a-c b+a+c"),
        ("{{ name|upper('too', 'much') }}", "JAN & CO"),
        ("{{ map.k1 is defined and map.x is not defined and null is defined ? 1 : 0 }}", "1"),
        ("{{ constant('PHP_EOL') is defined ? 1 : 0 }}{{ constant('NONE') is defined ? 1 : 0 }}", "10"),
        ("{{ attribute(map, 'k1') is defined ? 1 : 0 }}{{ map.k1() is defined ? 1 : 0 }}", "10"),
        ("{{ [1] is defined ? 1 : 0 }}{{ _self.m is defined ? 1 : 0 }}", "10"),
        ("{{ _charset }}", "UTF-8"),
        ("{{ _self }}", "__string_template__1a627d94fbe9cda7f6570d9b8980c19d"),
    ],
)  # fmt: skip
def test_values_are_reached_as_in_twig(template: str, expected: str):
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ list|map(v => v ~ n)|join }}", "b7a7c7"),
        ("{{ map|map((v, k) => k ~ '=' ~ v)|json_encode }}", '{"k1":"k1=v1","k2":"k2=v2","a b":"a b=blank"}'),
        ("{{ list|filter((v, k) => k > 0)|json_encode }}", '{"1":"a","2":"c"}'),
        ("{{ list|filter(v => v < 'c')|json_encode }}", '["b","a"]'),
        ("{{ rows|reduce((sum, row) => sum + row.p, 1) }} {{ []|reduce((c, v) => 1) is null ? 'null' }}", "16 null"),
        ("{{ map|reduce((c, v, k) => c ~ k, '') }}", "k1k2a b"),
        ("{{ rows|find(r => r.p == 5).id }}{{ rows|find(r => r.p == 6) is null ? 'none' }}", "2none"),
        ("{{ rows|sort((a, b) => a.p <=> b.p)|map(r => r.id)|json_encode }}", '{"1":2,"0":1}'),
        ("{{ [3, 1, 2]|sort((a, b) => a > b)|join }}", "123"),
        ("{{ list|map(n => n)|join }}{{ n }}", "bac7"),
        ("{{ [[1, 2], [3]]|map(l => l|map(x => x * 2)|join)|join(',') }}", "24,6"),
        ("{{ list|map(v => loop.index ?? '-')|join }}", "---"),
        ("{% for i in list %}{{ list|map(v => loop.index)|join }}{% endfor %}", "111222333"),
    ],
)  # fmt: skip
def test_arrow_functions(template: str, expected: str):
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% if n < 5 %}a{% elseif n == 7 %}b{% else %}c{% endif %}", "b"),
        ("{% for k, v in map %}{{ k }}={{ v }};{% else %}-{% endfor %}", "k1=v1;k2=v2;a b=blank;"),
        ("{% for x in n %}x{% else %}none{% endfor %}{% for x in missing %}x{% endfor %}", "none"),
        ("{% for i in 1..3 %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.last ? '.' }}{% endfor %}", "031221."),
        ("{% for a in rows %}{% for b in list %}{{ loop.parent.loop.index }}{{ loop.parent.a.id }}"
         "{% endfor %}{% endfor %}",
         "111111222222"),
        ("{% for i in list %}{{ loop['first'] }}{{ loop|length }}{% endfor %}", "1777"),
        ("{% for i in list %}{{ loop.nothing }}{{ loop.parent.loop }}{{ loop.parent.i }}"
         "{{ loop.parent|length }};{% endfor %}",
         "L9;L9;L9;"),
        ("{% for n in list %}{{ n }}{% endfor %}{{ n }}", "bac7"),
        ("{% set x = 1 %}{% for i in list %}{% set x = x + 1 %}{% set y = i %}{% endfor %}{{ x }}{{ y }}", "4"),
        ("{% set a, b = 1, 2 %}{% set a, b = b, a %}{{ a }}{{ b }}", "21"),
        ("{% set x %}<b>{{ name }}</b>{% endset %}{{ x }} {{ x|length }} {{ x|upper }}",
         "<b>Jan & Co</b> 19 <B>JAN &AMP; CO</B>"),
        ("{% set q = 1 %}{{ _context|keys|last }}{{ _context.q }}{{ _context.n }}", "q17"),
        ("{% apply upper|slice(0, 5) %}{{ name }}{% endapply %}", "JAN &"),
        ("{% with {q: 5, n: 1} %}{{ q }}{{ n }}{% set z = 1 %}{% endwith %}{{ q }}{{ n }}{{ z }}", "517"),
        ("{% with {q: 5} only %}{{ q }}{{ n }}{{ list|length }}{% endwith %}", "50"),
        ("{% with map %}{{ k1 }}{% endwith %}{% with %}{% set n = 1 %}{% endwith %}{{ n }}", "v17"),
        ("{% do 1 + 1 %}x{% flush %}{% types {n: 'int', x?: 'string'} %}{% deprecated 'old' %}", "x"),
        ("{% block a %}x{{ n }}{% endblock a %}{% block b name %}", "x7Jan & Co"),
        ("{% guard function nothing %}a{% else %}b{% endguard %}{% guard filter upper %}c{% endguard %}", "bc"),
        ("{% guard test divisible by %}a{% endguard %}{% guard filter no %}{{ n|no }}{% endguard %}", "a"),
        ("{% verbatim %}{{ n }} {% if %}{% endverbatim %}", "{{ n }} {% if %}"),
        ("a{# {{ n }} {% if #}b", "ab"),
    ],
)  # fmt: skip
def test_tags(template: str, expected: str):
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% macro m(a, b = 2) %}{{ a }}{{ b }}{{ varargs|join(',') }}{% endmacro %}"
         "{{ _self.m(1) }} {{ _self.m(1, null) }} {{ _self.m(1, 3, 4, 5) }} {{ _self.m(b: 9) }} {{ _self.m }}",
         "12 1 134,5 9 2"),
        ("{% import _self as s %}{{ s.m(name) }}{% macro m(x) %}<{{ x|upper }}>{{ n }}{% endmacro m %}", "<JAN & CO>"),
        ("{% from _self import m as one, m %}{% macro m(x) %}[{{ x }}]{% endmacro %}{{ one(1) ~ m(2) }}", "[1][2]"),
        ("{% macro down(x) %}{% if x %}{{ x }}{{ _self.down(x - 1) }}{% endif %}{% endmacro %}"
         "{{ _self.down(5) }}", "54321"),
        ("{% macro m(l) %}{% set s = 0 %}{% for x in l %}{% set s = s + x %}{% endfor %}{{ s }}{% endmacro %}"
         "{{ _self.m([1, 2]) }}", "3"),
        ("{% macro m() %}{{ name }}{{ _context|length }}{% endmacro %}{{ _self.m() }}", "1"),
    ],
)  # fmt: skip
def test_macros_see_nothing_but_what_they_are_given(template: str, expected: str):
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("a {{- n -}} b", "a7b"),
        ("a {{~ n ~}} b", "a7b"),
        ("a\n {{~ n ~}} \nb", "a\n7\nb"),
        ("a\n {%- if n -%} \nb\n {%- endif -%} \n c", "abc"),
        ("\n{% if n %}\nx\n{% endif %}\n\ny", "\nx\n\ny"),
        ("{{ n }}\nx{# c #}\ny", "7\nxy"),
        ("{% if n %}\r\nx\r\ny{% endif %}\r\n", "x\ny"),
        ("a {%- verbatim -%} {{ n }} {%- endverbatim -%} b", "a{{ n }}b"),
        ("a {%~ verbatim ~%} {{ n }} {%~ endverbatim ~%} b", "a{{ n }}b"),
        ("{%if n%}x{%endif%}{{n}}", "x7"),
    ],
)
def test_blanks_around_tags(template: str, expected: str):
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "escaped", "plain"),
    [
        ("{{ name }}", "Jan & Co", "Jan & Co"),
        ("{{ '&lt;' }}", "<", "&lt;"),
        ("{{ '&lt;' ~ n }}", "&lt;7", "&lt;7"),
        ("&lt;{{ name }}", "<Jan & Co", "&lt;Jan & Co"),
        ("{{ name|e }}", "Jan & Co", "Jan &amp; Co"),
        ("{{ name|e|e }}", "Jan &amp; Co", "Jan &amp;amp; Co"),
        ("{{ n ? '&lt;' : name }}{{ missing ?? '&gt;' }}{{ null ?: '&amp;' }}", "<>&", "&lt;&gt;&amp;"),
        ("{{ n ?: '&gt;' }}{{ '&gt;' ?? 1 }}", "7>", "7&gt;"),
        ("&{{ n ? '&lt;' : name }}{{ '&gt;' ?: 1 }}", "&<>", "&&lt;&gt;"),
        ("{% autoescape false %}{{ '&lt;' ~ n }}{% endautoescape %}{{ '&lt;' ~ n }}", "<7&lt;7", "&lt;7&lt;7"),
        ("{% autoescape %}{{ '&lt;' ~ n }}{% endautoescape %}", "&lt;7", "&lt;7"),
        ("{% set x = '&lt;' %}{{ x }}{{ x|raw }}", "&lt;<", "&lt;&lt;"),
        ("{{ ('&lt;' ~ name)|nl2br }}", "&lt;Jan & Co", "&lt;Jan & Co"),
    ],
)  # fmt: skip
def test_output_is_escaped_where_the_predecessor_escapes_and_not_when_that_is_off(
    template: str, escaped: str, plain: str
):
    assert rendered(template) == escaped
    assert rendered(template, escapes=False) == plain


def test_escaping_is_a_switch_of_the_mapping():
    fields = {"mapping": {"x": "&lt;{{ 1 }}", "y": "&lt;"}, "dialect": "twig"}

    on = compile_mapping(MappingSpec.model_validate(fields))
    off = compile_mapping(MappingSpec.model_validate(fields | {"escape": False}))

    assert on.apply({}) == {"x": "<1", "y": "<"}
    assert off.apply({}) == {"x": "&lt;1", "y": "&lt;"}
    assert on.fingerprint != off.fingerprint


@pytest.mark.parametrize(
    ("template", "line", "column", "word"),
    [
        ("{{ n", 1, 1, "{{ is not closed"),
        ("\n {% if n", 2, 2, "{% is not closed"),
        ("{# n", 1, 1, "{# is not closed"),
        ("x\n{% verbatim %}", 2, 1, "verbatim is not closed"),
        ("{{ list[0 }}", 1, 8, "[ is not closed"),
        ("{{ (1] }}", 1, 4, "( is not closed"),
        ("{{ 1) }}", 1, 5, "unexpected ')'"),
        ("{{ 'abc }}", 1, 4, "the text is not closed"),
        ('{{ "abc#{n', 1, 8, "#{ is not closed"),
        (r"{{ '\xff' }}", 1, 4, "UTF-8"),
        ("{{ n; }}", 1, 5, "unexpected ';'"),
        ("{{ }}", 1, 3, "a value is expected"),
        ("{{ n n }}", 1, 6, "'}}' is expected"),
        ("{{ 'a' 'b' }}", 1, 8, "'}}' is expected"),
        ("{{ n\n && n }}", 2, 2, "unexpected '&'"),
        ("{{ n = 5 }}", 1, 6, "'}}' is expected"),
        ("{{ map?.k1 }}", 1, 7, "'?.' does not exist"),
        ("{{ (a, b) }}", 1, 10, "'=>' is expected"),
        ("{{ 1 => 2 }}", 1, 4, "names stand before"),
        ("{{ v => v }}", 1, 4, "arrow"),
        ("{{ list|map('upper') }}", 1, 9, "arrow function"),
        ("{{ list has some 1 }}", 1, 4, "arrow function"),
        ("{{ ...list }}", 1, 4, "'...'"),
        ("{{ 'a'() }}", 1, 7, "only functions"),
        ("{{ f(1: 2) }}", 1, 6, "the name of an argument"),
        ("{{ f(a=1, 2) }}", 1, 11, "come first"),
        ("{{ {+: 1} }}", 1, 5, "a key"),
        ("{{ n is nothing }}", 1, 9, "no test 'nothing'"),
        ("{{ max(1, 2) is defined }}", 1, 17, "only variables"),
        ("{{ n|upper is defined }}", 1, 15, "only variables"),
        ("{{ nothing() }}", 1, 4, "no function 'nothing'"),
        ("{{ nothing().x() }}", 1, 4, "no function 'nothing'"),
        ("{{ n|nothing }}", 1, 6, "no filter 'nothing'"),
        ("{{ n matches '/(/' }}", 1, 14, "regular expression"),
        ("{{ n matches 'abc' }}", 1, 14, "delimiters"),
        ("{% if n %}x", 1, 4, "if is not closed; endif closes it"),
        ("{% if n %}a{% else %}b{% else %}c{% endif %}", 1, 26, "unexpected else"),
        ("{% endfor %}", 1, 4, "unexpected endfor"),
        ("{% for i in list %}{% break %}{% endfor %}", 1, 23, "no tag 'break'"),
        ("{% for i in list if i %}{% endfor %}", 1, 18, "for has no condition"),
        ("{% for i, j, k in list %}{% endfor %}", 1, 4, "for takes one name"),
        ("{% set %}", 1, 7, "the name of a variable"),
        ("{% set a.b = 1 %}", 1, 9, "unexpected '.'"),
        ("{% set a, b = 1 %}", 1, 4, "2 names for 1 values"),
        ("{% set a, b %}{% endset %}", 1, 4, "takes one name"),
        ("{% set true = 1 %}", 1, 8, "cannot be given a value"),
        ("{% macro m() %}{% macro n() %}{% endmacro %}{% endmacro %}", 1, 19, "outside of others"),
        ("{% macro m() %}{% endmacro %}{% macro m() %}{% endmacro %}", 1, 39, "already"),
        ("{{ _self.m() }}", 1, 4, "no macro 'm'"),
        ("{% macro m(a) %}{% endmacro %}{{ _self.m(b: 1) }}", 1, 34, "no such argument: b"),
        ("{% import 'x.twig' as x %}", 1, 11, "no other templates"),
        ("\n\n  {% include 'x.twig' %}", 3, 6, "include is not allowed"),
        ("{% extends 'x.twig' %}", 1, 4, "extends is not allowed"),
        ("{% embed 'x.twig' %}{% endembed %}", 1, 4, "embed is not allowed"),
        ("{% use 'x.twig' %}", 1, 4, "use is not allowed"),
        ("{% sandbox %}{% endsandbox %}", 1, 4, "sandbox is not allowed"),
        ("{{ include('x.twig') }}", 1, 4, "include() is not allowed"),
        ("{{ source('x.twig') }}", 1, 4, "source() is not allowed"),
        ("{% spaceless %}{% endspaceless %}", 1, 4, "spaceless is no tag"),
        ("{% filter upper %}{% endfilter %}", 1, 4, "write apply"),
        ("{% autoescape n %}{% endautoescape %}", 1, 4, "name of a strategy"),
    ],
)  # fmt: skip
def test_a_wrong_template_says_what_is_wrong_and_where(
    template: str, line: int, column: int, word: str
):
    problem = check_template(template, "twig")

    assert problem is not None
    assert word in problem.message
    assert (problem.line, problem.column) == (line, column)


def test_limits_hold_for_twig_too():
    loop = "{% for i in list %}"

    assert check_template(" " * MAX_SOURCE_BYTES, "twig") is None
    assert check_template(" " * (MAX_SOURCE_BYTES + 1), "twig") is not None
    assert check_template("{{ n }}" * (MAX_NODES // 2), "twig") is None
    assert check_template("{{ n }}" * (MAX_NODES + 1), "twig") is not None
    assert (
        check_template(loop * MAX_LOOP_NESTING + "{% endfor %}" * MAX_LOOP_NESTING, "twig") is None
    )
    too_deep = loop * (MAX_LOOP_NESTING + 1) + "{% endfor %}" * (MAX_LOOP_NESTING + 1)
    assert check_template(too_deep, "twig") is not None


def test_macros_call_each_other_only_so_deep():
    template = "{% macro m(n) %}{% if n %}x{{ _self.m(n - 1) }}{% endif %}{% endmacro %}{{ _self.m(LEFT) }}"
    allowed = MAX_MACRO_DEPTH - 1

    assert rendered(template.replace("LEFT", str(allowed))) == "x" * allowed
    with pytest.raises(TemplateLimit, match="macros"):
        rendered(template.replace("LEFT", str(allowed + 1)))


@given(st.text(alphabet=string.printable + "é\ud800", max_size=60))
def test_any_text_is_refused_or_knows_its_place(text: str):
    for template in (text, "{{" + text + "}}", "{%" + text + "%}", '{{ "' + text + '" }}'):
        with contextlib.suppress(NotAllowed, RecursionError):
            for node in walk(parse_twig(template).body):
                assert 0 <= place_of(node) < max(len(template), 1)


def place_of(node: Node) -> int:
    # Operands, and the parts of `set a, b = ...`, stand where what they belong to stands.
    return node.lineno or 0 if not isinstance(node, nodes.Template) else 0


PIECES = st.sampled_from(
    [*SYMBOLS, *WORDS, "n", "list", "map", "'x'", '"a#{n}"', "1", ")", "]", "}", "{", ",", ":", "v => v", "|upper",
     "|length", "loop", "_context", "is", "empty", "defined", "null"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8), st.sampled_from(["", "{% for x in list %}"]))
def test_any_expression_is_refused_rendered_or_fails_for_its_record(pieces: list[str], loop: str):
    expression = " ".join(pieces)
    template = f"{loop}{{% if {expression} %}}{{{{ {expression} }}}}{{% endif %}}"
    template += "{% endfor %}" if loop else ""

    with contextlib.suppress(InvalidInput, RecordError):
        spec = MappingSpec(mapping={"x": template}, dialect="twig")
        assert isinstance(compile_mapping(spec).apply(RECORD)["x"], str)
