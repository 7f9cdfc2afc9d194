"""Wrong tokens, counted for each client address: from one that sends many they are answered 429, not 401 or 404.

Called by an endpoint that has found an API token or the token of an MCP server wrong. A valid token is therefore
accepted at any time, also from an address that others guess from: many agents may share one. `safety.client_addresses`
says which address that is. Where several processes serve, they count together (`stores.hot_redis`).
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable

from generator.vendor import RateWindow
from runtime.stores.hot import HotState
from runtime.stores.hot_memory import MemoryHotState

MOST_FAILURES = 20
"""Wrong tokens of one address in a window that are still answered 401 or 404: an agent that was set up wrong and tries
again every few seconds reads what is wrong. The usual value of LEDGERPORT_WRONG_TOKENS_PER_MINUTE.
"""

WINDOW_SECONDS = 60
"""The setting counts failures in a minute."""
MOST_ADDRESSES = 10_000
"""Addresses in a process's memory, about 10 MB. Beyond them the one that failed longest ago is no longer counted."""

_NETWORK_BITS = 64
"""A client of IPv6 has at least a /64 to choose addresses from (RFC 6177)."""


class Guesses:
    """Counts wrong tokens. One for the process, shared by its endpoints; `hot` counts for all processes or one."""

    def __init__(
        self,
        hot: HotState | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        most_failures: int = MOST_FAILURES,
    ) -> None:
        self._hot = MemoryHotState(MOST_ADDRESSES) if hot is None else hot
        self._windows = (RateWindow("guesses", most_failures, WINDOW_SECONDS),)
        self._clock = clock

    async def note(self, address: str) -> int:
        """Count one wrong token of an address, and answer how many seconds it should wait: 0 up to the limit."""
        key = f"guesses/{identify_client(address)}"
        return math.ceil(await self._hot.admit(key, self._windows, self._clock()))


def identify_client(address: str) -> str:
    """Return the client behind an IP address: itself, or for IPv6 its /64 network. Other texts are a client as they
    are.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{int(found) >> _NETWORK_BITS:x}::/{_NETWORK_BITS}"
