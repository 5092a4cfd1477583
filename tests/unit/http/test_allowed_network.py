"""Promises about what an administrator allows."""

from ipaddress import ip_address

import pytest

from openconnector.errors import ConfigurationError
from openconnector.http.guard import AllowedNetwork, NetworkPolicy


@pytest.mark.parametrize(
    ("text", "network", "ports"),
    [
        ("10.0.0.0/8", "10.0.0.0/8", None),
        ("10.0.0.0/8:443", "10.0.0.0/8", {443}),
        ("127.0.0.1", "127.0.0.1/32", None),
        ("127.0.0.1:8080", "127.0.0.1/32", {8080}),
        ("fd00::/8", "fd00::/8", None),
        ("[fd00::]/8:443", "fd00::/8", {443}),
        ("[::1]:80", "::1/128", {80}),
        (" ::1 ", "::1/128", None),
    ],
)
def test_a_range_may_have_a_port(text: str, network: str, ports: set[int] | None):
    allowed = AllowedNetwork.named(text)

    assert str(allowed.network) == network
    assert allowed.ports == (ports and frozenset(ports))


@pytest.mark.parametrize(
    "text", ["", "example.org", "10.0.0.1/8", "10.0.0.0/8:x", "10.0.0.0/99", "[::1"]
)
def test_what_is_no_network_is_refused_with_the_forms_that_work(text: str):
    with pytest.raises(ConfigurationError, match=r"10\.0\.0\.0/8"):
        AllowedNetwork.named(text)


@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254"])
def test_the_credentials_of_a_cloud_machine_are_out_of_reach_whatever_is_allowed(address: str):
    everything = (AllowedNetwork.named("0.0.0.0/0"), AllowedNetwork.named("::/0"))

    assert not NetworkPolicy(allowed=everything).allows(ip_address(address), 80)
    assert NetworkPolicy(allowed=everything).allows(ip_address("169.254.1.1"), 80)
