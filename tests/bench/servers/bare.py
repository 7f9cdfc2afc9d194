"""The bare ASGI application: the bytes of a file for a POST, and a pass-through to the vendor for its addresses.

`python -m tests.bench.servers.bare FILE VENDOR_URL`

It knows nothing of MCP and checks nothing. The HTTP client and its pool are set as ours are, but for the time limit of
a whole call (aiohttp watches one for each, ours has a single timer for all) and for aiohttp's own repeats, which ours
switches off.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from runtime.upstream.client import CONNECT_SECONDS, IDLE_SECONDS, POOL, SENT_ALWAYS
from tests.bench.servers.listening import run

HEADERS = {"Accept": "application/json", "Authorization": "Bearer bench"}


class Bare:
    """The application."""

    def __init__(self, body: bytes, vendor: str) -> None:
        self._start = {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"cache-control", b"no-store"),
                (b"vary", b"accept-encoding"),
                (b"content-length", b"%d" % len(body)),
            ],
        }
        self._body = {"type": "http.response.body", "body": body}
        self._vendor = vendor
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request."""
        if scope["path"].startswith("/v3/"):
            await self._pass_through(scope, receive, send)
        else:
            await send(self._start)
            await send(self._body)

    async def _pass_through(self, scope: Any, receive: Any, send: Any) -> None:
        address = f"{self._vendor}{scope['path']}?{scope['query_string'].decode()}"
        session = self._session or self._open()
        sent = None if scope["method"] == "GET" else await _body(receive)
        async with session.request(
            scope["method"], URL(address, encoded=True), headers=HEADERS, data=sent, allow_redirects=False
        ) as response:
            body = await response.read()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=POOL, limit_per_host=0, keepalive_timeout=IDLE_SECONDS, ttl_dns_cache=300
            ),
            timeout=aiohttp.ClientTimeout(total=55, connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=SENT_ALWAYS,
        )
        return self._session


async def _body(receive: Any) -> bytes:
    parts, more = b"", True
    while more:
        message = await receive()
        parts, more = parts + message.get("body", b""), message.get("more_body", False)
    return parts


if __name__ == "__main__":
    run(Bare(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
