"""`ledgerport stdio`: an MCP server on standard input and output for hosts that only start processes.

Every message goes to the URL of an MCP server by the official SDK's client of Streamable HTTP, and what comes back goes
to standard output, where nothing else is ever written. What is said about the connection itself goes to standard error,
without the secret of the URL. The server holds no session, so one that was restarted goes on with the next message.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import click
import httpx2
from anyio import BrokenResourceError, ClosedResourceError
from mcp.client.streamable_http import streamable_http_client
from mcp.server.stdio import stdio_server
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PROTOCOL_VERSION_HEADER,
    NAME_BEARING_METHODS,
    encode_header_value,
)
from mcp.shared.message import ClientMessageMetadata, SessionMessage
from mcp_types import (
    PARSE_ERROR,
    PROTOCOL_VERSION_META_KEY,
    ErrorData,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
)

from runtime import logs
from runtime.commands.exit_on_error import FAILED
from runtime.commands.remote import RemoteServer
from runtime.errors import SettingsError
from runtime.settings import LOOPBACK

LONGEST_WAIT = 70.0
"""Seconds for one answer. The server gives up on a call after 60 at most."""
CONNECT_SECONDS = 10.0
"""For one connection: twice what a slow network takes with one lost packet."""
_TOKEN = re.compile(r"[!-~]+", re.ASCII)
_CANCELLED = "notifications/cancelled"
Write = Callable[[SessionMessage], Any]


def run(url: str, api_token: str = "") -> None:
    """Bridge until standard input ends; the exit status is 1 when the last request could not be answered.

    Raises SettingsError for a URL or API token that cannot be right.
    """
    logs.configure_libraries()
    check_url(url)
    if api_token and not _TOKEN.fullmatch(api_token):
        raise SettingsError(
            "LEDGERPORT_API_TOKEN has blanks or characters that no API token has; copy it again."
        )
    server = RemoteServer(lambda text: click.echo(f"ledgerport: {text}", err=True))
    try:
        asyncio.run(_bridge(server, url, {"authorization": f"Bearer {api_token}"} if api_token else {}))
    except* (BrokenPipeError, BrokenResourceError, ClosedResourceError):
        pass  # the host is gone: nobody reads standard output any more
    if server.fault:
        sys.exit(FAILED)


def check_url(url: str) -> None:
    """Raise SettingsError when a URL cannot be that of an MCP server. No message repeats it: it is a secret."""
    if not url:
        raise SettingsError(
            "Which MCP server?",
            advice="Give its URL as the argument or in LEDGERPORT_URL; Ledgerport shows it when it is created.",
        )
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host or not url.isascii() or not url.isprintable():
        raise SettingsError(
            "The URL is not one of an MCP server: that is like https://books.example.com/mcp/…."
        )
    if parts.scheme == "http" and host not in LOOPBACK:
        raise SettingsError(
            f"The URL is one of http at {host}: whoever is on the way could read its secret.",
            advice="Use https; http is for this machine only.",
        )
    if parts.path.startswith("/sse/") or parts.path.rstrip("/").endswith("/sse"):
        raise SettingsError(
            "The URL is one of the older transport, HTTP with SSE.",
            advice="Use the same URL with /mcp/ in place of /sse/, and no /sse behind it.",
        )


async def _bridge(server: RemoteServer, url: str, fields: Mapping[str, str]) -> None:
    """Carry messages both ways until standard input ends and every request is answered."""
    name = {"user-agent": f"ledgerport-stdio/{version('ledgerport')}"}
    limits = httpx2.Timeout(LONGEST_WAIT, connect=CONNECT_SECONDS)
    client = httpx2.AsyncClient(transport=server, headers={**name, **fields}, timeout=limits)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(client)
        read, write = await stack.enter_async_context(stdio_server())
        from_server, to_server = await stack.enter_async_context(
            streamable_http_client(url, http_client=client, terminate_on_close=False)
        )
        bridge = _Bridge(to_server.send, write.send)
        answers = asyncio.create_task(_carry(from_server, bridge.pass_down))
        await _carry(read, bridge.pass_up)
        await bridge.wait_until_answered()
        answers.cancel()
        await write.aclose()


async def _carry(messages: Any, pass_on: Callable[[Any], Any]) -> None:
    async for message in messages:
        await pass_on(message)


class _Bridge:
    """What is under way between the host and the server."""

    def __init__(self, up: Write, down: Write) -> None:
        self._up = up
        self._down = down
        self._waiting: set[str | int] = set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._greeting: str | int | None = None
        self._version = ""

    async def wait_until_answered(self) -> None:
        """Wait for the answers of all requests that were not cancelled."""
        await self._is_idle.wait()

    async def pass_up(self, message: SessionMessage | Exception) -> None:
        """Send what the host wrote; a line that is no message is answered here."""
        if isinstance(message, Exception):
            error = ErrorData(code=PARSE_ERROR, message="The line is not a JSON-RPC message in UTF-8.")
            await self._down(SessionMessage(JSONRPCError(jsonrpc="2.0", id=None, error=error)))
            return
        content = message.message
        if isinstance(content, JSONRPCRequest):
            self._waiting.add(content.id)
            self._is_idle.clear()
            if content.method == "initialize":
                self._greeting, self._version = content.id, ""
        elif isinstance(content, JSONRPCNotification) and content.method == _CANCELLED:
            self._settle((content.params or {}).get("requestId"))
        fields = _name_headers(content, self._version)
        await self._up(SessionMessage(content, metadata=ClientMessageMetadata(headers=fields)))

    async def pass_down(self, message: SessionMessage | Exception) -> None:
        """Write what the server answered."""
        if isinstance(message, Exception):
            return
        content = message.message
        if isinstance(content, JSONRPCResponse) and content.id == self._greeting:
            self._version = str(content.result.get("protocolVersion", ""))
        await self._down(message)
        if isinstance(content, JSONRPCResponse | JSONRPCError):
            self._settle(content.id)

    def _settle(self, id: Any) -> None:
        if isinstance(id, str | int):
            self._waiting.discard(id)
        if not self._waiting:
            self._is_idle.set()


def _name_headers(message: Any, negotiated: str) -> dict[str, str]:
    """Return the header fields that repeat parts of a message: since 2026-07-28 each, before the revision alone."""
    params = getattr(message, "params", None) or {}
    modern = (params.get("_meta") or {}).get(PROTOCOL_VERSION_META_KEY)
    if not isinstance(modern, str):
        return {MCP_PROTOCOL_VERSION_HEADER: negotiated} if negotiated else {}
    fields = {MCP_PROTOCOL_VERSION_HEADER: modern, MCP_METHOD_HEADER: message.method}
    name = params.get(NAME_BEARING_METHODS.get(message.method, ""))
    if isinstance(name, str):
        fields[MCP_NAME_HEADER] = encode_header_value(name)
    return fields
