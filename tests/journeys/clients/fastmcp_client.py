"""Drives the client of fastmcp. Arguments: the URL and headers."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from line_by_line import content, raised, say, serve


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    async with Client(StreamableHttpTransport(url, headers=headers)) as client:

        async def list_tools() -> list[dict[str, Any]]:
            tools = await client.list_tools()
            return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            result = await client.call_tool(name, arguments, raise_on_error=False)
            return content(result.content, is_error=result.is_error)

        await serve(list_tools, call, list_tools)


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
