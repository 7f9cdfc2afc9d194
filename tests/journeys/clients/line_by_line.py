"""The loop of every client in Python: reads one JSON command a line, writes one JSON answer a line.

A client gives three coroutines. `list` answers its tools as MCP has them, `call` takes a name and arguments and answers
`{is_error, text, parts, content}`, and `ping` raises when the session is dead. `read` is for clients of resources.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Found = dict[str, Any]


def say(value: Any) -> None:
    """One answer."""
    print(json.dumps(value), flush=True)


def raised(error: BaseException) -> Found:
    """What a client threw, with the errors of a group."""
    inner = "".join(f" ({type(each).__name__}: {each})" for each in getattr(error, "exceptions", ()))
    return {"raised": f"{type(error).__name__}: {error}{inner}"}


async def serve(
    list_tools: Callable[[], Awaitable[list[Found]]],
    call: Callable[[str, Found], Awaitable[Found]],
    ping: Callable[[], Awaitable[Any]],
    read: Callable[[str], Awaitable[list[Found]]] | None = None,
) -> None:
    """Answer commands until there are none."""
    say({"connected": True})
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if command["do"] == "list":
                say({"tools": await list_tools()})
            elif command["do"] == "ping":
                await ping()
                say({"alive": True})
            elif command["do"] == "read" and read is not None:
                say({"contents": await read(command["uri"])})
            else:
                say(await call(command["tool"], command["arguments"]))
        except Exception as error:
            say(raised(error))


def content(parts: list[Any], *, is_error: bool) -> Found:
    """The content of a result of MCP as a command is answered."""
    texts, others = [], []
    blocks = [
        part if isinstance(part, dict) else part.model_dump(mode="json", by_alias=True, exclude_none=True)
        for part in parts
    ]
    for block in blocks:
        inner = block.get("resource") or block
        if block["type"] == "text":
            texts.append(block["text"])
        else:
            others.append(
                {
                    "type": block["type"],
                    "data": inner.get("blob") or inner.get("data"),
                    "uri": str(inner.get("uri")),
                }
            )
    return {"is_error": is_error, "text": "".join(texts), "parts": others, "content": blocks}
