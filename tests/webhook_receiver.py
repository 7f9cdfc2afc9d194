"""A receiver of webhooks on a real socket, in a thread: it answers what a test says, and remembers what came."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`statuses` are answered one after the other, the last one from then on."""

    statuses: list[int] = field(default_factory=lambda: [204])
    answer: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    requests: list[Received] = field(default_factory=list)
    port: int = 0
    holds: threading.Event = field(default_factory=threading.Event)
    """While it is not set nothing is answered."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiving(receiver: Receiver | None = None, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver while the block runs."""
    here = receiver or Receiver()
    if receiver is None:
        here.holds.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            here.requests.append(Received(self.path, headers, body))
            here.holds.wait()
            status = here.statuses.pop(0) if len(here.statuses) > 1 else here.statuses[0]
            try:
                self.send_response(status)
                for name, value in here.answer.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(here.content)))
                self.end_headers()
                self.wfile.write(here.content)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    here.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.holds.set()
        server.shutdown()
        server.server_close()
