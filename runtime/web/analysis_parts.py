"""What the pages of some analyses show beside tables: findings, items of a checklist, and reminders.

Called by `analysis_pages`. Each is made of the figures of an answer, whatever is missing in it, and is text here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.operations.formats import NONE, Formats
from runtime.operations.insight_views.answer_values import (
    Values,
    find_member,
    read_amount,
    read_count,
    read_map,
    read_maps,
    read_text,
    write_title,
)
from runtime.operations.insight_views.checklist_view import STATUSES
from runtime.web.analysis_links import RecordLink, RecordLinks

STATES: Mapping[str, str] = {
    "open": "wait", "attention": "fail", "not_known": "off", "done": "ok", "not_used": "off",
}  # fmt: skip
"""The shape of a status of the checklist, as the design reference has them."""
TONES: Mapping[str, str] = {"final": "fail", "firm": "wait", "friendly": "ok"}
"""The shape of the tone of a reminder."""
LONGEST_LETTER = 8_000
"""Characters of the draft of a letter, which lists fifteen invoices at most."""
SURE, LIKELY = 80, 50
"""Scores from which a finding is called likely and possible; the lower one is that of the usual sensitivity."""


class NamedRecord(NamedTuple):
    """A record with what people know it by."""

    link: RecordLink
    party: str = ""
    day: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that looks wrong."""

    id: str
    kind: str
    score: int
    reason: str
    suggestion: str
    records: tuple[NamedRecord, ...]
    is_dismissed: bool

    @property
    def strength(self) -> str:
        """How sure it is, in words."""
        return "likely" if self.score >= SURE else "possible" if self.score >= LIKELY else "weak sign"


@dataclass(frozen=True, slots=True)
class Fix:
    """The call that fixes an item. `address` is where it can be run; empty where it is no tool of the company."""

    says: str
    title: str
    arguments: str
    address: str


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """An item of the checklist. `count` is how many records there are, of which some are named."""

    title: str
    says: str
    amount: str
    records: tuple[NamedRecord, ...]
    count: int
    fix: Fix | None


class ChecklistGroup(NamedTuple):
    """The items with one status."""

    key: str
    title: str
    state: str
    items: tuple[ChecklistItem, ...]


@dataclass(frozen=True, slots=True)
class Reminder:
    """A customer to be reminded. `facts` are what one has to know of it, with their names."""

    name: str
    address: str
    tone: str
    state: str
    asked: str
    action: str
    reason: str
    facts: tuple[tuple[str, str], ...]
    invoices: tuple[tuple[NamedRecord, str, str], ...]
    invoice_count: int
    letter: str


def list_findings(figures: Values, formats: Formats, links: RecordLinks) -> tuple[Finding, ...]:
    """Return the findings of an answer, in its order."""
    return tuple(
        Finding(
            read_text(each, "id"),
            write_title(read_text(each, "kind")),
            min(max(read_count(each, "score"), 0), 100),
            read_text(each, "reason"),
            read_text(each, "suggestion"),
            _list_records(each, formats, links),
            find_member(each, "dismissed") is True,
        )
        for each in read_maps(figures, "findings")
    )


def group_items(
    figures: Values, formats: Formats, links: RecordLinks, tools: Mapping[str, tuple[str, str]]
) -> tuple[ChecklistGroup, ...]:
    """Return the items of a checklist by status, what is to do first. `tools` are titles and addresses by name."""
    items = read_maps(figures, "items")
    groups = []
    for key, (title, _) in STATUSES.items():
        found = [each for each in items if read_text(each, "status") == key]
        if found:
            made = tuple(_make_item(each, formats, links, tools) for each in found)
            groups.append(ChecklistGroup(key, title, STATES[key], made))
    return tuple(groups)


def list_reminders(figures: Values, formats: Formats, links: RecordLinks) -> tuple[Reminder, ...]:
    """Return the customers to be reminded, in the order of the answer."""
    return tuple(_make_reminder(each, formats, links) for each in read_maps(figures, "customers"))


def _list_records(value: Values, formats: Formats, links: RecordLinks) -> tuple[NamedRecord, ...]:
    return tuple(_name_record(each, formats, links) for each in read_maps(value, "records"))


