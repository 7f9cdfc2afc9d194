"""Where a webhook may send to: never into the network that the server itself is in.

`check_url` is asked when a webhook is made, `resolve` before each attempt. The name of the host is resolved once, and
the connection goes to the address that was checked: a name that resolves to another address a moment later gains
nothing by it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from runtime.errors import InvalidRequest
from runtime.settings import LOOPBACK

LONGEST_URL = 2_000
"""Characters, as much as every server takes."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_OF_CLOUDS = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "fd00:ec2::254", "100.100.100.200")))
"""Where the host of a virtual machine answers with its credentials, outside of the link-local range: Azure, AWS over
IPv6, and Alibaba, each as their documentation has it.
"""
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 that a gateway translates to the IPv4 address in its last bits (RFC 6052, RFC 8215)."""
_ROUTED_6 = ipaddress.ip_network("2000::/3")
"""What of IPv6 is routed in the internet (iana.org, 'IPv6 Global Unicast Address Assignments')."""
_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")
"""For protocols of the network alone (RFC 6890); not every Python knows it, and a cloud answers in it."""
HTTPS_ADVICE = "Give the https address that is to be informed, without a password in it."


class NotAllowed(Exception):
    """An address that is not sent to; the text is a sentence."""


class Target(NamedTuple):
    """The checked address of a host."""

    host: str
    address: str


def check_url(url: str, *, is_private_allowed: bool) -> str:
    """Return the address of a webhook. Raises InvalidRequest for one that is never sent to.

    http is for this machine only, and only where private addresses are allowed.
    """
    parts = _split(url)
    host = parts.hostname or ""
    is_local = is_private_allowed and host in LOOPBACK
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise InvalidRequest("url must begin with https://.", advice=HTTPS_ADVICE)
    literal = _read_literal(host)
    if literal is not None and not may_be_sent_to(literal, is_private_allowed=is_private_allowed):
        raise InvalidRequest(
            f"url leads to {host}, which is not a public address.",
            advice="To send into a network of your own, start the server with LEDGERPORT_WEBHOOK_PRIVATE=on.",
        )
    return url


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise InvalidRequest("url cannot be read.", advice=HTTPS_ADVICE) from None
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not host or not is_plain or len(url) > LONGEST_URL or "@" in parts.netloc or "#" in url:
        raise InvalidRequest(
            f"url must be an address of up to {LONGEST_URL} plain characters, without a user, a password or a #.",
            advice=HTTPS_ADVICE,
        )
    return parts


def _read_literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def may_be_sent_to(address: Address, *, is_private_allowed: bool) -> bool:
    """Whether an address is one of the internet, and of nothing nearer; also what it holds within.

    Where private addresses are allowed, those of the link, of clouds, and of many receivers at once are not.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if any(address in each for each in _TRANSLATED):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return may_be_sent_to(inner, is_private_allowed=is_private_allowed)
    if address.is_link_local or address.is_multicast or address.is_unspecified or address in _OF_CLOUDS:
        return False
    is_routed = address in _ROUTED_6 if address.version == 6 else address not in _PROTOCOLS
    return (address.is_global and is_routed) or is_private_allowed


async def resolve(host: str, port: int, *, is_private_allowed: bool) -> Target:
    """Return an address of a host that may be sent to. Raises NotAllowed, and OSError for a name that is not known."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, place in found:
        address = ipaddress.ip_address(str(place[0]).partition("%")[0])
        if may_be_sent_to(address, is_private_allowed=is_private_allowed):
            return Target(host, str(address))
    raise NotAllowed("The host of the address is not public: it leads into a private network.")
