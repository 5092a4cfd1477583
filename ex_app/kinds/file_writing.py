"""Write files into Nextcloud so that nobody's change is lost: each request says which version it replaces."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import httpx
from typing_extensions import override

from ex_app.kinds.file_making import Made, Share
from ex_app.nextcloud import webdav
from ex_app.nextcloud.webdav import Entry, problem_with, told_in
from openconnector.errors import LimitExceeded, RecordError
from openconnector.ports import Account, Contracts, HostRequest, HttpLimits
from openconnector.records import Outcome, Verdict

SHARES: Final = "/ocs/v2.php/apps/files_sharing/api/v1/shares"
WRITING: Final = HttpLimits(timeout_seconds=300)
CREATED: Final = (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)
TAGGED: Final = (HTTPStatus.CREATED, HTTPStatus.CONFLICT)


class Known(NamedTuple):
    """A file we wrote, in the version it had then; as text it is the id of a contract's target."""

    fileid: int
    etag: str

    @classmethod
    def of(cls, target_id: str) -> "Known":
        """Read it back. Raises `RecordError` for another target's id."""
        fileid, _, etag = target_id.partition("-")
        if not (fileid.isascii() and fileid.isdigit()):
            raise RecordError(f"The id {target_id!r} is none of a file", stage="write")
        return cls(int(fileid), etag)

    @override
    def __str__(self) -> str:
        return f"{self.fileid}-{self.etag}"


@dataclass(slots=True, kw_only=True)
class Writing:
    """Writes the files of one batch."""

    account: Account
    contracts: Contracts
    """Tells of which record a file was made."""
    is_overwriting: bool
    """Whether what others changed or made is replaced as well."""
    claimed: dict[str, str] = field(default_factory=dict, init=False)
    """Path -> the record of this batch that names it."""
    tags: dict[str, int] | None = field(default=None, init=False)
    """Name of a tag -> its id, once asked for."""

    def claim(self, made: Made) -> None:
        """Raise `RecordError` for the second record of a batch with this path: no contract tells of the first yet."""
        first = self.claimed.setdefault(made.path, made.origin_id)
        if first != made.origin_id:
            raise _named_twice(made, first)

    async def create(self, made: Made) -> Outcome:
        """Write a file that is not there yet."""
        answer = await self._put(made, {"If-None-Match": "*"})
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            return await self._met(made, None)
        return await self._finished(made, answer)

    async def update(self, made: Made, known: Known) -> Outcome:
        """Replace the version we wrote."""
        answer = await self._put(made, {"If-Match": f'"{known.etag}"'})
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            return await self._met(made, known)
        return await self._finished(made, answer)

    async def delete(self, known: Known) -> Outcome:
        """Move the file into the trash bin, wherever it is now, if it still is what we wrote."""
        entry = await webdav.by_id(self.account, known.fileid)
        if entry is None:
            return Outcome(verdict=Verdict.UNCHANGED, target_id=str(known))
        headers = {} if self.is_overwriting else {"If-Match": f'"{known.etag}"'}
        answer = await self._send("DELETE", entry.path, headers)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return Outcome(verdict=Verdict.UNCHANGED, target_id=str(known))
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise RecordError(
                f"Somebody changed /{entry.path} since; it was not deleted", stage="write"
            )
        if not answer.is_success:
            raise _refused(answer, entry.path)
        return Outcome(verdict=Verdict.WRITTEN, target_id=str(known), writes=1)

    async def _met(self, made: Made, known: Known | None) -> Outcome:
        """Decide what to do when not what we expected stands at the path."""
        there = await self._at(made.path)
        if there is not None:
            await self._refuse_anothers(made, there)
        if there is not None and await self._holds(there, made.content):
            # An interrupted run wrote it, or somebody did the same.
            await self._attach(made, there.fileid)
            return Outcome(verdict=Verdict.UNCHANGED, target_id=str(_known(there)))
        if there is None and known is not None:
            return await self._moved(made, known)
        is_ours = known is not None and there is not None and there.fileid == known.fileid
        if self.is_overwriting and there is not None:
            return await self._finished(
                made, await self._put(made, {"If-Match": f'"{there.etag}"'})
            )
        told = "was changed by somebody since" if is_ours else "is there already and none of ours"
        raise RecordError(f"/{made.path} {told}; see `conflicts`", stage="write")

    async def _refuse_anothers(self, made: Made, there: Entry) -> None:
        """Raise `RecordError` for a file that was made of another record: it would be deleted with that one."""
        name = str(_known(there))
        owner = (await self.contracts.owners([name])).get(name, made.origin_id)
        if owner != made.origin_id:
            raise _named_twice(made, owner)

    async def _moved(self, made: Made, known: Known) -> Outcome:
        """The record has another path than before, or somebody moved or deleted the file."""
        entry = await webdav.by_id(self.account, known.fileid)
        if entry is None:
            if self.is_overwriting:
                return await self.create(made)
            raise RecordError(f"Somebody deleted /{made.path}; see `conflicts`", stage="write")
        if entry.etag != known.etag and not self.is_overwriting:
            raise RecordError(
                f"/{entry.path} was changed by somebody since; see `conflicts`", stage="write"
            )
        await self._make_folders(made.path)
        root = webdav.address(self.account, made.path)
        answer = await self._send("MOVE", entry.path, {"Destination": root, "Overwrite": "F"})
        if not answer.is_success:
            raise _refused(answer, made.path)
        return await self._finished(made, await self._put(made, {"If-Match": f'"{entry.etag}"'}))

    async def _put(self, made: Made, headers: dict[str, str]) -> httpx.Response:
        """Write the content, making the folders above where they are missing."""
        answer = await self._send("PUT", made.path, headers, made.content)
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            await self._make_folders(made.path)
            answer = await self._send("PUT", made.path, headers, made.content)
        return answer

    async def _finished(self, made: Made, answer: httpx.Response) -> Outcome:
        if answer.status_code not in CREATED:
            raise _refused(answer, made.path)
        written = _written(answer)
        try:
            await self._attach(made, written.fileid)
        except RecordError as error:
            # The next attempt finds the file with this content, and takes it over.
            return Outcome(verdict=Verdict.FAILED, writes=1, reason=str(error), is_uncertain=True)
        return Outcome(verdict=Verdict.WRITTEN, target_id=str(written), writes=1)

    async def _make_folders(self, path: str) -> None:
        above = path.split("/")[:-1]
        for depth in range(1, len(above) + 1):
            answer = await self._send("MKCOL", "/".join(above[:depth]), {})
            # 405: it is there.
            if not answer.is_success and answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
                raise _refused(answer, "/".join(above[:depth]))

    async def _at(self, path: str) -> Entry | None:
        found = await webdav.entries(self.account, path, depth=0)
        return found[0] if found and not found[0].is_folder else None

    async def _holds(self, entry: Entry, content: bytes) -> bool:
        if entry.number("d:getcontentlength") != len(content):
            return False
        answer = await self._send("GET", entry.path, {"If-Match": f'"{entry.etag}"'})
        return answer.status_code == HTTPStatus.OK and answer.content == content

    async def _send(
        self, method: str, path: str, headers: dict[str, str], content: bytes = b""
    ) -> httpx.Response:
        request = HostRequest(
            method=method,
            path=webdav.address(self.account, path),
            headers=headers,
            content=content,
            # What has happened already is found out by its version, so every request may be repeated.
            idempotent=True,
        )
        return await self.account.send(request, WRITING)

    async def _attach(self, made: Made, fileid: int) -> None:
        """Put tags on a file and share it, as far as it has not been done."""
        for name in made.tags:
            number = await self._tag(name)
            path = f"{webdav.DAV_ROOT}/systemtags-relations/files/{fileid}/{number}"
            answer = await self.account.send(HostRequest(method="PUT", path=path), WRITING)
            if answer.status_code not in TAGGED:
                raise RecordError(f"The tag {name!r} cannot be put on /{made.path}", stage="write")
        if made.shares:
            await self._share(made)

    async def _share(self, made: Made) -> None:
        answer = await self.account.ocs("GET", SHARES, query={"path": f"/{made.path}"})
        there = answer.data if answer.is_good and isinstance(answer.data, list) else []
        for share in made.shares:
            if not any(_is_same(one, share) for one in there):
                answer = await self.account.ocs("POST", SHARES, json=share.body(made.path))
                if not answer.is_good:
                    told = answer.message or f"Nextcloud answered {answer.status}"
                    raise RecordError(f"/{made.path} cannot be shared: {told}", stage="write")

    async def _tag(self, name: str) -> int:
        if self.tags is None:
            self.tags = await webdav.tags(self.account)
        if name not in self.tags:
            self.tags[name] = await webdav.make_tag(self.account, name)
        return self.tags[name]


