"""Drives the Python SDK 2.x: reads one JSON command a line, writes one JSON answer a line. Argument: the URL."""

from __future__ import annotations

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        say({"connected": True})
        for line in sys.stdin:
            command = json.loads(line)
            try:
                say(await answer(client, command))
            except Exception as error:
                say({"raised": f"{type(error).__name__}: {error}"})


async def answer(client, command):
    if command["do"] == "list":
        tools = (await client.list_tools()).tools
        return {"tools": [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]}
    if command["do"] == "read":
        read = await client.read_resource(command["uri"])
        return {"contents": [each.model_dump(mode="json", by_alias=True) for each in read.contents]}
    result = await client.call_tool(command["tool"], command["arguments"])
    return {
        "is_error": bool(result.is_error),
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
