"""Bodies beyond the usual limit: taken where the toolset has a tool that sends a file, and for the file alone.

The text of the file is cut out of the bytes before they are read as JSON, so it is neither copied into a string nor
walked by any check: its digest stands in its place, and the file goes beside the message. What is left is held to the
usual limit. How many bytes of such bodies the process holds is bounded.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from generator.names import find_tool
from runtime.errors import Busy
from runtime.mcp_server import discovery, protocol
from runtime.mcp_server.protocol import Message
from runtime.mcp_server.replies import BUSY, INVALID_REQUEST, Field, Refused
from runtime.mcp_server.request import Fields
from runtime.mcp_server.toolset import Toolset
from runtime.model import Grant
from runtime.operations.bodies import LARGEST_BODY, MIB
from runtime.operations.budget import Budget, Share
from runtime.operations.files import hash_content, takes_a_file
from runtime.upstream.files import CarriedFiles, EncodedFile

MOST_BYTES = 128 * MIB
"""Of large bodies at once: two of the largest, or five with a file of 20 MB. In memory a body has about twice its
size, the text and what it decodes to: five files of 20 MB that are received and sent on at once
take 240 to 325 MB.
"""
MOST = 16
"""Large bodies at once."""
MOST_QUOTES = 20_000
"""Marks looked at to find the file: about three milliseconds. A call that sends a file has some dozens."""


class Cut(NamedTuple):
    """A body without the text of its file, and the file under the digest that stands in its place."""

    body: bytes
    files: CarriedFiles


def make_budget() -> Budget:
    """Return the budget of a process."""
    return Budget(MOST_BYTES, MOST)


def grow(share: Share, size: int) -> None:
    """Hold so many bytes for a body. Raises Refused with the seconds to wait."""
    try:
        share.grow(size)
    except Busy as busy:
        wait = b"%d" % busy.retry_after
        raise Refused(503, BUSY, busy.as_text(), fields=((b"retry-after", wait),)) from None


async def cut(body: bytearray) -> Cut:
    """Return the body with its longest text cut out. Raises Refused when what is left is beyond the usual limit."""
    start, end = _longest_text(body)
    if len(body) - (end - start) > LARGEST_BODY or body[end - 1 : end] == b"\\":
        raise _not_a_file()
    text = memoryview(body)[start:end]
    digest = await asyncio.to_thread(hash_content, text)
    rest = b"".join((body[:start], digest.encode(), body[end:]))
    return Cut(rest, {digest: EncodedFile(text, is_json=True)})


def check_use(message: Message, toolset: Toolset) -> None:
    """Raise Refused when the text that was cut out is not the file of a tool that sends one."""
    name, arguments = message.params.get("name"), message.params.get("arguments")
    if toolset.discovery is not None and name == discovery.WRITE and isinstance(arguments, dict):
        name, arguments = arguments.get("name"), arguments.get("arguments")
    tool = find_tool(toolset.tools, name) if isinstance(name, str) else None
    part = tool.file_part if tool is not None else None
    given = arguments.get(part.content) if part is not None and isinstance(arguments, dict) else None
    is_file = isinstance(given, str) and given in message.carried
    if message.method != "tools/call" or not is_file:
        raise _not_a_file(message)


def _longest_text(body: bytearray) -> tuple[int, int]:
    """Where the longest stretch between two quotes begins and ends. Raises Refused when there are too many."""
    best, at = (0, 0), body.find(b'"')
    for _ in range(MOST_QUOTES):
        after = body.find(b'"', at + 1)
        if at < 0 or after < 0:
            return best
        best, at = max(best, (at + 1, after), key=lambda each: each[1] - each[0]), after
    raise _not_a_file()


def _not_a_file(message: Message | None = None) -> Refused:
    text = (
        f"A body of more than {LARGEST_BODY // MIB} MiB may hold the file of one call in base64, and nothing "
        "else that is large."
    )
    id = message.id if message is not None else None
    return Refused(413, INVALID_REQUEST, text, id=id)


async def read(fields: Fields, sent: list[Field], toolset: Toolset, body: bytearray) -> Message:
    """Return the message of a body beyond the usual limit, its file cut out of it. Raises Refused."""
    found = await cut(body)
    message = protocol.read(found.body, fields, sent)._replace(carried=found.files)
    check_use(message, toolset)
    return message


def name_rest_endpoint(refused: Refused, grant: Grant, toolset: Toolset) -> Refused:
    """Return the refusal of a body that is too large; where a tool sends files, with where a larger one is taken."""
    tools = takes_a_file(toolset.tools)
    if refused.status != 413 or not tools:
        return refused
    most = (toolset.largest_body - LARGEST_BODY) // 4 * 3 // MIB
    text = (
        f"{refused.message} A file of up to {most} MiB may come here in base64; send a larger one as "
        f"multipart/form-data to POST /integrated-account/{grant.account.id}/tools/{tools[0].name} with an API token."
    )
    return Refused(refused.status, refused.rpc_code, text, fields=refused.fields)
