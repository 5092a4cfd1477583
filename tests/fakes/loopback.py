"""A remote system on loopback, in a thread of its own: for commands and processes that know only its address."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


class Loopback:
    """Answers every GET with what `answer` says for its path: a status, and a JSON value or bytes as they are."""

    def __init__(self) -> None:
        self.answer: Callable[[str], tuple[int, Any]] = lambda _path: (200, [])
        self.headers: dict[str, str] = {}
        """Headers of every answer."""
        self.asked: list[str] = []
        """The path of every request, in order."""
        self.was_asked = Event()
        self.port = 0

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def serving(self) -> Iterator["Loopback"]:
        """Answer while the block runs."""
        with ThreadingHTTPServer(("127.0.0.1", 0), self._handler()) as server:
            self.port = server.server_port
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        system = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                system.asked.append(self.path)
                system.was_asked.set()
                status, answered = system.answer(self.path)
                is_body = isinstance(answered, bytes)
                body = answered if is_body else json.dumps(answered).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                for name, value in system.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(ConnectionError):  # whoever asked may have been interrupted
                    self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
                """Say nothing."""

        return Handler
