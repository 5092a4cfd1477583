"""Accounts of Nextcloud, made and kept up to date."""

import re
import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from ex_app.kinds.acting import Acting
from ex_app.kinds.provisioning import (
    ADMINISTRATORS,
    Name,
    Provisioning,
    Refused,
    WhenExisting,
    confirm,
    each,
    problems_in,
    refuse_foreign,
)
from openconnector.errors import MalformedAnswer
from openconnector.http.urls import segment
from openconnector.kinds.reach import Reach
from openconnector.kinds.target import Target
from openconnector.messages import t
from openconnector.records import Action, Change, Outcome, Record, Verdict

SIZE = re.compile(r"([0-9]{1,15})\s*([KMGT]?B)?", re.IGNORECASE)
SIZES = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
NO_LIMIT = -3
"""How Nextcloud says `none`."""

RANDOM_BYTES = 32
STRONG = "aA1!"
"""Makes a random password fit the usual rules."""


class Person(BaseModel):
    """What a record says about an account; what it leaves out, or null, is left as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Name = Field(max_length=64)
    displayname: str | None = None
    email: str | None = None
    quota: str | None = None
    language: str | None = None
    locale: str | None = None
    manager: str | None = None
    phone: str | None = None
    address: str | None = None
    website: str | None = None
    twitter: str | None = None
    bluesky: str | None = None
    fediverse: str | None = None
    organisation: str | None = None
    role: str | None = None
    headline: str | None = None
    biography: str | None = None
    pronouns: str | None = None
    enabled: bool | None = None
    groups: list[Name] | None = None


SET_ONE_BY_ONE = [name for name in Person.model_fields if name not in ("id", "enabled", "groups")]
SET_AT_FIRST = {
    "displayname": "displayName",
    "email": "email",
    "quota": "quota",
    "language": "language",
}
"""What a new account is made with, by Nextcloud's name for it."""


