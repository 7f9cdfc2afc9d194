"""Drives the MCP toolset of the Agent Development Kit of Google. Arguments: the URL and headers.

A tool that was not listed is asked for at the session below: an agent has no tool for it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

from google.adk.tools.mcp_tool.mcp_session_manager import StreamableHTTPConnectionParams
from google.adk.tools.mcp_tool.mcp_toolset import McpToolset
from line_by_line import content, raised, say, serve

CONTEXT = SimpleNamespace(_invocation_context=None, custom_metadata={}, state={}, function_call_id="1")
"""What an agent is in the midst of; nothing of it is used without authentication or confirmation."""


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    toolset = McpToolset(
        connection_params=StreamableHTTPConnectionParams(url=url, headers=headers, timeout=30)
    )
    tools = {tool.name: tool for tool in await toolset.get_tools()}

    async def list_tools() -> list[dict[str, Any]]:
        found = await toolset.get_tools()
        return [tool.raw_mcp_tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in found]

    async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name in tools:
            result = await tools[name].run_async(args=arguments, tool_context=CONTEXT)
            return content(result["content"], is_error=bool(result.get("isError")))
        session = await toolset._mcp_session_manager.create_session()
        result = await session.call_tool(name, arguments)
        return content(result.content, is_error=bool(result.isError))

    try:
        await serve(list_tools, call, list_tools)
    finally:
        await toolset.close()


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
