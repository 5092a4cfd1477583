"""The caller's own account at the host: its profile, logging in and out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from typing import Annotated, Any, Self

import structlog
from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field, SecretStr, model_validator
from pydantic.alias_generators import to_snake

from openconnector.accounts import Accounts, Profile
from openconnector.api.callers import Who
from openconnector.api.documents import problems
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Parts
from openconnector.api.trials import Asked
from openconnector.api.tries import Tries
from openconnector.definitions.audit import Change
from openconnector.engine import Engine
from openconnector.errors import (
    FieldProblem,
    InvalidInput,
    LoginRefused,
    NotOffered,
)
from openconnector.kinds.explained import title_of
from openconnector.kinds.spoken import spoken
from openconnector.languages import language
from openconnector.messages import Message, t
from openconnector.synchronization.shown import Shown

log = structlog.get_logger(__name__)

SAME_ANSWER = t(
    "Name and password do not belong together, or the account needs a second factor; with one, make an app password in "
    "Nextcloud (Personal settings, Security) and use that"
)

NOT_PRESENT = t(
    "is not the present password, or the account needs a second factor; change it in Nextcloud then"
)

NOT_REVOCABLE = t("is no app password of this login name, or is revoked already")

Word = Annotated[str, Field(max_length=320)]
Line = Annotated[str, Field(max_length=2_000)]
Text = Annotated[str, Field(max_length=20_000)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1_000)]


class ShownQuota(Shown):
    """The space an account has, in bytes."""

    used: int
    free: int | None
    """null where nothing bounds it."""
    total: int | None
    """null where nothing bounds it."""
    relative: float
    """How much of it is used, in percent."""


class ShownBackendCapabilities(Shown):
    """What the caller may change; null where Nextcloud does not say."""

    display_name: bool
    email: bool
    password: bool
    avatar: bool | None


class ShownOrganisations(Shown):
    """The caller's organisations in Open Register."""

    available: bool
    """Whether there is an Open Register that knows organisations."""
    total: int
    active: dict[str, Any] | None
    """The one that new objects belong to."""
    results: list[dict[str, Any]]
    error: str | None
    """Why they could not be read, where there should be some."""


class ShownProfile(Shown):
    """The caller's account; texts are empty where nothing is known."""

    uid: str
    display_name: str
    email: str | None
    email_verified: bool | None
    """null: Nextcloud does not tell."""
    enabled: bool
    quota: ShownQuota
    avatar_scope: str
    last_login: int
    """Seconds since 1970; 0 for never."""
    backend: str
    subadmin: list[str]
    """Groups the account administers."""
    groups: list[str]
    language: str
    locale: str
    backend_capabilities: ShownBackendCapabilities
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
    organisations: ShownOrganisations


GROUPS: Mapping[str, tuple[str, ...]] = {
    "Name and address": (
        "displayName",
        "firstName",
        "middleName",
        "lastName",
        "email",
        "phone",
        "address",
    ),
    "About you": (
        "organisation",
        "role",
        "headline",
        "biography",
        "website",
        "twitter",
        "fediverse",
    ),
    "Language": ("language", "locale"),
    "Organisation in Open Register": ("activeOrganisation",),
    "New password": ("currentPassword", "password"),
}
"""Which fields a form shows together, and under which heading."""


class ProfileChanges(Asked):
    """What to change; what is left out stays. Texts are kept as they are sent."""

    model_config = ConfigDict(
        model_title_generator=title_of,
        json_schema_extra={
            "x-groups": [{"title": title, "fields": list(names)} for title, names in GROUPS.items()]
        },
    )

    display_name: Word | None = None
    email: Word | None = None
    """Empty takes it away."""
    language: Word | None = None
    """A code such as `nl`."""
    locale: Word | None = None
    """A code such as `nl_NL`."""
    phone: Line | None = None
    address: Line | None = None
    website: Line | None = None
    twitter: Line | None = None
    fediverse: Line | None = None
    organisation: Line | None = None
    role: Line | None = None
    headline: Line | None = None
    biography: Text | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    middle_name: Line | None = None
    active_organisation: Word | None = None
    """The uuid of one of the caller's organisations in Open Register."""
    password: Password | None = None
    """A new password; Nextcloud's rules for passwords hold."""
    current_password: Password | None = None
    """The present one; needed for a new one."""

    @model_validator(mode="after")
    def _knows_the_present_password(self) -> Self:
        if self.password and not self.current_password:
            raise ValueError(t("a new `password` needs the present one in `currentPassword`"))
        return self

    @property
    def texts(self) -> Mapping[str, str]:
        """The fields that are sent, passwords apart."""
        return self.model_dump(exclude_none=True, exclude={"password", "current_password"})


class LoginRequest(Asked):
    """Who logs in."""

    username: Word = Field(min_length=1)
    """The account's name, or its e-mail address where Nextcloud takes that."""
    password: Password
    """The account's own password; it is exchanged and then forgotten."""


class LoginAnswer(Shown):
    """What to call with from now on: HTTP Basic with `loginName` and `appPassword`."""

    message: str
    user: ShownProfile
    login_name: str
    """The name that belongs to the app password."""
    app_password: str
    """Shown this once. It is listed in the account's security settings, where it can be revoked as well."""


class LogoutRequest(Asked):
    """Which app password to revoke."""

    app_password: Password
    login_name: Word | None = None
    """As the login answered it; the caller's own id when left out."""


class LogoutAnswer(Shown):
    """That it is done."""

    logout: bool


