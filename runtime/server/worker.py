"""One worker: serves on the socket that its parent has handed over, and ends when the parent does.

Called by the command `worker`, which `workers` starts.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import threading
from functools import partial

from runtime.logs import make_log
from runtime.server.serve import serve_on
from runtime.server.workers import SERVES
from runtime.settings import Settings
from runtime.watching.shared_counts import open_counts


def run(settings: Settings, number: int, listener: int, channel: int, *, watches: bool = False) -> None:
    """Serve until SIGTERM, SIGINT, or the end of the parent. Its log says the number."""
    parent = socket.socket(fileno=channel)
    parent.settimeout(None)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    serve_on(
        settings,
        socket.socket(fileno=listener),
        partial(make_log(settings.log_format), worker=number),
        watches=watches,
        report_serving=partial(_report_serving, parent),
        shared=open_counts(settings.data, f"{number}-{secrets.token_hex(4)}"),
    )


def _end_with(parent: socket.socket) -> None:
    """Stop as at SIGTERM when the parent has ended: the channel is closed then."""
    with contextlib.suppress(OSError):
        parent.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _report_serving(parent: socket.socket) -> None:
    with contextlib.suppress(OSError):
        parent.send(SERVES)
