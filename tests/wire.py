"""One connection without a socket: the test passes the segments and the time, and sees each byte that is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from runtime.server.connections import Limits
from runtime.server.fast_path import Respond, make_protocol
from tests.connecting_clients import application, respond


class Clock:
    """The event loop with a time that the test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._loop = asyncio.get_running_loop()
        self.create_task = self._loop.create_task

    def time(self) -> float:
        return self.now

    def call_later(self, *_: Any) -> None:
        """Nothing looks by itself: the test does."""


class Wire(asyncio.Transport):
    """A connection that takes everything at once, or as much as the test says is left unsent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.unsent = 0
        self.ended: list[str] = []

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def writelines(self, list_of_data: Any) -> None:
        self.sent += b"".join(list_of_data)

    def write_eof(self) -> None:
        self.ended.append("eof")

    def close(self) -> None:
        self.ended.append("close")

    def abort(self) -> None:
        self.ended.append("abort")

    def is_closing(self) -> bool:
        return "close" in self.ended or "abort" in self.ended

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def pause_reading(self) -> None:
        """Reads nothing by itself."""

    resume_reading = pause_reading


def connect(
    limits: Limits, answer: Respond | None = respond, app: Any = application
) -> tuple[Any, Wire, Clock]:
    """A new connection; `answer` is that of the fast path, and None turns it off."""
    clock, wire = Clock(), Wire()
    config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_keep_alive=1_000)
    kind: Any = make_protocol(answer, limits)
    protocol = kind(config, ServerState(), {}, clock)
    protocol.connection_made(wire)
    return protocol, wire, clock


def on_a_wire(
    limits: Limits,
    act: Callable[[Any, Wire, Clock], Any],
    answer: Respond | None = respond,
    app: Any = application,
) -> None:
    """Run `act` with a new connection, and wait for what it started."""

    async def main() -> None:
        protocol, wire, clock = connect(limits, answer, app)
        await act(protocol, wire, clock)
        protocol.connection_lost(None)
        await asyncio.gather(*protocol.tasks, return_exceptions=True)

    asyncio.run(main())


async def settled() -> None:
    """Let the tasks run that are ready, and those that they wake."""
    for _ in range(20):
        await asyncio.sleep(0)
