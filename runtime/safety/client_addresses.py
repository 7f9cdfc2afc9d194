"""Which address a request comes from, and whether it is in a network: for allow-lists and the count of guesses.

Called by the endpoints, only where somebody wants to know. The address is that of the connection. Where the connection
comes from a proxy that the operator has named, it is the last one in `X-Forwarded-For` or `Forwarded` that is none of
these proxies': what stands before it anybody can write. Where both fields are there and disagree, one of them was
written by the client, and the address is unknown: in no network, and counted with all others that are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from runtime.networks import is_within, parse_address

UNKNOWN = ""
"""The address of a request that nobody can say."""
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^\s;]*)', re.IGNORECASE)
_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::[0-9]{1,5})?|(?P<four>[0-9.]+):[0-9]{1,5}", re.ASCII)


class ClientAddresses:
    """Finds the address of a request behind the proxies that are trusted."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted = tuple(trusted)

    def find(self, peer: str, sent: Iterable[tuple[bytes, bytes]]) -> str:
        """Return the address of a request: `peer` is that of its connection, `sent` its header lines as they came,

        their names in lower case.
        """
        if not self._trusted or not is_within(peer, self._trusted):
            return peer
        lines = [(name, value.decode("latin-1")) for name, value in sent]
        forwarded = [_read_for(part) for part in _split(lines, b"forwarded")]
        plain = _split(lines, b"x-forwarded-for")
        found = {self._find_last(chain, peer) for chain in (plain, forwarded) if chain}
        return found.pop() if len(found) == 1 else UNKNOWN if found else peer

    def _find_last(self, chain: list[str], peer: str) -> str:
        """Return the last address of a chain that is no proxy's; the first where all are, which is inside."""
        found = peer
        for text in reversed(chain):
            address = parse_address(_cut_port(text))
            if address is None:
                return UNKNOWN
            found = str(address)
            if not is_within(found, self._trusted):
                break
        return found


def _split(lines: list[tuple[bytes, str]], field: bytes) -> list[str]:
    """Return the parts of a list that header lines of a name hold together, from the first proxy to the last."""
    return [part.strip() for name, value in lines if name == field for part in value.split(",")]


def _read_for(part: str) -> str:
    found = _FOR.search(part)
    return found[1].strip('"') if found else ""


def _cut_port(text: str) -> str:
    found = _WITH_PORT.fullmatch(text)
    return (found["six"] or found["four"] or "") if found else text
