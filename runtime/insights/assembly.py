"""Pages of records and answers of reports as `Books`. Called by `operations.insights` in its worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from generator.insight_rules import InsightRules
from runtime.insights.books import Account, Books, Item, Key, Missing, Party, Span, Template, Transaction
from runtime.insights.extraction import TransactionExtraction
from runtime.insights.list_extraction import ListExtraction
from runtime.insights.record_types import Page
from runtime.insights.report_rows import Report

TRANSACTIONS, TEMPLATES = "transactions", "templates"


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page as it was read: `part` is `TRANSACTIONS`, `TEMPLATES`, or the name of a list.

    `question` names what it answers a part of, and `count` the records that it has to have; below zero where that is
    not known.
    """

    part: str
    page: Page
    question: str = ""
    count: int = -1


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read for an analysis, in the vendor's words but for the reports."""

    today: date
    currency: str = ""
    pages: tuple[ReadPage, ...] = ()
    reports: Mapping[str, Report] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Span] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    dismissed: frozenset[str] = frozenset()
    partial: frozenset[str] = frozenset()
    """The kinds of transactions whose oldest pages were not read: they are known after the oldest day that was."""
    lists: frozenset[str] = frozenset()
    """The names of the lists that were read whole, also of those without a record."""
    facts: Mapping[str, Any] = field(default_factory=dict)


def assemble_books(rules: InsightRules, reading: Reading) -> Books:
    """Return the books that some pages make. A record that came twice counts once."""
    transactions: dict[Key, Transaction] = {}
    accounts: dict[str, Account] = {}
    parties: dict[Key, Party] = {}
    items: dict[str, Item] = {}
    segments: dict[str, Party] = {}
    templates: dict[Key, Template] = {}
    missing, seen = [*reading.missing], dict[str, set[Key]]()
    extraction, lists = TransactionExtraction(rules), ListExtraction(rules)
    for each in reading.pages:
        if each.part == TRANSACTIONS:
            found = extraction.read(each.page)
            transactions |= {one.key: one for one in found.values}
        elif each.part == TEMPLATES:
            found = lists.read_templates(each.page)
            templates |= {one.key: one for one in found.values}
        else:
            found = lists.read(each.part, each.page)
            by_id: dict[str, dict[str, Any]] = {"accounts": accounts, "items": items, "segments": segments}
            if (target := by_id.get(each.part)) is not None:
                target |= {one.key.id: one for one in found.values}
            else:
                parties |= {one.key: one for one in found.values}
        if found.unreadable:
            missing.append(Missing(each.page.resource, "Their values cannot be read.", found.unreadable))
        lacking = max(each.count - len(found.values) - found.unreadable, 0)
        twice = _count_twice(seen.setdefault(each.question, set()), found.values) if each.question else 0
        if lacking or twice:
            why = "They were changed by others while they were read. Ask again."
            missing.append(Missing(each.page.resource, why, max(lacking, twice)))
    return Books(
        today=reading.today,
        currency=_find_currency(reading),
        transactions=tuple(_sort(transactions.values())),
        accounts=accounts,
        parties=parties,
        items=items,
        segments=segments,
        templates=tuple(templates.values()),
        settings=reading.settings,
        reports=reading.reports,
        read=_list_spans(reading, transactions.values()),
        lists=reading.lists,
        missing=tuple(missing),
        dismissed=reading.dismissed,
        fixes=rules.fixes,
        facts=reading.facts,
    )


def _find_currency(reading: Reading) -> str:
    """Return the currency of the company: by its settings, or by a report; empty where neither was read."""
    by_report = next((each.currency for each in reading.reports.values() if each.currency), "")
    return reading.settings.get("home_currency") or by_report or reading.currency


def _count_twice(seen: set[Key], values: Iterable[Any]) -> int:
    """Return how many records came on an earlier page of the same question, and note these."""
    keys = {each.key for each in values}
    twice = len(keys & seen)
    seen |= keys
    return twice


def _list_spans(reading: Reading, transactions: Iterable[Transaction]) -> Mapping[str, Span]:
    """Return the days that were read of each kind: of a partial one, those after its oldest day."""
    oldest: dict[str, date] = {}
    for each in transactions:
        if each.kind in reading.partial:
            oldest[each.kind] = min(each.day, oldest.get(each.kind, each.day))
    spans = {kind: span for kind, span in reading.read.items() if kind not in reading.partial}
    for kind, day in oldest.items():
        spans[kind] = Span(
            day + timedelta(days=1), reading.read[kind].until if kind in reading.read else date.max
        )
    return spans


def _sort(found: Any) -> Sequence[Transaction]:
    return sorted(found, key=lambda each: (each.day, each.key.resource, len(each.key.id), each.key.id))
