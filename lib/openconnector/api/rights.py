"""What a caller may do: every route names the right it needs, every role has some of them."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from openconnector.definitions.installation import InstallationSettings
from openconnector.errors import AccessDenied
from openconnector.messages import t

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Right(Enum):
    """What a route needs."""

    READ = "read"
    """See what there is; accounts without a role see what is theirs alone."""
    CHANGE = "change"
    """Save definitions, registers and objects, try them out, start and stop runs."""
    OWN = "own"
    """Change what is the caller's own account: every account may."""
    ENTER = "enter"
    """Log in: whoever asks, nobody is known yet. For `callers.LOGIN` alone."""
    ADMINISTER = "administer"
    """Decide for the whole installation: settings, the audit trail."""


class Role(Enum):
    """What an account is here."""

    ADMINISTRATOR = "administrator"
    EDITOR = "editor"
    VIEWER = "viewer"
    NONE = "none"
    """Known to the host, and in none of the groups that have a role."""


EVERYBODYS = frozenset({Right.READ, Right.OWN, Right.ENTER})

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.EDITOR: frozenset({*EVERYBODYS, Right.CHANGE}),
    Role.VIEWER: EVERYBODYS,
    Role.NONE: EVERYBODYS,
}

ROLES_WITH: Mapping[Right, str] = {
    Right.READ: t("accounts"),
    Right.OWN: t("accounts"),
    Right.ENTER: t("everybody"),
    Right.CHANGE: t("administrators and editors"),
    Right.ADMINISTER: t("administrators"),
}


def role_in(groups: frozenset[str], settings: InstallationSettings) -> Role:
    """Return the highest role that membership of these groups gives."""
    if not groups.isdisjoint(settings.editor_groups):
        return Role.EDITOR
    return Role.NONE if groups.isdisjoint(settings.viewer_groups) else Role.VIEWER


def needs(right: Right) -> Callable[[Handler], Handler]:
    """Say which right a handler needs. `requests.Route` refuses to be made without it, and asks for it."""

    def mark(handler: Handler) -> Handler:
        setattr(handler, "__right__", right)  # noqa: B010  a function declares no such attribute
        return handler

    return mark


def right_of(handler: Callable[..., Any]) -> Right:
    """Return the right a handler needs. Raises `TypeError` when it does not say."""
    right = getattr(handler, "__right__", None)
    if not isinstance(right, Right):
        raise TypeError(f"{handler.__module__}.{handler.__qualname__} lacks @needs(Right.…)")
    return right


def check(role: Role, right: Right) -> None:
    """Let a role with this right pass. Raises `AccessDenied` for any other, naming who may."""
    if right not in RIGHTS[role]:
        raise AccessDenied(
            t(
                "Only {roles} may do this; an administrator can give one of your groups the role in the settings of "
                "OpenConnector",
                roles=ROLES_WITH[right],
            )
        )
