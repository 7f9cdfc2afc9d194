"""How a read is limited to one client by its name. Part of `catalog`.

The stage `client_argument` makes it of what an integration says of its clients, and `runtime.operations.clients` puts
the Ids of a client in the place of its name.
"""

from __future__ import annotations

from dataclasses import dataclass

CLIENT = "client"
"""The argument that takes the name of a client. It is never sent itself."""


@dataclass(frozen=True, slots=True)
class ClientFilter:
    """What the argument `client` of a tool becomes."""

    resource: str
    """The resource whose records are the clients."""
    argument: str
    """The argument that gets the Ids: one of the vendor, or `client` itself where that is a condition of a list."""
    beside: tuple[str, ...]
    """The arguments by which a caller names Ids itself, first the usual one; with the name they are refused."""
    full_name: str = ""
    """The field with the name of a client after those that it belongs to; empty where none belongs to another."""
    separator: str = ""
    """What stands between the names there."""
    is_own: bool = False
    """Whether the tool lists the clients themselves, so that no figure is of all of them."""
