"""Which address a request comes from: what proxies say is believed of those that the operator has named."""

from __future__ import annotations

import pytest

from runtime.errors import InvalidRequest, SettingsError
from runtime.networks import check_networks, is_within
from runtime.safety.client_addresses import UNKNOWN, ClientAddresses
from runtime.setting_values import read_networks

PROXIES = ("10.0.0.0/8", "2001:db8:ffff::/48")
NAME = "LEDGERPORT_TRUSTED_PROXIES"
PLAIN, STANDARD = "x-forwarded-for", "forwarded"


def find(peer: str, *lines: tuple[str, str], proxies: tuple[str, ...] = PROXIES) -> str:
    sent = [(name.encode(), value.encode()) for name, value in lines]
    return ClientAddresses(proxies).find(peer, sent)


def test_nobody_is_believed_who_is_not_named_as_a_proxy() -> None:
    assert find("192.0.2.1", (PLAIN, "198.51.100.7")) == "192.0.2.1"
    assert find("10.0.0.1", (PLAIN, "198.51.100.7"), proxies=()) == "10.0.0.1"
    assert find("", (PLAIN, "198.51.100.7")) == ""


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ([(PLAIN, "198.51.100.7")], "198.51.100.7"),
        ([(PLAIN, "203.0.113.1, 198.51.100.7")], "198.51.100.7"),
        ([(PLAIN, "203.0.113.1"), (PLAIN, "198.51.100.7, 10.1.1.1")], "198.51.100.7"),
        ([(PLAIN, "10.2.2.2, 10.1.1.1")], "10.2.2.2"),
        ([(PLAIN, "198.51.100.7:4711")], "198.51.100.7"),
        ([(PLAIN, "[2001:db8::7]:4711")], "2001:db8::7"),
        ([(PLAIN, "2001:db8::7, 2001:db8:ffff::1")], "2001:db8::7"),
        ([(PLAIN, "::ffff:198.51.100.7")], "198.51.100.7"),
        ([(STANDARD, "for=198.51.100.7;proto=https")], "198.51.100.7"),
        ([(STANDARD, 'proto=https; For="[2001:db8::7]:4711", for=10.1.1.1')], "2001:db8::7"),
        ([(STANDARD, "for=198.51.100.7"), (PLAIN, "198.51.100.7")], "198.51.100.7"),
        ([(STANDARD, "for=203.0.113.1"), (PLAIN, "198.51.100.7")], UNKNOWN),
        ([(PLAIN, "203.0.113.1, unknown")], UNKNOWN),
        ([(PLAIN, "203.0.113.1,")], UNKNOWN),
        ([(STANDARD, "for=_hidden")], UNKNOWN),
        ([(STANDARD, "by=10.1.1.1")], UNKNOWN),
        ([], "10.0.0.1"),
    ],
)
def test_a_named_proxy_says_who_is_before_it(lines: list[tuple[str, str]], address: str) -> None:
    assert find("10.0.0.1", *lines) == address


def test_an_address_is_within_a_network_of_its_kind_and_an_unknown_one_in_none() -> None:
    networks = check_networks(
        ["203.0.113.0/24", "2001:db8::/32", "192.0.2.1", "::ffff:198.51.100.0/120"], "networks"
    )
    assert networks == ("203.0.113.0/24", "2001:db8::/32", "192.0.2.1/32", "198.51.100.0/24")
    inside = ("203.0.113.9", "2001:db8::9", "192.0.2.1", "::ffff:203.0.113.9", "198.51.100.3")
    assert all(is_within(each, networks) for each in inside)
    outside = ("203.0.114.1", "2001:db9::1", "192.0.2.2", "", "unix", "203.0.113")
    assert not any(is_within(each, networks) for each in outside)
    assert not is_within("", check_networks(["0.0.0.0/0", "::/0"], "networks"))


@pytest.mark.parametrize(
    "text", ["books.example.com", "203.0.113.0/33", "", "203.0.113.0/24/2", "fe80::1%eth0/64"]
)
def test_what_is_no_network_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"config\.networks has") as refused:
        check_networks([text], "config.networks")
    assert refused.value.advice is not None
    assert "203.0.113.0/24" in refused.value.advice


def test_an_address_within_a_network_is_no_network_and_the_right_one_is_named() -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_networks(["203.0.113.7/24"], "config.networks")
    assert (
        refused.value.advice == "Write 203.0.113.0/24 for the network, or 203.0.113.7 for the address alone."
    )


def test_the_proxies_are_a_setting_that_stops_the_start_when_it_cannot_be_right() -> None:
    assert read_networks(NAME, " 10.0.0.0/8 , 2001:DB8::/32,") == ("10.0.0.0/8", "2001:db8::/32")
    assert read_networks(NAME, "") == ()
    with pytest.raises(SettingsError, match=NAME):
        read_networks(NAME, "the-proxy")
