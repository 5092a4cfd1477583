"""Nextcloud's own data as targets."""

from ex_app.kinds.targets.nextcloud_files import NextcloudFilesTarget
from ex_app.kinds.targets.nextcloud_groups import NextcloudGroupsTarget
from ex_app.kinds.targets.nextcloud_tables import NextcloudTablesTarget
from ex_app.kinds.targets.nextcloud_users import NextcloudUsersTarget
from openconnector.kinds.target import Target

NATIVE_TARGETS: tuple[type[Target], ...] = (
    NextcloudFilesTarget,
    NextcloudGroupsTarget,
    NextcloudTablesTarget,
    NextcloudUsersTarget,
)
