"""Nextcloud's users."""

from collections.abc import AsyncIterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from ex_app.kinds.acting import Acting
from ex_app.kinds.listing import Part, pages
from ex_app.nextcloud.client import data_of
from openconnector.errors import MalformedAnswer
from openconnector.http.urls import segment
from openconnector.kinds.base import Selection
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.messages import t
from openconnector.records import Cursor, Page

CLOUD = "/ocs/v2.php/cloud"


class NextcloudUsersSource(Acting, Source):
    """Nextcloud users.

    The accounts of this Nextcloud with all that is known about them: `id`, `displayname`, `email`, `enabled`, `groups`,
    `quota`, `language`, `lastLogin`, `backend`, and the fields of their profiles. The acting account has to be an
    administrator, or in charge of the groups it is to see. When somebody last came in and how much room is used changes
    all the time: `sourceHashMapping` says what counts as a change.

    Example:
    {"kind": "nextcloud_users", "group": "staff", "pageSize": 500}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host"})

    kind: Literal["nextcloud_users"] = "nextcloud_users"
    search: Annotated[str, Selection()] = Field(default="", max_length=255)
    """Only accounts whose id, name or e-mail address contains this text. Empty reads all."""
    group: Annotated[str, Selection()] = Field(default="", max_length=255)
    """Only accounts of this group, by its id. Empty reads all."""
    page_size: int = Field(default=200, ge=2, le=1000)
    """How many accounts are asked for at once, with all their details."""

    @override
    async def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        account = reach.host.account(self.acting_user)
        path, what = f"{CLOUD}/users", "the list of users"
        if self.group:
            path = f"{CLOUD}/groups/{segment(self.group)}/users"
            what = f"the users of the group {self.group!r}"

        async def ask(limit: int, offset: int) -> Part:
            query = {"limit": str(limit), "offset": str(offset)}
            if self.search:
                query["search"] = self.search
            answer = await account.ocs("GET", f"{path}/details", query=query)
            return _part(data_of(answer, what)["users"])

        async for page in pages(ask, size=self.page_size, cursor=cursor):
            yield page


def _part(users: object) -> Part:
    """Return the records in an answer: an object by id, and a list where it is empty or PHP takes it for one."""
    found = list(users.values()) if isinstance(users, dict) else users
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and "id" in one for one in found
    ):
        raise MalformedAnswer(t("Nextcloud answered a list of users without their ids"))
    # Of accounts that are not in its charge an account is shown the id alone.
    hidden = frozenset(str(one["id"]) for one in found if "displayname" not in one)
    return Part(records=found, hidden=hidden)
