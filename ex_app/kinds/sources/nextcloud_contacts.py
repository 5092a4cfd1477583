"""Nextcloud's contacts."""

from collections.abc import AsyncIterator
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field
from typing_extensions import override

from ex_app.kinds import cards
from ex_app.kinds.acting import Acting
from ex_app.kinds.portions import Collection, Dialect, pages
from openconnector.kinds.base import Selection
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.records import Cursor, Page

CARDDAV: Final = Dialect(
    home="addressbooks/users/{user}",
    report="card:addressbook-multiget",
    data="card:address-data",
    parse=cards.record,
)


class NextcloudContactsSource(Acting, Source):
    """Nextcloud contacts.

    The contacts of one address book of the acting account: `id`, `fullName`, `name`, `emails`, `phones`, `addresses`,
    `organisation`, `title`, `birthday`, `note`, `categories` and what else a card holds, but for its picture. Of an
    address book that did not change, nothing is read.

    Example:
    {"kind": "nextcloud_contacts", "addressBook": "contacts"}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host", "memory"})

    kind: Literal["nextcloud_contacts"] = "nextcloud_contacts"
    address_book: Annotated[str, Selection()] = Field(
        default="contacts", min_length=1, max_length=255
    )
    """The address book, by its name in addresses: `contacts` is the first one of every account. One that is shared with
    the account has a name such as `team_shared_by_alice`."""

    @override
    async def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        account = reach.host.account(self.acting_user)
        book = Collection(account, CARDDAV, self.address_book)
        async for page in pages(book, reach.memory, cursor):
            yield page
