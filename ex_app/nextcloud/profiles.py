"""Nextcloud's accounts as their owners see and change them: profile, organisations, logging in and out."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import structlog
from pydantic import SecretStr

from ex_app.nextcloud.appapi import APP_API
from ex_app.nextcloud.client import Nextcloud, data_of
from openconnector.accounts import BackendCapabilities, Login, Organisations, Profile, Quota
from openconnector.errors import (
    FieldProblem,
    InvalidInput,
    LoginRefused,
    MalformedAnswer,
    OpenConnectorError,
    TooManyTries,
)
from openconnector.messages import t
from openconnector.ports import Account, Call, HostAccess, HostRequest, OcsAnswer

CLOUD = "/ocs/v2.php/cloud"
CORE = "/ocs/v2.php/core"
PREFERENCES = f"{APP_API}/api/v1/ex-app/preference"
ORGANISATIONS = "/index.php/apps/openregister/api/organisations"

KEYS = {
    name: name
    for name in (
        *("email", "language", "locale", "phone", "address", "website", "twitter", "fediverse"),
        *("organisation", "role", "headline", "biography", "password"),
    )
} | {"display_name": "displayname"}
"""Field -> what Nextcloud's interface calls it."""

NAMES = ("first_name", "last_name", "middle_name")
"""Fields that Nextcloud does not know; they are kept as preferences of this app, per account."""

PAUSE_SECONDS = 60.0
"""When to come back after Nextcloud has had enough of wrong passwords and does not say itself."""

