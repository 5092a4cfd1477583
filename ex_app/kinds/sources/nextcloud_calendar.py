"""Nextcloud's calendars."""

from collections.abc import AsyncIterator
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field
from typing_extensions import override

from ex_app.kinds import events
from ex_app.kinds.acting import Acting
from ex_app.kinds.portions import Collection, Dialect, pages
from openconnector.kinds.base import Selection
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.records import Cursor, Page

CALDAV: Final = Dialect(
    home="calendars/{user}",
    report="cal:calendar-multiget",
    data="cal:calendar-data",
    parse=events.record,
)


class NextcloudCalendarSource(Acting, Source):
    """Nextcloud calendar.

    The events, tasks and journal entries of one calendar of the acting account: `id`, `type`, `summary`, `start`,
    `end`, `isAllDay`, `location`, `description`, `attendees`, `categories`, `recurrence` and what else they hold.
    One that recurs is one record with its rule; occurrences that were changed stand in `exceptions`. Of a calendar that
    did not change, nothing is read.

    Example:
    {"kind": "nextcloud_calendar", "calendar": "personal"}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host", "memory"})

    kind: Literal["nextcloud_calendar"] = "nextcloud_calendar"
    calendar: Annotated[str, Selection()] = Field(default="personal", min_length=1, max_length=255)
    """The calendar, by its name in addresses: `personal` is the first one of every account. One that is shared with the
    account has a name such as `team_shared_by_alice`."""

    @override
    async def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        account = reach.host.account(self.acting_user)
        calendar = Collection(account, CALDAV, self.calendar)
        async for page in pages(calendar, reach.memory, cursor):
            yield page
