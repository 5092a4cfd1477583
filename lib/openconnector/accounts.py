"""Accounts of our host as their owners see them, and what we ask of the host about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The space an account has, in bytes."""

    used: int
    free: int | None
    """None where nothing bounds it."""
    total: int | None
    """None where nothing bounds it."""
    relative: float
    """How much of it is used, in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendCapabilities:
    """What the account's owner may change of it; None where the host does not say."""

    display_name: bool
    email: bool
    password: bool
    avatar: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisations:
    """The organisations of an account in Open Register."""

    available: bool
    """Whether there is an Open Register that knows organisations."""
    total: int = 0
    active: dict[str, Any] | None = None
    """The one that new objects belong to, as Open Register describes it."""
    results: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    """Why they could not be read, where there should be some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An account; texts are empty where its owner has said nothing."""

    uid: str
    display_name: str
    email: str | None
    email_verified: bool | None
    """None: Nextcloud does not tell."""
    enabled: bool
    quota: Quota
    avatar_scope: str
    last_login: int
    """Seconds since 1970; 0 for never."""
    backend: str
    subadmin: list[str]
    """Groups the account administers."""
    groups: list[str]
    language: str
    locale: str
    backend_capabilities: BackendCapabilities
    phone: str
    address: str
    website: str
    twitter: str
    fediverse: str
    organisation: str
    role: str
    headline: str
    biography: str
    first_name: str
    last_name: str
    middle_name: str
    organisations: Organisations


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login that was accepted."""

    login_name: str
    """The name to send with the app password: as it was given, which may be an e-mail address."""
    app_password: SecretStr
    profile: Profile


class Accounts(Protocol):
    """The host's accounts, each looked at and changed in its own name alone."""

    async def profile(self, user_id: str) -> Profile:
        """Return an account. Raises `CredentialsRejected` when it does not exist or is disabled."""
        ...

    async def change(self, user_id: str, changes: Mapping[str, str]) -> None:
        """Change fields of an account, named as in `Profile`, and `password` and `active_organisation`.

        The host takes one field after the other. Raises `InvalidInput` that names each field it did not take; all
        others are saved.
        """
        ...

    async def log_in(self, name: str, password: str, *, client_address: str) -> Login:
        """Exchange a password for an app password. Raises `LoginRefused`, or `TooManyTries` of the host's own."""
        ...

    async def log_out(self, login_name: str, app_password: str, *, client_address: str) -> None:
        """Revoke an app password. Raises `LoginRefused` when it is none, or `TooManyTries` of the host's own."""
        ...