def _name_record(value: Values, formats: Formats, links: RecordLinks) -> NamedRecord:
    record, number = read_text(value, "id"), read_text(value, "number")
    kind = links.name_kind(record)
    link = links.find(record, f"{kind} {number}".strip() if number else "")
    day, amount = read_text(value, "day"), read_amount(value, "amount")
    return NamedRecord(
        link,
        read_text(value, "party"),
        formats.write_day(day) if day else "",
        formats.write_money(amount, read_text(value, "currency")) if amount is not None else "",
    )


def _make_item(
    item: Values, formats: Formats, links: RecordLinks, tools: Mapping[str, tuple[str, str]]
) -> ChecklistItem:
    amount = read_amount(item, "amount")
    records = _list_records(item, formats, links)
    fix = read_map(item, "fix")
    return ChecklistItem(
        read_text(item, "title") or write_title(read_text(item, "name")),
        read_text(item, "says"),
        formats.write_money(amount) if amount is not None else "",
        records,
        max(len(records), read_count(item, "count")),
        _make_fix(fix, tools) if fix else None,
    )


def _make_fix(fix: Values, tools: Mapping[str, tuple[str, str]]) -> Fix:
    tool = read_text(fix, "tool")
    title, address = tools.get(tool, (tool, ""))
    arguments = find_member(fix, "arguments")
    text = json.dumps(arguments, indent=2, default=_as_plain, ensure_ascii=False) if arguments else ""
    return Fix(read_text(fix, "says"), title, text, address)


def _as_plain(value: Any) -> Any:
    """Return a figure of an argument as JSON has it."""
    return float(value)


def _make_reminder(value: Values, formats: Formats, links: RecordLinks) -> Reminder:
    tone, asked = read_text(value, "tone"), read_amount(value, "amount_to_ask")
    record = read_text(value, "customer")
    invoices = read_maps(value, "invoices")
    letter = find_member(value, "draft")
    return Reminder(
        read_text(value, "name") or record,
        links.find(record).address,
        write_title(tone),
        TONES.get(tone, "off"),
        formats.write_money(asked) if asked is not None else NONE,
        write_title(read_text(value, "action")),
        read_text(value, "reason"),
        tuple(_list_facts(value, formats)),
        tuple(_make_invoice(each, formats, links) for each in invoices),
        max(len(invoices), read_count(value, "invoices_count")),
        letter[:LONGEST_LETTER] if isinstance(letter, str) else "",
    )


def _list_facts(value: Values, formats: Formats) -> Iterator[tuple[str, str]]:
    overdue, days = read_amount(value, "overdue"), read_amount(value, "most_days_overdue")
    if overdue is not None:
        yield "Overdue", formats.write_money(overdue)
    if days is not None:
        yield "Oldest", f"{_count_days(days, formats)} overdue"
    yield "Usually pays", _write_delay(read_amount(value, "usual_days_late"), formats)
    for title, member in (("Email address", "contact.email"), ("Phone", "contact.phone")):
        yield title, read_text(value, member) or "not known"
    yield "Last payment", _write_payment(value, formats)
    sent = read_text(value, "last_contact.last_invoice_sent")
    yield "Last invoice sent", formats.write_day(sent) if sent else "not known"


def _write_delay(days: Decimal | None, formats: Formats) -> str:
    """Return how late a customer usually pays, in words."""
    if days is None:
        return "not known"
    if not days:
        return "on the due day"
    return f"{_count_days(abs(days), formats)} {'late' if days > 0 else 'early'}"


def _count_days(days: Decimal, formats: Formats) -> str:
    return f"{formats.write_number(days)} {'day' if days == 1 else 'days'}"


def _write_payment(value: Values, formats: Formats) -> str:
    paid = read_map(value, "last_contact.last_payment")
    if not paid:
        return read_text(value, "last_contact.last_payment") or "not known"
    return (
        f"{formats.write_money(read_amount(paid, 'amount'))} on {formats.write_day(read_text(paid, 'day'))}"
    )


def _make_invoice(value: Values, formats: Formats, links: RecordLinks) -> tuple[NamedRecord, str, str]:
    record, number = read_text(value, "invoice"), read_text(value, "number")
    link = links.find(record, f"{links.name_kind(record)} {number}".strip() if number else "")
    due, days = read_text(value, "due"), read_amount(value, "days_overdue")
    amount = read_amount(value, "open")
    named = NamedRecord(link, read_text(value, "of"), formats.write_day(due), formats.write_amount(amount))
    return named, formats.write_number(days), formats.write_day(read_text(value, "expected"))
