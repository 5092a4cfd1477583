"""A Nextcloud in which the app is installed, named by the environment alone; see docs/acceptance.md."""

import asyncio
import os
import shlex
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

PROXY = "/index.php/apps/app_api/proxy/openconnector"
NEEDED = ("NEXTCLOUD_URL", "NEXTCLOUD_USER", "NEXTCLOUD_PASSWORD")
ENDED = {"succeeded", "partial", "failed", "cancelled", "needs_approval"}
TRIES = 120
"""How often the state of a run is asked for, twice a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The Nextcloud to try the app on."""

    url: str
    user: str
    password: str
    occ: tuple[str, ...]
    """The command that runs Nextcloud's own; empty when it cannot be run from here."""
    register: tuple[str, ...]
    """The command that registers the app where it is not yet; empty when it is there."""


@pytest.fixture(scope="session")
def place() -> Place:
    """The Nextcloud; without one nothing is tried."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        pytest.skip(
            f"no Nextcloud to try the app on: set {', '.join(missing)} (docs/acceptance.md)"
        )
    url, user, password = (os.environ[name] for name in NEEDED)
    return Place(
        url=url.rstrip("/"),
        user=user,
        password=password,
        occ=tuple(shlex.split(os.environ.get("NEXTCLOUD_OCC", ""))),
        register=tuple(shlex.split(os.environ.get("NEXTCLOUD_REGISTER", ""))),
    )


@pytest.fixture
async def nextcloud(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator's client of Nextcloud itself."""
    async with httpx.AsyncClient(
        base_url=place.url,
        auth=(place.user, place.password),
        headers={"OCS-APIRequest": "true", "Accept": "application/json"},
        timeout=60,
    ) as client:
        yield client


@pytest.fixture
async def workshop(nextcloud: httpx.AsyncClient, place: Place) -> AsyncIterator["Workshop"]:
    """Where a test makes what it needs; all of it is gone afterwards."""
    workshop = Workshop(nextcloud=nextcloud, user=place.user)
    yield workshop
    await workshop.clear()


@dataclass(kw_only=True)
class Workshop:
    """Makes definitions and files under names of their own, and takes them away again."""

    nextcloud: httpx.AsyncClient
    user: str
    name: str = field(default_factory=lambda: f"acceptance-{uuid4().hex[:8]}")
    _made: list[str] = field(default_factory=list)

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Call the app's interface through the proxy."""
        return await self.nextcloud.request(method, f"{PROXY}/api/v1/{path}", **more)

    async def synchronize(self, source: dict[str, Any], **more: Any) -> str:
        """Make a synchronization from this source into a schema of its own; return its id."""
        schema = await self._make("schemas", {"title": self.name, "slug": self.name})
        register = {"title": self.name, "slug": self.name, "schemas": [schema["id"]]}
        await self._make("registers", register)
        made = await self._make("sources", {"name": self.name, "configuration": source})
        target = {"kind": "object_store", "register": self.name, "schema": self.name}
        body = {
            "name": self.name,
            "sourceId": made["id"],
            "target": target,
            "actingUser": self.user,
        }
        return str((await self._make("synchronizations", body | more))["id"])

    async def run(self, synchronization: str) -> dict[str, Any]:
        """Run a synchronization and return how it ended."""
        asked = await self.ask("POST", f"synchronizations/{synchronization}/run", json={})
        assert asked.status_code == 202, asked.text
        return await self.ended(asked.json()["id"])

    async def ended(self, run: str) -> dict[str, Any]:
        """Wait for the end of a run and return it."""
        for _ in range(TRIES):
            found: dict[str, Any] = (await self.ask("GET", f"runs/{run}")).json()
            if found["state"] in ENDED:
                return found
            await asyncio.sleep(0.5)
        raise AssertionError(f"the run did not end: {found}")

    async def objects(self) -> list[dict[str, Any]]:
        """Return what the synchronization has kept."""
        answer = await self.ask("GET", f"objects/{self.name}/{self.name}?_limit=100")
        assert answer.status_code == 200, answer.text
        return [one["data"] for one in answer.json()["results"]]

    async def upload(self, name: str, content: str) -> None:
        """Put a file into a folder of its own among the administrator's."""
        folder = f"/remote.php/dav/files/{self.user}/{self.name}"
        if folder not in self._made:
            assert (await self.nextcloud.request("MKCOL", folder)).status_code == 201
            self._made.append(folder)
        put = await self.nextcloud.put(f"{folder}/{name}", content=content)
        assert put.status_code in {201, 204}, put.text

    async def clear(self) -> None:
        """Take away what was made, the last first."""
        for path in reversed(self._made):
            with suppress(httpx.HTTPError):
                await self.nextcloud.delete(path)

    async def _make(self, collection: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.ask("POST", collection, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        self._made.append(f"{PROXY}/api/v1/{collection}/{made['id']}")
        return made
