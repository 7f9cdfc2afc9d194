"""JSON-RPC without an SDK, by httpx2 or by curl. Arguments: which of them, the URL and headers."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from line_by_line import content, raised, say, serve

Found = dict[str, Any]
Send = Callable[[Found], Found]


def by_httpx2(url: str, headers: dict[str, str]) -> Send:
    """One client for all messages."""
    import httpx2

    client = httpx2.Client(headers=headers, timeout=60)

    def send(message: Found) -> Found:
        answer = client.post(url, json=message)
        if answer.status_code not in (200, 202):
            raise ConnectionError(f"{answer.status_code} {answer.text}")
        return answer.json() if answer.content else {}

    return send


def by_curl(url: str, headers: dict[str, str]) -> Send:
    """A process and a connection for each message."""
    fields = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    words = [word for name, value in fields.items() for word in ("-H", f"{name}: {value}")]

    def send(message: Found) -> Found:
        command = ["curl", "-sS", "--fail-with-body", "--compressed", url, *words, "-d", json.dumps(message)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise ConnectionError(f"{done.stderr.strip()} {done.stdout}")
        return json.loads(done.stdout) if done.stdout else {}

    return send


async def main(kind: str, url: str, headers: dict[str, str]) -> None:
    """Shake hands, then take commands."""
    send = (by_httpx2 if kind == "httpx2" else by_curl)(url, headers)
    ids = itertools.count(1)

    def ask(method: str, **params: Any) -> Any:
        answer = send({"jsonrpc": "2.0", "id": next(ids), "method": method, "params": params})
        if "error" in answer:
            raise ValueError(json.dumps(answer["error"]))
        return answer["result"]

    about = {"name": "by-hand", "version": "1"}
    ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=about)
    send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def list_tools() -> list[Found]:
        tools: list[Found] = ask("tools/list")["tools"]
        return tools

    async def call(name: str, arguments: Found) -> Found:
        result = ask("tools/call", name=name, arguments=arguments)
        return content(result["content"], is_error=result["isError"])

    async def ping() -> None:
        assert ask("ping") == {}

    await serve(list_tools, call, ping)


try:
    asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
except BaseException as error:
    say(raised(error))
