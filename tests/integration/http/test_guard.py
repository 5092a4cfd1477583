"""What must not be called is not called, however it is written."""

import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from openconnector.errors import AddressForbidden, ConfigurationError, OpenConnectorError
from openconnector.http import urls
from openconnector.http.client import HttpClient, HttpClients
from openconnector.http.guard import AllowedNetwork, NetworkPolicy
from openconnector.http.tokens import ProcessTokens
from openconnector.ports import HttpLimits
from openconnector.testing import FakeClock, MemoryCallLog
from tests.fakes.hostile_server import HostileServer, answer, hostile_server

LINES = Path(__file__).parents[2].joinpath("corpora/ssrf_urls.txt").read_text("utf-8").splitlines()
CORPUS = [line.split(" | ") for line in LINES if line and not line.startswith("#")]
PUBLIC = "93.184.215.14"
NAMES = {
    "localhost.": ["127.0.0.1"],
    "loopback.test": ["127.0.0.1"],
    "private.test": ["10.1.2.3"],
    "mixed.test": [PUBLIC, "127.0.0.1"],
    "mixed6.test": [PUBLIC, "::ffff:127.0.0.1"],
    "metadata.test": ["169.254.169.254"],
    "xn--lpback-wxa.test": ["127.0.0.1"],
}
ONCE = HttpLimits(attempts=1)


class FakeResolver(AbstractResolver):
    """Knows some names; hands numbers in odd forms to the system, as an attacker would hope."""

    def __init__(self, names: Mapping[str, list[str]]) -> None:
        self.names = names
        self.asked: list[str] = []
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.names:
            return await self._system.resolve(host, port, family)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=0, proto=0, flags=0)
            for address in self.names[host]
        ]

    async def close(self) -> None:
        return


@pytest.fixture
async def canary() -> AsyncIterator[HostileServer]:
    async with hostile_server() as server:
        server.play("/", answer())
        yield server


@pytest.fixture
async def resolver() -> FakeResolver:
    return FakeResolver(NAMES)


@pytest.fixture
async def clients(resolver: FakeResolver) -> AsyncIterator[HttpClients]:
    clock = FakeClock()
    clients = HttpClients(clock=clock, tokens=ProcessTokens(clock), resolver=resolver)
    yield clients
    await clients.aclose()


def client(clients: HttpClients, *networks: AllowedNetwork) -> HttpClient:
    return clients.client(policy=NetworkPolicy(allowed=networks), log=MemoryCallLog())


def test_the_corpus_holds_at_least_sixty_addresses_and_a_reason_for_each():
    assert len(CORPUS) >= 60
    assert all(len(entry) == 3 and entry[0] in {"invalid", "forbidden"} for entry in CORPUS)


@pytest.mark.parametrize(("outcome", "address", "reason"), CORPUS, ids=[e[2] for e in CORPUS])
async def test_a_forbidden_address_is_not_called_however_it_is_written(
    canary, clients, outcome, address, reason
):
    expected = {"invalid": ConfigurationError, "forbidden": AddressForbidden}[outcome]

    with pytest.raises(expected):
        await client(clients).send(
            httpx.Request("GET", urls.join(address.replace("{port}", str(canary.port)))),
            limits=ONCE,
        )

    assert canary.connections == 0


async def test_an_address_is_not_looked_up_by_name(clients, resolver):
    with pytest.raises(AddressForbidden):
        await client(clients).send(httpx.Request("GET", "http://10.0.0.1/"))

    assert resolver.asked == []


async def test_an_allowed_network_and_port_is_reached_and_another_port_is_not(canary, clients):
    http = client(clients, AllowedNetwork.parse("127.0.0.1", canary.port))

    got = await http.send(httpx.Request("GET", f"http://loopback.test:{canary.port}/"))

    assert got.status_code == 200
    with pytest.raises(AddressForbidden):
        await http.send(httpx.Request("GET", "http://loopback.test:1/"))


async def test_open_and_closed_ports_get_the_same_words(canary, clients):
    messages = set()
    for port in (canary.port, 1):
        with pytest.raises(AddressForbidden) as caught:
            await client(clients).send(httpx.Request("GET", f"http://127.0.0.1:{port}/"))
        messages.add(str(caught.value))

    assert len(messages) == 1


async def test_a_name_that_changes_its_address_gains_nothing(canary, clients, resolver):
    names = {"rebinding.test": ["127.0.0.9"]}
    resolver.names = names
    http = client(clients, AllowedNetwork.parse("127.0.0.9"))
    request = httpx.Request("GET", f"http://rebinding.test:{canary.port}/")
    with pytest.raises(OpenConnectorError):
        await http.send(request, limits=ONCE)
    names["rebinding.test"] = ["127.0.0.1"]

    with pytest.raises(OpenConnectorError):
        await http.send(request, limits=ONCE)

    assert canary.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["http://127.0.0.2:{port}/inside", "//127.0.0.2/", "file:///etc"])
async def test_no_redirect_leads_anywhere(canary, clients, status, where):
    canary.play("/", answer(status, location=where.format(port=canary.port)))
    http = client(clients, AllowedNetwork.parse("127.0.0.1"))

    got = await http.send(httpx.Request("GET", f"http://127.0.0.1:{canary.port}/"))

    assert got.status_code == status
    assert len(canary.seen) == 1
