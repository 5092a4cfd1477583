"""What the web process answers while its worker maps 100,000 records, and what happens when the worker is killed."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench import ours
from bench.measure import WrongResult, run

RUNS = "/api/v1/runs"
PATHS = ("/heartbeat", RUNS)
PAUSE_SECONDS = 0.01
"""Between two rounds of requests, so that the asking itself is no load to speak of."""
START_SECONDS = 30.0
RUN_SECONDS = 180.0
TAKE_UP_SECONDS = 60.0
KILL_AT = 0.4
"""The share of the records after which the worker is killed."""


UNDER_WAY = ("queued", "running", "waiting")

Run = dict[str, Any]
"""A run as the API shows it."""


@dataclass(slots=True)
class Latency:
    """Seconds each answer took, by path."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {path: [] for path in PATHS})

    def milliseconds(self, path: str) -> tuple[int, float, float, float]:
        """Return how many answers there were, with their median, 99th percentile and longest time."""
        ordered = sorted(self.seconds[path])
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        return len(ordered), 1_000 * median(ordered), 1_000 * p99, 1_000 * ordered[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resilience:
    """What was measured of one run under `openconnector serve`."""

    working: Latency
    """While the run was under way."""
    orphaned: Latency
    """From the killing of the worker until the run went on."""
    taken_up_seconds: float
    """From the killing until the run had a further page."""


class Api:
    """The served API, on one kept connection."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._headers = {"Authorization": f"Bearer {token}"}

    def call(self, path: str, method: str = "GET") -> tuple[float, Any]:
        """Return how many seconds an answer took, and its JSON. Raises `WrongResult` when it is an error."""
        started = time.perf_counter()
        try:
            self._connection.request(method, path, headers=self._headers)
            response = self._connection.getresponse()
            body = response.read()
        except OSError:
            self._connection.close()
            raise
        seconds = time.perf_counter() - started
        if response.status >= http.client.BAD_REQUEST:
            raise WrongResult(f"{method} {path} answers {response.status}: {body[:500]!r}")
        return seconds, json.loads(body)

    def ask(self, latency: Latency) -> Run:
        """Ask for every path once, note how long each took, and return the one run there is."""
        answers = {}
        for path in PATHS:
            seconds, answers[path] = self.call(path)
            latency.seconds[path].append(seconds)
        time.sleep(PAUSE_SECONDS)
        found: Run = answers[RUNS]["results"][0]
        return found


def measure(address: str, count: int) -> Resilience:
    """Synchronize ``count`` records under `serve`, killing the worker on the way. Raises `WrongResult`."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        serving(folder, address, count) as (
            process,
            api,
        ),
    ):
        api.call("/api/v1/synchronizations/cases/run", "POST")
        working, orphaned = Latency(), Latency()
        _ask_until(api, working, lambda one: _found(one) >= KILL_AT * count)
        killed_at = _kill_worker(process.pid)
        before = _found(api.ask(orphaned))
        _ask_until(api, orphaned, lambda one: _found(one) > before, TAKE_UP_SECONDS)
        taken_up_seconds = time.perf_counter() - killed_at
        _check(_ask_until(api, working, lambda one: one["state"] not in UNDER_WAY), count)
    return Resilience(working=working, orphaned=orphaned, taken_up_seconds=taken_up_seconds)


@contextmanager
def serving(folder: str, address: str, count: int) -> Iterator[tuple[subprocess.Popen[bytes], Api]]:
    """Serve an installation that has the synchronization, and end it afterwards."""
    token, port = secrets.token_urlsafe(32), _free_port()
    environment = ours.environment(Path(folder)) | {"OPENCONNECTOR_ADMIN_TOKEN": token}
    file = ours.saved_configuration(f"{address}/{count}/same", Path(folder))
    run([str(ours.COMMAND), "import", str(file), "--json"], environment)
    process = subprocess.Popen(
        [str(ours.COMMAND), "serve", "--port", str(port)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, _answering(Api(port, token))
    finally:
        process.terminate()
        process.wait()


def _kill_worker(pid: int) -> float:
    """Kill the worker of this process and return the moment at which it was gone."""
    workers = _workers(pid)
    if len(workers) != 1:
        raise WrongResult(f"openconnector serve has {len(workers)} worker processes instead of one")
    os.kill(workers[0], signal.SIGKILL)
    while workers[0] in _workers(pid):
        time.sleep(PAUSE_SECONDS)
    return time.perf_counter()


def _answering(api: Api) -> Api:
    deadline = time.perf_counter() + START_SECONDS
    while time.perf_counter() < deadline:
        try:
            api.call("/heartbeat")
        except OSError:
            time.sleep(0.1)
        else:
            return api
    raise WrongResult(f"openconnector serve does not answer after {START_SECONDS:.0f} seconds")


def _ask_until(
    api: Api, latency: Latency, is_enough: Callable[[Run], bool], seconds: float = RUN_SECONDS
) -> Run:
    """Ask on and on until the run is far enough, and return it. Raises `WrongResult` when that takes too long."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        found = api.ask(latency)
        if is_enough(found):
            return found
    raise WrongResult(f"after {seconds:.0f} seconds the run is {found}")


def _found(one: Run) -> int:
    return int(one["balance"]["found"])


def _check(found: Run, count: int) -> None:
    balance = found["balance"]
    if found["state"] != "succeeded" or balance["found"] != count or balance["created"] != count:
        raise WrongResult(f"the run that was taken up ended as {found['state']} with {balance}")


def _workers(pid: int) -> list[int]:
    """Return the worker processes that this process started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(child)
        for child in children
        if b"worker" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
