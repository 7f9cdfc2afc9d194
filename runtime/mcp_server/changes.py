"""Tools beside those of the vendor: the last writes of the account by anybody, undoing one, and reversing a booking.

Called by `methods`. A server lists the first one when it has tools that read, and shows with it only records that these
tools read; the second one when it has tools that write; the third one when it reads and makes records that can be
reversed. Calls `operations.journal`, `operations.undo` and `operations.reversal`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from generator.catalog import ALLOW_DUPLICATE, COMPANY, Tool
from runtime.errors import NotFound
from runtime.exchange import bounds
from runtime.exchange.allowance import Allowance, Form
from runtime.exchange.bounds import write_json
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant, JournalEntry, OwnCall
from runtime.operations.approvals.deciding import Decisions
from runtime.operations.approvals.own_tools import PENDING_TOOL
from runtime.operations.approvals.status import STATUS_TOOL, write_pending
from runtime.operations.approvals.waits import Waiting
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.journal import Journal, make_visible, show_entry
from runtime.operations.journal_filters import KINDS, OUTCOMES, read_filter
from runtime.operations.own_tools import make_tool
from runtime.operations.reversal import Reversal, Wanted, list_reversible
from runtime.operations.undo import REVERT, Asked, Undo
from runtime.safety import masking
from runtime.safety.fences import PREFACE, fence_value, strip_fences
from runtime.safety.journal.undo import list_changed

RECENT, REVERSE = "list_recent_changes", "reverse_record"
USUAL, MOST = 20, 50
"""Changes in one answer: few, because each costs tokens."""
WRITTEN = frozenset({"changed", "arguments", "client", "approved"})
"""Members of an answer whose texts others wrote."""
_CHECKER = ArgumentChecker()
_TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
_AGAIN = {"type": "boolean"}
"""Has no description: the error for what was done before says what it is for."""
_SHOWN = ("id", "outcome", "begun_at", "caller", "client", "tool", "record_id", "reverts", "reverses")


class Space(NamedTuple):
    """What an answer may take: how its endpoint sends it, and what is left of the budget."""

    form: Form
    allowance: Allowance


@dataclass(frozen=True, slots=True)
class Changes:
    """Answers these tools. One for the process."""

    journal: Journal
    undo: Undo
    reversal: Reversal
    decisions: Decisions | None = None

    async def answer(
        self,
        grant: Grant,
        tools: Mapping[str, Tool],
        name: str,
        arguments: dict[str, Any],
        space: Space,
    ) -> Answer:
        """Return the answer of a tool. Raises what stands in its way."""
        arguments = _CHECKER.check(TOOLS[name], strip_fences(arguments), ())
        if name == RECENT:
            text = await asyncio.to_thread(self._list, grant, tools, arguments, space.allowance)
            return Answer(text, preface=_find_preface(grant))
        if name == STATUS_TOOL:
            return await self._show_pending(grant, arguments["id"])
        try:
            wanted = replace(grant, own_call=OwnCall(name, arguments))
            return await self._change(wanted, tools, name, arguments, space)
        except Waiting as waiting:
            return waiting.answer

    async def find_company(self, companies: Sequence[Grant], arguments: Mapping[str, Any]) -> int:
        """Return the place of the company at which the pending change waits that is asked for. Raises NotFound."""
        assert self.decisions is not None
        arguments = _CHECKER.check(PENDING_TOOL, strip_fences(dict(arguments)), ())
        company, _ = await self.decisions.find_own(companies, arguments["id"])
        return companies.index(company)

    async def _show_pending(self, grant: Grant, change_id: str) -> Answer:
        """Return how a pending change stands that this MCP server, and no other, has proposed."""
        assert self.decisions is not None
        _, found = await self.decisions.find_own((grant,), change_id)
        text = write_pending(self.decisions.deployment, grant.account, [found.change])
        return Answer(text, preface=_find_preface(grant), is_structured=True)

    async def _change(
        self,
        grant: Grant,
        tools: Mapping[str, Tool],
        name: str,
        arguments: dict[str, Any],
        space: Space,
    ) -> Answer:
        """Undo or reverse a write. Raises Waiting where that waits for a person."""
        is_allowed, is_preview = bool(arguments.get(ALLOW_DUPLICATE)), bool(arguments.get("dry_run"))
        asked = Asked(grant, tools, arguments.get(COMPANY, ""), is_allowed)
        if name == REVERSE:
            day, corrected = arguments.get("date", ""), arguments.get("corrected")
            wanted = Wanted(arguments["id"], arguments.get("resource", ""), day, corrected)
            return await self.reversal.reverse(asked, wanted, space.form, is_preview=is_preview)
        if not self._is_readable(grant, tools, arguments["id"]):
            raise NotFound("There is no such change.", advice=f"{RECENT} has the ids that there are.")
        done = await self.undo.revert(asked, arguments["id"], is_preview=is_preview)
        return Answer(_write(grant, done).decode(), preface=_find_preface(grant))

    def _is_readable(self, grant: Grant, tools: Mapping[str, Tool], entry_id: str) -> bool:
        entry = self.journal.find(grant.account.id, entry_id)
        return entry.resource in _resources(tools, read_only=False)

    def _list(
        self, grant: Grant, tools: Mapping[str, Tool], arguments: dict[str, Any], allowance: Allowance
    ) -> str:
        limit = arguments.get("limit", USUAL)
        filters = {name: arguments.get(name) for name in ("tool", "record_id", "outcome", "since", "kind")}
        wanted = read_filter(**filters).select_resources(_resources(tools, read_only=True))
        found = self.journal.read(grant.account.id, wanted, limit + 1, arguments.get("next_cursor", ""))
        shown = found[:limit]

        def head(count: int, remark: str) -> dict[str, Any]:
            first: dict[str, Any] = {"returned": count}
            if count < len(found):
                first["next_cursor"] = str(found[count - 1].seq)
            return first | ({"note": remark} if remark else {})

        rows = bounds.Source(len(shown), lambda place: self._row(grant, tools, shown[place]))
        return bounds.append_rows(head, "changes", rows, allowance)

    def _row(self, grant: Grant, tools: Mapping[str, Tool], entry: JournalEntry) -> bytes:
        """Return what is said of a change: sensitive values are hidden as reading the record would hide them."""
        whole = show_entry(entry)
        row: dict[str, Any] = {name: whole[name] for name in _SHOWN if whole[name]}
        row |= {} if entry.kind == "write" else {"kind": entry.kind}
        intent, outcome = self.journal.open(entry)
        if (approved := self.journal.find_approval(entry, intent)) is not None:
            row["approved"] = {
                "by": approved.who.name,
                "rules": list(approved.rules),
                "id": approved.change_id,
            }
        before, after = intent["before"] or {}, outcome.get("after") or {}
        names = list_changed(before, after, ()) if after else []
        row["changed"] = {
            name: [before.get(name), after.get(name)] for name in names if _is_short(before, after, name)
        }
        row["also_changed"] = [name for name in names if name not in row["changed"]]
        get = next(
            (tool for tool in tools.values() if tool.is_read_only and tool.resource == entry.resource), None
        )
        is_masked = not grant.config.show_sensitive
        cover = masking.cover_of(get, tools, is_masked=is_masked) if get else None
        if cover is not None:
            named = {name: row["changed"][name] for name in row["changed"]}
            row["changed"] = {
                name: [masking.hide(cover, {name: each}).get(name) for each in pair]
                for name, pair in named.items()
            }
        return _write(grant, {name: value for name, value in row.items() if value not in ({}, [])})


def _write(grant: Grant, value: dict[str, Any]) -> bytes:
    """Return a part of an answer as JSON: what is unseen is shown, and what others wrote is in fences where wanted."""
    shown = make_visible(value)
    if _find_preface(grant):
        shown = {name: fence_value(each) if name in WRITTEN else each for name, each in shown.items()}
    return write_json(shown)


def _find_preface(grant: Grant) -> str:
    return PREFACE if grant.config.untrusted_text == "fenced" else ""


def list_change_tools(tools: Mapping[str, Tool], *, may_wait: bool = False) -> dict[str, Tool]:
    """Return those of these tools that a server with some tools of its vendor lists.

    `may_wait`: writes may wait there for a person.
    """
    readable = any(tool.is_read_only for tool in tools.values())
    writable = any(not tool.is_read_only for tool in tools.values())
    listed = {RECENT: readable, REVERT: readable and writable, REVERSE: _may_reverse(tools)}
    listed[STATUS_TOOL] = writable and may_wait
    return {name: TOOLS[name] for name, is_listed in listed.items() if is_listed}


def _may_reverse(tools: Mapping[str, Tool]) -> bool:
    read = {tool.resource for tool in tools.values() if tool.method == "get"}
    return any(tool.resource in read for tool in list_reversible(tools.values()))


def _resources(tools: Mapping[str, Tool], *, read_only: bool) -> frozenset[str]:
    return frozenset(tool.resource for tool in tools.values() if tool.is_read_only or not read_only)


def _is_short(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> bool:
    return not isinstance(before.get(name), (dict, list)) and not isinstance(after.get(name), (dict, list))


TOOLS = {
    STATUS_TOOL: PENDING_TOOL,
    RECENT: make_tool(
        RECENT,
        "List recent changes",
        "List the last writes of agents to this company, newest first: when, by whom, which tool and "
        "record, what changed, the outcome. Indeterminate: nobody knows whether it was done.",
        {
            "record_id": _TEXT | {"description": "Only of this record."},
            "tool": _TEXT | {"description": "Only by it."},
            "outcome": {
                "type": "string",
                "enum": list(OUTCOMES),
                "description": "Only with it.",
            },
            "kind": {
                "type": "string",
                "enum": list(KINDS),
            },
            "since": _TEXT | {"description": "Such as 2026-01-31T17:00:00Z."},
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST,
                "description": f"{USUAL} when left out.",
            },
            "next_cursor": _TEXT | {"description": "From the answer before."},
        },
        (),
        "read",
    ),
    REVERT: make_tool(
        REVERT,
        "Revert a change",
        "Undo one write, where the service allows it: what was created is voided, deleted or set inactive, an update "
        "is put back, what was deleted is created again under a new Id. Refused once the record was changed.",
        {
            "id": _TEXT | {"description": f"From {RECENT}."},
            "dry_run": {"type": "boolean", "description": "Show it only."},
            ALLOW_DUPLICATE: _AGAIN,
            COMPANY: _TEXT | {"description": "Refused at another company."},
        },
        ("id",),
        "destroy",
    ),
    REVERSE: make_tool(
        REVERSE,
        "Reverse a booking",
        "Book the opposite of a journal entry: its lines with debit and credit exchanged. With corrected, the right "
        "one is booked too: both or none. The entry itself stays.",
        {
            "id": _TEXT | {"description": "Of the record."},
            "resource": _TEXT | {"description": "Its kind, if several can be reversed."},
            "date": _TEXT | {"format": "date", "description": "Its own if left out."},
            "corrected": {
                "type": "object",
                "description": "As for create.",
            },
            "dry_run": {"type": "boolean", "description": "Show it only."},
            ALLOW_DUPLICATE: _AGAIN,
            COMPANY: _TEXT | {"description": "Refused at another company."},
        },
        ("id",),
        "create",
    ),
}
