"""Nextcloud's own data as sources."""

from ex_app.kinds.sources.nextcloud_calendar import NextcloudCalendarSource
from ex_app.kinds.sources.nextcloud_contacts import NextcloudContactsSource
from ex_app.kinds.sources.nextcloud_files import NextcloudFilesSource
from ex_app.kinds.sources.nextcloud_groups import NextcloudGroupsSource
from ex_app.kinds.sources.nextcloud_tables import NextcloudTablesSource
from ex_app.kinds.sources.nextcloud_users import NextcloudUsersSource
from openconnector.kinds.source import Source

NATIVE_SOURCES: tuple[type[Source], ...] = (
    NextcloudCalendarSource,
    NextcloudContactsSource,
    NextcloudFilesSource,
    NextcloudGroupsSource,
    NextcloudTablesSource,
    NextcloudUsersSource,
)
