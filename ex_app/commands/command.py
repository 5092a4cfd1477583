"""What a command is: how `occ` describes it, and the handler AppAPI calls for it.

AppAPI posts `{"occ": {"arguments": {...}, "options": {...}}}`, prints what we answer once it is complete, and knows two
endings: 200, and anything else, of which it prints nothing. So nothing here takes long: work is queued and named.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ex_app.nextcloud.client import Nextcloud
from openconnector.engine import Engine
from openconnector.errors import ConfigurationError, FieldProblem, InvalidInput, OpenConnectorError

NAMESPACE = "openconnector"
HANDLERS = "/_internal/occ/"
"""Below it: the handlers. No route in `info.xml` reaches here."""

BOOTH = "occ"
"""Who asks for runs: whoever has the command line has no account."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What stands behind the name of a command."""

    name: str
    description: str
    mode: Literal["required", "optional"] = "required"
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What begins with `--`."""

    name: str
    description: str
    mode: Literal["none", "required"] = "none"
    shortcut: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What stands on the command line."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, body: Any) -> Self:
        """Return what AppAPI sent; it sends null where a command declares nothing."""
        occ = body.get("occ") if isinstance(body, dict) else None
        parts = occ if isinstance(occ, dict) else {}
        return cls(arguments=parts.get("arguments") or {}, options=parts.get("options") or {})

    def text(self, name: str) -> str:
        """Return an argument. Raises `InvalidInput` when it is missing."""
        value = self.arguments.get(name)
        if not isinstance(value, str) or not value:
            raise InvalidInput([FieldProblem(field=name, message="is missing")], subject="command")
        return value

    def has(self, name: str) -> bool:
        """Whether an option without a value is given."""
        return bool(self.options.get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What commands work with."""

    engine: Engine
    nextcloud: Nextcloud | None = None
    """The server whose command line it is; None where nobody asks it anything."""
    webhooks: Callable[[], str]
    """Tells how the webhooks stand."""


Work = Callable[[Means, Given], Awaitable[str]]
"""Returns what is printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command; `work` raises `OpenConnectorError` to let it fail."""

    name: str
    """What follows the namespace."""
    description: str
    work: Work
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    usages: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """As it is typed."""
        return f"{NAMESPACE}:{self.name}"

    @property
    def entry(self) -> dict[str, Any]:
        """The command as AppAPI registers it."""
        return {
            "name": self.full_name,
            "description": self.description,
            "hidden": 0,
            "arguments": [asdict(argument) for argument in self.arguments],
            "options": [asdict(option) for option in self.options],
            "usages": list(self.usages),
            "execute_handler": HANDLERS + self.name,
        }

    def route(self, means: Means) -> Route:
        """Return the handler AppAPI calls."""

        async def handle(request: Request) -> Response:
            try:
                told = await self.work(means, Given.of(await _body(request)))
            except OpenConnectorError as error:
                log.warning("command failed", command=self.full_name, reason=str(error))
                status = 400 if isinstance(error, ConfigurationError) else 503
                return PlainTextResponse(f"{_plain(str(error))}\n", status)
            return PlainTextResponse(f"{_plain(told)}\n")

        return Route(HANDLERS + self.name, handle, methods=["POST"])


async def _body(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        return None


def _plain(text: str) -> str:
    """Keep the console of Nextcloud from taking `<...>` for its own marks of colour."""
    return text.replace("<", "\\<")
