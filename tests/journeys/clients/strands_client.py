"""Drives the MCP client of Strands Agents. Arguments: the URL and headers."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

from line_by_line import raised, say, serve
from strands.tools.mcp import MCPClient


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    with MCPClient(url=url, headers=headers) as client:

        async def list_tools() -> list[dict[str, Any]]:
            specs = [tool.tool_spec for tool in client.list_tools_sync()]
            return [
                {
                    "name": spec["name"],
                    "description": spec["description"],
                    "inputSchema": spec["inputSchema"]["json"],
                }
                for spec in specs
            ]

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            return answered(client.call_tool_sync("1", name, arguments))

        await serve(list_tools, call, list_tools)


def answered(result: Any) -> dict[str, Any]:
    """The result of Strands as a command is answered."""
    text = "".join(part.get("text", "") for part in result["content"])
    files = [part["document"] for part in result["content"] if "document" in part]
    parts = [
        {"type": "resource", "data": base64.b64encode(each["source"]["bytes"]).decode(), "uri": None}
        for each in files
    ]
    return {"is_error": result["status"] == "error", "text": text, "parts": parts}


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
