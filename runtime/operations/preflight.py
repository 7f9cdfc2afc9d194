"""The pre-flight of writes: everything that is found in what a call would send, before any of it is sent.

Called by `calls`, when each change is complete. What the rules have to know of other records is read first; then each
record is held against every rule, and all errors are reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from runtime.exchange.context import CallContext
from runtime.exchange.worked_out import find_dropped
from runtime.safety.findings import Finding, refuse
from runtime.safety.preflight.looked_up import LookedUp
from runtime.safety.preflight.rules import find_all
from runtime.upstream.request import record

Today = Callable[[], date]


def read_today() -> date:
    """Return the day that it is in UTC."""
    return datetime.now(UTC).date()


class Preflight:
    """Looks at writes before they are sent. One for the process."""

    def __init__(self, today: Today) -> None:
        self._today = today

    async def check(self, changes: Sequence[CallContext]) -> None:
        """Put into each change of a call what is found in it."""
        looked_up = LookedUp(self._today())
        for change in changes:
            change.findings = [*change.findings, *_find(change, looked_up)]


def refuse_errors(call: CallContext, changes: Iterable[CallContext]) -> None:
    """Raise InvalidArguments with every error that was found in the changes of a call."""
    refuse(call.tool, [found for change in changes for found in list_findings(change)])


def list_findings(change: CallContext) -> list[Finding]:
    """Return what was found in a change, with its place where it is a part of a call."""
    if not change.place:
        return change.findings
    return [
        replace(each, argument=f"{change.place}.{each.argument}", found=f"{change.place}: {each.found}")
        for each in change.findings
    ]


def _find(change: CallContext, looked_up: LookedUp) -> list[Finding]:
    """Return what is found in a change, less what was so before it."""
    found = find_all(change.tool, change.integration, build_content(change), looked_up)
    if not found or change.before is None:
        return found
    before = find_all(change.tool, change.integration, change.before, looked_up)
    new = [each for each in found if each not in before]
    return [_without_stored(change, each, looked_up) for each in new] if change.is_blind else new


def _without_stored(change: CallContext, finding: Finding, looked_up: LookedUp) -> Finding:
    """Return a finding without what is stored, for a caller who may not read that."""
    given = record(change.tool, change.arguments)
    if finding in find_all(change.tool, change.integration, given, looked_up):
        return finding
    return replace(finding, found=f"{finding.argument} does not fit the rest of the record.")


def build_content(change: CallContext) -> dict[str, Any]:
    """Return the record that a change sends, with what was given for it and is not sent."""
    content = record(change.tool, change.arguments) if change.content is None else change.content
    return {**find_dropped(change.tool, change.given), **content}
