"""Drives the MCP server of the OpenAI Agents SDK. Arguments: the URL and headers."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from agents.mcp import MCPServerStreamableHttp
from line_by_line import content, raised, say, serve


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    async with MCPServerStreamableHttp({"url": url, "headers": headers, "timeout": 30}) as server:

        async def list_tools() -> list[dict[str, Any]]:
            tools = await server.list_tools()
            return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            result = await server.call_tool(name, arguments)
            return content(result.content, is_error=bool(result.isError))

        await serve(list_tools, call, list_tools)


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
