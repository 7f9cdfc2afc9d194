"""Drives the Python SDK 1.x over a process: the URL, headers, and the command that the URL is added to."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from line_by_line import raised, say
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client
from python_sdk_1 import hold


async def main(url: str, headers: dict[str, str], command: list[str]) -> None:
    """Hold one session for all commands. `{url}` and `{sse}` in the command are the URLs of both transports.

    `{headers}` stands for an option for each header; our own bridge takes an API token from its environment.
    """
    options = [word for name, value in headers.items() for word in ("--header", f"{name}:{value}")]
    filled = [
        word.format(url=url, sse=url.replace("/mcp/", "/sse/"))
        for each in command
        for word in (options if each == "{headers}" else [each])
    ]
    given = dict(os.environ)
    if "Authorization" in headers:
        given["LEDGERPORT_API_TOKEN"] = headers["Authorization"].removeprefix("Bearer ")
    process = StdioServerParameters(command=filled[0], args=filled[1:], env=given)
    async with stdio_client(process) as (read, write):
        await hold(read, write)


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[-2], json.loads(sys.argv[-1]), sys.argv[1:-2]))
    except BaseException as error:
        say(raised(error))
