"""A network between two programs that a test cuts: connections are reset, or nothing arrives until it is restored."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER by which `close` sends a reset."""


@dataclass
class Link:
    """Passes on bytes to a port. What is sent while it is silent arrives late, as a network that is back resends it."""

    target_port: int
    port: int = 0
    is_silent: bool = False
    is_reset: bool = False
    changed: threading.Event = field(default_factory=threading.Event)

    def reset(self) -> None:
        """End every connection by a reset, and each that is opened, until `restore`."""
        self.is_reset = True

    def silence(self) -> None:
        """Have nothing arrive, in either direction, until `restore`. Who sends or connects does not notice."""
        self.changed.clear()
        self.is_silent = True

    def restore(self) -> None:
        """Let everything pass again."""
        self.is_silent = self.is_reset = False
        self.changed.set()

    def serve(self, client: socket.socket) -> None:
        """Pass on what one connection sends, until either side ends it."""
        self._wait()
        with client, contextlib.suppress(OSError):
            if not self.is_reset:
                with socket.create_connection(("127.0.0.1", self.target_port)) as target:
                    while not self.is_reset and self._pass(client, target):
                        pass
                    target.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            if self.is_reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)

    def _pass(self, client: socket.socket, target: socket.socket) -> bool:
        for source in select.select([client, target], [], [], 0.05)[0]:
            found = source.recv(65536)
            self._wait()
            if not found or self.is_reset:
                return False
            (target if source is client else client).sendall(found)
        return True

    def _wait(self) -> None:
        if self.is_silent:
            self.changed.wait()


@contextmanager
def linking(target_port: int) -> Iterator[Link]:
    """Serve a link to a port while the block runs."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    link = Link(target_port, listener.getsockname()[1])

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=link.serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield link
    finally:
        link.restore()
        listener.close()
