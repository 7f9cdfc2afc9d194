"""Drives langchain-mcp-adapters, through the tools that an agent of LangChain gets. Arguments: the URL and headers.

A tool that was not listed is asked for at the session below: an agent has no tool for it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from langchain_core.tools import ToolException
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from line_by_line import content, raised, say, serve


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    connection = {"transport": "streamable_http", "url": url, "headers": headers}
    async with MultiServerMCPClient({"books": connection}).session("books") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session, handle_tool_errors=False)}

        async def list_tools() -> list[dict[str, Any]]:
            return [
                {"name": name, "description": tool.description, "inputSchema": tool.args_schema}
                for name, tool in tools.items()
            ]

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            if name not in tools:
                result = await session.call_tool(name, arguments)
                return content(result.content, is_error=bool(result.isError))
            try:
                return answered(await tools[name].ainvoke(arguments))
            except ToolException as error:
                return {"is_error": True, "text": str(error)}

        await serve(list_tools, call, session.send_ping)


def answered(blocks: Any) -> dict[str, Any]:
    """The blocks of LangChain as a command is answered."""
    if isinstance(blocks, str):
        return {"is_error": False, "text": blocks}
    others = [
        {
            "type": "resource_link" if each.get("url") else "resource",
            "data": each.get("base64"),
            "uri": each.get("url"),
        }
        for each in blocks
        if each["type"] != "text"
    ]
    text = "".join(each["text"] for each in blocks if each["type"] == "text")
    return {"is_error": False, "text": text, "parts": others}


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
