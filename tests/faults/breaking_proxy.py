"""A proxy between a server and its vendor that stops each write at a chosen stage, or breaks the connection there."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

READING, UNSENT, HALF_SENT = "before the intent", "before it is sent", "half sent"
UNANSWERED, ANSWERING, ANSWERED = "before the answer", "half answered", "after the answer"
STAGES = (READING, UNSENT, HALF_SENT, UNANSWERED, ANSWERING, ANSWERED)
WORKING = "while the vendor works"
"""Between being sent and the answer, whenever that is: for a vendor that is killed meanwhile."""
PATIENCE = 30.0
"""Seconds until a stop ends by itself, so that a test that failed leaves no thread behind."""


@dataclass
class Proxy:
    """Passes on whole messages. `stage` is where writes are stopped, empty for nowhere."""

    vendor_port: int
    stage: str = ""
    breaks: bool = False
    """Whether the connection breaks at the stage, and every one after it until `restore`, in place of a stop."""
    stopped: int = 0
    answered: int = 0
    """How many of the writes that were stopped before their answers have been sent them."""
    is_down: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)

    def begin(self, stage: str, *, breaks: bool = False) -> None:
        """Stop, or break, every write from now on at a stage."""
        self.stage, self.breaks, self.stopped, self.answered = stage, breaks, 0, 0
        self.released.clear()

    def restore(self) -> None:
        """Let everything pass again; what was stopped is dropped."""
        self.stage, self.is_down = "", False
        self.released.set()

    def await_stopped(self, count: int) -> None:
        """Wait until so many writes are stopped."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.stopped >= count, PATIENCE), self.stopped

    def serve(self, client: socket.socket) -> None:
        """Pass on what one connection of the server sends, until either side ends it."""
        with client, contextlib.suppress(OSError, ValueError):
            with socket.create_connection(("127.0.0.1", self.vendor_port)) as vendor:
                while not self.is_down and self._pass(client, vendor):
                    pass
            if self.is_down:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _pass(self, client: socket.socket, vendor: socket.socket) -> bool:
        """Pass on one request and its answer. False where the connection is at its end, on either side."""
        if vendor in select.select([client, vendor], [], [])[0]:
            return False
        request = _read_message(client)
        stage = self.stage if _is_stopped(self.stage, request) else ""
        if not request or self.is_down or stage in (READING, UNSENT):
            return bool(request) and self._stop()
        if stage == HALF_SENT:
            vendor.sendall(request[: -(len(_body(request)) // 2)])
            vendor.close()
            return self._stop()
        vendor.sendall(request)
        if stage == WORKING:
            return self._stop()
        answer = _read_message(vendor)
        if not answer:
            return False
        if stage in (UNANSWERED, ANSWERING):
            client.sendall(answer[: len(answer) // 2 if stage == ANSWERING else 0])
            return self._stop()
        if stage == ANSWERED:
            self._note()
            self.released.wait(PATIENCE)
        client.sendall(answer)
        if stage == ANSWERED:
            with self.changed:
                self.answered += 1
        return True

    def _stop(self) -> bool:
        """Stay at a stage until what is stopped is released, or break off. Returns False: the connection ends."""
        if self.is_down:
            return False
        self._note()
        if self.breaks:
            self.is_down = True
        else:
            self.released.wait(PATIENCE)
        return False

    def _note(self) -> None:
        with self.changed:
            self.stopped += 1
            self.changed.notify_all()


def _is_stopped(stage: str, request: bytes) -> bool:
    line = request.partition(b"\r\n")[0]
    is_write = line.startswith(b"POST /v3/")
    return bool(stage) and (line.startswith(b"GET /v3/") if stage == READING else is_write)


def _body(message: bytes) -> bytes:
    return message.partition(b"\r\n\r\n")[2]


def _read_message(source: socket.socket) -> bytes:
    """Return one whole request or answer; empty at the end of the connection."""
    found = b""
    while not _is_whole(found):
        part = source.recv(65536)
        if not part:
            return b""
        found += part
    return found


def _is_whole(message: bytes) -> bool:
    head, end, body = message.partition(b"\r\n\r\n")
    if not end:
        return False
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(fields.get(b"content-length", b"0"))


@contextmanager
def proxying(vendor_port: int) -> Iterator[tuple[Proxy, int]]:
    """Serve a proxy before a vendor while the block runs; with its port."""
    proxy, listener = Proxy(vendor_port), socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy, listener.getsockname()[1]
    finally:
        proxy.restore()
        listener.close()
