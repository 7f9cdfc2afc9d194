"""No webhook leads into the network of the server, whatever its name resolves to, now or a moment later."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any

import pytest

from runtime.errors import InvalidRequest
from runtime.operations.webhook_address import NotAllowed, check_url, may_be_sent_to, resolve

FORBIDDEN = (
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.192", "168.63.129.16", "100.100.100.200", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "::7f00:1",
)  # fmt: skip
ALWAYS_FORBIDDEN = (
    "169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fe80::1", "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe", "0.0.0.0", "::", "224.0.0.1",
)  # fmt: skip


def test_no_address_that_is_not_public_is_sent_to() -> None:
    sent = [
        each for each in FORBIDDEN if may_be_sent_to(ipaddress.ip_address(each), is_private_allowed=False)
    ]
    assert sent == []
    for public in ("93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e"):
        assert may_be_sent_to(ipaddress.ip_address(public), is_private_allowed=False), public


def test_where_private_addresses_are_allowed_those_of_the_link_and_of_clouds_are_not() -> None:
    sent = [
        each
        for each in ALWAYS_FORBIDDEN
        if may_be_sent_to(ipaddress.ip_address(each), is_private_allowed=True)
    ]
    assert sent == []
    for private in ("127.0.0.1", "10.0.0.1", "::1", "fd12::1"):
        assert may_be_sent_to(ipaddress.ip_address(private), is_private_allowed=True), private


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook", "ftp://example.com", "https://", "https:///path", "example.com",
        "https://user:pass@example.com/", "https://example.com/#part", "https://exa mple.com/",
        "https://example.com\\@10.0.0.1/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/", "http://localhost/", "https://example.com:99999/", "https://[::1",
        "https://example.com/" + "a" * 2_000, "https://exämple.com/", "https://example.com/\n",
    ],
)  # fmt: skip
def test_an_address_that_is_never_sent_to_is_refused_when_the_webhook_is_made(url: str) -> None:
    with pytest.raises(InvalidRequest):
        check_url(url, is_private_allowed=False)


def test_http_is_for_this_machine_only_and_only_where_private_addresses_are_allowed() -> None:
    assert check_url("http://127.0.0.1:9/x", is_private_allowed=True)
    assert check_url("http://localhost/x", is_private_allowed=True)
    assert check_url("https://10.0.0.1/x", is_private_allowed=True)
    for url in ("http://10.0.0.1/x", "http://example.com/x", "https://169.254.169.254/x"):
        with pytest.raises(InvalidRequest):
            check_url(url, is_private_allowed=True)


async def resolve_as(found: list[str], *, is_private_allowed: bool = False) -> str:
    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign]
    return (await resolve("hook.example", 443, is_private_allowed=is_private_allowed)).address


def test_a_name_that_resolves_to_a_private_address_is_not_sent_to() -> None:
    with pytest.raises(NotAllowed):
        asyncio.run(resolve_as(["10.0.0.1", "::1", "169.254.169.254"]))
    assert asyncio.run(resolve_as(["10.0.0.1", "93.184.215.14"])) == "93.184.215.14"
    assert asyncio.run(resolve_as(["10.0.0.1"], is_private_allowed=True)) == "10.0.0.1"
