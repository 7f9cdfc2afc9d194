"""Listening at an address and serving there until interrupted.

Called by `quickbooks.server` and `connectwise.server`.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

IDLE_SECONDS = 75
"""How long a connection may be idle: as vendors hold one, and longer than a client should count on."""

Application = Callable[[Any, Any, Any], Awaitable[None]]


class PortTaken(Exception):
    """The address is in use, or none of this machine."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket at the wanted address; raises PortTaken."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except (OSError, OverflowError) as error:
        found.close()
        where = f"Port {port} on {host}"
        if getattr(error, "errno", None) != errno.EADDRINUSE:
            raise PortTaken(f"{where} cannot be listened on: {error}.") from error
        raise PortTaken(f"{where} is taken: choose another with --port, or 0 for any.") from error
    return found


def run(application: Application, bound: socket.socket, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; announce `listening on http://HOST:PORT` when ready."""
    host, port = bound.getsockname()[:2]
    config = uvicorn.Config(
        application, log_level="error", access_log=False, lifespan="off", loop="uvloop", http="httptools",
        timeout_keep_alive=IDLE_SECONDS,
    )  # fmt: skip
    bound.listen(512)
    announce(f"listening on http://{host}:{port}")
    uvicorn.Server(config).run(sockets=[bound])
