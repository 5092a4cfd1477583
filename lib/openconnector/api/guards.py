"""What only administrators may write into a definition."""

from collections.abc import Mapping
from typing import Any

from openconnector.api.rights import Role
from openconnector.errors import AccessDenied
from openconnector.messages import t

NOTHING: Mapping[str, Any] = {}


def check(
    who: str, role: Role, definition: Mapping[str, Any], before: Mapping[str, Any] = NOTHING
) -> None:
    """Let a definition pass that this account may save in the place of ``before``.

    Raises `AccessDenied`, which undoes the save.
    """
    if role is not Role.ADMINISTRATOR:
        _check_networks(definition, before)
        _check_accounts(who, definition)


def _check_networks(definition: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Let nobody else open private networks."""
    opened = set(definition.get("allowedNetworks", [])) - set(before.get("allowedNetworks", []))
    if opened:
        raise AccessDenied(
            t(
                "Only administrators open private networks: allowedNetworks gained {networks}. Leave it as it is, or "
                "ask an administrator to save this",
                networks=", ".join(sorted(opened)),
            )
        )


def _check_accounts(who: str, definition: Mapping[str, Any]) -> None:
    """Let nobody else name whom Nextcloud is asked as.

    A name that was there before is no exception: what is read and written in it may have changed.
    """
    parts = (definition, definition.get("configuration"), definition.get("target"))
    named = {part["actingUser"] for part in parts if part and part.get("actingUser")}
    if named - {who}:
        raise AccessDenied(
            t(
                "Only administrators name somebody else as `actingUser`. Leave it empty or name yourself, or ask an "
                "administrator to save this"
            )
        )
