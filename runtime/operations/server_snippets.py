"""How each program is given the URL of an MCP server: a command, a file, a few lines of code, or steps in its settings.

Called by the page that shows a new URL. What programs are called and where their files are is data here, as known in
November 2026.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

HEADER_NAME, HEADER_VALUE = "Authorization", "Bearer YOUR_API_TOKEN"
"""What goes with each request where an API token is asked for as well; the person puts the token in."""

PYTHON_SDK = "mcp"
"""The package of the Python SDK."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """What to do for one program: `steps` in words, then `text` to copy into `place`. Either may be empty."""

    key: str
    title: str
    steps: tuple[str, ...] = ()
    place: str = ""
    text: str = ""


def make_snippets(name: str, url: str, *, needs_api_token: bool = False) -> tuple[Snippet, ...]:
    """Return how to give each program a URL; `name` is what it calls the server, of letters and digits."""
    headers = {HEADER_NAME: HEADER_VALUE} if needs_api_token else {}
    return (
        _explain("chatgpt", "ChatGPT", _CHATGPT_STEPS, headers),
        _explain("claude", "Claude", _CLAUDE_STEPS, headers),
        Snippet("claude-code", "Claude Code", (), "Terminal", _write_command(name, url, headers)),
        Snippet("cursor", "Cursor", (), "~/.cursor/mcp.json", _write_servers(name, _with(headers, url=url))),
        Snippet("vscode", "VS Code", (), ".vscode/mcp.json", _write_vs_code(name, url, headers)),
        Snippet("remote", "mcp-remote", _REMOTE_STEPS, "mcpServers file", _write_remote(name, url, headers)),
        Snippet("python", "Python", _PYTHON_STEPS, "client.py", _write_python(url, headers)),
        Snippet("typescript", "TypeScript", _TYPESCRIPT_STEPS, "client.ts", _write_typescript(url, headers)),
    )


_NO_HEADER = (
    "This MCP server asks for an API token as well, which {host} cannot send. "
    "Use another program, or make a server without it."
)
_REMOTE_STEPS = ("For a program that only starts commands. It needs Node.js on that machine.",)
_PYTHON_STEPS = (f"Install the package {PYTHON_SDK}, version 2 or later.",)
_TYPESCRIPT_STEPS = ("Install the package @modelcontextprotocol/sdk.",)


_CHATGPT_STEPS = (
    "In ChatGPT on the web, open the settings, then the apps and connectors, and switch developer mode on.",
    "Create a connector, paste the URL as its address, and choose no authentication.",
    "The URL has to be on the public internet, with HTTPS.",
)
_CLAUDE_STEPS = (
    "In Claude on the web or the desktop, open the settings, then the connectors.",
    "Add a custom connector, and paste the URL. It asks for no sign-in.",
    "The URL has to be on the public internet, with HTTPS.",
)


def _explain(key: str, title: str, steps: tuple[str, ...], headers: dict[str, str]) -> Snippet:
    return Snippet(key, title, (_NO_HEADER.format(host=title),) if headers else steps)


def _with(headers: dict[str, str], **values: object) -> dict[str, object]:
    return {**values, "headers": headers} if headers else values


def _write_command(name: str, url: str, headers: dict[str, str]) -> str:
    given = "".join(f" --header {shlex.quote(f'{each}: {value}')}" for each, value in headers.items())
    return f"claude mcp add --transport http {shlex.quote(name)} {shlex.quote(url)}{given}"


def _write_servers(name: str, server: dict[str, object]) -> str:
    return json.dumps({"mcpServers": {name: server}}, indent=2)


def _write_vs_code(name: str, url: str, headers: dict[str, str]) -> str:
    return json.dumps({"servers": {name: _with(headers, type="http", url=url)}}, indent=2)


def _write_remote(name: str, url: str, headers: dict[str, str]) -> str:
    given = [part for each, value in headers.items() for part in ("--header", f"{each}: {value}")]
    # mcp-remote takes plain HTTP only from localhost, unless it is allowed.
    allowed = ["--allow-http"] if url.startswith("http://") else []
    return _write_servers(name, {"command": "npx", "args": ["-y", "mcp-remote", url, *allowed, *given]})


def _write_python(url: str, headers: dict[str, str]) -> str:
    if not headers:
        return _PYTHON.format(sdk=PYTHON_SDK, url=json.dumps(url))
    return _PYTHON_WITH_HEADERS.format(sdk=PYTHON_SDK, url=json.dumps(url), headers=json.dumps(headers))


def _write_typescript(url: str, headers: dict[str, str]) -> str:
    given = f", {{\n  requestInit: {{ headers: {json.dumps(headers)} }},\n}}" if headers else ""
    return _TYPESCRIPT.replace("URL_HERE", json.dumps(url)).replace("OPTIONS_HERE", given)


_PYTHON = """\
import asyncio

from {sdk} import Client


async def main() -> None:
    async with Client({url}) as client:
        for tool in (await client.list_tools()).tools:
            print(tool.name)


asyncio.run(main())
"""
_PYTHON_WITH_HEADERS = """\
import asyncio

import httpx2
from {sdk} import Client
from {sdk}.client.streamable_http import streamable_http_client

URL = {url}
HEADERS = {headers}


async def main() -> None:
    async with (
        httpx2.AsyncClient(headers=HEADERS) as http,
        Client(streamable_http_client(URL, http_client=http)) as client,
    ):
        for tool in (await client.list_tools()).tools:
            print(tool.name)


asyncio.run(main())
"""
_TYPESCRIPT = """\
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const client = new Client({ name: "my-agent", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(URL_HERE)OPTIONS_HERE));
for (const tool of (await client.listTools()).tools) console.log(tool.name);
await client.close();
"""
