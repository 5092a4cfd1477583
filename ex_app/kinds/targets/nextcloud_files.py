"""Files in Nextcloud, one for each record."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from ex_app.kinds.acting import Acting
from ex_app.kinds.file_making import Form, Making
from ex_app.kinds.file_writing import Known, Writing
from ex_app.kinds.folders import Folder
from openconnector.errors import RecordError
from openconnector.kinds.reach import Reach
from openconnector.kinds.target import Target
from openconnector.records import Action, Change, Outcome, Record, Verdict


class NextcloudFilesTarget(Acting, Target):
    """Nextcloud files.

    Writes one file for each record, as the acting account. The mapping gives the file's path below a folder, its
    content, and where wanted tags and shares. What somebody changed since we wrote it is not overwritten unless
    `conflicts` says so. Deleted files go to the trash bin, and earlier versions stay in Nextcloud.

    Example:
    {"kind": "nextcloud_files", "folder": "/Cases", "form": "json", "content": ""}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host", "contracts"})
    placed_by: ClassVar[tuple[str, ...]] = ("folder",)
    chooses_ids: ClassVar[bool] = True

    kind: Literal["nextcloud_files"] = "nextcloud_files"
    folder: Folder = Field(default="", max_length=2000)
    """The folder below which the files are written, such as `/Cases`. It is made when it is missing."""
    path: str = Field(default="path", min_length=1, max_length=200)
    """Where a record says the path of its file below the folder, such as `2026/case-12.json`: a dot path."""
    content: str = Field(default="content", max_length=200)
    """Where a record holds what is to be in the file: a dot path. Empty writes the whole record, as JSON."""
    form: Form = "json"
    """How the content is written: `json` writes the value, `text` a text as it is, `base64` the bytes a text stands
    for, `csv` a list of objects as a table."""
    tags: str = Field(default="tags", max_length=200)
    """Where a record lists the names of tags that its file gets: a dot path. Tags that others put on stay. Empty sets
    none."""
    shares: str = Field(default="shares", max_length=200)
    """Where a record lists whom its file is shared with: a dot path to a list such as
    `[{"type": "group", "with": "staff", "permissions": 1}]`; types are user, group, link, email, remote and team.
    Shares that are there stay. Empty shares nothing."""
    conflicts: Literal["refuse", "overwrite"] = "refuse"
    """What happens to a file that somebody changed, moved or deleted since we wrote it, or that stands in the way:
    `refuse` lets it be and the record fails, `overwrite` writes ours. Nextcloud keeps the other version."""

    @override
    async def place(self, reach: Reach) -> str:
        return f"{reach.host.account(self.acting_user).user_id}:/{self.folder}"

    @override
    async def write(self, reach: Reach, changes: Sequence[Change]) -> list[Outcome]:
        writing = Writing(
            account=reach.host.account(self.acting_user),
            contracts=reach.contracts,
            is_overwriting=self.conflicts == "overwrite",
        )
        return [await self._one(writing, change) for change in changes]

    @override
    async def check(self, reach: Reach, data: Record) -> list[str]:
        try:
            self._making().made(data)
        except RecordError as error:
            return [str(error)]
        return []

    async def _one(self, writing: Writing, change: Change) -> Outcome:
        try:
            known = Known.of(change.target_id) if change.target_id else None
            if change.action is Action.DELETE:
                return await writing.delete(known) if known else Outcome(verdict=Verdict.UNCHANGED)
            made = self._making().made(change.data or {}, change.origin_id)
            writing.claim(made)
            return await (writing.update(made, known) if known else writing.create(made))
        except RecordError as error:
            is_invalid = error.stage in {"encode", "validate"}
            verdict = Verdict.INVALID if is_invalid else Verdict.FAILED
            return Outcome(verdict=verdict, target_id=change.target_id, reason=str(error))

    def _making(self) -> Making:
        return Making(
            folder=self.folder,
            form=self.form,
            path=self.path,
            content=self.content,
            tags=self.tags,
            shares=self.shares,
        )
