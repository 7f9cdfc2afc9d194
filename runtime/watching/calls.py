"""One call of a tool as the call log has it: who called what when, and what it came to. Never arguments or results."""

from __future__ import annotations

from typing import Literal, NamedTuple

from runtime.tenancy import EVERYTHING, Reach

LogType = Literal["mcp", "api", "page"]
"""What a call came to: the MCP endpoint, the management API, or a page on which a person called."""
CallStatus = Literal["ok", "error"]


class Caller(NamedTuple):
    """How the program that calls names itself."""

    name: str = ""
    version: str = ""


class LoggedCall(NamedTuple):
    """One call. `size` is characters of the answer's text, or bytes of its file; `at` is when it ended.

    `caller_id` is the MCP server, the API token or the person.
    """

    log_type: LogType
    at: float
    tenant_id: str
    account_id: str
    caller_id: str
    tool: str
    client_name: str
    client_version: str
    error_code: str
    ms: float
    size: int
    request_id: str

    @property
    def status(self) -> CallStatus:
        """Whether it succeeded."""
        return "error" if self.error_code else "ok"


CallValues = tuple[LogType, float, str, str, str, str, str, str, str, float, int, str]
"""The values of a `LoggedCall`, in their order."""


class StoredCall(NamedTuple):
    """A call with its number in the log, which grows in the order in which calls were stored."""

    id: int
    call: LoggedCall


class CallFilter(NamedTuple):
    """Which calls a list of the log has; what is empty filters nothing. Times are seconds since the epoch."""

    since: float
    until: float
    log_type: LogType | None = None
    tenant_id: str = ""
    account_id: str = ""
    caller_id: str = ""
    tool: str = ""
    client_name: str = ""
    status: CallStatus | None = None
    error_code: str = ""
    reach: Reach = EVERYTHING
    """Whose calls may be seen at all."""


class CallerDays(NamedTuple):
    """How many calls one caller made on each of some days, the earliest first, and how many of all failed."""

    caller_id: str
    days: tuple[int, ...]
    errors: int

    @property
    def calls(self) -> int:
        """All of them."""
        return sum(self.days)


class ToolCount(NamedTuple):
    """How often one tool was called, how many of the calls failed, and how long they took on average."""

    tool: str
    calls: int
    errors: int
    ms: float