class NextcloudUsersTarget(Acting, Target):
    """Nextcloud users.

    Makes accounts and keeps them up to date. A record has the `id` of the account and any of `displayname`, `email`,
    `quota` (such as `5 GB`, `none`, `default`), `language`, `locale`, `manager`, `enabled`, `groups` and the fields of
    the profile; what it leaves out is left alone. Passwords are not taken from records. A run never touches an
    administrator, never makes one, and never disables or deletes the acting account.

    Example:
    {"kind": "nextcloud_users", "whenGone": "disable", "createGroups": true}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host", "contracts"})
    chooses_ids: ClassVar[bool] = True

    kind: Literal["nextcloud_users"] = "nextcloud_users"
    when_existing: WhenExisting = "refuse"
    """What happens when a record names an account that this synchronization did not make: `refuse` leaves it alone and
    counts the record as invalid, `adopt` takes it over, so that it is disabled or deleted once its record is gone."""
    when_gone: Literal["disable", "delete"] = "disable"
    """What happens to an account whose record is gone: `disable` keeps its files, `delete` removes them for good."""
    without_email: Literal["refuse", "random"] = "refuse"
    """What happens to a new account without an e-mail address, to which no link for a password can be sent: `refuse`
    counts the record as invalid, `random` gives it a password that nobody knows."""
    create_groups: bool = False
    """Makes groups that a record names and that do not exist; otherwise such a record is invalid."""
    leave_groups: bool = False
    """Takes accounts out of the groups that their record does not name. Otherwise they are only put into groups."""

    @override
    async def place(self, reach: Reach) -> str:
        return "users"

    @override
    async def write(self, reach: Reach, changes: Sequence[Change]) -> list[Outcome]:
        account = reach.host.account(self.acting_user)
        return await each(account, changes, partial(self._keep, reach), self._give_up)

    @override
    async def check(self, reach: Reach, data: Record) -> list[str]:
        problems = problems_in(Person, data)
        groups = data.get("groups")
        if isinstance(groups, list) and ADMINISTRATORS in groups:
            problems.append(f"groups: a run makes nobody an administrator ({ADMINISTRATORS!r})")
        return problems

    @override
    def shows_current(self) -> bool:
        return True

    @override
    async def current(self, reach: Reach, target_id: str) -> Record | None:
        nextcloud = Provisioning(reach.host.account(self.acting_user))
        found = await nextcloud.find(_path(target_id), "the account")
        if found is None:
            return {}
        shown = {name: found[name] for name in Person.model_fields if name in found}
        return shown | {"quota": found.get("quota", {}).get("quota")}

    @override
    async def confirm_identity(self, reach: Reach) -> None:
        await confirm(reach.host.account(self.acting_user))

    async def _keep(self, reach: Reach, nextcloud: Provisioning, change: Change) -> Verdict:
        data = change.data or {}
        if problems := await self.check(reach, data):
            raise Refused("; ".join(problems))
        person = Person.model_validate(data)
        if change.target_id not in (None, person.id):
            raise Refused(
                f"its id became {person.id!r}, and Nextcloud cannot rename the account {change.target_id!r}"
            )
        for group in person.groups or () if self.create_groups else ():
            await nextcloud.add_group(group)
        found = await _found(nextcloud, person.id)
        if found is None:
            await self._create(nextcloud, person)
            # What Nextcloud made of it is the base of what is still to be set.
            found = await _found(nextcloud, person.id) or {"groups": []}
        else:
            _refuse_administrator(found)
            _refuse_other_spelling(person.id, found)
            await refuse_foreign(reach.contracts, change, person.id, self.when_existing)
        await self._adapt(nextcloud, person, found)
        is_back = change.action is Action.CREATE and change.target_id is not None
        await _switch(nextcloud, person.id, found, on=True if is_back else person.enabled)
        return Verdict.WRITTEN if nextcloud.writes else Verdict.UNCHANGED

    async def _create(self, nextcloud: Provisioning, person: Person) -> None:
        given = person.model_dump(include={*SET_AT_FIRST}, exclude_none=True)
        body: Record = {"userid": person.id, "groups": person.groups or []}
        body |= {SET_AT_FIRST[name]: value for name, value in given.items() if value != ""}
        if not person.email and self.without_email == "random":
            body["password"] = secrets.token_urlsafe(RANDOM_BYTES) + STRONG
        await nextcloud.write("POST", "/users", "making the account", body)

    async def _adapt(
        self, nextcloud: Provisioning, person: Person, found: Mapping[str, Any]
    ) -> None:
        for name in SET_ONE_BY_ONE:
            value = getattr(person, name)
            if value is not None and not _is_same(name, value, found.get(name)):
                body = {"key": name, "value": value}
                await nextcloud.write("PUT", _path(person.id), f"setting {name}", body)
        if person.groups is None:
            return
        has = found["groups"]
        for group in [one for one in person.groups if one not in has]:
            await nextcloud.join(person.id, group)
        for group in [one for one in has if self.leave_groups and one not in person.groups]:
            await nextcloud.leave(person.id, group)

    async def _give_up(self, nextcloud: Provisioning, user: str) -> Verdict:
        found = await _found(nextcloud, user)
        if found is None:
            return Verdict.UNCHANGED
        _refuse_administrator(found)
        if self.when_gone == "disable":
            await _switch(nextcloud, user, found, on=False)
            return Verdict.WRITTEN if nextcloud.writes else Verdict.UNCHANGED
        _refuse_oneself(nextcloud, user)
        await nextcloud.write("DELETE", _path(user), "deleting the account")
        return Verdict.WRITTEN


async def _found(nextcloud: Provisioning, user: str) -> Mapping[str, Any] | None:
    """Return an account; None when there is none. Raises `MalformedAnswer`."""
    found = await nextcloud.find(_path(user), "the account")
    # Without them nothing tells whether it is an administrator's.
    if found is None or (isinstance(found, dict) and isinstance(found.get("groups"), list)):
        return found
    raise MalformedAnswer(t("Nextcloud described an account without its groups"))


async def _switch(
    nextcloud: Provisioning, user: str, found: Mapping[str, Any], *, on: bool | None
) -> None:
    if on is None or on == found.get("enabled", True):
        return
    if not on:
        _refuse_oneself(nextcloud, user)
    verb = "enable" if on else "disable"
    await nextcloud.write("PUT", f"{_path(user)}/{verb}", f"{verb[:-1]}ing the account")


def _refuse_administrator(found: Mapping[str, Any]) -> None:
    if ADMINISTRATORS in found["groups"]:
        raise Refused(
            "it is the account of an administrator, and a run never changes those",
            verdict=Verdict.FAILED,
        )


def _refuse_other_spelling(user: str, found: Mapping[str, Any]) -> None:
    # Nextcloud finds an account whatever its capital letters are; two records could name one account so.
    if found.get("id", user) != user:
        raise Refused(f"the account is called {found['id']!r}; its id has to be written so")


def _refuse_oneself(nextcloud: Provisioning, user: str) -> None:
    # Nextcloud's ids are the same in upper and lower case.
    if user.lower() == nextcloud.account.user_id.lower():
        raise Refused(
            "it is the acting account, and a run never disables or deletes that",
            verdict=Verdict.FAILED,
        )


def _path(user: str) -> str:
    return f"/users/{segment(user)}"


def _is_same(name: str, wanted: str, current: Any) -> bool:
    if name == "quota":
        return isinstance(current, Mapping) and _bytes(wanted) == current.get("quota")
    return wanted == (current or "")


def _bytes(quota: str) -> int | None:
    """Return a quota in bytes as Nextcloud shows it; None for one that only the server knows, `default` for one."""
    if quota.strip().lower() == "none":
        return NO_LIMIT
    found = SIZE.fullmatch(quota.strip())
    return int(found[1]) * SIZES[(found[2] or "").upper()] if found else None
