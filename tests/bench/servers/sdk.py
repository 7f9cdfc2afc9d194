"""The SDK's own server, stateless and with JSON answers, over the same tools and with our HTTP client.

`python -m tests.bench.servers.sdk LIST_FILE VENDOR_URL`, where the file is an answer to `tools/list`.

It is set as well as it can be: the tools are made once, and no list is walked before a call.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from yarl import URL

from runtime.upstream.client import POOL
from tests.bench.invoice import path_of
from tests.bench.servers.listening import run

HEADERS = {"Accept": "application/json", "Authorization": "Bearer bench"}


class Tools:
    """The two handlers."""

    def __init__(self, listed: Path, vendor: str) -> None:
        listing = json.loads(listed.read_bytes())["result"]["tools"]
        self._listing = types.ListToolsResult(tools=[types.Tool.model_validate(each) for each in listing])
        self._vendor = vendor
        self._session: aiohttp.ClientSession | None = None

    async def list(self, context: Any, params: Any) -> types.ListToolsResult:
        """Answers the list, made once."""
        return self._listing

    async def call(self, context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        """Answers an invoice."""
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=POOL))
        url = URL(self._vendor + path_of((params.arguments or {})["id"]), encoded=True)
        async with self._session.get(url, headers=HEADERS) as response:
            value = json.loads(await response.read())["Invoice"]
        return types.CallToolResult(content=[types.TextContent(text=json.dumps(value))])


def application(tools: Tools) -> Any:
    """The ASGI application, with nothing between the server and the SDK's manager."""
    server = Server(
        "bench", on_list_tools=tools.list, on_call_tool=tools.call, get_tool_input_schema=lambda name: None
    )
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await manager.handle_request(scope, receive, send)
            return
        await receive()
        async with manager.run():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    return app


if __name__ == "__main__":
    run(application(Tools(Path(sys.argv[1]), sys.argv[2])), lifespan="on")
