"""A client of the official Python SDK: whole sessions, each with a list of tools and some calls.

`python -m tests.bench.servers.session URL`, then a number of sessions a line on stdin; answers their seconds a line.
"""

from __future__ import annotations

import asyncio
import sys
import time

from mcp import Client

from tests.bench.invoice import FAST_ID, TOOL

CALLS = 5


async def session(url: str) -> None:
    """Connect, list the tools, read an invoice five times, close."""
    async with Client(url) as client:
        if not (await client.list_tools()).tools:
            raise SystemExit("The server lists no tools.")
        for _ in range(CALLS):
            result = await client.call_tool(TOOL, {"id": FAST_ID})
            if result.is_error:
                raise SystemExit("A call was answered by an error.")


async def main(url: str) -> None:
    """Work as asked until stdin ends."""
    await session(url)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        began = time.perf_counter()
        for _ in range(int(line)):
            await session(url)
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
