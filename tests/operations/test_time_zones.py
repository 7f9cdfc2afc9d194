"""Days of words, of policies and of records without a date are those of the MCP server's time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest

from runtime.errors import InvalidRequest
from runtime.exchange.days import find_today
from runtime.model import Policies
from runtime.operations.policy_config import read_time_zone
from tests.company import Company, copy_books, make_landscaper

EVENING = 1_795_246_200.0
"""20 November 2026, 23:30 at the Pacific and 21 November, 07:30 in UTC."""
PACIFIC = "America/Los_Angeles"


def open_company(**config: object) -> Company:
    found = Company(copy_books(make_landscaper()), **config)
    found.calls._today = partial(find_today, moment=EVENING)
    return found


@pytest.fixture
def pacific() -> Iterator[Company]:
    found = open_company(time_zone=PACIFIC)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", date(2026, 11, 21)), (PACIFIC, date(2026, 11, 20)), ("Asia/Tokyo", date(2026, 11, 21))],
)
def test_today_is_a_day_of_a_time_zone(zone, day):
    assert find_today(zone, EVENING) == day


def test_words_are_relative_to_the_day_of_the_server_and_the_answer_says_which(pacific):
    note = pacific.call("list invoices", only=["overdue"], limit=1)["note"]
    assert "DueDate_until 2026-11-19" in note
    assert "Today is 2026-11-20 in America/Los_Angeles." in note


def test_a_sum_of_a_word_is_of_the_same_day(pacific):
    answer = pacific.call("list invoices", only=["overdue"], sum=["Balance"])
    assert "DueDate_until 2026-11-19" in answer["note"]


@pytest.mark.parametrize(("zone", "is_refused"), [("UTC", False), (PACIFIC, True)])
def test_a_record_without_a_date_is_of_the_day_of_the_server(zone, is_refused):
    company = open_company(time_zone=zone, policies=Policies(not_before="2026-11-21"))
    line = {"DetailType": "SalesItemLineDetail", "Amount": 10, "SalesItemLineDetail": {"ItemRef": "4"}}
    answer = company.answer("create invoices", CustomerRef="3", Line=[line], dry_run=True)
    assert (answer.error is not None) == is_refused
    if answer.error:
        assert "TxnDate is 2026-11-20." in answer.error.message
    company.close()


@pytest.mark.parametrize("given", ["Mars/Olympus", "america", 5])
def test_a_time_zone_that_nobody_knows_is_refused(given):
    with pytest.raises(InvalidRequest, match="IANA time zone database"):
        read_time_zone(given)


@pytest.mark.parametrize("given", [None, "", "UTC"])
def test_without_a_time_zone_it_is_utc(given):
    assert read_time_zone(given) == "UTC"


def test_time_zones_are_known_where_the_system_has_none(monkeypatch):
    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    assert read_time_zone(PACIFIC) == PACIFIC