def _is_same(there: Any, share: Share) -> bool:
    if not isinstance(there, dict) or there.get("share_type") != share.share_type:
        return False
    # A link is shared with nobody: one is enough.
    return share.share_with is None or there.get("share_with") == share.share_with


def _named_twice(made: Made, first: str) -> RecordError:
    return RecordError(
        f"/{made.path} was made of the record {first!r}: two records name it", stage="validate"
    )


def _known(entry: Entry) -> Known:
    return Known(entry.fileid, entry.etag)


def _written(answer: httpx.Response) -> Known:
    """Return what a PUT wrote; the file id comes with 8 digits before the name of the instance."""
    letters = answer.headers.get("oc-fileid", "")
    digits = letters[: len(letters) - len(letters.lstrip("0123456789"))]
    etag = answer.headers.get("oc-etag", answer.headers.get("etag", "")).strip('"')
    if not digits or not etag:
        raise RecordError(
            "Nextcloud did not say which file it wrote; a proxy may have changed its answer"
        )
    return Known(int(digits), etag)


def _refused(answer: httpx.Response, path: str) -> Exception:
    """Return what a refusal means: of one record, or of all."""
    status = answer.status_code
    told = told_in(answer) or f"Nextcloud answered {status}"
    if status == HTTPStatus.INSUFFICIENT_STORAGE:
        return LimitExceeded(
            f"There is no room left for /{path}: {told}. Raise the quota, or make room"
        )
    if status == HTTPStatus.LOCKED:
        return RecordError(f"/{path} is locked by somebody", stage="write")
    if status == HTTPStatus.BAD_REQUEST:
        return RecordError(f"Nextcloud refuses /{path}: {told}", stage="validate")
    if status in {
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.PRECONDITION_FAILED,
    }:
        return RecordError(f"/{path} cannot be written: {told}", stage="write")
    return problem_with(answer, f"/{path}")
