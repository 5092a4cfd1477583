import socket
from ipaddress import ip_address

import pytest

from openconnector.errors import AddressForbidden
from openconnector.http.guard import AllowedNetwork, GuardedSockets, NetworkPolicy, is_public


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:2800::1", "2a02:898::1"])
def test_a_public_address_may_be_dialled(address):
    assert is_public(ip_address(address))
    NetworkPolicy().check(address, 443)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "::ffff:8.8.8.8", "fe80::1%lo", "fe80::1%1", "x", ""]
)
def test_anything_else_may_not(address):
    with pytest.raises(AddressForbidden):
        NetworkPolicy().check(address, 443)


def test_an_allowed_network_opens_its_ports_only():
    policy = NetworkPolicy(allowed=(AllowedNetwork.parse("10.0.0.0/8", 443, 8443),))

    policy.check("10.1.2.3", 8443)

    with pytest.raises(AddressForbidden):
        policy.check("10.1.2.3", 22)
    with pytest.raises(AddressForbidden):
        policy.check("192.168.0.1", 443)


def test_an_allowed_network_without_ports_opens_all():
    policy = NetworkPolicy(allowed=(AllowedNetwork.parse("fd00::/8"),))

    policy.check("fd12::1", 1)


def test_the_address_that_is_dialled_counts_whatever_was_resolved():
    sockets = GuardedSockets(NetworkPolicy())

    with pytest.raises(AddressForbidden):
        sockets((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))


def test_policies_with_the_same_content_share_connections():
    one = NetworkPolicy(allowed=(AllowedNetwork.parse("10.0.0.0/8", 443),))
    same = NetworkPolicy(allowed=(AllowedNetwork.parse("10.0.0.0/8", 443),))

    assert len({one, same}) == 1
