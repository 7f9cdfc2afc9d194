"""How pages write money, numbers, days and times."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from runtime.operations.formats import MINUS, NONE, Formats, find_locale, find_zone

NOW = 1_790_000_000.0
"""A day in September 2026."""


@pytest.mark.parametrize(
    ("currency", "country", "value", "amount", "money"),
    [
        ("USD", "US", "1234.5", "1,234.50", "$1,234.50"),
        ("USD", "US", Decimal("-0.004"), "0.00", f"{MINUS}$0.00"),
        ("EUR", "DE", "-1234567.5", f"{MINUS}1.234.567,50", f"{MINUS}1.234.567,50 €"),
        ("INR", "IN", "1234567.5", "12,34,567.50", "₹12,34,567.50"),
        ("JPY", "US", 1234, "1,234", "¥1,234"),
        ("GBP", "GB", 0, "0.00", "£0.00"),
        ("USD", "US", None, NONE, NONE),
        ("USD", "US", "", NONE, NONE),
        ("USD", "US", "=cmd", "=cmd", "=cmd"),
    ],
)
def test_money_is_written_as_in_the_country_of_the_company(
    currency: str, country: str, value: object, amount: str, money: str
) -> None:
    formats = Formats(currency, country, now=NOW)
    assert formats.write_amount(value) == amount
    assert formats.write_money(value).replace("\u00a0", " ") == money


def test_numbers_and_shares_have_a_sign_that_is_no_hyphen() -> None:
    formats = Formats(now=NOW)
    assert (formats.write_number(-1200), formats.write_number("2.50"), formats.write_number(1, 2)) == (
        f"{MINUS}1,200",
        "2.50",
        "1.00",
    )
    assert formats.write_percent("0.157", has_sign=True) == "+15.7%"
    assert formats.write_percent("-0.365") == f"{MINUS}36.5%"
    assert [formats.write_short_money(each) for each in (0, 50_000, -25_500, 1_200_000)] == [
        "$0", "$50k", f"{MINUS}$25.5k", "$1.2m",
    ]  # fmt: skip


def test_days_have_their_year_only_where_it_is_another_one() -> None:
    formats = Formats(now=NOW)
    assert formats.write_day("2026-11-26") == "Nov 26"
    assert formats.write_day(date(2025, 1, 2)) == "Jan 2, 2025"
    assert formats.write_day("soon") == "soon"
    assert formats.write_month("2026-11-26") == "Nov 2026"


def test_times_are_in_the_zone_of_the_viewer_and_relative_up_to_a_day() -> None:
    here = Formats(now=NOW, zone=find_zone("America/Los_Angeles"))
    assert here.write_moment(NOW) != Formats(now=NOW).write_moment(NOW)
    assert here.zone_name == "PDT"
    said = [here.write_ago(NOW - each) for each in (5, 65, 7300)]
    assert said == ["just now", "1 min ago", "2 h ago"]
    assert here.write_ago(NOW - 200_000) == here.write_day(NOW - 200_000)
    assert here.write_ago(None) == "never"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "Nowhere/City", "x" * 100, "\x00"])
def test_a_zone_that_is_none_is_utc(name: str) -> None:
    assert str(find_zone(name)) == "UTC"


@pytest.mark.parametrize("country", ["", "XX", "<b>"])
def test_an_unknown_country_is_written_as_the_united_states(country: str) -> None:
    assert str(find_locale(country)) == "en_US"
