"""What the response to a write, or the lack of one, means for its entry in the journal.

Called by `operations.write_journal`, once the vendor has answered or did not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.errors import Indeterminate, LedgerportError
from runtime.model import OutcomeKind
from runtime.upstream import answer as answers
from runtime.upstream.client import VendorResponse


class Outcome(NamedTuple):
    """What a write came to. `content` is stored encrypted: the record after it, or the error."""

    outcome: OutcomeKind
    content: dict[str, Any]
    status: int = 0
    trace: str = ""
    record_id: str = ""
    settled_how: str = ""


def judge(tool: Tool, integration: Integration, response: VendorResponse) -> Outcome:
    """Return what a response to a single write means."""
    trace = answers.find_trace(integration.errors, response)
    try:
        value = answers.read_value(response)
    except ValueError:
        if response.status < 300 and not (response.body and tool.returns.path):
            return Outcome("done", {}, response.status, trace)
        error = answers.explain_unreadable(integration, response, changes_data=True)
        return judge_error(error)._replace(status=response.status, trace=trace)
    return judge_value(tool, integration, response, value)


def judge_value(tool: Tool, integration: Integration, response: VendorResponse, value: Any) -> Outcome:
    """Return what a body, or the part of a batch's body that is about one write, means."""
    trace = answers.find_trace(integration.errors, response)
    error = answers.find_error(response, value, integration, changes_data=True)
    if error is not None:
        return judge_error(error)._replace(status=response.status, trace=trace)
    found = answers.follow_path(value, tool.returns.path)
    if not isinstance(found, Mapping):
        return Outcome("done", {}, response.status, trace)
    record_id = str(found.get(tool.identifier or integration.identifier) or "")
    return Outcome("done", {"after": found}, response.status, trace, record_id)


def judge_error(error: LedgerportError) -> Outcome:
    """Return what an error means, raised before, while or after a write was sent: any but one is a certain no."""
    kind: OutcomeKind = "indeterminate" if isinstance(error, Indeterminate) else "refused"
    return Outcome(kind, {"error": error.as_dict()}, trace=error.trace)
