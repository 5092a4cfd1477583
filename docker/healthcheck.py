#!/usr/bin/env python3
"""Ask the app itself whether it lives, where it listens, and behind HaRP whether the tunnel runs; exit code 0 or 1.

It stands alone and uses the standard library only: Docker runs it every few seconds.
"""

import http.client
import json
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

SECONDS = 3.0
TUNNEL = "frpc"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  looked up, not bound
"""Where to ask an app that listens on every address."""


def ailment(environment: Mapping[str, str], processes: Path = Path("/proc")) -> str:
    """Return what is wrong, "" when nothing is."""
    host = environment.get("APP_HOST") or "127.0.0.1"
    port = int(environment.get("APP_PORT") or "23000")
    connection = http.client.HTTPConnection(EVERYWHERE.get(host, host), port, timeout=SECONDS)
    if not environment.get("HP_SHARED_KEY"):
        return _heartbeat(connection)
    if not any(_is_tunnel(process) for process in processes.glob("[0-9]*")):
        return "the tunnel does not run"
    with closing(socket.socket(socket.AF_UNIX)) as connection.sock:
        connection.sock.settimeout(SECONDS)
        try:
            connection.sock.connect(environment.get("HP_EXAPP_SOCK") or "/tmp/exapp.sock")  # noqa: S108  HaRP's path
        except OSError as error:
            return f"the socket file does not answer: {type(error).__name__}"
        return _heartbeat(connection)


def _heartbeat(connection: http.client.HTTPConnection) -> str:
    with closing(connection):
        try:
            connection.request("GET", "/heartbeat")
            answer = connection.getresponse()
            is_alive = answer.status == http.client.OK and json.load(answer) == {"status": "ok"}
        except (OSError, ValueError, http.client.HTTPException) as error:
            return f"no heartbeat: {type(error).__name__}"
    return "" if is_alive else f"no heartbeat: status {answer.status}"


def _is_tunnel(process: Path) -> bool:
    try:
        return (process / "comm").read_text().strip() == TUNNEL
    except OSError:
        return False  # it ended while we looked


if __name__ == "__main__":
    sys.exit(ailment(os.environ) or 0)
