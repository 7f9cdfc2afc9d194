"""The days of an analysis, and those before them."""

from __future__ import annotations

from datetime import date

import pytest

from runtime.errors import InvalidArguments
from runtime.insights.period_pairs import Days, choose_days
from tests.insights.hand_made import TODAY


@pytest.mark.parametrize(
    ("options", "start", "end"),
    [
        ({}, date(2026, 10, 1), date(2026, 10, 31)),
        ({"start_date": "2026-02-10"}, date(2026, 2, 10), date(2026, 2, 28)),
        ({"end_date": "2026-02-10"}, date(2026, 2, 1), date(2026, 2, 10)),
        ({"start_date": "2025-12-01", "end_date": "2025-12-31"}, date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_it_is_the_last_whole_month_where_no_days_are_asked_for(options, start, end):
    assert choose_days(options, TODAY) == Days(start, end)


@pytest.mark.parametrize(
    ("days", "before"),
    [
        (Days(date(2026, 3, 1), date(2026, 3, 31)), Days(date(2026, 2, 1), date(2026, 2, 28))),
        (Days(date(2026, 1, 1), date(2026, 3, 31)), Days(date(2025, 10, 1), date(2025, 12, 31))),
        (Days(date(2026, 3, 5), date(2026, 3, 14)), Days(date(2026, 2, 23), date(2026, 3, 4))),
        (Days(date(2026, 3, 5), date(2026, 3, 5)), Days(date(2026, 3, 4), date(2026, 3, 4))),
    ],
)
def test_whole_months_stand_beside_whole_months_and_days_beside_as_many_days(days, before):
    assert days.before == before


def test_days_that_run_back_are_refused():
    with pytest.raises(InvalidArguments, match="end_date is before start_date"):
        choose_days({"start_date": "2026-02-10", "end_date": "2026-02-01"}, TODAY)


def test_what_is_no_day_is_refused():
    with pytest.raises(InvalidArguments, match="is no day"):
        choose_days({"start_date": "soon"}, TODAY)
