"""Who is trusted on TLS, and who we say we are."""

import httpx
import pytest
from cryptography import x509
from pydantic import SecretStr

from openconnector.errors import ConfigurationError, MaybeSent, NotSent
from openconnector.http.client import HttpClients
from openconnector.http.guard import AllowedNetwork, NetworkPolicy
from openconnector.http.tls import TlsIdentity
from openconnector.http.tokens import ProcessTokens
from openconnector.ports import HttpLimits
from openconnector.testing import FakeClock, MemoryCallLog
from tests.fakes.certificates import Authority
from tests.fakes.hostile_server import answer, hostile_server

LOOPBACK = NetworkPolicy(allowed=(AllowedNetwork.parse("127.0.0.1"),))


def fresh() -> HttpClients:
    clock = FakeClock()
    return HttpClients(clock=clock, tokens=ProcessTokens(clock))


async def ask(
    url: str, tls: TlsIdentity | None, clients: HttpClients | None = None
) -> httpx.Response:
    clients = clients or fresh()
    http = clients.client(policy=LOOPBACK, tls=tls, log=MemoryCallLog())
    try:
        return await http.send(httpx.Request("GET", url), limits=HttpLimits(attempts=1))
    finally:
        await clients.aclose()


async def test_an_unknown_authority_is_not_trusted(tmp_path):
    async with hostile_server(Authority().server_context(tmp_path)) as server:
        url = server.play("/", answer())

        with pytest.raises(ConfigurationError, match="CA bundle"):
            await ask(url, None)

        assert server.seen == []


async def test_the_authority_of_the_ca_bundle_is_trusted(tmp_path):
    authority = Authority()
    async with hostile_server(authority.server_context(tmp_path)) as server:
        url = server.play("/", answer(body=b"private"))

        got = await ask(url, TlsIdentity(ca_bundle=authority.pem))

        assert got.text == "private"


async def test_when_a_certificate_expires_is_known_once_it_was_found_good(tmp_path):
    authority, clients = Authority(), fresh()
    async with hostile_server(authority.server_context(tmp_path)) as server:
        url = server.play("/", answer(body=b"private"))
        with pytest.raises(ConfigurationError):
            await ask(url, None, clients)
        before = clients.certificates.expiry("127.0.0.1")

        await ask(url, TlsIdentity(ca_bundle=authority.pem), clients)

    shown = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    assert before is None
    assert clients.certificates.expiry("127.0.0.1") == shown.not_valid_after_utc


async def test_a_client_certificate_opens_a_server_that_asks_for_it(tmp_path):
    authority = Authority()
    own = authority.issue("connector")
    async with hostile_server(authority.server_context(tmp_path, asks_client=True)) as server:
        url = server.play("/", answer(body=b"welcome"))
        tls = TlsIdentity(
            ca_bundle=authority.pem, certificate=own.certificate, key=SecretStr(own.key)
        )

        got = await ask(url, tls)

        assert got.text == "welcome"
        with pytest.raises((NotSent, MaybeSent)):
            await ask(url, TlsIdentity(ca_bundle=authority.pem))


@pytest.mark.parametrize(
    ("identity", "word"),
    [
        (TlsIdentity(ca_bundle="no pem"), "CA bundle"),
        (TlsIdentity(certificate="x"), "belong together"),
        (TlsIdentity(key=SecretStr("x")), "belong together"),
        (TlsIdentity(certificate="x", key=SecretStr("t0ps3cret")), "must be PEM"),
    ],
)
async def test_an_identity_that_cannot_be_used_says_so_without_the_key(identity, word):
    with pytest.raises(ConfigurationError, match=word) as caught:
        await ask("https://127.0.0.1:1/", identity)

    assert "t0ps3cret" not in f"{caught.value!r} {identity!r}"
