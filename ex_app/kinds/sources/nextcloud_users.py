"""Nextcloud's users."""

from collections.abc import AsyncIterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from ex_app.kinds.acting import Acting
from ex_app.kinds.listing import Part, entries, pages
from ex_app.nextcloud.client import data_of
from openconnector.http.urls import segment
from openconnector.kinds.base import Selection
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.records import Cursor, Page, Record

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
            return _part(entries(data_of(answer, what), "users"))

        async for page in pages(ask, size=self.page_size, cursor=cursor):
            yield page


def _part(users: list[Record]) -> Part:
    # Of accounts that are not in its charge an account is shown the id alone.
    hidden = frozenset(str(one["id"]) for one in users if "displayname" not in one)
    return Part(records=users, hidden=hidden)
