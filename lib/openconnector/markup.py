"""XML documents (XML 1.0) as trees: read with limits, written so that they read the same.

Names stay as they are written, with their prefixes; namespace declarations are attributes like others. Document types
are refused, and with them every entity but the five predefined ones. Expat loads nothing from elsewhere.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NoReturn
from xml.parsers import expat

from openconnector.errors import LimitExceeded, MalformedAnswer, RecordError

HEAD: Final = 4096
"""How much is parsed before it is looked whether a document type has come, in bytes."""

MAX_WRITTEN_DEPTH: Final = 200
"""How deep elements may nest that are written."""

_NAME: Final = re.compile(r"[^\s\d\-.<>&\"'/=!?;][^\s<>&\"'/=!?;]*")
"""What a name may look like; of letters beyond ASCII expat knows which."""

_NO_CHARACTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_VALUE: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


_TAG: Final = re.compile(rb"""<(?:[^"'<>]++|"[^"<]*+"?|'[^'<]*+'?)*+""")
"""A start tag without its end; also one that never ends."""

UTF8_MARK: Final = b"\xef\xbb\xbf"
UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a document may come to."""

    depth: int
    elements: int
    attributes: int
    """Of one element."""
    tag: int
    """Of one start tag, in bytes."""
    text: int
    """Of one text or value of an attribute, in characters."""


@dataclass(slots=True)
class Comment:
    """A comment."""

    text: str


@dataclass(slots=True)
class Instruction:
    """A processing instruction."""

    target: str
    text: str


@dataclass(slots=True)
class Element:
    """An element; its attributes and children in their order, texts never side by side."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Element | Comment | Instruction | str]" = field(default_factory=list)

    @property
    def elements(self) -> "list[Element]":
        """The elements among the children."""
        return [child for child in self.children if type(child) is Element]

    @property
    def text(self) -> str:
        """The texts among the children as one."""
        return "".join([child for child in self.children if type(child) is str])


def read(body: bytes, limits: Limits) -> Element:
    """Return the root element of a document; comments and instructions around it are left out.

    Raises `MalformedAnswer` for what is no well-formed XML or has a document type, `LimitExceeded` beyond a limit.
    """
    if body[:2] in UTF16_MARKS:
        body = _from_utf16(body)
    _check_tags(body, limits)
    reader = _Reader(limits)
    parser = expat.ParserCreate("utf-8" if body[:3] == UTF8_MARK else None)
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.CommentHandler = reader.comment
    parser.ProcessingInstructionHandler = reader.instruction
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        # After an error of ours expat reads on to the end of what it was given: so it is given little at first.
        parser.Parse(body[:HEAD], False)  # noqa: FBT003 - takes no keywords
        parser.Parse(body[HEAD:], True)  # noqa: FBT003
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        where = f"line {error.lineno}, column {error.offset + 1}"
    except (LookupError, ValueError):
        message, where = "unknown encoding", "its beginning"
    else:
        return reader.root
    # Raised out here, so that the parser's error does not come along as the context.
    raise MalformedAnswer(f"The answer should be XML, but it breaks at {where}: {message}")


def _from_utf16(body: bytes) -> bytes:
    try:
        return body.decode("utf-16").encode("utf-8-sig")
    except UnicodeDecodeError:
        message = "it is not UTF-16, though it begins like it"
    raise MalformedAnswer(f"The answer should be XML, but {message}")


def _check_tags(body: bytes, limits: Limits) -> None:
    """Refuse a document with a start tag that is too long: expat reads all attributes of one before it tells.

    No `<` can stand in a tag, so only where the next one is far away is the tag itself measured.
    """
    far = re.compile(b"<(?=[^<]{%d})[^!?]" % limits.tag)
    for found in far.finditer(body):
        tag = _TAG.match(body, found.start())
        if tag and tag.end() - tag.start() > limits.tag:
            _beyond(f"a start tag longer than {limits.tag:,} bytes", "maxTag")


class _Reader:
    """Builds the tree, and counts."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._document = Element("")
        self._open = [self._document]
        self._count = 0
        self._pieces: list[str] = []
        self._length = 0

    @property
    def root(self) -> Element:
        return self._document.elements[0]

    def start(self, name: str, listed: list[str]) -> None:
        limits = self._limits
        self._count += 1
        if self._count > limits.elements:
            _beyond(f"more than {limits.elements:,} elements", "maxElements")
        if len(self._open) > limits.depth:
            _beyond(f"elements nested deeper than {limits.depth}", "maxDepth")
        element = Element(name, self._attributes(listed) if listed else {})
        self._add(element)
        self._open.append(element)

    def _attributes(self, listed: list[str]) -> dict[str, str]:
        limits = self._limits
        if len(listed) > 2 * limits.attributes:
            _beyond(f"an element with more than {limits.attributes} attributes", "maxAttributes")
        if any(len(value) > limits.text for value in listed[1::2]):
            _beyond(f"a value longer than {limits.text:,} characters", "maxText")
        return dict(zip(listed[::2], listed[1::2], strict=True))

    def end(self, _name: str) -> None:
        self._flush()
        self._open.pop()

    def characters(self, text: str) -> None:
        self._length += len(text)
        if self._length > self._limits.text:
            _beyond(f"a text longer than {self._limits.text:,} characters", "maxText")
        self._pieces.append(text)

    def comment(self, text: str) -> None:
        self._add(Comment(text))

    def instruction(self, target: str, text: str) -> None:
        self._add(Instruction(target, text))

    def doctype(self, *_declared: Any) -> None:
        raise MalformedAnswer(
            "The answer has a document type (`<!DOCTYPE`); those are refused, since their entities can do harm"
        )

    def _add(self, child: Element | Comment | Instruction) -> None:
        self._flush()
        self._open[-1].children.append(child)

    def _flush(self) -> None:
        if self._pieces:
            self._open[-1].children.append("".join(self._pieces))
            self._pieces = []
            self._length = 0


def _beyond(what: str, setting: str) -> NoReturn:
    raise LimitExceeded(f"The answer has {what} (`{setting}`)")


def write(root: Element) -> bytes:
    """Return a document in UTF-8. Raises `RecordError` (stage `encode`) for what XML cannot hold."""
    pieces = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(root, pieces, 1)
    return "".join(pieces).encode()


def _write(element: Element, pieces: list[str], depth: int) -> None:
    if depth > MAX_WRITTEN_DEPTH:
        _refuse(f"elements nest deeper than {MAX_WRITTEN_DEPTH}")
    name = _name(element.name)
    pieces.append(f"<{name}")
    for key, value in element.attributes.items():
        pieces.append(f' {_name(key)}="{_characters(value).translate(_IN_VALUE)}"')
    if not element.children:
        pieces.append("/>")
        return
    pieces.append(">")
    for child in element.children:
        if isinstance(child, Element):
            _write(child, pieces, depth + 1)
        else:
            pieces.append(_leaf(child))
    pieces.append(f"</{name}>")


def _leaf(child: Comment | Instruction | str) -> str:
    if isinstance(child, str):
        return _characters(child).translate(_IN_TEXT)
    text = _characters(child.text)
    if isinstance(child, Comment):
        if "--" in text or text.endswith("-") or "\r" in text:
            _refuse("a comment cannot hold `--` or a carriage return, or end in `-`")
        return f"<!--{text}-->"
    if "?>" in text or "\r" in text or text[:1].isspace() or child.target.lower() == "xml":
        _refuse("an instruction cannot hold `?>` or a carriage return, or be named `xml`")
    return f"<?{_name(child.target)} {text}?>" if text else f"<?{_name(child.target)}?>"


@lru_cache(maxsize=1024)
def is_name(text: str) -> bool:
    """Whether a name can be read again: one of the fourth edition of XML 1.0, as expat takes them."""
    if _NAME.fullmatch(text) is None:
        return False
    try:
        expat.ParserCreate("utf-8").Parse(f"<{text}/>".encode(), True)  # noqa: FBT003
    except (expat.ExpatError, UnicodeEncodeError):
        return False
    return True


def without_forbidden(text: str) -> str:
    """Return the text with U+FFFD for every character that cannot stand in XML."""
    return _NO_CHARACTER.sub("\ufffd", text)


def _name(text: str) -> str:
    if not is_name(text):
        _refuse(f"{text[:40]!r} cannot be the name of an element or attribute")
    return text


def _characters(text: str) -> str:
    if wrong := _NO_CHARACTER.search(text):
        _refuse(f"the character {wrong[0]!r} cannot stand in XML")
    return text


def _refuse(why: str) -> NoReturn:
    raise RecordError(f"This cannot be written as XML: {why}", stage="encode")
