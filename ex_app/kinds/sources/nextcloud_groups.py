"""Nextcloud's groups."""

from collections.abc import AsyncIterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from ex_app.kinds.acting import Acting
from ex_app.kinds.listing import Part, entries, pages
from ex_app.nextcloud.client import data_of
from openconnector.errors import MalformedAnswer
from openconnector.http.urls import segment
from openconnector.kinds.base import Selection
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.messages import t
from openconnector.ports import Account
from openconnector.records import Cursor, Page

GROUPS = "/ocs/v2.php/cloud/groups"


class NextcloudGroupsSource(Acting, Source):
    """Nextcloud groups.

    The groups of this Nextcloud: `id`, `displayname`, `usercount`, how many of them are `disabled`, and `members` where
    they are asked for. The acting account has to be an administrator, or in charge of the groups it is to see.

    Example:
    {"kind": "nextcloud_groups", "search": "team"}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host"})

    kind: Literal["nextcloud_groups"] = "nextcloud_groups"
    search: Annotated[str, Selection()] = Field(default="", max_length=255)
    """Only groups whose name contains this text. Empty reads all."""
    with_members: Annotated[bool, Selection()] = False
    """Adds the ids of a group's accounts as `members`. It costs one more request for each group."""
    page_size: int = Field(default=200, ge=2, le=1000)
    """How many groups are asked for at once."""

    @override
    async def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        account = reach.host.account(self.acting_user)

        async def ask(limit: int, offset: int) -> Part:
            query = {"limit": str(limit), "offset": str(offset)}
            if self.search:
                query["search"] = self.search
            answer = await account.ocs("GET", f"{GROUPS}/details", query=query)
            groups = entries(data_of(answer, "the list of groups"), "groups")
            if self.with_members:
                groups = [one | {"members": await _members(account, one["id"])} for one in groups]
            return Part(records=groups)

        async for page in pages(ask, size=self.page_size, cursor=cursor):
            yield page


async def _members(account: Account, group: str) -> list[str]:
    answer = await account.ocs("GET", f"{GROUPS}/{segment(group)}/users")
    data = data_of(answer, f"the members of the group {group!r}")
    try:
        return sorted(map(str, data["users"]))
    except (KeyError, TypeError):
        raise MalformedAnswer(t("Nextcloud described a group without its members")) from None
