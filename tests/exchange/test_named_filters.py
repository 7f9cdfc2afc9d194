"""Words for filters: the days that they name, and what they mean beside other filters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.catalog import Condition, Listing
from runtime.errors import InvalidArguments
from runtime.exchange.named_filters import list_days, replace_named

LISTING = Listing(
    entity="Bill",
    conditions=(
        Condition("Date_from", "Date", "from", "date"),
        Condition("Date_until", "Date", "until", "date"),
        Condition("Status", "Status", "equals"),
    ),
    named={
        "late": {"Date_until": "{yesterday}", "Status": "Open"},
        "this_month": {"Date_from": "{this_month_start}", "Date_until": "{this_month_end}"},
        "closed": {"Status": "Closed"},
    },
)
DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("today", "days"),
    [
        (
            date(2026, 3, 1),
            {
                "today": "2026-03-01",
                "yesterday": "2026-02-28",
                "this_week_start": "2026-02-23",
                "this_week_end": "2026-03-01",
                "last_month_start": "2026-02-01",
                "last_month_end": "2026-02-28",
                "this_quarter_end": "2026-03-31",
                "last_quarter_start": "2025-10-01",
                "last_year_end": "2025-12-31",
            },
        ),
        (
            date(2024, 1, 1),
            {
                "last_week_start": "2023-12-25",
                "last_week_end": "2023-12-31",
                "last_month_start": "2023-12-01",
                "last_quarter_end": "2023-12-31",
                "this_year_end": "2024-12-31",
            },
        ),
        (date(2024, 3, 31), {"last_month_end": "2024-02-29"}),
    ],
)
def test_days_are_relative_to_today(today, days):
    assert {name: list_days(today)[name] for name in days} == days


@settings(deadline=None)
@given(st.dates(min_value=date(1971, 1, 1), max_value=date(2200, 1, 1)))
def test_periods_join_without_a_gap_and_hold_today(today):
    days = {name: date.fromisoformat(each) for name, each in list_days(today).items()}

    for period in ("week", "month", "quarter", "year"):
        assert days[f"this_{period}_start"] <= today <= days[f"this_{period}_end"]
        assert days[f"last_{period}_end"] + timedelta(days=1) == days[f"this_{period}_start"]
        assert days[f"last_{period}_start"] < days[f"last_{period}_end"]


def test_a_word_becomes_filters_and_is_explained():
    found, notes = replace_named(LISTING, {"only": ["late"], "limit": 3}, DAY, "UTC")

    assert found == {"limit": 3, "Date_until": "2026-02-28", "Status": "Open"}
    assert notes == ["late: Date_until 2026-02-28, Status Open.", "Today is 2026-03-01 in UTC."]


def test_bounds_of_words_and_of_filters_beside_them_all_hold():
    found, _ = replace_named(
        LISTING,
        {"only": ["this_month", "late"], "Date_from": "2026-02-10", "Date_until": "2026-03-05"},
        DAY,
        "UTC",
    )

    assert (found["Date_from"], found["Date_until"]) == ("2026-03-01", "2026-02-28")


@pytest.mark.parametrize("arguments", [{"only": ["late"], "Status": "Paid"}, {"only": ["late", "closed"]}])
def test_two_values_of_one_field_are_refused(arguments):
    with pytest.raises(InvalidArguments, match='"Status" cannot stand beside'):
        replace_named(LISTING, arguments, DAY, "UTC")


def test_the_same_value_twice_is_one():
    found, _ = replace_named(LISTING, {"only": ["late", "late"], "Status": "Open"}, DAY, "UTC")

    assert found["Status"] == "Open"
