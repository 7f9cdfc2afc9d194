"""Collections, spend by vendor and unit economics tie with the vendor's reports to the cent, in total and by row."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from runtime.insights.analysis import Analysis, Insight
from runtime.insights.books import Books
from runtime.insights.collecting import INSIGHT as COLLECTIONS
from runtime.insights.unit_economics import INSIGHT as UNITS
from runtime.insights.vendor_spend import INSIGHT as SPEND
from runtime.simulators.quickbooks.books.store import Store
from tests.insights.changing import replace
from tests.insights.companies import make_store, read_books, read_reports
from tests.insights.written_books import make_european, make_unusual

COMPANIES = [(kind, seed) for kind in ("it_services", "landscaper", "consultancy") for seed in (1, 2)]
PERIODS: list[dict[str, Any]] = [
    {},
    {"start_date": "2025-07-10", "end_date": "2026-04-20"},
    {"start_date": "2026-11-01", "end_date": "2026-11-30"},
]
ANALYSES: list[tuple[Insight, dict[str, Any]]] = [
    (SPEND, {}),
    *((UNITS, {"by": by}) for by in ("item", "customer", "class")),
]


@cache
def read_once(store: Store) -> Books:
    """The books of a company without reports."""
    return read_books(store)


def run(insight: Insight, store: Store, **options: Any) -> Analysis:
    """Return what an analysis comes to with the reports that it wants."""
    today = store.clock.read_today()
    reports = read_reports(store, insight.plan(options, today).reports, today)
    return insight.compute(replace(read_once(store), reports=reports), options)


def list_faults(analysis: Analysis) -> list[Any]:
    """What does not tie, and what was not checked."""
    faults: list[Any] = [each.as_dict() for each in analysis.ties if not each.agrees]
    rows = (
        analysis.figures.get("rows") or analysis.figures.get("vendors") or analysis.figures.get("customers")
    )
    faults += [row["name"] for row in rows or () if row["ties"] is not True]
    return faults + ([analysis.figures["does_not_tie"]] if analysis.figures["does_not_tie"]["count"] else [])


@pytest.mark.parametrize(("kind", "seed"), COMPANIES)
@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_spend_and_unit_economics_tie_in_every_period(kind, seed, period):
    store = make_store(kind, seed)

    faults = {
        (insight.name, *options.values()): list_faults(run(insight, store, limit=200, **options, **period))
        for insight, options in ANALYSES
    }

    assert {name: each for name, each in faults.items() if each} == {}


@pytest.mark.parametrize(("kind", "seed"), COMPANIES)
def test_collections_tie_with_the_aged_report_and_the_balance_sheet(kind, seed):
    analysis = run(COLLECTIONS, make_store(kind, seed), limit=200)

    assert list_faults(analysis) == []
    assert analysis.figures["count"] > 5


@pytest.mark.parametrize("make", [make_unusual, make_european])
@pytest.mark.parametrize(("insight", "options"), [(COLLECTIONS, {}), *ANALYSES])
def test_they_tie_with_entries_by_hand_goods_discounts_and_another_currency(make, insight, options):
    assert list_faults(run(insight, make(), limit=200, **options)) == []


def test_a_customer_who_never_pays_stands_first_with_a_final_tone():
    first = {
        kind: run(COLLECTIONS, make_store(kind, 1)).figures["customers"][0]
        for kind in ("it_services", "consultancy")
    }

    assert {kind: (each["tone"], each["payments_seen"]) for kind, each in first.items()} == {
        "it_services": ("final", 0),
        "consultancy": ("final", 0),
    }


def test_a_reminder_is_expected_to_be_paid_on_a_day_to_come_or_not_known():
    store = make_store("it_services", 1)
    today = store.clock.read_today()

    for row in run(COLLECTIONS, store, limit=200).figures["customers"]:
        assert row["expected"] == "not known" or today < row["expected"] < today + timedelta(400)


def test_every_amount_is_exact_and_every_day_is_a_day():
    for insight, options in [(COLLECTIONS, {}), *ANALYSES]:
        figures = run(insight, make_store("consultancy", 1), **options).figures

        assert [each for each in list_leaves(figures) if isinstance(each, float)] == []
        assert any(isinstance(each, date) for each in list_leaves(figures))


def list_leaves(value: Any) -> list[Any]:
    """Every value inside lists and maps."""
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in list_leaves(each)]
    if isinstance(value, list | tuple):
        return [leaf for each in value for leaf in list_leaves(each)]
    return [value]
