"""Links to files: addresses that open one file of one MCP server for a few minutes, and nothing else.

A link holds what it stands for (MCP server, tool, arguments, end), encrypted under a key of its own, so nothing is
stored and every process with the secret key opens it, also after a restart. The file is fetched from the vendor each
time a link is opened. It is not used up by that: hosts and mail programs fetch an address before a person does.
Whether the MCP server still lets the tool through is asked when a link is opened, so revoking, expiry and a narrower
filter close it at once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from generator.catalog import EMBED, Tool, select
from runtime.deployment import Deployment
from runtime.errors import NotFound, SealBroken
from runtime.exchange.tool_answer import File
from runtime.model import Grant, McpServerId

PATH = "/files/"
PREFIX = "lpf_"
"""How a link's own part begins, so that it is recognized as a secret wherever it turns up."""
LIFETIME_SECONDS = 600
"""Long enough for a person to read the answer and click, short enough that an address in a history opens nothing."""
CLOCK_SKEW_SECONDS = 60
"""How far the clock of the process that made a link may be ahead of ours."""
LONGEST = 2_000
"""Characters of a link: what every browser and chat takes as an address."""
_CLAIMS = struct.Struct(">I16s8s")
"""When it ends (seconds since the epoch), the MCP server's UUID, and the start of a digest of the tool's name."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The call that a link stands for."""

    grant: Grant
    tools: Mapping[str, Tool]
    tool: Tool
    arguments: dict[str, Any]


class FileLinks:
    """Makes and opens links to files. Holds no state but its parts."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def make(self, grant: Grant, file: File) -> str:
        """Return the address of a file that an MCP server's tool answered; empty where it can have none.

        Only a call that reads can be repeated whenever a link is opened.
        """
        tool = file.tool
        if tool is None or not tool.is_read_only or grant.server_id is None:
            return ""
        arguments = {name: value for name, value in file.arguments.items() if name != EMBED}
        ends = int(self._deployment.clock()) + LIFETIME_SECONDS
        claims = _CLAIMS.pack(ends, uuid.UUID(grant.server_id).bytes, _digest(tool.name))
        sealed = self._deployment.keys.seal_link(claims + orjson.dumps(arguments))
        link = f"{self._deployment.settings.public_url}{PATH}{PREFIX}{_as_text(sealed)}"
        return link if len(link) <= LONGEST else ""

    async def open(self, link: str) -> Opened:
        """Return the call that a link stands for, where its MCP server lets it through now.

        `link` is an address or its last part. Raises NotFound, the same for a link that never was, has expired or is
        closed; and StorageUnavailable.
        """
        now = self._deployment.clock()
        try:
            claims = self._deployment.keys.open_link(_sealed_in(link))
        except SealBroken:
            raise refuse_closed() from None
        ends, server, digest = _CLAIMS.unpack_from(claims)
        if not now < ends <= now + LIFETIME_SECONDS + CLOCK_SKEW_SECONDS:
            raise refuse_closed()
        server_id = McpServerId(str(uuid.UUID(bytes=server)))
        grant = await self._deployment.stores.look_up.find_server(server_id, now)
        tools = self._tools(grant) if grant else {}
        tool = next((each for each in tools.values() if _digest(each.name) == digest), None)
        if grant is None or tool is None or tool.returns.kind != "file" or not tool.is_read_only:
            raise refuse_closed()
        return Opened(grant, tools, tool, orjson.loads(claims[_CLAIMS.size :]))

    def _tools(self, grant: Grant) -> dict[str, Tool]:
        tools = self._deployment.catalog().list_tools(grant.account.integration)
        return {tool.name: tool for tool in select(tools, grant.config.methods, grant.config.tags)}


@lru_cache(maxsize=4096)
def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:8]


def _as_text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _sealed_in(link: str) -> bytes:
    """Return the bytes of a link. Raises SealBroken when they are not written as `make` writes them."""
    text = link.rpartition(PATH)[2] if PATH in link else link
    if not text.startswith(PREFIX) or len(link) > LONGEST or not text.isascii():
        raise SealBroken("This is not written as a link.")
    text = text.removeprefix(PREFIX)
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error:
        raise SealBroken("This is not written as a link.") from None
    if _as_text(sealed) != text:
        raise SealBroken(
            "This is not written as a link."
        )  # bits behind the last byte: another way to write it
    return sealed


def refuse_closed() -> NotFound:
    """Return the error for every link that opens nothing, whatever the reason."""
    return NotFound(
        "This link opens no file: links to files end after 10 minutes, and with the MCP server they were made for.",
        advice="Call the tool again for a new link.",
    )
