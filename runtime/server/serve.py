"""Runs the application under uvicorn, in one process: `ledgerport serve`, and each worker of `workers`."""

from __future__ import annotations

import resource
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn

from runtime import logs
from runtime.errors import SettingsError
from runtime.logs import Log, make_log
from runtime.mcp_server.streams import MOST_STREAMS
from runtime.server.app import Application, Runtime
from runtime.server.bounded_protocol import BoundedProtocol
from runtime.server.connections import Limits
from runtime.server.fast_path import make_protocol
from runtime.server.holding import hold_data
from runtime.server.listening import listen
from runtime.server.metrics import make_gauge
from runtime.server.stopping import GRACE_SECONDS, is_terminal_gone
from runtime.settings import Settings
from runtime.watching.shared_counts import SharedCounts

BACKLOG = 2048
"""Connections that wait to be accepted: uvicorn's usual number; the kernel's own bound, often 4096, holds as well."""
RESERVED_FILES = 1024
"""File descriptors that are not for connections of clients: connections to vendors, the database, logs."""
SWITCH_SECONDS = 0.0005
"""How long a thread that reads a large answer goes on while the event loop waits. Python's own 5 ms are more than the
loop is to be held; what one call of a C function takes comes on top, 2 ms for a list of 1,000.
"""
STREAM_SHARE = 4
"""One connection in so many may be a stream of the older transport, so that calls find one."""


def run(settings: Settings, *, watches: bool = False) -> None:
    """Serve until SIGINT or SIGTERM; read the definitions again at SIGHUP, and when `watches` whenever they change.

    Raises SettingsError when the port is taken or the data is in use.
    """
    listener = listen(settings)
    _held = hold_data(settings)
    serve_on(settings, listener, make_log(settings.log_format), watches=watches)


def serve_on(
    settings: Settings,
    listener: socket.socket,
    log: Log,
    *,
    watches: bool = False,
    report_serving: Callable[[], None] = lambda: None,
    shared: SharedCounts | None = None,
) -> None:
    """Serve on a socket until SIGINT or SIGTERM; `report_serving` is called when it does.

    A worker has `shared`, which adds up what all of them count. It always reads the definitions again at SIGHUP:
    whether the terminal is gone its parent finds out.
    """
    logs.configure_libraries()
    sys.setswitchinterval(SWITCH_SECONDS)
    runtime = Runtime(settings, log=log)
    application = Application(runtime, watches=watches, shared=shared)
    limits = set_limits(settings, runtime.log)
    server = make_server(application, limits, runtime.log, has_fast_path=settings.fast_path)
    server.report_serving = report_serving
    _watch_connections(application, server)
    application.sse.streams.most = min(MOST_STREAMS, limits.connections // STREAM_SHARE)
    runtime.log("serving", url=settings.public_url, tools=len(runtime.catalog.tools))
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _already_stopped)
    signal.signal(signal.SIGHUP, _reload_by(application, has_parent=shared is not None))
    server.run(sockets=[listener])
    runtime.log("stopped")


def _watch_connections(application: Application, server: uvicorn.Server) -> None:
    protocol = server.config.http
    assert isinstance(protocol, type)
    assert issubclass(protocol, BoundedProtocol)
    application.metrics.gauges += [
        make_gauge("ledgerport_open_connections", "Connections of clients.", protocol.bounds.count_open),
        make_gauge("ledgerport_open_streams", "Event streams.", application.sse.streams.count_open),
    ]


def _already_stopped(_signal: int, _frame: FrameType | None) -> None:
    """uvicorn stops at the signal, and raises it once more when it is done; by then there is nothing left to do."""


def _reload_by(application: Application, *, has_parent: bool) -> Callable[[int, FrameType | None], None]:
    """Return what to do at SIGHUP: reload, or end the server when the signal means that the terminal is gone."""
    had_terminal = sys.stdout.isatty() and not has_parent

    def reload(_signal: int, _frame: FrameType | None) -> None:
        if had_terminal and is_terminal_gone():
            signal.raise_signal(signal.SIGTERM)
        else:
            application.reloader.ask()

    return reload


def set_limits(settings: Settings, log: Log) -> Limits:
    """Return the limits of connections that the system has file descriptors for; raises the soft limit as far as it
    may.

    Raises SettingsError when the setting asks for more.
    """
    wanted = settings.max_connections or Limits().connections
    files = _raise_file_limit(wanted + RESERVED_FILES)
    possible = files - min(RESERVED_FILES, files // 2)
    if settings.max_connections > possible:
        raise SettingsError(
            f"LEDGERPORT_MAX_CONNECTIONS is {wanted}, and this process may open {files} files, "
            f"which is enough for {possible} connections.",
            advice=f"Raise the limit of the system (ulimit -n) to {wanted + RESERVED_FILES}, or set a lower number.",
        )
    if wanted > possible:
        log("connections_lowered", connections=possible, open_files=files)
    return Limits(connections=min(wanted, possible))


def _raise_file_limit(wanted: int) -> int:
    """Raise the soft limit of open files to what is wanted, or to the hard one; the limit that holds then."""
    soft, hard = (sys.maxsize if each == resource.RLIM_INFINITY else each for each in _file_limits())
    if soft < wanted:
        soft = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, _file_limits()[1]))
    return soft


def _file_limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)


class _Server(uvicorn.Server):
    """Ends event streams when it stops: it waits for every response, and theirs have no end of their own.

    `report_serving` is called when it has begun.
    """

    report_serving: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start."""
        await super().startup(sockets)
        if self.started:
            self.report_serving()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        application = self.config.app
        if isinstance(application, Application):
            application.sse.stop()
        await super().shutdown(sockets)


def make_server(
    application: Application,
    limits: Limits | None = None,
    log: Log | None = None,
    *,
    has_fast_path: bool = True,
) -> _Server:
    """Return the server for an application. Its access log is off: it would hold the secret URLs."""
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=make_protocol(application.mcp.respond if has_fast_path else None, limits, log),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Server(config)
