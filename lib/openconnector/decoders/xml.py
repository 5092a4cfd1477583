"""XML (XML 1.0), read within limits, and written back."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Final, Literal

from pydantic import Field
from typing_extensions import override

from openconnector.errors import RecordError
from openconnector.kinds.decoder import Decoder
from openconnector.markup import Comment, Element, Instruction, Limits, read, write

ATTRIBUTES: Final = "@attributes"
TEXT: Final = "#text"

BLANKS: Final = " \t\n\r\0\x0b"
"""What PHP's `trim` takes off."""

NAMESPACE: Final = "xmlns"


class XmlDecoder(Decoder):
    """XML.

    Reads XML as objects. In the simple form an element is an object of its child elements, with its attributes under
    `@attributes` and its text, trimmed, under `#text`; elements of the same name become a list, an empty element an
    empty list. Prefixes stay in the names. An element that occurs once is no list, so a single one at
    `resultsPosition` counts as a list of one. Document types (`<!DOCTYPE`) are refused.

    Example:
    {"kind": "xml", "form": "simple"}
    """

    accept: ClassVar[str] = "application/xml, text/xml;q=0.9"
    has_lists: ClassVar[bool] = False

    kind: Literal["xml"] = "xml"
    form: Literal["simple", "lossless", "endpoint"] = "simple"
    """How elements become objects. `simple` is easy to map and what the predecessor gave. `lossless` keeps order, mixed
    text, comments and namespaces: each element is `{"name", "attributes", "children"}`. `endpoint` is what the
    predecessor made of XML sent to an endpoint: an element that holds only text is that text."""
    max_depth: int = Field(default=100, ge=1, le=120)
    """How deep elements may be nested."""
    max_elements: int = Field(default=500_000, ge=1)
    """How many elements an answer may have."""
    max_attributes: int = Field(default=256, ge=1, le=10_000)
    """How many attributes one element may have."""
    max_tag: int = Field(default=1024 * 1024, ge=1_000, le=64 * 1024 * 1024)
    """How long one start tag with its attributes may be, in bytes."""
    max_text: int = Field(default=8 * 1024 * 1024, ge=1)
    """How long one text or one value of an attribute may be, in characters."""

    @override
    def decode(self, body: bytes, content_type: str) -> Any:
        limits = Limits(
            depth=self.max_depth,
            elements=self.max_elements,
            attributes=self.max_attributes,
            tag=self.max_tag,
            text=self.max_text,
        )
        return _FORMS[self.form](read(body, limits))

    def encode(self, value: Any, root: str = "response") -> bytes:
        """Return a value of this form as a document in UTF-8; `simple` has no name for the outermost element.

        Raises `RecordError` (stage `encode`) naming what XML cannot hold.
        """
        try:
            return write(_tree(value) if self.form == "lossless" else _element(root, value))
        except RecursionError:
            raise RecordError("The value nests too deep for XML", stage="encode") from None


def _lossless(element: Element) -> dict[str, Any]:
    """Return an element with all it holds, in order."""
    shown: dict[str, Any] = {"name": element.name}
    if element.attributes:
        shown["attributes"] = element.attributes
    if element.children:
        shown["children"] = [_lossless_child(child) for child in element.children]
    return shown


def _lossless_child(child: Element | Comment | Instruction | str) -> Any:
    if isinstance(child, Element):
        return _lossless(child)
    if isinstance(child, Comment):
        return {"comment": child.text}
    if isinstance(child, Instruction):
        return {"instruction": child.target, "text": child.text}
    return child


def _simple(root: Element) -> Any:
    aliases = _Aliases(root)

    def shown(element: Element) -> Any:
        attributes = _plain(element) | aliases.of(element) if element.attributes else {}
        children = [(child.name, shown(child)) for child in element.elements]
        members = _members(attributes, children)
        if text := element.text.strip(BLANKS):
            members[TEXT] = text
        return members or []

    return shown(root)


def _endpoint(root: Element) -> Any:
    """Return what PHP's SimpleXML gives as JSON; what it lost (mixed text, CDATA, prefixed names) is kept."""
    members = _endpoint_members(root)
    if TEXT in members and _is_text(root):
        members["0"] = members.pop(TEXT)
    return members


def _endpoint_members(element: Element) -> dict[str, Any]:
    members = _members(_plain(element), _endpoint_named(element))
    if text := element.text.strip(BLANKS):
        members[TEXT] = element.text if _is_text(element) else text
    return members


def _endpoint_named(element: Element) -> Iterator[tuple[str, Any]]:
    """Yield the children with their names; SimpleXML takes comments and instructions for empty elements."""
    for child in element.children:
        if isinstance(child, Element):
            yield child.name, _endpoint_child(child)
        elif isinstance(child, Comment):
            yield "comment", []
        elif isinstance(child, Instruction):
            yield child.target, []


def _endpoint_child(element: Element) -> Any:
    if _is_text(element) and element.text.strip(BLANKS):
        return element.text
    return _endpoint_members(element) or []


