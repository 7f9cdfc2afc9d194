"""The bare ASGI application: the bytes of a file for any POST, and a pass-through to the vendor for any GET.

`python -m tests.bench.servers.bare FILE VENDOR_URL`

It knows nothing of MCP and checks nothing. The HTTP client and its pool are set as ours are.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from runtime.upstream.client import IDLE_SECONDS, POOL
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
        if scope["method"] == "POST":
            await send(self._start)
            await send(self._body)
        else:
            await self._pass_through(scope, send)

    async def _pass_through(self, scope: Any, send: Any) -> None:
        address = f"{self._vendor}{scope['path']}?{scope['query_string'].decode()}"
        session = self._session or self._open()
        async with session.get(
            URL(address, encoded=True), headers=HEADERS, allow_redirects=False
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
            timeout=aiohttp.ClientTimeout(total=55, connect=10),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent",),
        )
        return self._session


if __name__ == "__main__":
    run(Bare(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
