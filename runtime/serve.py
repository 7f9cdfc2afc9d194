"""Runs the application under uvicorn, in one process: `ledgerport serve`."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import uvicorn

from runtime import logs
from runtime.app import Application, Runtime, hold_data
from runtime.errors import SettingsError
from runtime.settings import Settings

BACKLOG = 2048
GRACE_SECONDS = 60
"""How long a stop waits for the calls under way: a write must come to its end."""


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises SettingsError when the port is taken or the data is in use."""
    logs.tame_libraries()
    listener = listen(settings)
    hold_data(settings)
    runtime = Runtime(settings)
    server = make_server(runtime)
    runtime.log("serving", url=settings.public_url, tools=len(runtime.catalog.tools))
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _already_stopped)
    server.run(sockets=[listener])
    runtime.log("stopped")


def _already_stopped(_signal: int, _frame: FrameType | None) -> None:
    """uvicorn stops at the signal, and raises it once more when it is done; by then there is nothing left to do."""


def make_server(runtime: Runtime) -> uvicorn.Server:
    """The server for a runtime. Its access log is off: it would hold the secret URLs."""
    config = uvicorn.Config(
        Application(runtime),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def listen(settings: Settings) -> socket.socket:
    """The listening socket. Raises SettingsError that names the address when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror or error}.",
            advice="Stop what uses the port, or set LEDGERPORT_PORT to another.",
        ) from error
    return listener
