"""Drives the Python SDK 2.x, signed in by OAuth. Arguments: the URL and headers."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import httpx2
from granted import METADATA, Storage, ask_person, read_callback
from line_by_line import content, raised, say, serve
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.oauth2 import AuthorizationCodeResult
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata


async def receive() -> AuthorizationCodeResult:
    """Return what came back with the browser."""
    return AuthorizationCodeResult(**read_callback())


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    auth = OAuthClientProvider(url, OAuthClientMetadata(**METADATA), Storage(), ask_person, receive)
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60, auth=auth) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):

        async def list_tools() -> list[dict[str, Any]]:
            tools = (await client.list_tools()).tools
            return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            result = await client.call_tool(name, arguments)
            return content(result.content, is_error=bool(result.is_error))

        await serve(list_tools, call, list_tools)


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
