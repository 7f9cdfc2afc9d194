"""An application behind a real server, in a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import uvicorn

from tests.waiting import wait_until


class Served(NamedTuple):
    """A server that runs, its thread, and its port on 127.0.0.1."""

    server: uvicorn.Server
    thread: threading.Thread
    port: int


@contextmanager
def served(application: Any, port: int = 0, **settings: Any) -> Iterator[Served]:
    """Serves until the block ends, on a free port where none is given; `settings` are uvicorn's."""
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(
        application,
        **{"lifespan": "off", "log_config": None, "access_log": False, "server_header": False} | settings,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield Served(server, thread, listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
