"""Drives the Python SDK 1.x. Arguments: the URL and headers."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from line_by_line import content, raised, say, serve
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    async with (
        streamablehttp_client(url, headers=headers) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()

        async def list_tools() -> list[dict[str, Any]]:
            tools = (await session.list_tools()).tools
            return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            result = await session.call_tool(name, arguments)
            return content(result.content, is_error=bool(result.isError))

        await serve(list_tools, call, session.send_ping, session.read_resource)


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
