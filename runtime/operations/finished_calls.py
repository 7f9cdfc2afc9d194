"""What is noted of each call of a tool when it has ended: a log line, counts, a row of the call log, its span.

Called by both endpoints. Never arguments or results: what is noted has the tool's name and how the call ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple

from runtime.errors import RateLimited
from runtime.exchange.tool_answer import Answer
from runtime.logs import Log, blank_secrets
from runtime.model import Account, Clock, Grant
from runtime.operations.call_log import CallLog
from runtime.request_ids import CURRENT
from runtime.watching.calls import Caller, LogType
from runtime.watching.counts import Counts

OK = "ok"
UNKNOWN = "unknown"
"""The label of every tool that is none of ours: what a client calls may be anything."""
NO_CALLER = Caller()
LONGEST_NAME, LONGEST_VERSION = 64, 32
"""Characters. Names of programs have under 40."""
_LOGGED_AS: dict[LogType, str] = {"mcp": "server", "api": "api_token", "page": "person"}


class Source(NamedTuple):
    """Where a call came from. `caller_id` is the MCP server, the API token or the person; no account: unknown."""

    log_type: LogType
    caller_id: str
    account: Account | None
    integration: str


class Ending(NamedTuple):
    """How a call ended. `status` is the vendor's own, 0 when nothing was sent; `error` the code, empty for none."""

    status: int = 0
    error: str = ""
    size: int = 0


CANCELLED = Ending(error="cancelled")
"""A call whose client has gone, and that was given up for it."""


def describe_ending(answer: Answer) -> Ending:
    """Return how a call ended whose answer is this."""
    size = len(answer.text) if answer.file is None else len(answer.file.content)
    return Ending(answer.status, answer.error.code if answer.error else "", size)


class FinishedCalls:
    """Notes calls that have ended. One for the process.

    `mark` is called with the code of an error while the span of the call is the current one.
    """

    def __init__(
        self,
        log: Log,
        counts: Counts | None = None,
        call_log: CallLog | None = None,
        *,
        clock: Clock = time.time,
        mark: Callable[[str], None] | None = None,
    ) -> None:
        self.log, self.counts, self.call_log = log, counts or Counts(), call_log
        self._clock, self._mark = clock, mark

    def note_of(
        self,
        grant: Grant,
        tool: str,
        began: float,
        ending: Ending,
        caller: Caller = NO_CALLER,
        *,
        is_known: bool = True,
    ) -> None:
        """Note a call at the MCP server of a grant."""
        source = Source("mcp", grant.server_id or "", grant.account, grant.account.integration)
        self.note(source, tool, began, ending, caller, is_known=is_known)

    def note(
        self,
        source: Source,
        tool: str,
        began: float,
        ending: Ending,
        caller: Caller,
        *,
        is_known: bool = True,
    ) -> None:
        """Note a call that began at this time of `perf_counter`. `is_known`: the tool's name is one of ours."""
        seconds = perf_counter() - began
        ms, account = round(seconds * 1000, 2), source.account
        self.log(
            "tool_call",
            **{_LOGGED_AS[source.log_type]: source.caller_id or None},
            account=account.id if account else UNKNOWN,
            tool=tool,
            status=ending.status,
            ms=ms,
            error=ending.error or None,
        )
        self.count(source.integration, tool if is_known else UNKNOWN, ending, seconds)
        if self.call_log is not None and account is not None:
            shown = tool if is_known else blank_secrets(tool)
            # A plain tuple costs a quarter of a LoggedCall, which the call log makes of it later.
            self.call_log.add(
                (
                    source.log_type, self._clock(), account.tenant_id, account.id, source.caller_id, shown, *caller,
                    ending.error, ms, ending.size, CURRENT.get(),
                )
            )  # fmt: skip

    def count(self, integration: str, tool: str, ending: Ending, seconds: float) -> None:
        """Count a call, and mark the span that it has."""
        self.counts.tool_calls.add(integration, tool, ending.error or OK)
        self.counts.tool_seconds.measure(seconds, integration)
        if ending.error:
            if ending.error == RateLimited.code:
                self.counts.rate_limited.add(integration)
            if self._mark is not None:
                self._mark(ending.error)


def read_agent(agent: str) -> Caller:
    """Return the first product of a User-Agent, which is the program itself."""
    name, _, version = agent.partition(" ")[0].partition("/")
    return read_caller(name, version)


def read_caller(name: Any, version: Any) -> Caller:
    """Return what a program calls itself, as it may be shown; empty for what is no text."""
    return Caller(_clean(name, LONGEST_NAME), _clean(version, LONGEST_VERSION))


def _clean(value: Any, longest: int) -> str:
    return _clean_text(value[:longest]) if isinstance(value, str) else ""


@lru_cache(maxsize=4096)
def _clean_text(text: str) -> str:
    """Return a text that a client chose in one line, and without what looks secret."""
    if not text.isprintable():
        text = "".join(each for each in text if each.isprintable())
    return blank_secrets(text)
