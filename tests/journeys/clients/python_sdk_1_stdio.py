"""Drives the Python SDK 1.x over a process: the URL, headers, and the command that the URL is added to."""

from __future__ import annotations

import asyncio
import os
import sys

from line_by_line import raised, say
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client
from python_sdk_1 import hold


async def main(url: str, command: list[str]) -> None:
    """Hold one session for all commands. `{url}` and `{sse}` in the command are the URLs of both transports."""
    filled = [each.format(url=url, sse=url.replace("/mcp/", "/sse/")) for each in command]
    process = StdioServerParameters(command=filled[0], args=filled[1:], env=dict(os.environ))
    async with stdio_client(process) as (read, write):
        await hold(read, write)


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[-2], sys.argv[1:-2]))
    except BaseException as error:
        say(raised(error))
