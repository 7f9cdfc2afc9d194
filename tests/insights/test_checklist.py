"""The month-end checklist as a whole: simulated companies, what it reads, and months and books at the edge."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from generator.insight_rules import FixRules
from runtime.insights.books import Books
from runtime.insights.checklist import INSIGHT
from runtime.insights.checklist.checklist import CHECKS
from runtime.insights.margin_check.findings import CORRECTION
from tests.builtin import builtin_catalog
from tests.insights.changing import replace
from tests.insights.checklist_books import MONTH, TODAY, list_statuses, make, make_books, make_reports
from tests.insights.companies import make_store, read_books, read_reports, run
from tests.insights.planned import cut_to_plan

KINDS = ("landscaper", "consultancy", "it_services")
TO_DO = {
    "landscaper": {"opening_balance": "open", "sales_tax": "open", "closing_date": "open"},
    "consultancy": {
        "opening_balance": "open",
        "closing_date": "open",
        "negative_balances": "attention",
        "bank_accounts": "attention",
    },
    "it_services": {
        "opening_balance": "open",
        "sales_tax": "open",
        "closing_date": "open",
        "bank_accounts": "attention",
    },
}
"""What there is to do in October 2026, as an accountant finds it in the books of each company."""


@cache
def read_whole(kind: str) -> Books:
    """Return the books of a simulated company without reports, read once."""
    return read_books(make_store(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_the_checklist_of_a_simulated_company_has_what_is_to_do(kind: str) -> None:
    figures = run(INSIGHT, make_store(kind), month=MONTH).figures

    to_do = {
        each["name"]: each["status"] for each in figures["items"] if each["status"] in ("open", "attention")
    }
    assert to_do == TO_DO[kind]
    assert figures["counts"]["not_known"] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("month", ["2026-11", "2026-10", "2026-09", "2026-03", "2024-11"])
def test_every_total_ties_with_what_the_plan_reads_as_with_the_whole_books(kind: str, month: str) -> None:
    options = {"month": month}
    reports = INSIGHT.plan(options, TODAY).reports
    whole = replace(read_whole(kind), reports=read_reports(make_store(kind), reports, TODAY))

    planned = INSIGHT.compute(cut_to_plan(INSIGHT, whole, options), options)

    assert [each.as_dict() for each in planned.ties if not each.agrees] == []
    assert len(planned.ties) == 6
    assert planned.figures == INSIGHT.compute(whole, options).figures


def test_a_deposit_on_uncategorised_income_is_found_in_each_company() -> None:
    for kind in KINDS:
        items = run(INSIGHT, make_store(kind), month="2026-11").figures["items"]
        found = next(each for each in items if each["name"] == "uncategorised")
        assert (found["status"], found["count"]) == ("open", 1), kind
        assert found["evidence"][0].startswith("deposits:")


def test_what_is_open_comes_first_and_each_item_is_there_once() -> None:
    items = run(INSIGHT, make_store("consultancy"), month=MONTH).figures["items"]

    order = ["open", "attention", "not_known", "done", "not_used"]
    places = [order.index(each) for each in list_statuses(items)]
    assert places == sorted(places)
    assert sorted(each["name"] for each in items) == sorted(each.name for each in CHECKS)


def test_every_item_may_have_a_fix_and_every_fix_is_of_an_item() -> None:
    fixes = builtin_catalog().integrations["quickbooks"].insights.fixes

    assert set(fixes) - {CORRECTION} == {each.name for each in CHECKS}


def test_the_last_whole_month_is_checked_when_none_is_named() -> None:
    assert INSIGHT.compute(make_books(), {}).figures["month"] == "2026-10"
    january = replace(make_books(), today=date(2026, 1, 15))
    assert INSIGHT.compute(january, {}).figures["month"] == "2025-12"


def test_a_month_is_over_from_the_day_after_its_last() -> None:
    for day, is_over in ((date(2026, 10, 31), False), (date(2026, 11, 1), True)):
        books = replace(make_books(), today=day)
        assert INSIGHT.compute(books, {"month": MONTH}).figures["is_over"] is is_over


def test_a_month_of_the_future_reads_nothing_and_knows_nothing() -> None:
    options = {"month": "2027-03"}
    wanted = INSIGHT.plan(options, TODAY)

    analysis = INSIGHT.compute(make_books(), options)

    assert (wanted.records, wanted.lists, wanted.reports) == ((), (), ())
    assert set(list_statuses(analysis.figures["items"])) == {"not_known"}
    assert analysis.ties == ()
    assert all("March 2027 has not begun." in each["says"] for each in analysis.figures["items"])


@pytest.mark.parametrize("month", ["0000-01", "0001-01", "9999-12"])
def test_months_at_the_ends_of_the_calendar_are_answered(month: str) -> None:
    options = {"month": month}
    INSIGHT.plan(options, TODAY)

    assert len(INSIGHT.compute(make_books(), options).figures["items"]) == len(CHECKS)


def test_the_books_of_a_running_month_are_not_to_be_closed_yet() -> None:
    fixes = {"closing_date": (FixRules("close", {"day": "{month_end}"}, "Close them."),)}
    items = INSIGHT.compute(make_books(fixes=fixes), {"month": "2026-11"}).figures["items"]

    item = next(each for each in items if each["name"] == "closing_date")
    assert (item["status"], item["fix"]) == ("open", None)
    assert "has not ended" in item["says"]


def test_a_company_of_one_day_has_an_answer_without_alarm() -> None:
    invoice = make("invoice", "1", "11-20", "100", open="100", due=date(2026, 12, 20))
    books = make_books(invoice, reports=make_reports({}, receivable="100.00"))

    figures = INSIGHT.compute(books, {"month": "2026-11"}).figures

    to_do = [each["name"] for each in figures["items"] if each["status"] in ("open", "attention")]
    assert to_do == ["closing_date"]


def test_books_of_which_nothing_could_be_read_have_no_item_that_is_done() -> None:
    figures = INSIGHT.compute(Books(TODAY), {"month": MONTH}).figures

    assert set(list_statuses(figures["items"])) == {"not_known"}
    assert figures["counts"]["done"] == 0


def test_no_float_is_among_the_figures() -> None:
    figures = run(INSIGHT, make_store("it_services"), month=MONTH).figures

    assert list(_list_wrong(figures)) == []


def test_the_plan_reads_half_a_year_and_later_only_what_settles() -> None:
    wanted = INSIGHT.plan({"month": MONTH}, TODAY)

    later = {
        kind for each in wanted.records if each.until is None and not each.is_open for kind in each.kinds
    }
    assert {"sale", "refund", "transfer", "card_payment"}.isdisjoint(later)
    assert {each.since for each in wanted.records if not each.is_open} == {date(2026, 4, 1)}
    assert sorted(each for one in wanted.records if not one.is_open for each in one.kinds) == sorted(
        {each for one in wanted.records for each in one.kinds}
    )


def test_the_plan_of_an_old_month_reads_little_after_it() -> None:
    wanted = INSIGHT.plan({"month": "2025-03"}, TODAY)

    untils = {each.until for each in wanted.records if not each.is_open}
    assert untils == {date(2025, 3, 31), date(2025, 5, 15)}
    assert {each.end for each in wanted.reports} == {date(2025, 3, 31), TODAY}


def test_a_large_company_is_read_with_few_calls() -> None:
    books, wanted = read_whole("it_services"), INSIGHT.plan({"month": MONTH}, TODAY)
    times, page = 20_000 / 1_500, 1_000

    calls = len(wanted.lists) + len(wanted.reports)
    for records in wanted.records:
        for kind in records.kinds:
            found = [each for each in books.list_kinds(kind) if not records.is_open or each.open]
            days = [
                each
                for each in found
                if (records.since or date.min) <= each.day <= (records.until or date.max)
            ]
            calls += int(len(days) * times / page) + 1

    assert calls <= 40


def _list_wrong(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [wrong for each in value.values() for wrong in _list_wrong(each)]
    if isinstance(value, list | tuple):
        return [wrong for each in value for wrong in _list_wrong(each)]
    is_plain = isinstance(value, str | int | Decimal | date | None) and not isinstance(
        value, float | datetime
    )
    return [] if is_plain else [value]