async def _tries(request: Request) -> Tries:
    tries: Tries = request.app.state.tries
    return tries


Counting = Annotated[Tries, Depends(_tries)]
"""A handler's argument: who has tried to log in, and how often."""


async def _address(request: Request) -> str:
    return request.client.host if request.client else ""


From = Annotated[str, Depends(_address)]
"""A handler's argument: the client's address; "" where it is not known."""


routes = APIRouter(prefix="/user", tags=["user"], route_class=Route)


@routes.get("/me", responses=problems(404))
@needs(Right.READ)
async def read_me(engine: Parts, who: Who) -> ShownProfile:
    """Return the caller's account."""
    return _shown(await _accounts(engine).profile(who.user_id))


@routes.put("/me", responses=problems(404, 429))
@needs(Right.OWN)
async def change_me(
    engine: Parts, tries: Counting, who: Who, address: From, changes: ProfileChanges
) -> ShownProfile:
    """Change the caller's account, and return it. Nextcloud takes field by field; those it refuses are named."""
    accounts = _accounts(engine)
    present = asdict(await accounts.profile(who.user_id))
    wanted = {name: text for name, text in changes.texts.items() if present.get(name) != text}
    if changes.password and changes.current_password:
        given = changes.current_password.get_secret_value()
        with _proving("currentPassword", NOT_PRESENT), tries.counted(who.user_id, address):
            login = await accounts.log_in(who.user_id, given, client_address=address)
        made = login.app_password.get_secret_value()
        await accounts.log_out(login.login_name, made, client_address=address)
        wanted["password"] = changes.password.get_secret_value()
    try:
        await accounts.change(who.user_id, wanted)
    except InvalidInput as error:
        raise InvalidInput(_as_sent(error), subject="profile") from error
    finally:
        if wanted:
            await _note(engine, who.user_id, "update", {"asked": sorted(wanted)})
    return _shown(await accounts.profile(who.user_id))


@routes.get("/me/schema", responses=problems(404))
@needs(Right.OWN)
async def read_own_schema(engine: Parts, response: Response) -> dict[str, Any]:
    """Return the JSON Schema of what the caller may change, for a form in the language of `Accept-Language`."""
    _accounts(engine)
    response.headers["Content-Language"] = language()
    found: dict[str, Any] = spoken(profile_schema())
    return found


@cache
def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of changes to an account; titles and descriptions are what a form shows."""
    return ProfileChanges.model_json_schema(by_alias=True)


@routes.post("/login", responses=problems(401, 404, 429), openapi_extra={"security": []})
@needs(Right.ENTER)
async def log_in(
    engine: Parts, tries: Counting, address: From, credentials: LoginRequest
) -> LoginAnswer:
    """Exchange a password for an app password. Nextcloud judges both; what it refuses is not told apart."""
    accounts, name = _accounts(engine), credentials.username
    password = credentials.password.get_secret_value()
    try:
        with tries.counted(name, address):
            login = await accounts.log_in(name, password, client_address=address)
    except LoginRefused:
        # Never the name: people type their password there.
        log.warning("login refused", address=address)
        raise LoginRefused(SAME_ANSWER) from None
    try:
        await _note(engine, login.profile.uid, "login", {"address": address})
    except BaseException:  # nobody would hear of the app password
        made = login.app_password.get_secret_value()
        await accounts.log_out(login.login_name, made, client_address=address)
        raise
    log.info("logged in", user=login.profile.uid, address=address)
    return LoginAnswer(
        message="Login successful",
        user=_shown(login.profile),
        login_name=login.login_name,
        app_password=login.app_password.get_secret_value(),
    )


@routes.post("/logout", responses=problems(404, 429))
@needs(Right.OWN)
async def log_out(
    engine: Parts, tries: Counting, who: Who, address: From, given: LogoutRequest
) -> LogoutAnswer:
    """Revoke an app password that a login gave."""
    accounts, name = _accounts(engine), given.login_name or who.user_id
    revoked = given.app_password.get_secret_value()
    with _proving("appPassword", NOT_REVOCABLE), tries.counted(name, address):
        await accounts.log_out(name, revoked, client_address=address)
    await _note(engine, who.user_id, "logout", {})
    log.info("logged out", user=who.user_id)
    return LogoutAnswer(logout=True)


@contextmanager
def _proving(field: str, message: Message) -> Iterator[None]:
    """Turn a login that the host refuses within into `InvalidInput` of this field."""
    try:
        yield
    except LoginRefused:
        raise InvalidInput([FieldProblem(field=field, message=message)]) from None


async def _note(engine: Engine, user_id: str, action: str, details: Mapping[str, Any]) -> None:
    """Put into the audit trail what became of an account: names of fields, never a value."""
    change = Change(
        who=user_id,
        action=action,
        subject="account",
        subject_id=user_id,
        details=details,
    )
    async with engine.database.writing() as session:
        await engine.audit.note(session, change)


def _accounts(engine: Engine) -> Accounts:
    if engine.accounts is None:
        raise NotOffered(
            t("This server runs by itself and has no accounts; inside Nextcloud it has Nextcloud's")
        )
    return engine.accounts


def _shown(profile: Profile) -> ShownProfile:
    return ShownProfile.model_validate(profile)


def _as_sent(error: InvalidInput) -> list[FieldProblem]:
    aliases = {name: info.alias or name for name, info in ProfileChanges.model_fields.items()}
    return [
        FieldProblem(field=aliases.get(to_snake(one.field), one.field), message=one.message)
        for one in error.problems
    ]
