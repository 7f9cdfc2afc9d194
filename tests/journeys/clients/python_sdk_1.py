"""Drives the Python SDK 1.x: reads one JSON command a line, writes one JSON answer a line. Argument: the URL."""

from __future__ import annotations

import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    async with (
        streamablehttp_client(url, headers=headers) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        say({"connected": True})
        for line in sys.stdin:
            command = json.loads(line)
            try:
                say(await answer(session, command))
            except Exception as error:
                say({"raised": f"{type(error).__name__}: {error}"})


async def answer(session, command):
    if command["do"] == "list":
        tools = (await session.list_tools()).tools
        return {"tools": [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]}
    if command["do"] == "read":
        read = await session.read_resource(command["uri"])
        return {"contents": [each.model_dump(mode="json", by_alias=True) for each in read.contents]}
    result = await session.call_tool(command["tool"], command["arguments"])
    return {
        "is_error": bool(result.isError),
        "text": "".join(getattr(part, "text", "") for part in result.content),
        "content": [
            part.model_dump(mode="json", by_alias=True, exclude_none=True) for part in result.content
        ],
    }


def say(value) -> None:
    print(json.dumps(value), flush=True)


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say({"raised": f"{type(error).__name__}: {error}"})
