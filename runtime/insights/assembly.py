"""Pages of records and answers of reports as `Books`. Called by `operations.insights` in its worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
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
    """A page as it was read: `part` is `TRANSACTIONS`, `TEMPLATES`, or the name of a list."""

    part: str
    page: Page


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


def assemble_books(rules: InsightRules, reading: Reading) -> Books:
    """Return the books that some pages make. A record that came twice counts once."""
    transactions: dict[Key, Transaction] = {}
    accounts: dict[str, Account] = {}
    parties: dict[Key, Party] = {}
    items: dict[str, Item] = {}
    segments: dict[str, Party] = {}
    templates: dict[Key, Template] = {}
    missing = [*reading.missing]
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
    return Books(
        today=reading.today,
        currency=reading.settings.get("home_currency") or reading.currency,
        transactions=tuple(_sort(transactions.values())),
        accounts=accounts,
        parties=parties,
        items=items,
        segments=segments,
        templates=tuple(templates.values()),
        settings=reading.settings,
        reports=reading.reports,
        read=reading.read,
        lists=frozenset(each.part for each in reading.pages) - {TRANSACTIONS},
        missing=tuple(missing),
        dismissed=reading.dismissed,
    )


def _sort(found: Any) -> Sequence[Transaction]:
    return sorted(found, key=lambda each: (each.day, each.key.resource, len(each.key.id), each.key.id))