def _is_text(element: Element) -> bool:
    return all(isinstance(child, str) for child in element.children)


def _members(attributes: dict[str, str], children: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return attributes and children as an object; children of one name are a list."""
    members: dict[str, Any] = {ATTRIBUTES: attributes} if attributes else {}
    repeated: dict[str, list[Any]] = {}
    for name, child in children:
        if name in repeated:
            repeated[name].append(child)
        elif name in members:
            members[name] = repeated[name] = [members[name], child]
        else:
            members[name] = child
    return members


def _plain(element: Element) -> dict[str, str]:
    """Return the attributes that declare no namespace."""
    return {
        name: value
        for name, value in element.attributes.items()
        if name.partition(":")[0] != NAMESPACE
    }


class _Aliases:
    """The second names of attributes whose namespace has several prefixes.

    The predecessor gave such an attribute under every prefix that occurs in its element or below.
    """

    def __init__(self, root: Element) -> None:
        self._uris: dict[int, dict[str, str]] = {}
        self._used: dict[int, dict[str, str]] = {}
        if _has_aliases(root):
            self._look(root, {})

    def of(self, element: Element) -> dict[str, str]:
        """Return the attributes of an element under their other names."""
        used = self._used.get(id(element))
        if not used:
            return {}
        uris = self._uris[id(element)]
        return {
            f"{prefix}:{local}": value
            for name, value in _plain(element).items()
            for own, colon, local in [name.partition(":")]
            if colon
            for prefix, uri in used.items()
            if uri == uris.get(own)
        }

    def _look(self, element: Element, uris: dict[str, str]) -> dict[str, str]:
        """Return the prefixes used in an element and below, in the order of the document."""
        uris = uris | _declared(element)
        used: dict[str, str] = {}
        for name in (element.name, *_plain(element)):
            prefix, colon, _ = name.partition(":")
            if colon and prefix in uris:
                used.setdefault(prefix, uris[prefix])
        for child in element.elements:
            used = self._look(child, uris) | used
        self._uris[id(element)], self._used[id(element)] = uris, used
        return used


def _declared(element: Element) -> dict[str, str]:
    """Return the prefixes an element declares, with their namespaces."""
    return {
        name.removeprefix("xmlns:"): value
        for name, value in element.attributes.items()
        if name.startswith("xmlns:")
    }


def _has_aliases(root: Element) -> bool:
    """Return whether a namespace has several prefixes somewhere in the document."""
    prefixes: dict[str, str] = {}
    waiting = [root]
    while waiting:
        element = waiting.pop()
        declared = _declared(element) if element.attributes else {}
        if any(prefixes.setdefault(uri, prefix) != prefix for prefix, uri in declared.items()):
            return True
        waiting.extend(element.elements)
    return False


_FORMS: Final[dict[str, Callable[[Element], Any]]] = {
    "simple": _simple,
    "lossless": _lossless,
    "endpoint": _endpoint,
}


def _tree(value: Any) -> Element:
    """Return an element of the form `lossless`."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise RecordError(
            "An element of the form `lossless` is an object with `name`, `attributes` and `children`",
            stage="encode",
        )
    attributes, children = value.get("attributes") or {}, value.get("children") or []
    if not isinstance(attributes, dict) or not isinstance(children, list):
        raise RecordError(
            f"The element {value['name'][:40]!r} needs an object as `attributes` and a list as `children`",
            stage="encode",
        )
    return Element(value["name"], _values(attributes), [_tree_child(child) for child in children])


def _tree_child(child: Any) -> Element | Comment | Instruction | str:
    if isinstance(child, dict) and isinstance(child.get("comment"), str):
        return Comment(child["comment"])
    if isinstance(child, dict) and isinstance(child.get("instruction"), str):
        return Instruction(child["instruction"], _text(child.get("text")))
    return _tree(child) if isinstance(child, dict) else _text(child)


def _element(name: str, value: Any) -> Element:
    """Return an element of the form `simple`; a list becomes elements of the same name."""
    if not isinstance(value, dict):
        if isinstance(value, list) and value:
            raise RecordError(
                f"A list within a list has no name in XML, see {name[:40]!r}", stage="encode"
            )
        text = "" if isinstance(value, list) else _text(value)
        return Element(name, {}, [text] if text else [])
    attributes = value.get(ATTRIBUTES) or {}
    if not isinstance(attributes, dict):
        raise RecordError(f"`{ATTRIBUTES}` of {name[:40]!r} is no object", stage="encode")
    element = Element(name, _values(attributes))
    for key, member in value.items():
        if key not in (ATTRIBUTES, TEXT):
            several = member if isinstance(member, list) and member else [member]
            element.children += [_element(key, one) for one in several]
    if text := _text(value.get(TEXT)):
        element.children.append(text)
    return element


def _values(attributes: dict[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in attributes.items()}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise RecordError("An object or list cannot be a text in XML", stage="encode")
