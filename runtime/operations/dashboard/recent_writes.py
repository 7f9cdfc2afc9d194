"""The latest writes of a company in words: what was done, by whom and with what outcome. Called by its page.

Nothing that is stored encrypted is opened: the journal's own page has the records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator.catalog import Risk, Tool
from runtime.model import JournalEntry, McpServer, OutcomeKind
from runtime.people import Person

MOST_WRITES = 6
"""Writes on the dashboard, as the design reference has them; the journal has all."""
OUTCOMES: Mapping[OutcomeKind, tuple[str, str]] = {
    "sent": ("wait", "under way"),
    "done": ("", ""),
    "refused": ("bad", "refused"),
    "indeterminate": ("bad", "unclear whether it was made"),
    "settled_done": ("", "found to have been made"),
    "settled_not_done": ("bad", "found not to have been made"),
}
"""For each outcome a class and words; none for the usual one."""


@dataclass(frozen=True, slots=True)
class RecentWrite:
    """A write. `resource` and `record_id` are those of its record; empty where it has none that can be read."""

    at: float
    entry_id: str
    title: str
    risk: Risk
    resource: str
    record_id: str
    who: str
    client: str
    outcome: str
    outcome_style: str


def describe_writes(
    entries: Sequence[JournalEntry],
    tools: Mapping[str, Tool],
    servers: Sequence[McpServer],
    people: Sequence[Person],
) -> tuple[RecentWrite, ...]:
    """Return entries of the journal in words."""
    names = {f"mcp_server:{each.id}": each.name for each in servers}
    names |= {f"person:{each.id}": each.name for each in people}
    readable = {each.resource for each in tools.values() if each.method == "get" and each.reads_one}
    return tuple(_describe(each, tools.get(each.tool), names, readable) for each in entries)


def _describe(
    entry: JournalEntry, tool: Tool | None, names: Mapping[str, str], readable: set[str]
) -> RecentWrite:
    style, outcome = OUTCOMES[entry.outcome]
    record_id = (entry.last.record_id if entry.last else "") or entry.record_id
    is_gone = tool is not None and tool.method == "delete" and entry.outcome in ("done", "settled_done")
    has_page = bool(record_id) and entry.resource in readable and not is_gone
    kind = {"revert": "Undone: ", "reverse": "Reversed: ", "correct": "Corrected: "}.get(entry.kind, "")
    return RecentWrite(
        entry.begun_at,
        entry.id,
        f"{kind}{tool.title if tool else entry.tool}",
        tool.risk if tool else "overwrite",
        entry.resource if has_page else "",
        record_id,
        names.get(entry.caller, _name_caller(entry.caller)),
        entry.client,
        outcome,
        style,
    )


def _name_caller(caller: str) -> str:
    """Return what is said of a caller whose name is not known any more."""
    kind = caller.partition(":")[0]
    return {
        "mcp_server": "An MCP server that has ended",
        "person": "A person",
        "api_token": "An API token",
    }.get(kind, "An agent")
