"""Records of a work system become values, by the rules of definitions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from runtime.insights.books import Key
from runtime.insights.work_extraction import read_rate
from tests.insights.work_pages import read_work


def test_a_day_with_a_time_is_the_day() -> None:
    work = read_work(
        time_entries=[{"id": 1, "firm": {"id": 7}, "from": "2026-09-02T15:00:00Z", "worked": 1.5}]
    )

    (entry,) = work.time_entries
    assert (entry.key, entry.client, entry.day) == (Key("hours", "1"), "7", date(2026, 9, 2))
    assert entry.hours == Decimal("1.5")


@pytest.mark.parametrize(
    ("shown", "read"),
    [("52.50", Decimal("52.50")), (52.5, Decimal("52.5")), ("****", None), (None, None), ("", None)],
)
def test_a_cost_that_is_hidden_is_not_known(shown: object, read: Decimal | None) -> None:
    work = read_work(time_entries=[{"id": 1, "from": "2026-09-02", "cost": shown}])

    assert work.time_entries[0].cost == read
    assert not work.missing


def test_flags_say_what_is_billed_and_what_cannot_be() -> None:
    work = read_work(
        time_entries=[
            {"id": 1, "from": "2026-09-02", "bill": "Yes", "state": "billed"},
            {"id": 2, "from": "2026-09-02", "bill": "Free"},
        ]
    )

    assert [(each.is_billable, each.is_billed) for each in work.time_entries] == [
        (True, True),
        (False, False),
    ]


def test_the_names_of_a_vendor_are_given_their_meanings() -> None:
    work = read_work(
        agreements=[
            {
                "id": 1,
                "firm": {"id": 7},
                "cycle": "Quarterly",
                "covers": 10,
                "unit": "Hours",
                "ends": "2026-12-31",
            },
            {"id": 2, "firm": {"id": 7}, "cycle": "Odd", "covers": 10, "unit": "Hours", "no_limit": True},
            {"id": 3, "firm": {"id": 7}, "covers": 10, "unit": "Miles", "stopped": "2026-05-01T00:00:00Z"},
        ]
    )

    first, second, third = work.agreements.values()
    assert (first.months, first.limit, first.limit_unit, first.end) == (3, 10, "hours", date(2026, 12, 31))
    assert (second.months, second.limit) == (1, None)
    assert (third.limit, third.limit_unit, third.end) == (None, "", date(2026, 5, 1))


def test_a_kind_that_is_not_known_is_another() -> None:
    work = read_work(
        invoices=[{"id": 1, "type": "Contract", "total": 10}, {"id": 2, "type": "Gift", "total": 1}]
    )

    assert [each.kind for each in work.invoices.values()] == ["agreement", "other"]


def test_the_name_of_a_member_is_made_of_its_parts() -> None:
    assert read_work(members=[{"id": 3, "first": "Ann", "last": "Lee"}]).members["3"].name == "Ann Lee"


def test_what_cannot_be_read_is_left_out_and_counted() -> None:
    work = read_work(
        time_entries=[
            {"id": 1, "from": "2026-09-02", "worked": 1},
            {"id": 2, "from": "yesterday", "worked": 1},
            {"id": 3, "from": "2026-09-02", "worked": "NaN"},
            {"id": 4, "worked": 1},
            {"from": "2026-09-02"},
            {"id": 6, "from": "2026-09-02", "worked": 1e300},
        ]
    )

    assert [each.key.id for each in work.time_entries] == ["1"]
    assert [(each.what, each.count) for each in work.missing] == [("hours", 5)]


@pytest.mark.parametrize("value", [True, "NaN", "Infinity", "-1", [], {}, "1e99", "<b>1</b>"])
def test_what_is_no_rate_is_not_known(value: object) -> None:
    assert read_rate(value) is None


def test_a_record_that_comes_twice_counts_once() -> None:
    work = read_work(clients=[{"id": 1, "name": "A"}, {"id": 1, "name": "A"}])

    assert list(work.clients) == ["1"]
