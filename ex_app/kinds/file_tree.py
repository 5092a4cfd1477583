"""Walk a tree of folders: each once, in the order of their paths; what is remembered as unchanged is not listed."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ex_app.kinds.file_listing import Listing, See, Shelf
from ex_app.nextcloud import webdav
from openconnector.errors import AccessDenied, ConfigurationError
from openconnector.messages import t
from openconnector.ports import Account, Memory, Remembered
from openconnector.records import Part

Names = tuple[str, ...]
"""A path below the top folder, in its parts; folders come in the order of these."""


class Folder(NamedTuple):
    """A folder as its parent told of it."""

    names: Names
    etag: str
    fileid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A folder, listed or remembered."""

    folder: Folder
    part: Part
    """It, for `Page.part` or `Page.unchanged`."""
    records: Shelf | None = None
    """What was kept of the files and folders in it; None when it is remembered."""
    is_known: bool = False
    """It was not listed, because it is as it was."""
    is_done: bool = False
    """An interrupted read gave its records already; only what is below is left."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk through the folders below a top."""

    account: Account
    memory: Memory
    top: str
    """Path of the top folder below the user's root."""
    is_recursive: bool
    properties: tuple[str, ...]
    """What is asked of each entry."""
    note: See
    """Gives what the source wants to know of a file when its folder is not listed."""
    record: See
    """Gives the record of a file or folder."""
    after: Names | None = None
    """The folder an interrupted read was in."""
    problems: list[str]
    """Takes what could not be listed, and why."""
    listed: int = 0
    """How many folders were asked for."""
    began_with: str | None = None
    """The version of the top when the walk, or the read that was interrupted, began."""

    def path(self, names: Names) -> str:
        """Return a folder's or file's path below the user's root."""
        return "/".join((*filter(None, self.top.split("/")), *names))

    async def visits(self) -> AsyncIterator[Visit]:
        """Yield the folders. Raises `ConfigurationError` when the top is none."""
        top = await self._top()
        self.began_with = self.began_with or top.etag
        waiting: list[Iterator[tuple[Folder, Remembered | None]]] = [await self._looked_up([top])]
        while waiting:
            folder, remembered = next(waiting[-1], (None, None))
            if folder is None:
                waiting.pop()
                continue
            if self._is_past(folder):
                continue
            visit = await self._visit(folder, remembered)
            if visit is None:
                continue  # it was deleted after its parent had been listed
            yield visit
            if self.is_recursive:
                waiting.append(await self._looked_up(_below(visit)))

    async def has_changed(self) -> bool:
        """Return whether anything below the top changed while it was walked: then things may have moved past us."""
        return self.listed > 0 and (await self._top()).etag != self.began_with

    async def _top(self) -> Folder:
        found = await webdav.entries(self.account, self.top, depth=0)
        if not found or not found[0].is_folder or not found[0].etag:
            shown = self.top or "/"
            raise ConfigurationError(
                t(
                    "The account {user} has no folder {shown}; see `folder` and `actingUser`",
                    user=repr(self.account.user_id),
                    shown=repr(shown),
                )
            )
        return Folder((), found[0].etag, found[0].fileid)

    async def _looked_up(self, folders: list[Folder]) -> Iterator[tuple[Folder, Remembered | None]]:
        parts = [self._part(folder) for folder in folders]
        # Without a version nothing tells whether it changed.
        asked = [part for one, part in zip(folders, parts, strict=True) if one.etag]
        known = await self.memory.recall(asked) if asked else {}
        return iter([(one, known.get(part.key)) for one, part in zip(folders, parts, strict=True)])

    def _part(self, folder: Folder, note: Any = None) -> Part:
        # A folder that is moved keeps its version, but the paths in it are others.
        version = f"{folder.etag} {'/'.join(folder.names)}"
        return Part(key=f"folder {folder.fileid}", version=version, note=note)

    def _is_past(self, folder: Folder) -> bool:
        """Whether an interrupted read has given the folder and everything below it."""
        return self.after is not None and folder.names < self.after[: len(folder.names)]

    def _is_done(self, folder: Folder) -> bool:
        return self.after is not None and folder.names < self.after

    async def _visit(self, folder: Folder, remembered: Remembered | None) -> Visit | None:
        is_done = self._is_done(folder)
        if remembered is not None:
            part = self._part(folder, remembered.note)
            return Visit(folder=folder, part=part, is_known=True, is_done=is_done)
        self.listed += 1
        try:
            found = await self.list(folder.names)
        except AccessDenied as error:
            self.problems.append(str(error))
            return None
        if found is None:
            return None
        # The listing's own version: the folder may have changed since its parent was listed.
        folder = folder._replace(etag=found.etag)
        part = self._part(folder, found.note())
        return Visit(folder=folder, part=part, records=found.records, is_done=is_done)

    async def list(self, names: Names) -> Listing | None:
        """Ask what is in a folder; None when it is gone."""
        found = Listing(self.note, self.record)
        path, wanted = self.path(names), self.properties
        try:
            await webdav.show(self.account, path, found.see, depth=1, properties=wanted)
        except BaseException:
            found.records.close()
            raise
        return found if found.is_there else None


def _below(visit: Visit) -> list[Folder]:
    names = visit.folder.names
    return [Folder((*names, *one[:1]), *one[1:]) for one in visit.part.note["folders"]]
