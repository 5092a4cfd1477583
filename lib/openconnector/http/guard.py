"""The network policy, enforced at the address that is dialled rather than at what a URL says."""

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import AddrInfoType, ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from openconnector.errors import AddressForbidden, ConfigurationError
from openconnector.messages import t

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

RESOLVE_SECONDS = 5.0
"""The longest a name may take to resolve."""

NEVER_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT, and the metadata address of one cloud
        "168.63.129.16/32",  # the platform address of another cloud, though globally routed
        "192.0.0.0/24",  # protocol assignments, and the metadata address of a third
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "::/96",  # IPv4-compatible: an IPv4 address in other clothes, like the next five
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # local NAT64
        "2001::/23",  # Teredo and other protocol assignments
        "2002::/16",  # 6to4
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)
"""Beyond what the standard library calls not global; its list differs between Python versions."""


METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254"))
)
"""Where clouds keep a machine's own credentials: never reachable, whatever is allowed."""


def is_public(address: Address) -> bool:
    """Return whether the address belongs to one host on the public internet."""
    if not address.is_global or address.is_multicast:
        return False
    return not any(address in network for network in NEVER_PUBLIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedNetwork:
    """A range of addresses that an administrator allows although it is not public."""

    network: Network
    ports: frozenset[int] | None = None
    """None allows every port."""

    @classmethod
    def parse(cls, network: str, *ports: int) -> "AllowedNetwork":
        """Return the range a CIDR or a single address names. Raises `ValueError`."""
        return cls(network=ip_network(network), ports=frozenset(ports) or None)

    @classmethod
    def named(cls, text: str) -> "AllowedNetwork":
        """Return what `10.0.0.0/8`, `10.0.0.5:8080` or `[fd00::]/8:443` names. Raises `ConfigurationError`."""
        network, port = _without_port(text.strip())
        try:
            return cls.parse(network, *([int(port)] if port else []))
        except ValueError as error:
            raise ConfigurationError(
                t(
                    "{text} is no network; write a range or an address, with a port if only that one is meant, such as "
                    "10.0.0.0/8, 10.0.0.0/8:443 or [fd00::]/8:443",
                    text=repr(text),
                )
            ) from error

    def holds(self, address: Address, port: int) -> bool:
        """Return whether this address and port are in the range."""
        return address in self.network and (self.ports is None or port in self.ports)


def _without_port(text: str) -> tuple[str, str]:
    if text.startswith("[") and "]" in text:
        address, _, rest = text[1:].partition("]")
        length, _, port = rest.partition(":")
        return address + length, port
    if text.count(":") == 1:
        network, _, port = text.partition(":")
        return network, port
    return text, ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicy:
    """Which addresses may be dialled: the public ones and what an administrator adds."""

    allowed: tuple[AllowedNetwork, ...] = ()
    """Private ranges that are reachable nevertheless."""
    trusted_origins: frozenset[str] = frozenset()
    """Origins reachable wherever they resolve to, as `urls.origin` writes them: the Nextcloud that installed us."""

    def allows(self, address: Address, port: int) -> bool:
        """Return whether this address and port may be dialled."""
        if address in METADATA:
            return False
        return is_public(address) or any(entry.holds(address, port) for entry in self.allowed)

    def check(self, host: str, port: int) -> None:
        """Raise `AddressForbidden` unless the IP address ``host`` may be dialled at this port."""
        try:
            address = ip_address(host)
        except ValueError:
            raise _forbidden() from None
        # An address with a zone (fe80::1%eth0) compares as if it had none; only local ones have a zone.
        is_zoned = isinstance(address, IPv6Address) and address.scope_id is not None
        if is_zoned or not self.allows(address, port):
            raise _forbidden()


def _forbidden() -> AddressForbidden:
    # The same words for every address and port: they must not tell what is there.
    return AddressForbidden(
        t(
            "The network policy forbids this address; an administrator can allow its network and port"
        )
    )


@dataclass(frozen=True, slots=True)
class GuardedSockets:
    """Opens sockets to allowed addresses only; sees what is really dialled, IP literals included."""

    policy: NetworkPolicy

    def __call__(self, info: AddrInfoType) -> socket.socket:
        """Return a socket for the address. Raises `AddressForbidden` before anything is sent."""
        family, kind, protocol, _, address = info
        self.policy.check(str(address[0]), int(address[1]))
        return socket.socket(family, kind, protocol)


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses a name of which any one answer is forbidden."""

    def __init__(self, policy: NetworkPolicy, resolver: AbstractResolver | None = None) -> None:
        self._policy = policy
        self._resolver = resolver

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        # Made here because it wants the running loop; it holds nothing.
        resolver = self._resolver or ThreadedResolver()
        async with asyncio.timeout(RESOLVE_SECONDS):
            answers = await resolver.resolve(host, port, family)
        for answer in answers:
            self._policy.check(answer["host"], port)
        return answers

    @override
    async def close(self) -> None:
        if self._resolver:
            await self._resolver.close()

    async def check(self, host: str, port: int) -> None:
        """Raise `AddressForbidden` unless the name or address may be reached, here through a proxy."""
        try:
            ip_address(host)
        except ValueError:
            await self.resolve(host, port)
        else:
            self._policy.check(host, port)