UNEXPECTED = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""What taking an answer apart may raise that has another form."""

log = structlog.get_logger(__name__)


class NextcloudAccounts:
    """Implements `accounts.Accounts`."""

    def __init__(self, nextcloud: Nextcloud, access: HostAccess) -> None:
        self._nextcloud = nextcloud
        self._access = access

    async def profile(self, user_id: str) -> Profile:
        """Return an account; see `accounts.Accounts`."""
        account = self._account(user_id)
        found, fields, names, organisations = await asyncio.gather(
            _data(account, "GET", f"{CLOUD}/users/{quote(user_id, safe='')}"),
            _data(account, "GET", f"{CLOUD}/user/fields"),
            _data(account, "POST", f"{PREFERENCES}/get-values", {"configKeys": list(NAMES)}),
            _organisations(account),
        )
        try:
            known = {one["configkey"]: str(one["configvalue"]) for one in names}
            return _profile(found, fields, known, organisations)
        except UNEXPECTED as error:
            raise _otherwise(error) from None

    async def change(self, user_id: str, changes: Mapping[str, str]) -> None:
        """Change fields of an account; see `accounts.Accounts`."""
        account = self._account(user_id)
        problems = []
        for name, text in changes.items():
            if flaw := await _changed(account, name, text):
                problems.append(FieldProblem(field=name, message=flaw))
        if problems:
            raise InvalidInput(problems)

    async def log_in(self, name: str, password: str, *, client_address: str) -> Login:
        """Exchange a password for an app password; see `accounts.Accounts`."""
        given = await self._proved(name, password, "GET", f"{CORE}/getapppassword", client_address)
        try:
            app_password = str(given["apppassword"])
        except (KeyError, TypeError):
            raise MalformedAnswer(t("Nextcloud answered a login without an app password")) from None
        try:
            found = await self._proved(name, app_password, "GET", f"{CLOUD}/user")
            profile = await self.profile(_id_in(found))
        except BaseException:
            await self._forget(name, app_password)
            raise
        return Login(login_name=name, app_password=SecretStr(app_password), profile=profile)

    async def log_out(self, login_name: str, app_password: str, *, client_address: str) -> None:
        """Revoke an app password; see `accounts.Accounts`."""
        await self._proved(
            login_name, app_password, "DELETE", f"{CORE}/apppassword", client_address
        )

    async def _forget(self, name: str, app_password: str) -> None:
        """Revoke an app password that nobody will hear of."""
        try:
            await self.log_out(name, app_password, client_address="")
        except OpenConnectorError as error:
            log.warning("app password not revoked", reason=str(error))

    async def _proved(
        self, name: str, password: str, method: str, path: str, client_address: str = ""
    ) -> Any:
        """Return the data of a call that proves who it is by name and password."""
        if ":" in name:  # it would end the name, and the rest begin the password
            raise LoginRefused(t("Nextcloud has no names with a colon"))
        answer = await self._nextcloud.ocs_with((name, password), method, path, client_address)
        if answer.status in {401, 403}:
            raise LoginRefused(t("Nextcloud does not accept name and password"))
        if answer.status == 429:  # noqa: PLR2004
            raise TooManyTries(
                t("Nextcloud has had too many wrong passwords and asks for a pause"),
                retry_after_seconds=PAUSE_SECONDS,
            )
        return data_of(answer, f"{method} {path}")

    def _account(self, user_id: str) -> Account:
        return self._access.account(user_id, log=Unlogged())


class Unlogged:
    """Implements `ports.CallLog` where no source is called."""

    def add(self, call: Call) -> None:
        """Forget it."""


def _id_in(account: Any) -> str:
    try:
        return str(account["id"])
    except UNEXPECTED as error:
        raise _otherwise(error) from None


def _otherwise(error: Exception) -> MalformedAnswer:
    return MalformedAnswer(
        t("Nextcloud described an account otherwise than expected: {error}", error=repr(error))
    )


async def _data(account: Account, method: str, path: str, json: Any = None) -> Any:
    return data_of(await account.ocs(method, path, json=json), f"{method} {path}")


async def _changed(account: Account, name: str, text: str) -> str | None:
    """Change one field; return why Nextcloud does not take it, None when it does."""
    if name == "active_organisation":
        return await _activated(account, text)
    if name in NAMES:
        body = {"configKey": name, "configValue": text}
        return _flaw(await account.ocs("POST", PREFERENCES, json=body))
    path = f"{CLOUD}/users/{quote(account.user_id, safe='')}"
    return _flaw(await account.ocs("PUT", path, json={"key": KEYS[name], "value": text}))


def _flaw(answer: OcsAnswer) -> str | None:
    if answer.is_good:
        return None
    if answer.status in {400, 403, 404} and answer.message:
        return t("was not taken by Nextcloud: {reason}", reason=answer.message)
    if answer.status == 400:  # noqa: PLR2004
        return t(
            "was not taken by Nextcloud: the value is not valid, or the field cannot be changed"
        )
    if answer.status in {403, 404}:
        return t("cannot be changed by this account")
    data_of(answer, "PUT account")
    return None


async def _activated(account: Account, uuid: str) -> str | None:
    path = f"{ORGANISATIONS}/{quote(uuid, safe='')}/set-active"
    answer = await account.send(HostRequest(method="POST", path=path))
    if answer.is_success:
        return None
    return t("was not taken by Open Register, which answered {status}", status=answer.status_code)


async def _organisations(account: Account) -> Organisations:
    """Return the account's organisations; that they cannot be read keeps no profile from being shown."""
    try:
        answer = await account.send(HostRequest(method="GET", path=ORGANISATIONS))
    except OpenConnectorError as error:
        return Organisations(available=True, error=str(error))
    if answer.status_code in {404, 405}:
        return Organisations(available=False)
    try:
        found = orjson.loads(answer.raise_for_status().content)
        results = list(found["results"])
        return Organisations(
            available=True,
            total=int(found.get("total", len(results))),
            active=found.get("active") or None,
            results=results,
        )
    except (httpx.HTTPStatusError, *UNEXPECTED):
        return Organisations(
            available=True,
            error=f"Open Register answered {answer.status_code}, and no organisations",
        )


def _profile(
    found: Mapping[str, Any],
    fields: list[str],
    names: Mapping[str, str],
    organisations: Organisations,
) -> Profile:
    may, quota = found.get("backendCapabilities") or {}, found["quota"]
    texts = {
        name: str(found.get(name) or "")
        for name in KEYS
        if name not in {"email", "password", "display_name"}
    }
    return Profile(
        uid=found["id"],
        display_name=found["displayname"],
        email=found["email"] or None,
        email_verified=None,
        enabled=bool(found["enabled"]),
        quota=Quota(
            used=int(quota["used"]),
            free=_bounded(quota.get("free")),
            total=_bounded(quota.get("total")),
            relative=float(quota.get("relative") or 0),
        ),
        avatar_scope=str(found.get("avatarScope") or ""),
        last_login=int(found.get("lastLogin") or 0) // 1000,
        backend=str(found.get("backend") or ""),
        subadmin=list(found.get("subadmin") or []),
        groups=list(found["groups"]),
        backend_capabilities=BackendCapabilities(
            display_name=bool(may.get("setDisplayName")),
            email="email" in fields,
            password=bool(may.get("setPassword")),
        ),
        **{name: names.get(name, "") for name in NAMES},
        organisations=organisations,
        **texts,
    )


def _bounded(size: Any) -> int | None:
    """Return a size in bytes; Nextcloud says with negative ones that nothing bounds it, or that it does not know."""
    return int(size) if isinstance(size, int | float) and size >= 0 else None
