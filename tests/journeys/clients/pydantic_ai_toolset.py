"""Drives the MCP toolset of pydantic-ai, as an agent calls it. Arguments: the URL and headers.

It gives the model values, not text; an error is a ModelRetry, whose message the model reads.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

from line_by_line import raised, say, serve
from pydantic_ai import ModelRetry
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import BinaryContent


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    async with MCPToolset(url, headers=headers, cache_tools=False) as toolset:

        async def list_tools() -> list[dict[str, Any]]:
            tools = await toolset.list_tools()
            return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            try:
                return answered(await toolset.direct_call_tool(name, arguments))
            except ModelRetry as error:
                return {"is_error": True, "text": error.message}

        await serve(list_tools, call, list_tools)


def answered(value: Any) -> dict[str, Any]:
    """What the model gets, as a command is answered."""
    values = value if isinstance(value, list) else [value]
    files = [each for each in values if isinstance(each, BinaryContent)]
    links = [uri for each in values if (uri := getattr(each, "uri", None) or getattr(each, "url", None))]
    texts = [
        each if isinstance(each, str) else json.dumps(each)
        for each in values
        if isinstance(each, (str, dict, int, float))
    ]
    parts = [
        {"type": "resource", "data": base64.b64encode(each.data).decode(), "uri": None} for each in files
    ]
    parts += [{"type": "resource_link", "data": None, "uri": str(uri)} for uri in links]
    return {"is_error": False, "text": "".join(texts), "parts": parts}


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
