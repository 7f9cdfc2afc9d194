"""Where answers go that are not sent on the connection of their request: the seam, not an implementation.

In the older transport of MCP, HTTP with SSE, a message comes in one request and its answer leaves on a stream that
another request opened, maybe in another process. `mailbox_memory` serves one process, `mailbox_redis` a fleet. Called
by `mcp_server.sse`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NewType, Protocol

StreamAddress = NewType("StreamAddress", str)
"""Of one stream: the hash of its session and of the token it was opened with, in hexadecimal digits."""
Post = Callable[[bytes], Awaitable[None]]
"""Hands a message to the stream that was found. Raises StorageUnavailable."""
RENEW_SECONDS = 15.0
"""How often whoever holds open streams calls `renew`: with each heartbeat of theirs."""


class Inbox(Protocol):
    """An open stream of this process, as the mailbox sees it."""

    def put(self, message: bytes) -> None:
        """Take a message to send; drops it when the stream has ended."""


class Mailbox(Protocol):
    """Finds the stream with an address, in whichever process it is.

    An address is found from the moment that `open` returns until `close` is called or the process of the stream is
    gone. A message is delivered once or not at all: a client whose stream ended asks again on a new one.
    """

    async def open(self, address: StreamAddress, inbox: Inbox) -> None:
        """Let a stream of this process be found. Raises StorageUnavailable."""
        ...

    async def close(self, address: StreamAddress) -> None:
        """Let it be found no more. Raises nothing."""
        ...

    async def find(self, address: StreamAddress) -> Post | None:
        """Return what hands a message to a stream; None when there is none. Raises StorageUnavailable."""
        ...

    async def renew(self) -> None:
        """Let the streams of this process be found for longer. Raises nothing."""
        ...

    async def run(self) -> None:
        """Hand over what other processes have sent, until cancelled."""
        ...
