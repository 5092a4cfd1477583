"""Notifications of Nextcloud, as AppAPI lets apps send them: one call for each account, in its language."""

import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

import structlog

from ex_app.nextcloud.appapi import APP_API
from ex_app.nextcloud.client import Nextcloud
from ex_app.nextcloud.users import ADMIN_GROUP, Users
from ex_app.words import translated
from openconnector.errors import CredentialsRejected, MalformedAnswer, NotFound, Unavailable
from openconnector.languages import chosen, speaking, told
from openconnector.messages import t
from openconnector.notifications import Notice

SENTENCES: Mapping[str, str] = {
    "failed": t("The synchronization {synchronization} failed"),
    "approval": t("The synchronization {synchronization} waits for an approval"),
    "works": t("The synchronization {synchronization} works again"),
    "expires": t("Something the synchronization {synchronization} needs expires soon"),
}
"""By the kind of a notice; Nextcloud itself translates nothing for apps outside of it."""

PAGE = "/apps/app_api/embedded/{app_id}/main/runs/{run_id}"

ASKED_AT_MOST = 200
"""How many accounts are looked at to find an administrator, in whose name members of groups are read."""

KEPT_SECONDS = 3600.0
"""How long an administrator that was found is believed to be one."""

log = structlog.get_logger(__name__)


class NextcloudNotifications:
    """Implements `notifications.Notifications`."""

    def __init__(
        self, nextcloud: Nextcloud, app_id: str, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._nextcloud = nextcloud
        self._app_id = app_id
        self._now = now
        self._users = Users(nextcloud, now=now)
        self._administrator = ("", 0.0)

    async def receivers(self, users: Sequence[str], groups: Sequence[str]) -> list[str]:
        """Return these accounts and the members of these groups; the administrators where none are named.

        Raises `TransientError` when Nextcloud cannot be asked, or no administrator is found to ask it.
        """
        wanted = groups if users or groups else [ADMIN_GROUP]
        found = dict.fromkeys(users)
        if wanted:
            administrator = await self._found_administrator()
            for group in wanted:
                found |= dict.fromkeys(await self._members(group, administrator))
        return list(found)

    async def send(self, user: str, notice: Notice) -> None:
        """Tell an account. Raises like `Nextcloud.ocs`; `CredentialsRejected`: it is gone or disabled."""
        account = await self._nextcloud.ocs("GET", "/ocs/v2.php/cloud/user", user=user)
        language = str(account.get("language") or "en")
        link = PAGE.format(app_id=self._app_id, run_id=notice.run_id)
        name = {"type": "highlight", "id": notice.run_id, "name": notice.synchronization}
        subject = {
            "rich_subject": translated(SENTENCES[notice.kind], language),
            "rich_subject_params": {"synchronization": name},
            "link": link,
        }
        if notice.reason:
            with speaking(chosen(language)):
                reason = {"type": "highlight", "id": notice.id, "name": told(notice.reason)}
            subject |= {"rich_message": "{reason}", "rich_message_params": {"reason": reason}}
        params = {
            "object": "notice",
            "object_id": notice.id,
            "subject_type": notice.kind,
            "subject_params": subject,
        }
        path = f"{APP_API}/api/v1/notification"
        await self._nextcloud.ocs("POST", path, user=user, json={"params": params})

    async def was_sent(self, user: str, notice_id: str) -> bool:
        """Whether the account has the notification, and has not dismissed it. Raises like `Nextcloud.ocs`."""
        path = "/ocs/v2.php/apps/notifications/api/v2/notifications"
        listed = await self._nextcloud.ocs("GET", path, user=user)
        return any(
            one.get("app") == self._app_id and one.get("object_id") == notice_id
            for one in listed or ()
        )

    async def _members(self, group: str, administrator: str) -> list[str]:
        path = f"/ocs/v2.php/cloud/groups/{quote(group, safe='')}/users"
        try:
            members: list[str] = (await self._nextcloud.ocs("GET", path, user=administrator))[
                "users"
            ]
        except NotFound:
            log.warning("group to be told does not exist", group=group)
            return []
        except (KeyError, TypeError):
            raise MalformedAnswer(t("Nextcloud described a group without its members")) from None
        return members

    async def _found_administrator(self) -> str:
        """Return an administrator: members of groups are told to nobody else, and AppAPI names none."""
        known, until = self._administrator
        if known and until > self._now():
            return known
        accounts: list[str] = await self._nextcloud.ocs("GET", f"{APP_API}/api/v1/users")
        for user in sorted(accounts, key=lambda account: account != ADMIN_GROUP)[:ASKED_AT_MOST]:
            if await self._is_administrator(user):
                self._administrator = user, self._now() + KEPT_SECONDS
                return user
        raise Unavailable(
            t(
                "None of the first {asked_at_most} accounts is an administrator, in whose name groups "
                "could be read. Name accounts in `notifiedUsers`",
                asked_at_most=ASKED_AT_MOST,
            )
        )

    async def _is_administrator(self, user: str) -> bool:
        try:
            return ADMIN_GROUP in await self._users.groups(user)
        except CredentialsRejected:
            return False  # disabled
