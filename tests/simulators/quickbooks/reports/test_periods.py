"""Which days a report covers."""

from __future__ import annotations

from datetime import date

import pytest

from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.reports import periods

TODAY = date(2020, 11, 20)  # a Friday

MACROS = {
    "today": ("2020-11-20", "2020-11-20"),
    "yesterday": ("2020-11-19", "2020-11-19"),
    "this week": ("2020-11-15", "2020-11-21"),
    "last week": ("2020-11-08", "2020-11-14"),
    "this week-to-date": ("2020-11-15", "2020-11-20"),
    "last week-to-date": ("2020-11-08", "2020-11-13"),
    "next week": ("2020-11-22", "2020-11-28"),
    "next 4 weeks": ("2020-11-21", "2020-12-18"),
    "this month": ("2020-11-01", "2020-11-30"),
    "last month": ("2020-10-01", "2020-10-31"),
    "this month-to-date": ("2020-11-01", "2020-11-20"),
    "last month-to-date": ("2020-10-01", "2020-10-20"),
    "next month": ("2020-12-01", "2020-12-31"),
    "this fiscal quarter": ("2020-10-01", "2020-12-31"),
    "last fiscal quarter": ("2020-07-01", "2020-09-30"),
    "this fiscal quarter-to-date": ("2020-10-01", "2020-11-20"),
    "last fiscal quarter-to-date": ("2020-07-01", "2020-08-20"),
    "next fiscal quarter": ("2021-01-01", "2021-03-31"),
    "this fiscal year": ("2020-01-01", "2020-12-31"),
    "last fiscal year": ("2019-01-01", "2019-12-31"),
    "this fiscal year-to-date": ("2020-01-01", "2020-11-20"),
    "last fiscal year-to-date": ("2019-01-01", "2019-11-20"),
    "next fiscal year": ("2021-01-01", "2021-12-31"),
    "this calendar quarter": ("2020-10-01", "2020-12-31"),
    "last calendar year": ("2019-01-01", "2019-12-31"),
    "next calendar year": ("2021-01-01", "2021-12-31"),
    "all": ("1900-01-01", "2020-11-20"),
}

JULY = {
    "this fiscal year": ("2020-07-01", "2021-06-30"),
    "last fiscal year": ("2019-07-01", "2020-06-30"),
    "last fiscal year-to-date": ("2019-07-01", "2019-11-20"),
    "this fiscal quarter": ("2020-10-01", "2020-12-31"),
    "this calendar year": ("2020-01-01", "2020-12-31"),
}


@pytest.mark.parametrize("macro", list(MACROS))
def test_a_macro_names_these_days_on_20_november_2020(macro: str) -> None:
    start, end = periods.resolve_macro(macro, TODAY)
    assert (start.isoformat(), end.isoformat()) == MACROS[macro]


@pytest.mark.parametrize("macro", list(JULY))
def test_fiscal_macros_follow_a_year_that_begins_in_july(macro: str) -> None:
    start, end = periods.resolve_macro(macro, TODAY, 7)
    assert (start.isoformat(), end.isoformat()) == JULY[macro]


@pytest.mark.parametrize(
    ("macro", "today", "end"),
    [
        ("last fiscal year-to-date", date(2020, 2, 29), date(2019, 2, 28)),
        ("last fiscal year-to-date", date(2021, 3, 1), date(2020, 3, 1)),
        ("last month-to-date", date(2020, 3, 31), date(2020, 2, 29)),
        ("last fiscal quarter-to-date", date(2020, 5, 31), date(2020, 2, 29)),
        ("last week-to-date", date(2020, 3, 1), date(2020, 2, 23)),
    ],
)
def test_to_date_ends_on_the_same_day_of_the_period_before(macro: str, today: date, end: date) -> None:
    assert periods.resolve_macro(macro, today)[1] == end


def test_a_fiscal_quarter_of_a_year_that_begins_in_february_begins_in_november() -> None:
    assert periods.resolve_macro("this fiscal quarter", TODAY, 2) == (date(2020, 11, 1), date(2021, 1, 31))


def test_both_dates_win_over_a_macro_and_leave_it_unechoed() -> None:
    given = {"start_date": "2020-03-01", "end_date": "2020-03-31", "date_macro": "Last Month"}
    assert periods.choose_period(given, TODAY) == periods.Period(date(2020, 3, 1), date(2020, 3, 31), None)


def test_a_macro_wins_over_one_date_alone() -> None:
    assert periods.choose_period({"end_date": "2020-03-31", "date_macro": "Today"}, TODAY).macro == "today"


def test_without_dates_it_is_the_fiscal_year_to_date() -> None:
    assert periods.choose_period({}, TODAY) == periods.Period(
        date(2020, 1, 1), TODAY, "this fiscal year-to-date"
    )


def test_the_macro_is_echoed_in_lower_case() -> None:
    assert periods.choose_period({"date_macro": "Last Fiscal Quarter"}, TODAY).macro == "last fiscal quarter"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"start_date": "2020-13-01", "end_date": "2020-03-31"}, "2060"),
        ({"start_date": "yesterday"}, "2060"),
        ({"start_date": "0001-01-01"}, "2070"),
        ({"date_macro": "Next Decade"}, "2190"),
        ({"start_date": "2020-05-01", "end_date": "2020-04-01"}, "2190"),
    ],
)
def test_days_that_are_none_are_refused(given: dict[str, str], code: str) -> None:
    with pytest.raises(Fault) as refused:
        periods.choose_period(given, TODAY)
    assert refused.value.problems[0].code == code


def test_the_quarters_of_a_period_are_cut_to_it() -> None:
    found = list(periods.split_period("quarter", date(2020, 2, 10), date(2020, 7, 4)))
    assert found == [
        (date(2020, 2, 10), date(2020, 3, 31)),
        (date(2020, 4, 1), date(2020, 6, 30)),
        (date(2020, 7, 1), date(2020, 7, 4)),
    ]
