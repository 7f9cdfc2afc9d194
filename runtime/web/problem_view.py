"""What the page of an error says: what is wrong, what to do, and where to go on.

Called by `person_pages`. An error is said in its own sentences; a page that can be asked for again has a link for it,
and a company whose connection has ended has one to where it is connected again.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from runtime.errors import LedgerportError, NeedsReauth
from runtime.web.navigation import find_company_address

_TITLES = {
    403: "That is not allowed",
    404: "There is nothing here",
    409: "That is not possible now",
    413: "That is too large",
    429: "Too many requests",
}
_USUAL_TITLE = "That did not work"
_LEAST_AGAIN = 500
"""From this status on, and for 429, the same request may be answered the next time (RFC 9110 §15.6)."""


def describe_problem(request: Request, problem: LedgerportError) -> dict[str, Any]:
    """Return what the page of an error shows."""
    can_come_again = problem.status == 429 or problem.status >= _LEAST_AGAIN
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return {
        "title": _TITLES.get(problem.status, _USUAL_TITLE),
        "message": problem.message,
        "advice": problem.advice,
        "again": path if can_come_again and request.method == "GET" else "",
        "wait": getattr(problem, "retry_after", None),
        "vendor_code": problem.vendor_code,
        "trace": problem.trace,
        "connection": _find_connection(request, problem),
    }


def _find_connection(request: Request, problem: LedgerportError) -> str:
    """Return the address of the connection of a page's company, where that is what is wrong; else empty."""
    account_id = request.path_params.get("account_id", "")
    is_ended = bool(account_id) and isinstance(problem, NeedsReauth)
    return find_company_address(account_id, "/connection") if is_ended else ""
