"""What both front doors of Nextcloud decide by: the routes an ExApp declares, and who stands before the door."""

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree  # type: ignore[import-untyped]  # it ships no types
from starlette.requests import Request

from tests.fakes.nextcloud import FakeNextcloud

INFO = Path(__file__).parents[2] / "appinfo/info.xml"

SIGNATURE = ("aa-version", "ex-app-id", "ex-app-version", "authorization-app-api", "aa-request-id")
"""What Nextcloud proves a request with; a client's own never arrive, and an answer's never leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A route as an ExApp declares it."""

    url: str
    verbs: str
    level: str
    """`PUBLIC`, `USER` or `ADMIN`."""
    excluded: tuple[str, ...] = ()
    """Headers that are not passed on. AppAPI takes the text of an `info.xml` for an empty list."""
    counted: tuple[int, ...] = ()
    """Statuses of the ExApp that count as a guess."""


def declared(manifest: Path = INFO) -> tuple[Declared, ...]:
    """Return the routes of an `info.xml`, as AppAPI stores them."""
    return tuple(
        Declared(
            url=route.findtext("url") or "",
            verbs=route.findtext("verb") or "",
            level=route.findtext("access_level") or "",
            counted=tuple(
                int(status)
                for status in re.findall(r"\d+", route.findtext("bruteforce_protection") or "")
            ),
        )
        for route in etree.parse(manifest).iterfind("external-app/routes/route")
    )


Matcher = Callable[[Iterable[Declared], str, str], Iterator[Declared]]
"""Gives the routes that count for a method and a path with its leading slash."""


def appapi_32_0_0(routes: Iterable[Declared], method: str, path: str) -> Iterator[Declared]:
    """`preg_match('/' . url . '/i', path without its slash)`; every match counts until a level suffices."""
    for route in routes:
        ends_early = re.search(r"(?<!\\)/", route.url)
        if method.lower() not in route.verbs.lower() or ends_early:
            continue
        if re.search(route.url, path.removeprefix("/"), re.IGNORECASE):
            yield route


def later_appapi(routes: Iterable[Declared], method: str, path: str) -> Iterator[Declared]:
    """`~^(?:url)~i` on the path, then on the path without its slash; the first match decides."""
    if ".." in path.split("/"):
        return
    for route in routes:
        if method.lower() in route.verbs.lower() and any(
            re.match(f"(?:{route.url})", subject, re.IGNORECASE)
            for subject in (path, path.removeprefix("/"))
        ):
            yield route
            return


def harp(routes: Iterable[Declared], _method: str, path: str) -> Iterator[Declared]:
    """`re.match(url, path)`, case-sensitive, whatever the verb; the first match decides."""
    if ".." in path or path in {"/heartbeat", "/init", "/enabled"}:
        return
    for route in routes:
        if re.match(route.url, path):
            yield route
            return


MATCHERS: tuple[Matcher, ...] = (appapi_32_0_0, later_appapi, harp)


class Visitors:
    """Who may be standing before a door, and how each proves himself to Nextcloud."""

    def __init__(self, nextcloud: FakeNextcloud) -> None:
        self._nextcloud = nextcloud

    def basic(self, user: str) -> dict[str, str]:
        """Return the head of a program's request: the account's app password."""
        credentials = base64.b64encode(f"{user}:{self._password(user)}".encode()).decode()
        return {"Authorization": f"Basic {credentials}"}

    def bearer(self, user: str) -> dict[str, str]:
        """Return the same with the app password alone."""
        return {"Authorization": f"Bearer {self._password(user)}"}

    def session(self, user: str) -> dict[str, str]:
        """Return the head of a browser's request, with the cookies of a login."""
        cookies = f"oc_sessionPassphrase=s3ssion; nc_session_id={user}-session; nc_username={user}"
        return {"Cookie": cookies}

    def who(self, request: Request) -> str | None:
        """Return the account that makes the request, "" for none; None when its password is wrong."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme in {"Basic", "Bearer"}:
            return self._by_password(scheme, given)
        if signer := self._nextcloud.signer(request):
            return signer
        session = request.cookies.get("nc_session_id", "").removesuffix("-session")
        return session if session in self._nextcloud.groups else ""

    def reaches(self, user: str, level: str) -> bool:
        """Return whether a route of this level is open to the account."""
        is_admin = bool(user) and "admin" in self._nextcloud.groups[user]
        return {"PUBLIC": True, "USER": bool(user), "ADMIN": is_admin}[level]

    def _password(self, user: str) -> str:
        return f"{user}-app-password"

    def _by_password(self, scheme: str, given: str) -> str | None:
        user = ""
        if scheme == "Basic":
            user, _, given = base64.b64decode(given).decode().partition(":")
        known = {self._password(name): name for name in self._nextcloud.groups}
        found = known.get(given)
        return found if scheme == "Bearer" or found == user else None


def signature(nextcloud: FakeNextcloud, user: str, *, request_id: str | None) -> dict[str, str]:
    """Return what a door signs a request with; without ``request_id`` as HaRP does."""
    signed = {name.lower(): value for name, value in nextcloud.signed(user).items()}
    if request_id is None:
        del signed["aa-request-id"]
        return signed | {"aa-version": "32"}
    return signed | {"aa-request-id": request_id}
