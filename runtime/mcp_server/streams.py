"""The open event streams of one process: what waits to be sent on each, how many there may be, and when they end.

Called by `sse`, which sends. One timer serves all streams.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from runtime.mcp_server.replies import BUSY, Field, Refused
from runtime.model import McpServerId
from runtime.stores.mailbox import RENEW_SECONDS, StreamAddress

HEARTBEAT = b": open\n\n"
"""A comment, which clients ignore. It lets proxies see that the stream is in use, and us that the client is gone."""
HEARTBEAT_SECONDS = RENEW_SECONDS
"""15 s, as the HTML standard advises for event streams; proxies often close what is silent for 30 to 60."""
MOST_STREAMS = 1024
"""In one process. A stream takes a connection and about 30 KiB; the rest of the connections (4096) is for calls."""
MOST_PER_SERVER = 32
"""Of one MCP server in one process. An agent opens one or two; one that loses its network without a sign opens another
while the old one is still taken for open, which lasts minutes.
"""
MOST_WAITING = 8 * 1024 * 1024
"""Bytes that wait on one stream, beside the first message: about 20 lists of all tools. A client that has left so much
unread reads nothing.
"""
MOST_WAITING_IN_ALL = 256 * 1024 * 1024
"""Bytes, as much as requests may take together."""
RETRY_SECONDS = 30
"""When streams may have ended: two heartbeats."""


class Stream:
    """One open stream. `wake` is set when there is something to do for it."""

    def __init__(self, address: StreamAddress, server: McpServerId | None, streams: Streams) -> None:
        self.address = address
        self.server = server
        self.wake = asyncio.Event()
        self.ended = ""
        """Why it is to end; empty while it is open."""
        self._streams = streams
        self._waiting: deque[bytes] = deque()
        self.waiting = 0
        """Bytes."""

    def put(self, message: bytes) -> None:
        """Take a message to send; the stream ends when its client has read too little."""
        if self.ended:
            return
        self._streams.use(self)
        if self._waiting and self.waiting + len(message) > MOST_WAITING:
            self.end("slow")
            return
        self._waiting.append(message)
        self._count(len(message))
        self.wake.set()
        self._streams.limit()

    def take(self) -> list[bytes]:
        """Return the messages that wait, as what is sent next."""
        taken = list(self._waiting)
        self._drop()
        return taken

    def end(self, reason: str) -> None:
        """End it; what still waits is dropped. The first reason counts."""
        self.ended = self.ended or reason
        self._drop()
        self.wake.set()

    def _drop(self) -> None:
        self._waiting.clear()
        self._count(-self.waiting)

    def _count(self, size: int) -> None:
        self.waiting += size
        self._streams.waiting += size


class Streams:
    """All streams of the process. `run` is to run while there may be any; `stop` at the end."""

    def __init__(self, most: int = MOST_STREAMS, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self.most = most
        self.waiting = 0
        """Bytes on all of them."""
        self.is_stopping = False
        self._heartbeat = heartbeat
        self._open: dict[McpServerId | None, dict[StreamAddress, Stream]] = {}
        """By MCP server; those of one in the order in which they were last used."""
        self._count = 0

    def add(self, address: StreamAddress, server: McpServerId | None) -> Stream:
        """Return a new stream. Where its MCP server has too many, the one that is unused the longest ends.

        Raises Refused when the process has too many.
        """
        own = self._open.get(server, {})
        if len(own) >= MOST_PER_SERVER:
            quietest = next(iter(own.values()))
            quietest.end("replaced")
            self.forget(quietest)
        elif self._count >= self.most or self.is_stopping:
            raise _full()
        stream = Stream(address, server, self)
        self._open.setdefault(server, {})[address] = stream
        self._count += 1
        return stream

    def forget(self, stream: Stream) -> None:
        """Forget a stream that has ended."""
        own = self._open.get(stream.server, {})
        if own.pop(stream.address, None) is not None:
            self._count -= 1
        if not own:
            self._open.pop(stream.server, None)

    def use(self, stream: Stream) -> None:
        """Take note that a stream is used."""
        own = self._open.get(stream.server, {})
        if own.pop(stream.address, None) is not None:
            own[stream.address] = stream

    def limit(self) -> None:
        """End those that have the most to send while all of them have too much."""
        while self.waiting > MOST_WAITING_IN_ALL:
            every = (stream for own in self._open.values() for stream in own.values())
            max(every, key=lambda stream: stream.waiting).end("slow")

    def wake(self, address: StreamAddress | None = None) -> None:
        """Have one stream looked at, or all of them."""
        for own in self._open.values():
            for stream in own.values() if address is None else filter(None, [own.get(address)]):
                stream.wake.set()

    def count_open(self) -> int:
        """Return how many are open."""
        return self._count

    def stop(self) -> None:
        """Open none any more, and have those that are open end when their calls are answered."""
        self.is_stopping = True
        self.wake()

    async def run(self, beat: Callable[[], object]) -> None:
        """Look at every stream at each heartbeat, and call `beat`."""
        while True:
            await asyncio.sleep(self._heartbeat)
            beat()
            self.wake()


def _full() -> Refused:
    retry_after: Field = (b"retry-after", b"%d" % RETRY_SECONDS)
    return Refused(
        503,
        BUSY,
        "The server has as many event streams open as it takes. Use Streamable HTTP with the same URL and /mcp/ in "
        f"place of /sse/, which needs none, or try again in {RETRY_SECONDS} seconds.",
        fields=(retry_after,),
    )
