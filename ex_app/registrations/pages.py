"""The entry in Nextcloud's menu, and the files its page loads."""

from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from ex_app.nextcloud.client import Nextcloud
from ex_app.registrations.entries import AppApiEntry, Registration
from openconnector.errors import NotFound

NAME = "main"
"""What the entry is called in addresses."""

PACKAGE = Path(__file__).parents[1]

MENU = AppApiEntry(
    path="ui/top-menu",
    entry={
        "name": NAME,
        "displayName": "OpenConnector",  # a name, so it needs no translation
        "icon": "img/app.svg",
        "adminRequired": 0,
    },
    identity={"name": NAME},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile(Registration):
    """A file that the page of the menu entry loads; one that the build did not make is taken away instead."""

    kind: str
    """`script` or `style`."""
    file: str
    """Where the build puts it, within the package."""
    package: Path = PACKAGE

    @property
    @override
    def label(self) -> str:
        return self._entry.label

    @override
    async def register(self, nextcloud: Nextcloud) -> None:
        if (self.package / self.file).is_file():
            return await self._entry.register(nextcloud)
        try:
            await self._entry.unregister(nextcloud)
        except NotFound:
            return None  # as it should be

    @override
    async def unregister(self, nextcloud: Nextcloud) -> None:
        await self._entry.unregister(nextcloud)

    @property
    def _entry(self) -> AppApiEntry:
        # AppAPI puts the ending back itself.
        identity = {"type": "top_menu", "name": NAME, "path": self.file.rpartition(".")[0]}
        return AppApiEntry(path=f"ui/{self.kind}", entry=identity, identity=identity)


SCRIPT = PageFile(kind="script", file="js/openconnector-main.js")
STYLE = PageFile(kind="style", file="css/openconnector-main.css")
