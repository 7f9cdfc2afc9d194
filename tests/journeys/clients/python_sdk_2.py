"""Drives the Python SDK 2.x. Arguments: the URL and headers."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import httpx2
from line_by_line import content, raised, say, serve
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):

        async def list_tools() -> list[dict[str, Any]]:
            tools = (await client.list_tools()).tools
            return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            result = await client.call_tool(name, arguments)
            return content(result.content, is_error=bool(result.is_error))

        # The revision that it speaks has no ping.
        await serve(list_tools, call, list_tools, client.read_resource)


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
