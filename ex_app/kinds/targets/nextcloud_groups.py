"""Groups of Nextcloud, made and kept up to date."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from ex_app.kinds.acting import Acting
from ex_app.kinds.provisioning import (
    ADMINISTRATORS,
    Name,
    Provisioning,
    Refused,
    WhenExisting,
    confirm,
    each,
    problems_in,
    refuse_foreign,
)
from openconnector.http.urls import segment
from openconnector.kinds.reach import Reach
from openconnector.kinds.target import Target
from openconnector.records import Change, Outcome, Record, Verdict


class Team(BaseModel):
    """What a record says about a group; what it leaves out, or null, is left as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Name = Field(max_length=64)
    displayname: str | None = Field(default=None, min_length=1)
    members: list[Name] | None = None


class NextcloudGroupsTarget(Acting, Target):
    """Nextcloud groups.

    Makes groups and keeps them up to date. A record has the `id` of the group and may have its `displayname` and its
    `members`, the ids of accounts. The group of administrators is never touched.

    Example:
    {"kind": "nextcloud_groups", "leaveGroups": true}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host", "contracts"})
    chooses_ids: ClassVar[bool] = True

    kind: Literal["nextcloud_groups"] = "nextcloud_groups"
    when_existing: WhenExisting = "refuse"
    """What happens when a record names a group that this synchronization did not make: `refuse` leaves it alone and
    counts the record as invalid, `adopt` takes it over, so that it is deleted once its record is gone."""
    leave_groups: bool = False
    """Takes accounts out of a group whose record does not name them. Otherwise they are only put into it."""

    @override
    async def place(self, reach: Reach) -> str:
        return "groups"

    @override
    async def write(self, reach: Reach, changes: Sequence[Change]) -> list[Outcome]:
        account = reach.host.account(self.acting_user)
        return await each(account, changes, partial(self._keep, reach), _give_up)

    @override
    async def check(self, reach: Reach, data: Record) -> list[str]:
        problems = problems_in(Team, data)
        if data.get("id") == ADMINISTRATORS:
            problems.append("id: the group of administrators is never changed by a run")
        return problems

    @override
    async def confirm_identity(self, reach: Reach) -> None:
        await confirm(reach.host.account(self.acting_user))

    async def _keep(self, reach: Reach, nextcloud: Provisioning, change: Change) -> Verdict:
        data = change.data or {}
        if problems := await self.check(reach, data):
            raise Refused("; ".join(problems))
        team = Team.model_validate(data)
        if change.target_id not in (None, team.id):
            raise Refused(
                f"its id became {team.id!r}, and Nextcloud cannot rename the group {change.target_id!r}"
            )
        has = await nextcloud.find(f"{_path(team.id)}/users", "the members of the group")
        if has is None:
            await nextcloud.add_group(team.id, team.displayname or "")
        else:
            await refuse_foreign(reach.contracts, change, team.id, self.when_existing)
            if team.displayname is not None:
                # Nextcloud tells the name of a group in lists alone, so it is set and not compared.
                body = {"key": "displayname", "value": team.displayname}
                await nextcloud.write("PUT", _path(team.id), "setting displayname", body)
        if team.members is not None:
            await self._fill(nextcloud, team.id, team.members, has["users"] if has else [])
        return Verdict.WRITTEN if nextcloud.writes else Verdict.UNCHANGED

    async def _fill(
        self, nextcloud: Provisioning, group: str, wanted: list[str], has: list[str]
    ) -> None:
        for user in [one for one in wanted if one not in has]:
            await nextcloud.join(user, group)
        for user in [one for one in has if self.leave_groups and one not in wanted]:
            await nextcloud.leave(user, group)


async def _give_up(nextcloud: Provisioning, group: str) -> Verdict:
    if group == ADMINISTRATORS:
        raise Refused("the group of administrators is never deleted", verdict=Verdict.FAILED)
    if await nextcloud.find(f"{_path(group)}/users", "the members of the group") is None:
        return Verdict.UNCHANGED
    await nextcloud.write("DELETE", _path(group), "deleting the group")
    return Verdict.WRITTEN


def _path(group: str) -> str:
    return f"/groups/{segment(group)}"
