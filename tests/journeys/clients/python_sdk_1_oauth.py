"""Drives the Python SDK 1.x, signed in by OAuth. Arguments: the URL and headers."""

from __future__ import annotations

import asyncio
import json
import sys

from granted import METADATA, Storage, ask_person, read_callback
from line_by_line import raised, say
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata
from python_sdk_1 import hold


async def receive() -> tuple[str, str | None]:
    """Return what came back with the browser."""
    callback = read_callback()
    return callback["code"], callback.get("state")


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    auth = OAuthClientProvider(url, OAuthClientMetadata(**METADATA), Storage(), ask_person, receive)
    async with streamablehttp_client(url, headers=headers, auth=auth) as (read, write, _):
        await hold(read, write)


try:
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
except BaseException as error:
    say(raised(error))
