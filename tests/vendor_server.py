"""A vendor on loopback that answers exactly what a test says it to, well-formed or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Handler = Callable[[str, dict[str, str], bytes], Awaitable[bytes] | bytes]
"""From request line, headers and body to the raw bytes of the answer."""


@dataclass
class Vendor:
    """The server's address and the requests it got: (request line, headers, body)."""

    url: str
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


def http(status: int, body: bytes, content_type: str = "application/json", *more: str) -> bytes:
    """A well-formed HTTP answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def vendor(handler: Handler) -> AsyncIterator[Vendor]:
    """Serve `handler` on a free port; empty bytes close the connection without an answer."""
    made = Vendor("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := (await reader.readline()).decode().strip():
                headers: dict[str, str] = {}
                while header := (await reader.readline()).decode().strip():
                    name, value = header.split(":", 1)
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                made.requests.append((line, headers, body))
                answer = handler(line, headers, body)
                if not isinstance(answer, bytes):
                    answer = await answer
                writer.write(answer)
                await writer.drain()
                if not answer or b"X-Close" in answer:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
