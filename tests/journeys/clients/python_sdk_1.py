"""Drives the Python SDK 1.x. Arguments: the URL and headers."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from line_by_line import content, raised, say, serve
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def hold(read: Any, write: Any) -> None:
    """Hold a session on a connection for all commands."""
    async with ClientSession(read, write) as session:
        await session.initialize()

        async def list_tools() -> list[dict[str, Any]]:
            tools = (await session.list_tools()).tools
            return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            result = await session.call_tool(name, arguments)
            return content(result.content, is_error=bool(result.isError))

        async def read_resource(uri: str) -> list[dict[str, Any]]:
            found = await session.read_resource(uri)
            return [each.model_dump(mode="json", by_alias=True) for each in found.contents]

        await serve(list_tools, call, session.send_ping, read_resource)


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    async with streamablehttp_client(url, headers=headers) as (read, write, _):
        await hold(read, write)


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
    except BaseException as error:
        say(raised(error))
