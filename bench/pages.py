"""The remote system of the benchmark: serves pre-rendered pages on loopback, in a process of its own."""

import argparse
import asyncio
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from aiohttp import web

from bench.records import rendered

PAGE = 1_000


class Pages:
    """Answers `/{count}/{variant}?offset=N`: the first ``count`` records, a thousand to a page."""

    def __init__(self, most: int) -> None:
        same, changed = rendered(most, PAGE)
        self._chunks = {"same": same, "changed": changed}

    async def answer(self, request: web.BaseRequest) -> web.Response:
        count, variant = request.path.strip("/").split("/")
        offset = int(request.query.get("offset", 0))
        end = offset + PAGE
        follows = f"http://{request.host}{request.path}?offset={end}" if end < int(count) else None
        head = f'{{"count":{count},"next":{json.dumps(follows)},"results":['.encode()
        chunk = self._chunks[variant][offset // PAGE] if offset < int(count) else b""
        return web.Response(body=b"".join((head, chunk, b"]}")), content_type="application/json")


async def serve(most: int) -> None:
    """Serve until the process is ended; the address goes to standard output once it answers."""
    runner = web.ServerRunner(web.Server(Pages(most).answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


@contextmanager
def page_server(most: int) -> Iterator[str]:
    """Start the server in a process of its own and give its address; it holds up to ``most`` records."""
    command = [sys.executable, "-m", "bench.pages", str(most)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def capacity(address: str, count: int, seconds: float = 1.0) -> float:
    """Return how many records a second a bare client reads from the server: what no contender can beat."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    fetched, offset, started = 0, 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        connection.request("GET", f"/{count}/same?offset={offset}")
        connection.getresponse().read()
        fetched += PAGE
        offset = (offset + PAGE) % count
    connection.close()
    return fetched / (time.perf_counter() - started)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("most", type=int)
    asyncio.run(serve(parser.parse_args().most))
