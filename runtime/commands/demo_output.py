"""What the demo prints: how to use it when it has started, then one line for each call of an agent.

After `demo`, which starts the servers. A line names the tool, its outcome and its time; neither arguments nor
anything secret is in the log that the lines are made from.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

LONGEST_NAME = 60
"""Characters of a tool's name in a line; a client may ask for any."""
QUESTIONS = """Which customer owes us the most, and what is their email address?
Which bills are overdue? Pay the oldest one with the credit card."""
PROVIDER_QUESTIONS = """Which clients earn money for us, which ones cost us money, and why?
Is our gross margin right, or is something booked in the wrong place?
What might the firm be worth, and what would raise that most?"""
LISTED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a URL lists: how many tools, and about how many tokens they take in a model's context."""

    tools: int
    tokens: int


def count_listed(made: dict[str, Any], ask: Callable[[dict[str, Any]], bytes]) -> Listed:
    """Return what a URL lists: as the answer that made it says, else counted in what `ask` gets from it."""
    listing = made.get("listing") or {}
    if isinstance(listing.get("listed"), int) and isinstance(listing.get("tokens"), int):
        return Listed(listing["listed"], listing["tokens"])
    from generator.reports.token_estimate import count_tokens

    reply = ask(LISTED)
    return Listed(len(json.loads(reply)["result"]["tools"]), count_tokens(reply))


def show_calls(log: Iterable[bytes], write: Callable[[str], object] | None = None) -> threading.Thread:
    """Read a server's log to its end, in a thread, and write a line for each call of a tool.

    The thread ends with the server; an interpreter that ends waits for it, so that no line is cut.
    """
    write = write or _print

    def read() -> None:
        for line in log:
            if shown := format_line(line):
                with contextlib.suppress(
                    OSError, ValueError
                ):  # nobody reads; the log must be read all the same
                    write(shown)

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def format_line(logged: bytes) -> str:
    """Return the line that a person sees of one line of the log: none unless it is a call."""
    try:
        event = json.loads(logged)
    except ValueError:
        return ""
    if not isinstance(event, dict) or event.get("event") != "tool_call":
        return ""
    outcome = event.get("error") or "ok"
    return f"{str(event.get('tool'))[:LONGEST_NAME]}  {outcome}  {event.get('ms', 0):.0f} ms"


def _print(line: str) -> None:
    print(line, flush=True, file=sys.stdout)


@dataclass(frozen=True, slots=True)
class WorkStarted:
    """The work system of a demo that runs. The MCP URL is a secret."""

    simulator_url: str
    account: dict[str, Any]
    mcp_url: str = field(repr=False)
    mapping_url: str


@dataclass(frozen=True, slots=True)
class Started:
    """A demo that runs: where it is, its company, and how to use it. The API token and the MCP URL are secrets."""

    url: str
    simulator_url: str
    data: str
    account: dict[str, Any]
    api_token: str = field(repr=False)
    mcp_url: str = field(repr=False)
    sign_in_link: str = field(repr=False)
    listed: Listed
    work: WorkStarted | None = None


def write_instructions(demo: Started) -> str:
    """Return what to do with a demo that runs."""
    servers = {"quickbooks": {"type": "http", "url": demo.mcp_url}}
    if demo.work is not None:
        servers[demo.work.account["integration"]] = {"type": "http", "url": demo.work.mcp_url}
    questions = QUESTIONS if demo.work is None else PROVIDER_QUESTIONS
    return f"""
Ledgerport is running at {demo.url}, and a QuickBooks simulator at {demo.simulator_url}.
The company "{demo.account["name"]}" is connected (integrated account {demo.account["id"]}).

MCP URL to use first (a secret: whoever has it can work in this company)

  {demo.mcp_url}

It lists {demo.listed.tools} tools, about {demo.listed.tokens:,} tokens.
{_describe_work(demo.work)}
Sign in as the owner, in a browser: the link works once, and leads to the dashboard of the company

  {demo.sign_in_link}

A client that knows OAuth then takes {demo.url}/mcp by itself, and asks you there what it may do.

Make another URL, here one that can only read:

  curl -s {demo.url}/integrated-account/{demo.account["id"]}/mcp \\
    -H 'Authorization: Bearer {demo.api_token}' \\
    -H 'Content-Type: application/json' \\
    -d '{{"name": "Read only", "config": {{"methods": ["read"]}}}}'

Connect a client

  Claude Code   claude mcp add --transport http quickbooks {demo.mcp_url}
  Cursor, VS Code and others, in their mcpServers file:

{_indented(json.dumps({"mcpServers": servers}, indent=2))}

  ChatGPT and claude.ai reach servers on the public internet only, and this demo is on this machine only. For
  them run ledgerport serve with LEDGERPORT_PUBLIC_URL at an HTTPS address, and add its /mcp as a custom
  connector, which signs in by OAuth; or paste a secret URL of that server, without authentication.

Questions to try

{_indented(questions)}

Each call of an agent is shown below, without its arguments.
Press Ctrl-C to stop. The company and the URLs are stored in {demo.data}.
"""


def _describe_work(work: WorkStarted | None) -> str:
    """Return where the work system is, for the text of a demo that has one."""
    if work is None:
        return ""
    return f"""
The tickets, time and agreements of the same clients are in a ConnectWise PSA simulator at {work.simulator_url},
connected as integrated account {work.account["id"]}. Its own MCP URL

  {work.mcp_url}

Clients whose names leave no doubt are mapped to customers; the others wait for you, once you have signed in, at

  {work.mapping_url}
"""


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
