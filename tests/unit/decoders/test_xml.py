"""XML is read within limits, into the recorded forms, and back."""

from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.decoders.xml import XmlDecoder
from openconnector.errors import LimitExceeded, MalformedAnswer, OpenConnectorError, RecordError
from openconnector.markup import Comment, Element, Instruction, write

STUF = Path(__file__).parents[4] / "shared/data/suites/soap-stuf"
MESSAGES = sorted([*STUF.glob("stuf-bg/*.xml"), *STUF.glob("messages/*.xml")])

LOSSLESS = XmlDecoder(form="lossless")


def simple(text: str | bytes, **settings: Any) -> Any:
    body = text if isinstance(text, bytes) else text.encode()
    return XmlDecoder(**settings).decode(body, "application/xml")


def test_the_lossless_form_keeps_order_mixed_text_comments_and_namespaces():
    body = b'<p xmlns:n="urn:n" n:x="1">a<b/>c<!--d--><?e f?><n:b>g</n:b> </p>'

    assert LOSSLESS.decode(body, "") == {
        "name": "p",
        "attributes": {"xmlns:n": "urn:n", "n:x": "1"},
        "children": [
            "a",
            {"name": "b"},
            "c",
            {"comment": "d"},
            {"instruction": "e", "text": "f"},
            {"name": "n:b", "children": ["g"]},
            " ",
        ],
    }


def test_the_simple_form_keeps_prefixed_names_and_what_they_hold():
    envelope = '<s:Envelope xmlns:s="urn:s"><s:Body><a s:x="1">2</a></s:Body></s:Envelope>'

    assert simple(envelope) == {"s:Body": {"a": {"@attributes": {"s:x": "1"}, "#text": "2"}}}


@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"),
        '<?xml version="1.0" encoding="windows-1252"?><a>é</a>'.encode("cp1252"),
        '<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16"),
        "<a>é</a>".encode("utf-16"),
        "<a>é</a>".encode("utf-8-sig"),
        "<a><![CDATA[é]]></a>".encode(),
    ],
)
def test_every_common_encoding_is_read(body: bytes):
    assert simple(body) == {"#text": "é"}


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE r><r/>",
        f'<!DOCTYPE r [<!ENTITY a0 "x">{BOMB}]><r>&a11;</r>',
        f'<!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]><r>{"&a;" * 50_000}</r>',
        '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><r>&f;</r>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/r.dtd"><r/>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]><r/>',
        '<!-- c --><?pi?>\n<!DOCTYPE r><r/>',
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(document: str, encoding: str):
    with pytest.raises(MalformedAnswer, match="document type"):
        simple(document.encode(encoding))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no element found"),
        (b"geen xml", "line 1, column 1"),
        (b"<a>\n<b></a>", "line 2, column 6: mismatched tag"),
        (b"<a>&nbsp;</a>", "undefined entity"),
        (b"<a/><b/>", "junk after document element"),
        (b'<a b="1" b="2"/>', "duplicate attribute"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "unknown encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "should be XML"),
        (b"\xff\xfe<", "not UTF-16"),
        (b"<a>\x00</a>", "invalid token"),
    ],
)
def test_what_is_no_xml_is_refused_with_the_place(body: bytes, says: str):
    with pytest.raises(MalformedAnswer, match=says):
        simple(body)


@pytest.mark.parametrize(
    ("within", "beyond", "limits"),
    [
        ("<a><b/></a>", "<a><b><c/></b></a>", {"maxDepth": 2}),
        ("<a><b/><b/></a>", "<a><b/><b/><b/></a>", {"maxElements": 3}),
        ('<a x="1" y="2"/>', '<a x="1" y="2" z="3"/>', {"maxAttributes": 2}),
        ("<a>123456</a>", "<a>1234567</a>", {"maxText": 6}),
        ("<a><![CDATA[123]]>456</a>", "<a>12<![CDATA[345]]>67</a>", {"maxText": 6}),
        ('<a x="123456"/>', '<a x="1234567"/>', {"maxText": 6}),
        (f'<a x="{"y" * 980}"/>', f'<a x="{"y" * 1_100}"/>', {"maxTag": 1_000}),
        (f"<a>{'y' * 2_000}</a>", f"<a {'x' * 2_000}", {"maxTag": 1_000}),
        (f"<a><!--{'y' * 2_000}--></a>", f"<a x='\"{'>' * 2_000}'/>", {"maxTag": 1_000}),
    ],
)
def test_every_limit_holds_at_the_limit_and_one_beyond(within, beyond, limits):
    simple(within, **limits)

    with pytest.raises(LimitExceeded, match=next(iter(limits))):
        simple(beyond, **limits)


