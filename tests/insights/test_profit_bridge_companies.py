"""The bridge over simulated companies: it adds up, ties to the vendor's reports, and its evidence is in the books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from runtime.insights.analysis import Analysis, WantedReport
from runtime.insights.books import ZERO, Books, Span
from runtime.insights.profit_bridge import INSIGHT
from tests.insights.bridge_books import check_sums
from tests.insights.changing import replace
from tests.insights.companies import make_store, read_books, read_reports

KINDS = ("it_services", "consultancy", "landscaper")
MONTHS = (
    ("2026-10", "2026-09"),
    ("2026-05", "2025-05"),
    ("2025-03", "2025-04"),
    ("2026-11", "2026-10"),
    ("2023-01", "2026-10"),
    ("2028-01", "2026-10"),
)


@cache
def read_whole(kind: str, seed: int) -> Books:
    """All records, those that are dated ahead too."""
    books = read_books(make_store(kind, seed))
    return replace(books, read=dict.fromkeys(books.read, Span(None, date.max)))


def explain(kind: str, seed: int, month: str, other: str, **options: Any) -> tuple[Books, Analysis]:
    store, books = make_store(kind, seed), read_whole(kind, seed)
    options |= {"month": month, "compared_with": other}
    wanted = INSIGHT.plan(options, books.today)
    books = replace(books, reports=read_reports(store, wanted.reports, books.today))
    return books, INSIGHT.compute(books, options)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_the_bridge_of_any_two_months_adds_up_and_every_account_ties(kind: str, seed: int) -> None:
    for month, other in MONTHS:
        books, found = explain(kind, seed, month, other)

        check_sums(found.figures)
        profits = [books.reports[name].find_total("net_income") for name in ("before", "after")]
        assert [found.figures["profit"][name] for name in ("before", "after")] == profits
        assert [each.as_dict() for each in found.ties if not each.agrees] == []
        assert not any(each["label"].startswith("Other") for each in found.figures["by_cause"])
        assert not found.missing


@pytest.mark.parametrize("kind", KINDS)
def test_items_are_those_of_the_report_of_sales_by_item(kind: str) -> None:
    books, found = explain(kind, 1, "2026-10", "2026-09", limit=100)
    days = [("before", date(2026, 9, 1), date(2026, 9, 30)), ("after", date(2026, 10, 1), date(2026, 10, 31))]
    wanted = [WantedReport(name, "item_sales", start, end) for name, start, end in days]
    reports = read_reports(make_store(kind), wanted, books.today)

    assert found.figures["by_item"]
    for name in ("before", "after"):
        shown = {row.id: row for row in reports[name].rows if row.kind == "row"}
        for each in found.figures["by_item"]:
            row = shown.get(each["id"])
            amounts = (row.read_amount(1), row.read_amount(2)) if row is not None else (ZERO, ZERO)
            assert (each[f"quantity_{name}"], each[name]) == amounts, each


@pytest.mark.parametrize("kind", KINDS)
def test_the_evidence_of_each_step_is_in_the_books_in_one_of_the_months(kind: str) -> None:
    books, found = explain(kind, 2, "2026-10", "2026-09")
    records: Mapping[str, Any] = {str(each.key): each for each in books.transactions}

    rows = [each for name in ("by_account", "by_customer", "by_item") for each in found.figures[name]]
    named = [each for row in rows for each in row["records"]]
    assert named and set(found.evidence) <= records.keys()
    for each in named:
        one = records[each["record"]]
        assert (one.number, one.party_name, one.day) == (each["number"], each["party"], each["day"])
        assert (one.day.year, one.day.month) in ((2026, 9), (2026, 10))
        assert isinstance(each["amount"], Decimal)


def test_the_answer_to_an_agent_is_short_unless_more_is_asked_for() -> None:
    _, found = explain("landscaper", 3, "2026-10", "2026-09")

    assert len(str(found.figures)) < 32_000


def test_what_it_reads_of_a_large_company_is_within_the_limit_of_calls() -> None:
    wanted = INSIGHT.plan({"month": "2026-10", "compared_with": "2025-10"}, date(2026, 11, 20))

    lists_and_reports = len(wanted.lists) + len(wanted.reports)
    assert sum(len(each.kinds) for each in wanted.records) + lists_and_reports <= 40
