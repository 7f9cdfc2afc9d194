"""Drives the MCP client of llama-index, which opens a session for each call. Arguments: the URL and headers."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from line_by_line import content, raised, say, serve
from llama_index.tools.mcp import BasicMCPClient, McpToolSpec


async def main(url: str, headers: dict[str, str]) -> None:
    """Make its tools once, as an agent does, then take commands."""
    client = BasicMCPClient(url, headers=headers)
    tools = {tool.metadata.name: tool for tool in await McpToolSpec(client).to_tool_list_async()}

    async def list_tools() -> list[dict[str, Any]]:
        found = (await client.list_tools()).tools
        assert {tool.name for tool in found} == tools.keys()
        return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in found]

    async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name in tools:
            result = (await tools[name].acall(**arguments)).raw_output
        else:
            result = await client.call_tool(name, arguments)
        return content(result.content, is_error=bool(result.is_error))

    await serve(list_tools, call, list_tools)


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