def test_attributes_without_end_are_refused_before_they_are_read():
    listed = " ".join(f'a{number}="1"' for number in range(150_000))

    for document in (f"<r><a {listed}/></r>", f"<a {listed}"):
        with pytest.raises(LimitExceeded, match="maxTag"):
            simple(document)


NAMES = st.sampled_from(["a", "b", "n:c", "_d", "é", "e.f-1"])
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
        lambda sign: sign in "\t\n\r" or sign >= " "
    ),
    max_size=8,
)
ATTRIBUTES = st.dictionaries(NAMES | st.just("xmlns:n"), TEXTS, max_size=3)
ELEMENTS = st.recursive(
    st.builds(Element, NAMES, ATTRIBUTES, st.just([])),
    lambda inner: st.builds(
        Element,
        NAMES,
        ATTRIBUTES,
        st.lists(
            inner
            | TEXTS
            | st.builds(Comment, st.sampled_from(["", " c ", "a-b"]))
            | st.builds(Instruction, st.just("pi"), st.sampled_from(["", "x=1"])),
            max_size=4,
        ),
    ),
    max_leaves=10,
)


@given(ELEMENTS)
def test_the_lossless_form_comes_back_as_it_was(root: Element):
    shown = LOSSLESS.decode(write(root), "")

    assert LOSSLESS.decode(LOSSLESS.encode(shown), "") == shown


def canonical(body: bytes) -> str:
    return ElementTree.canonicalize(body.decode())


@pytest.mark.skipif(not MESSAGES, reason="the StUF and SOAP messages are not on this machine")
def test_recorded_messages_come_back_as_they_were():
    for file in MESSAGES:
        body = file.read_bytes()

        assert canonical(LOSSLESS.encode(LOSSLESS.decode(body, ""))) == canonical(body), file.name


@given(ELEMENTS)
def test_the_simple_form_comes_back_as_it_was(root: Element):
    decoder = XmlDecoder()
    shown = decoder.decode(write(root), "")

    assert decoder.decode(decoder.encode(shown, "r"), "") == shown


@given(
    st.binary(max_size=40)
    | st.lists(
        st.sampled_from(["<a>", "</a>", "<b x='1'", "/>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&x;", "<?p ",
                         "?>", "<!DOCTYPE a>", "t", "\x00", "xmlns:n='u'", "n:"]), max_size=10,
    ).map("".join).map(str.encode),
    st.sampled_from(["simple", "lossless", "endpoint"]),
)  # fmt: skip
def test_any_bytes_are_a_value_or_an_error_of_ours(body: bytes, form: Any):
    with suppress(MalformedAnswer, LimitExceeded):
        simple(body, form=form)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["a", "@attributes", "#text", "name", "children", "comment", "1"]), inner, max_size=3
    ),
    max_leaves=8,
)  # fmt: skip


@given(VALUES, st.sampled_from(["simple", "lossless"]))
def test_any_value_is_written_as_xml_that_can_be_read_or_refused(value: Any, form: Any):
    decoder = XmlDecoder(form=form)
    with suppress(RecordError):
        decoder.decode(decoder.encode(value), "")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"een naam": 1}, "cannot be the name"),
        ({"<a>": 1}, "cannot be the name"),
        ({"": 1}, "cannot be the name"),
        ({"\ud800": 1}, "cannot be the name"),
        ({"\uf900": 1}, "cannot be the name"),
        ({"a": "\x01"}, r"the character '\\x01' cannot"),
        ({"a": [[1]]}, "A list within a list"),
        ({"@attributes": {"x": [1]}}, "cannot be a text"),
        ({"@attributes": 1}, "is no object"),
    ],
)
def test_what_xml_cannot_hold_is_refused_with_the_reason(value: Any, says: str):
    with pytest.raises(RecordError, match=says):
        XmlDecoder().encode(value)


def test_a_value_that_nests_too_deep_is_refused():
    deep: Any = "x"
    for _ in range(5_000):
        deep = {"a": deep}

    for decoder in (XmlDecoder(), LOSSLESS):
        with pytest.raises(OpenConnectorError):
            decoder.encode(deep)


def test_numbers_lists_and_nothing_become_elements():
    encoded = XmlDecoder().encode({"n": 1.5, "t": True, "l": [1, "b"], "e": [], "x": None}, "r")

    assert encoded.decode().partition("\n")[2] == (
        "<r><n>1.5</n><t>true</t><l>1</l><l>b</l><e/><x/></r>"
    )
