"""Runs an ASGI application under uvicorn as our own server does, on a free port."""

from __future__ import annotations

import gc
import socket
from typing import Any

import uvicorn


def run(app: Any, lifespan: str = "off") -> None:
    """Serve until a signal. The garbage collector is frozen first, as in ours."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan=lifespan,
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=2048,
        timeout_graceful_shutdown=1,
    )
    listener.listen(2048)
    print(listener.getsockname()[1], flush=True)
    gc.collect()
    gc.freeze()
    uvicorn.Server(config).run(sockets=[listener])
