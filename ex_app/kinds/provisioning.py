"""Nextcloud's provisioning interface, as targets use it: one change at a time, what is refused said in words."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from httpx import codes
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError

from ex_app.nextcloud.client import data_of
from openconnector.errors import CredentialsRejected, RecordError
from openconnector.http.urls import segment
from openconnector.messages import t
from openconnector.ports import Account, Contracts, OcsAnswer
from openconnector.records import Action, Change, Outcome, Record, Verdict

CLOUD = "/ocs/v2.php/cloud"
ADMINISTRATORS = "admin"
"""The group whose members may do everything; a run neither makes nor changes an administrator."""

PASSWORD = "password"  # noqa: S105  the name of a field
NO_PASSWORDS = "is not taken from records: Nextcloud sends the person a link to choose one"

WORDS = {
    101: "Nextcloud takes no such value",
    102: "there is no such group, or it exists already",
    103: "Nextcloud failed to do it",
    104: "there is no such group",
    107: "the password breaks a rule of this Nextcloud",
    108: "an account needs an e-mail address, to send a link for its password to",
    113: "this account cannot be given that field",
}
"""What Nextcloud's numbers mean where it says nothing itself."""

WhenExisting = Literal["refuse", "adopt"]


def _not_only_dots(name: str) -> str:
    if name in {".", ".."}:
        raise PydanticCustomError(
            "only_dots", "is only dots, and would lead elsewhere in an address"
        )
    return name


Name = Annotated[str, Field(min_length=1), AfterValidator(_not_only_dots)]
"""The id of an account or a group, as a record gives it."""


class Refused(RecordError):
    """Nextcloud, or a rule of ours, refuses one change."""

    def __init__(self, message: str, *, verdict: Verdict = Verdict.INVALID) -> None:
        super().__init__(message, stage="write")
        self.verdict = verdict


class Provisioning:
    """One change under way: counts the writes Nextcloud acknowledged."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.writes = 0

    async def find(self, path: str, what: str) -> Any:
        """Return the data of an entry, None when there is none. Raises what concerns every record."""
        answer = await self.account.ocs("GET", CLOUD + path)
        return None if answer.status == codes.NOT_FOUND else data_of(answer, what)

    async def write(self, method: str, path: str, what: str, body: Record | None = None) -> None:
        """Carry a write out. Raises `Refused` for what concerns this record, else like `data_of`."""
        answer = await self.account.ocs(method, CLOUD + path, json=body)
        if answer.is_good:
            self.writes += 1
            return
        concerns_all = (codes.FORBIDDEN, codes.TOO_MANY_REQUESTS, codes.SERVICE_UNAVAILABLE)
        if answer.status in concerns_all:
            data_of(answer, what)
        raise _refused(answer, what)

    async def add_group(self, group: str, name: str = "") -> None:
        """Make a group; one that exists is fine."""
        body = {"groupid": group, "displayname": name or group}
        answer = await self.account.ocs("POST", f"{CLOUD}/groups", json=body)
        if answer.is_good:
            self.writes += 1
        elif answer.code != 102:  # noqa: PLR2004  it exists already
            data_of(answer, f"making the group {group!r}")

    async def join(self, user: str, group: str) -> None:
        """Put an account into a group."""
        path = f"/users/{segment(user)}/groups"
        await self.write("POST", path, f"putting it into the group {group!r}", {"groupid": group})

    async def leave(self, user: str, group: str) -> None:
        """Take an account out of a group."""
        path = f"/users/{segment(user)}/groups"
        await self.write(
            "DELETE", path, f"taking it out of the group {group!r}", {"groupid": group}
        )


async def each(
    account: Account,
    changes: Sequence[Change],
    keep: Callable[[Provisioning, Change], Awaitable[Verdict]],
    give_up: Callable[[Provisioning, str], Awaitable[Verdict]],
) -> list[Outcome]:
    """Carry out changes one by one: ``keep`` makes an entry what its record says, ``give_up`` takes away the one named.

    Both say what became of it, and raise `RecordError`. The `id` of a record names its entry.
    """
    outcomes = []
    taken: dict[str, str] = {}
    for change in changes:
        under_way = Provisioning(account)
        target_id = change.target_id or (change.data or {}).get("id")
        try:
            _refuse_second(taken, change, target_id)
            if change.action is Action.DELETE:
                verdict = await give_up(under_way, change.target_id or "")
            else:
                verdict = await keep(under_way, change)
        except RecordError as error:
            refusal = error.verdict if isinstance(error, Refused) else Verdict.FAILED
            # A new entry that was made before a field of it was refused is ours at the next attempt.
            outcome = Outcome(
                refusal,
                change.target_id,
                under_way.writes,
                str(error),
                is_uncertain=change.action is Action.CREATE and under_way.writes > 0,
            )
        else:
            outcome = Outcome(verdict, target_id, under_way.writes)
        outcomes.append(outcome)
    return outcomes


def _refuse_second(taken: dict[str, str], change: Change, entry: Any) -> None:
    """Raise `Refused` for the second record of a batch that names one entry: no contract tells of the first yet."""
    if not isinstance(entry, str):
        return
    first = taken.setdefault(entry.lower(), change.origin_id)
    if first != change.origin_id and change.action is not Action.DELETE:
        raise Refused(f"{entry!r} was made of the record {first!r}: two records name it")


async def refuse_foreign(
    contracts: Contracts, change: Change, entry: str, existing: WhenExisting
) -> None:
    """Raise `Refused` when an entry that exists is not this record's to be changed."""
    owner = (await contracts.owners([entry])).get(entry, change.origin_id)
    if owner != change.origin_id:
        raise Refused(f"{entry!r} was made of the record {owner!r}: two records name it")
    is_new = change.target_id is None and not change.is_repeat
    if is_new and existing == "refuse":
        raise Refused(
            f"{entry!r} exists already and was not made by this synchronization; "
            "set `whenExisting` to `adopt` to take it over"
        )


async def confirm(account: Account) -> None:
    """Raise `CredentialsRejected` unless Nextcloud knows the account that asks."""
    data = data_of(await account.ocs("GET", f"{CLOUD}/user"), "the acting account")
    if not isinstance(data, Mapping) or data.get("id") != account.user_id:
        raise CredentialsRejected(
            t("Nextcloud does not take us for {user}", user=repr(account.user_id))
        )


def problems_in(model: type[BaseModel], data: Record) -> list[str]:
    """Return what is wrong with a record, one sentence for each field and none of its values."""
    found = [f"{PASSWORD} {NO_PASSWORDS}"] if PASSWORD in data else []
    try:
        model.model_validate({name: one for name, one in data.items() if name != PASSWORD})
    except ValidationError as error:
        for flaw in error.errors(include_url=False, include_context=False, include_input=False):
            is_unknown = flaw["type"] == "extra_forbidden"
            said = f"is none of {', '.join(model.model_fields)}" if is_unknown else flaw["msg"]
            found.append(f"{'.'.join(map(str, flaw['loc']))}: {said}")
    return found


def _refused(answer: OcsAnswer, what: str) -> Refused:
    said = answer.message.strip() or WORDS.get(answer.code, "it did not say why")
    is_input = codes.BAD_REQUEST <= answer.status < codes.INTERNAL_SERVER_ERROR
    verdict = Verdict.INVALID if is_input else Verdict.FAILED
    return Refused(f"{what}: Nextcloud answered {answer.code}: {said}", verdict=verdict)
