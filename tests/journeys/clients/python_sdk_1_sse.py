"""Drives the Python SDK 1.x over HTTP with SSE. Arguments: the URL of Streamable HTTP and headers."""

from __future__ import annotations

import asyncio
import json
import sys

from line_by_line import raised, say
from mcp.client.sse import sse_client
from python_sdk_1 import hold


async def main(url: str, headers: dict[str, str]) -> None:
    """Hold one session for all commands."""
    async with sse_client(url.replace("/mcp/", "/sse/"), headers=headers) as (read, write):
        await hold(read, write)


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
    except BaseException as error:
        say(raised(error))
