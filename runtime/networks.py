"""Networks in CIDR notation: read from settings and the management API, and compared with the address of a client.

Called by `setting_values`, `operations.mcp_servers` and `safety.client_addresses`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from runtime.errors import InvalidRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_NETWORKS = 100
"""Of one MCP server: each is compared with, and the published ranges of large hosts are fewer."""
_MOST_PARSED = 4096
"""Addresses, and lists of networks, that are remembered in their parsed form."""


def check_networks(values: Sequence[str], name: str) -> tuple[str, ...]:
    """Return networks in their one form. Raises InvalidRequest, which names the setting and says what is right."""
    if len(values) > MOST_NETWORKS:
        raise InvalidRequest(f"{name} may have {MOST_NETWORKS} networks.", advice="Name larger networks.")
    return tuple(dict.fromkeys(_read_network(value.strip(), name) for value in values))


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is in one of some networks, as `read_networks` returned them. An unknown one is in none."""
    found = parse_address(address)
    return found is not None and any(found in network for network in _parse_networks(networks))


def _read_network(text: str, name: str) -> str:
    advice = "Write networks such as 203.0.113.0/24 or 2001:db8::/32; an address alone is a network of one."
    try:
        network = ipaddress.ip_network(text.replace("%", "?"), strict=False)  # a zone is of one machine
    except ValueError:
        raise InvalidRequest(f'{name} has "{text[:80]}", which is no network.', advice=advice) from None
    if "/" in text and text.partition("/")[0] != str(network.network_address):
        given = ipaddress.ip_address(text.partition("/")[0])
        if given != network.network_address:
            raise InvalidRequest(
                f'{name} has "{text[:80]}", which is an address within a network.',
                advice=f"Write {network} for the network, or {given} for the address alone.",
            )
    return str(_as_ipv4(network))


def _as_ipv4(network: Network) -> Network:
    """Return the network of IPv4 that one of IPv6 stands for, or the same."""
    if isinstance(network, ipaddress.IPv4Network):
        return network
    first, bits = network.network_address.ipv4_mapped, network.prefixlen - 96
    return network if first is None or bits < 0 else ipaddress.IPv4Network((first, bits))


@lru_cache(_MOST_PARSED)
def parse_address(text: str) -> Address | None:
    """Return an address, None for another text; one of IPv4 that is written as IPv6 is the one of IPv4."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


@lru_cache(_MOST_PARSED)
def _parse_networks(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each) for each in networks)
