"""A source and a target over HTTP that take their time and note every call: one pair per name, on one server."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

PAGE = 4


class SlowSystems:
    """Remote systems for many runs at once; `pages` and `writes` tell what each of them was asked."""

    def __init__(self, records: int, page_seconds: float, write_seconds: float) -> None:
        self.records = records
        self.page_seconds = page_seconds
        self.write_seconds = write_seconds
        self.address = ""
        self.objects: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.pages: dict[str, int] = Counter()
        self.writes: dict[str, list[str]] = defaultdict(list)
        """Method and object of every write that did something, in order."""
        self.on_first_page: dict[str, Callable[[], None]] = {}
        self._keys: dict[tuple[str, str], str] = {}

    def record(self, number: int) -> dict[str, Any]:
        """Return one record as the source gives it."""
        return {"code": f"r{number}", "title": f"Title {number}", "size": number}

    async def list(self, request: web.Request) -> web.Response:
        """Answer one page of the source."""
        name, page = request.match_info["name"], int(request.query.get("page", "1"))
        self.pages[name] += 1
        if self.pages[name] == 1 and name in self.on_first_page:
            self.on_first_page[name]()
        await asyncio.sleep(self.page_seconds)
        first = (page - 1) * PAGE
        body = {"results": [self.record(n) for n in range(first, min(first + PAGE, self.records))]}
        is_last = first + PAGE >= self.records
        return web.json_response(body | {"next": None if is_last else f"?page={page + 1}"})

    async def create(self, request: web.Request) -> web.Response:
        """Create an object under an id of the target's choice; a repeated key gives the first one again."""
        name, key = request.match_info["name"], request.headers.get("Idempotency-Key", "")
        body = await request.json()
        await asyncio.sleep(self.write_seconds / 2)
        object_id = self._keys.get((name, key))
        if object_id is None:
            object_id = f"o{len(self.objects[name]) + 1}"
            self._keys[name, key] = object_id
            self.writes[name].append(f"create {body['code']}")
            self.objects[name][object_id] = body
        await asyncio.sleep(self.write_seconds / 2)
        return web.json_response({"id": object_id}, status=201)

    async def replace(self, request: web.Request) -> web.Response:
        """Replace an object."""
        name, object_id = request.match_info["name"], request.match_info["id"]
        await asyncio.sleep(self.write_seconds)
        if object_id not in self.objects[name]:
            return web.json_response({"title": "Not found"}, status=404)
        self.objects[name][object_id] = await request.json()
        self.writes[name].append(f"update {object_id}")
        return web.json_response({"id": object_id})

    async def remove(self, request: web.Request) -> web.Response:
        """Delete an object."""
        name, object_id = request.match_info["name"], request.match_info["id"]
        found = self.objects[name].pop(object_id, None)
        self.writes[name].append(f"delete {object_id}")
        return web.Response(status=404 if found is None else 204)


@asynccontextmanager
async def slow_systems(
    records: int, *, page_seconds: float, write_seconds: float
) -> AsyncIterator[SlowSystems]:
    """Serve the systems on loopback while the block runs."""
    systems = SlowSystems(records, page_seconds, write_seconds)
    app = web.Application()
    app.router.add_get("/{name}/records", systems.list)
    app.router.add_post("/{name}/objects", systems.create)
    app.router.add_put("/{name}/objects/{id}", systems.replace)
    app.router.add_delete("/{name}/objects/{id}", systems.remove)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    systems.address = f"http://{host}:{port}"
    try:
        yield systems
    finally:
        await runner.cleanup()
