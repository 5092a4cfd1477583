"""Links to the next page in the `Link` header (RFC 8288)."""

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urljoin

from typing_extensions import override

from openconnector.kinds.paginator import Answer, Ask, End, Paginator

TARGET = re.compile(r"[\s,]*<([^>]*)>")
"""The beginning of one link (RFC 8288 appendix B.2); empty list members before it are left out."""

PARAMETER = re.compile(
    r'\s*;\s*([^\s=;,"<>]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?', re.DOTALL
)
"""One parameter of a link: a name, and a quoted or bare value if any (RFC 8288 appendix B.3)."""


class LinkHeader(Paginator):
    """Link header.

    Each answer names the next page in its `Link` header with `rel="next"` (RFC 8288). The last page has no such link.

    Example:
    {"kind": "link_header"}
    """

    kind: Literal["link_header"] = "link_header"

    @override
    def next(self, ask: Ask | None, answer: Answer | None) -> Ask | End:
        if answer is None:
            return Ask()
        link = next_link(answer.headers.get("link", ""), answer.url)
        return End() if link is None else Ask(url=link)


def next_link(header: str, base: str) -> str | None:
    """Return the absolute target of the link to the next page of ``base``, if there is one."""
    for target, parameters in parse_links(header):
        if "next" in parameters.get("rel", "").lower().split() and _is_about(base, parameters):
            return _joined(base, target)
    return None


def parse_links(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each link's target and parameters; the first parameter of a name counts. What is no link ends it."""
    position = 0
    while found := TARGET.match(header, position):
        parameters: dict[str, str] = {}
        position = found.end()
        while parameter := PARAMETER.match(header, position):
            name, quoted, bare = parameter.groups()
            value = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted else bare or ""
            parameters.setdefault(name.lower(), value)
            position = parameter.end()
        yield found[1].strip(), parameters


def _is_about(base: str, parameters: dict[str, str]) -> bool:
    """Tell whether the link's context is the page itself (RFC 8288 section 3.2)."""
    anchor = parameters.get("anchor")
    return anchor is None or _joined(base, anchor) == base


def _joined(base: str, target: str) -> str | None:
    try:
        return urljoin(base, target)
    except ValueError:
        return None
