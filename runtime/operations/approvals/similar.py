"""What a new record looks like: records that are there already, and equal changes that wait. Never refuses anything.

Called by `proposing`. The guard against records that are made twice has most often read them a moment ago.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from generator.preflight_rules import DuplicateRule
from generator.vendor import Integration
from runtime.approval import PendingChange
from runtime.deployment import Deployment
from runtime.errors import BudgetReached
from runtime.exchange.context import CallContext
from runtime.operations.approvals.bookings import Record, find_total
from runtime.operations.approvals.proposals import Similar, open_proposal
from runtime.operations.approvals.referenced import State
from runtime.operations.approvals.wording import Worded
from runtime.operations.duplicates import Duplicates
from runtime.operations.formats import Formats
from runtime.recent import Recent
from runtime.safety.likeness import is_like, read_day, read_number
from runtime.upstream import figures
from runtime.upstream.answer import follow_path
from runtime.upstream.visible_text import show_unseen

MOST_SIMILAR = 3
"""More of them say nothing that these do not."""
MOST_OPENED = 10
"""Waiting changes of the same tool that are compared, the newest: opening one takes a tenth of a millisecond."""
MOST_KNOWN = 5_000
"""Waiting changes of which is known what they are compared by; about 1 kB each."""
EQUAL = "The same party and amount, in a change that waits."
LONGEST_TEXT = 120
"""Characters of a name or a number."""


class _Found(NamedTuple):
    """A record near a new one, and in what it is the same."""

    record: Record
    same: tuple[str, ...]
    is_twin: bool
    days: int


class SimilarRecords:
    """Finds what new records look like. One for the process."""

    def __init__(self, deployment: Deployment, duplicates: Duplicates) -> None:
        self._deployment, self._duplicates = deployment, duplicates
        self._known: Recent[tuple[str, int], Similar] = Recent(MOST_KNOWN)

    async def find(
        self, call: CallContext, state: State, worded: Worded, formats: Formats
    ) -> tuple[Similar, ...]:
        """Return what is like the record that a change makes, and the waiting changes that are equal to it."""
        found = [*await self._list_records(call, state, worded, formats)]
        return (
            *found[:MOST_SIMILAR],
            *(await self._list_waiting(call, state, worded))[:MOST_SIMILAR],
        )

    async def _list_records(
        self, call: CallContext, state: State, worded: Worded, formats: Formats
    ) -> list[Similar]:
        change, rule = state.change, state.change.tool.duplicates
        if rule is None or state.before is not None:
            return []
        rows = change.near
        try:
            rows = await self._duplicates.list_near(call, change, rule) if rows is None else rows
        except BudgetReached:
            return []
        day = read_day(state.after.get(rule.date)) or change.today()
        amount = _find_amount(state, state.after, is_stored=False) if rows else None
        alike = [each for row in rows if (each := _compare(state, rule, row, day, amount)) is not None]
        alike.sort(key=lambda each: (not each.is_twin, -len(each.same), abs(each.days)))
        return [_describe(state, rule, each, worded, formats) for each in alike[:MOST_SIMILAR]]

    async def _list_waiting(self, call: CallContext, state: State, worded: Worded) -> list[Similar]:
        """Return the waiting changes by the same tool of the same record, or of the same party and amount."""
        tool, store, now = state.change.tool, self._deployment.stores, self._deployment.clock()
        identifier = tool.identifier or state.change.integration.identifier
        record_id = str((state.before or {}).get(identifier) or "")
        if not record_id and not (worded.amount and worded.party):
            return []
        account_id, own = call.account.id, str(call.grant.server_id or "") if call.grant is not None else ""
        changes = await store.read(
            lambda: store.records.list_waiting(account_id, tool.name, record_id, now, MOST_OPENED)
        )
        why = "The same record, in a change that waits." if record_id else EQUAL
        asked = (worded.party, worded.amount, worded.currency)
        return [
            replace(found, why=why, is_readable=change.server_id == own)
            for change in changes
            if (found := self._read(state, change))
            and (record_id or (found.party, found.amount, found.currency) == asked)
        ]

    def _read(self, state: State, change: PendingChange) -> Similar:
        """Return what is compared of a waiting change, which is opened once."""
        found = self._known.get((change.id, change.version))
        if found is None:
            proposal = open_proposal(self._deployment.keys, change)
            name = state.change.integration.policy_facts.days.get(change.resource, "")
            day = read_day(proposal.after.get(name))
            found = Similar(
                change.resource,
                change.id,
                proposal.number,
                proposal.party,
                day.isoformat() if day is not None else "",
                proposal.amount,
                proposal.currency,
                "",
                is_pending=True,
            )
            self._known.put((change.id, change.version), found)
        return found


def _compare(
    state: State, rule: DuplicateRule, row: Record, day: date, amount: Decimal | None
) -> _Found | None:
    """Return in what a record is like the new one; None where only the party is the same."""
    form, new = state.change.integration.reference_form, state.after
    is_twin = is_like(rule, new, row, form.id)
    same = ["number"] if _has_same_number(state, rule, row) else []
    if amount is not None and _find_amount(state, row, is_stored=True) == amount:
        same.append("amount")
    if is_twin and "lines" in rule.same:
        same.append("lines")
    if is_twin and "links" in rule.same:
        same.append("paid records")
    if not is_twin and not same:
        return None
    found = read_day(row.get(rule.date))
    return _Found(row, tuple(same), is_twin, (found - day).days if found is not None else 0)


def _has_same_number(state: State, rule: DuplicateRule, row: Record) -> bool:
    numbers = ((state.after.get(name), row.get(name)) for name in _number_fields(state, rule))
    return any(read_number(new) == read_number(old) != () for new, old in numbers)


def _find_amount(state: State, record: Record, *, is_stored: bool) -> Decimal | None:
    integration, tool = state.change.integration, state.change.tool
    booking = integration.effects.bookings.get(tool.resource)
    if booking is None:
        return None
    if is_stored:
        return figures.read_decimal(record.get(booking.total))
    return find_total(tool, integration, booking, record, None).amount


def _number_fields(state: State, rule: DuplicateRule) -> tuple[str, ...]:
    shown = state.change.integration.display_fields.get(state.change.tool.resource, ())
    return tuple(dict.fromkeys((*shown, *((rule.number,) if rule.number else ()))))


def _describe(state: State, rule: DuplicateRule, found: _Found, worded: Worded, formats: Formats) -> Similar:
    change, row = state.change, found.record
    amount = _find_amount(state, row, is_stored=True)
    numbers = (row.get(name) for name in _number_fields(state, rule))
    return Similar(
        change.tool.resource,
        str(row.get(change.integration.identifier) or ""),
        _show(next((each for each in numbers if each), "")),
        _show(_find_party(change.integration, rule, row) or worded.party),
        day.isoformat() if (day := read_day(row.get(rule.date))) is not None else "",
        formats.write_amount(amount) if amount is not None else "",
        _show(follow_path(row, change.integration.currency) or worded.currency),
        _explain(found),
        is_readable=not change.is_blind,
    )


def _find_party(integration: Integration, rule: DuplicateRule, row: Record) -> str:
    form = integration.reference_form
    names = (follow_path(row, (name, form.name)) for name in rule.filters if form.name)
    return next((str(each) for each in names if each), "")


def _explain(found: _Found) -> str:
    parts = [f"the same {' and '.join(found.same)}"] if found.same else ["everything that is compared"]
    if found.days:
        direction = "earlier" if found.days < 0 else "later"
        parts.append(f"{abs(found.days)} day{'s' if abs(found.days) > 1 else ''} {direction}")
    else:
        parts.append("on the same day")
    text = ", ".join(["the same party", *parts])
    return f"{text[0].upper()}{text[1:]}."


def _show(value: object) -> str:
    text = show_unseen(" ".join(str(value).split()))
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
