"""Fakes for the ports, and HTTP against a function instead of a network."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from openconnector.accounts import BackendCapabilities, Login, Organisations, Profile, Quota
from openconnector.errors import FieldProblem, InvalidInput, LoginRefused, OpenConnectorError
from openconnector.http.client import HttpClient
from openconnector.http.tokens import ProcessTokens
from openconnector.ports import Call, CallLog, Clock, Tokens

Api = (
    Callable[[httpx.Request], httpx.Response]
    | Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]
)
"""A remote system as a function."""


class FakeClock:
    """A clock that stands still until somebody sleeps, which takes no time."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.moment = now
        self.slept: list[float] = []
        """The seconds of every sleep, in order."""

    def now(self) -> datetime:
        """Return the moment the clock stands at."""
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Move the clock on."""
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


class MemoryCallLog:
    """A call log that keeps its rows."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def add(self, call: Call) -> None:
        """Keep the row."""
        self.calls.append(call)


class FakeLog:
    """A log that keeps its events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, dict[str, Any]]] = []
        """Level, event and fields."""

    def info(self, event: str, **fields: Any) -> None:
        """Keep the event."""
        self.events.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        """Keep the event."""
        self.events.append(("warning", event, fields))


def http_for(
    api: Api,
    *,
    clock: Clock | None = None,
    tokens: Tokens | None = None,
    log: CallLog | None = None,
) -> HttpClient:
    """Return HTTP whose every request is answered by ``api``, with the real retries and bounds and without waiting."""
    clock = clock or FakeClock()
    return HttpClient(
        httpx.MockTransport(api),
        clock=clock,
        tokens=tokens or ProcessTokens(clock),
        log=log or MemoryCallLog(),
        jitter=lambda: 0.0,
    )


class FakeAccounts:
    """Accounts in memory; names are their own passwords unless `passwords` says otherwise."""

    def __init__(self, *user_ids: str) -> None:
        self.profiles = {user_id: profile_of(user_id) for user_id in user_ids}
        self.passwords = {user_id: f"{user_id}-password" for user_id in user_ids}
        self.app_passwords: dict[str, str] = {}
        """Of every login that has not ended, with its account."""
        self.refuses: dict[str, str] = {}
        """Fields that are not taken, with the reason."""
        self.failure: OpenConnectorError | None = None
        """What the next calls end in."""

    async def profile(self, user_id: str) -> Profile:
        """Return an account."""
        if self.failure:
            raise self.failure
        return self.profiles[user_id]

    async def change(self, user_id: str, changes: Mapping[str, str]) -> None:
        """Change what is not refused."""
        taken = {name: text for name, text in changes.items() if name not in self.refuses}
        self.passwords[user_id] = taken.pop("password", self.passwords[user_id])
        if active := taken.pop("active_organisation", None):
            organisations = Organisations(available=True, total=1, active={"uuid": active})
            taken["organisations"] = organisations  # type: ignore[assignment]  # for `replace` alone
        self.profiles[user_id] = replace(self.profiles[user_id], **taken)  # type: ignore[arg-type]  # likewise
        if problems := [
            FieldProblem(field=name, message=self.refuses[name])
            for name in changes
            if name in self.refuses
        ]:
            raise InvalidInput(problems)

    async def log_in(self, name: str, password: str, *, client_address: str) -> Login:
        """Give an app password for the right one."""
        if self.failure:
            raise self.failure
        if self.passwords.get(name) != password:
            raise LoginRefused(f"Not {name}")
        made = f"app-{len(self.app_passwords)}-{name}"
        self.app_passwords[made] = name
        return Login(login_name=name, app_password=SecretStr(made), profile=self.profiles[name])

    async def log_out(self, login_name: str, app_password: str, *, client_address: str) -> None:
        """Forget an app password."""
        if self.app_passwords.get(app_password) != login_name:
            raise LoginRefused("No such app password")
        del self.app_passwords[app_password]


def profile_of(user_id: str) -> Profile:
    """Return a new account, of whom nothing is known but the id."""
    texts = (
        *("avatar_scope", "locale", "phone", "address", "website", "twitter", "fediverse"),
        *("organisation", "role", "headline", "biography", "first_name", "last_name"),
        "middle_name",
    )
    return Profile(
        uid=user_id,
        display_name=user_id,
        email=None,
        email_verified=None,
        enabled=True,
        quota=Quota(used=0, free=None, total=None, relative=0),
        last_login=0,
        backend="Database",
        subadmin=[],
        groups=[],
        language="en",
        backend_capabilities=BackendCapabilities(display_name=True, email=True, password=True),
        organisations=Organisations(available=False),
        **dict.fromkeys(texts, ""),
    )
