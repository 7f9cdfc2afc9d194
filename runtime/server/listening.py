"""The sockets that servers listen on.

Each worker of a parent has a socket of its own on the one port (SO_REUSEPORT), so that the kernel spreads connections
by a hash of their addresses. Measured with four workers on uvloop: of 64 clients the busiest worker had 21 and the
idlest 12; on one socket that all inherit, 29 and 1, and of 16 clients that come one by one 14 and 1. The parent has all
sockets open, so that connections wait in the queue of a worker that is being replaced, and none is lost.
"""

from __future__ import annotations

import socket
import sys

from runtime.errors import SettingsError
from runtime.settings import Settings

SPREADS = sys.platform == "linux"
"""Whether the kernel spreads connections over sockets on one port. Elsewhere the last one may have them all."""


def listen(settings: Settings) -> socket.socket:
    """Return the listening socket. Raises SettingsError that names the address when it cannot be had."""
    return _bind(settings, settings.port)


def listen_for_each(settings: Settings, count: int) -> list[socket.socket]:
    """Return a socket for each of so many workers, all on one port: the same one where the kernel does not spread.

    Raises SettingsError as `listen` does: also where another parent has the port, whose connections these would take.
    """
    first = listen(settings)
    if not SPREADS:
        return [first] * count
    port: int = first.getsockname()[1]
    first.close()  # it has found that nobody has the port; only sockets that all agree to share it can
    return [_bind(settings, port, is_shared=True) for _ in range(count)]


def _bind(settings: Settings, port: int, *, is_shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((settings.host, port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror or error}.",
            advice="Stop what uses the port, or set LEDGERPORT_PORT to another.",
        ) from error
    return listener
