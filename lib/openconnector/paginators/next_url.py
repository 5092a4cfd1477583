"""Links to the next page in the body, as in the paging of Django, Microsoft Graph and JSON:API."""

from typing import Any, Literal
from urllib.parse import urljoin

from typing_extensions import override

from openconnector.errors import MalformedAnswer
from openconnector.expressions.paths import compile_path
from openconnector.expressions.positions import Position, described
from openconnector.kinds.paginator import Answer, Ask, End, Paginator
from openconnector.messages import t


class NextUrl(Paginator):
    """Link in the body.

    Each answer holds the address of the next page, absolute or relative. The last page has none, or null.

    Example:
    {"kind": "next_url", "nextPosition": "links.next"}
    """

    kind: Literal["next_url"] = "next_url"
    next_position: Position = "next"
    """Where in the answer the address of the next page stands, as a path. An object with `href` will do too."""

    @override
    def next(self, ask: Ask | None, answer: Answer | None) -> Ask | End:
        if answer is None:
            return Ask()
        link: Any = compile_path(self.next_position)(answer.body)
        if isinstance(link, dict):
            link = link.get("href")
        if not link:
            return End()
        if not isinstance(link, str):
            raise MalformedAnswer(
                t(
                    "The answer should hold the address of the next page at {next_position}, but {link} "
                    "stands there; see `nextPosition`",
                    next_position=repr(self.next_position),
                    link=described(link),
                )
            )
        try:
            return Ask(url=urljoin(answer.url, link.strip()))
        except ValueError:
            raise MalformedAnswer(
                t(
                    "What stands at {next_position} is no address; see `nextPosition`",
                    next_position=repr(self.next_position),
                )
            ) from None
