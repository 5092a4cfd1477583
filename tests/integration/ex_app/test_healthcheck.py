"""The container's health check notices what it is there to notice."""

import asyncio
import socket

import pytest

from docker.healthcheck import ailment

ALIVE = (200, '{"status":"ok"}')


def answering(status: int, body: str):
    """Return a server's side of a connection that answers everything with this."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    return answer


@pytest.fixture
def processes(tmp_path):
    """The kernel's list of processes, with a tunnel among them."""
    for number, name in {"1": "python", "7": "frpc"}.items():
        (tmp_path / "proc" / number).mkdir(parents=True)
        (tmp_path / "proc" / number / "comm").write_text(f"{name}\n")
    return tmp_path / "proc"


async def on_port(status: int, body: str, host: str = "127.0.0.1") -> str:
    async with await asyncio.start_server(answering(status, body), "127.0.0.1", 0) as web:
        port = web.sockets[0].getsockname()[1]
        return await asyncio.to_thread(ailment, {"APP_HOST": host, "APP_PORT": str(port)})


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", ""])  # noqa: S104  where it is asked
async def test_an_app_that_answers_is_healthy_wherever_it_listens(host):
    assert await on_port(*ALIVE, host=host) == ""


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, '{"status":"ok"}'), (200, '{"status":"no"}'), (200, "<html>"), (200, "[]")],
)
async def test_an_app_that_answers_something_else_is_ill(status, body):
    assert "no heartbeat" in await on_port(status, body)


def test_an_app_that_does_not_listen_is_ill():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))

        said = ailment({"APP_HOST": "127.0.0.1", "APP_PORT": str(taken.getsockname()[1])})

    assert said == "no heartbeat: ConnectionRefusedError"


async def test_behind_harp_the_socket_file_is_asked(tmp_path, processes):
    path = tmp_path / "exapp.sock"
    environment = {"HP_SHARED_KEY": "key", "HP_EXAPP_SOCK": str(path)}

    async with await asyncio.start_unix_server(answering(*ALIVE), path):
        healthy = await asyncio.to_thread(ailment, environment, processes)
        (processes / "7" / "comm").unlink()
        without_tunnel = await asyncio.to_thread(ailment, environment, processes)

    assert healthy == ""
    assert without_tunnel == "the tunnel does not run"


def test_behind_harp_a_missing_socket_file_is_an_illness(tmp_path, processes):
    environment = {"HP_SHARED_KEY": "key", "HP_EXAPP_SOCK": str(tmp_path / "none")}

    assert "FileNotFoundError" in ailment(environment, processes)
