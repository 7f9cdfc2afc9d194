"""Additions are asked for with each agreement that may matter, and with no other."""

from __future__ import annotations

import json
import zlib
from datetime import date
from typing import Any

import pytest

from runtime.insights.analysis import WorkRecords
from runtime.insights.worker import PackedPage
from runtime.operations.insights.work_parts import WITHIN, find_owner_argument, list_owners
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()
AGREEMENTS: list[dict[str, Any]] = [
    {"id": 1, "company": {"id": 9}, "startDate": "2025-01-01T00:00:00Z"},
    {"id": 2, "company": {"id": 9}, "startDate": "2025-01-01T00:00:00Z", "endDate": "2026-01-31T00:00:00Z"},
    {"id": 3, "company": {"id": 9}, "startDate": "2026-03-01T00:00:00Z"},
]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, ["1", "2", "3"]),
        (date(2026, 2, 1), date(2026, 2, 28), ["1"]),
        (date(2026, 1, 31), date(2026, 3, 1), ["1", "2", "3"]),
    ],
)
def test_agreements_that_hold_on_any_wanted_day_are_asked_for_their_additions(since, until, expected):
    rules = CATALOG.integrations["connectwise"].insights.work
    body = zlib.compress(json.dumps(AGREEMENTS).encode())
    page = PackedPage("agreements", rules["agreements"].resource, (), body, "", -1)

    assert list(list_owners("agreements", rules, [page], WorkRecords((), since, until))) == expected


def test_what_is_listed_through_another_list_takes_one_argument_for_it():
    rules = CATALOG.integrations["connectwise"].insights.work
    lists = {tool.resource: tool for tool in CATALOG.list_tools("connectwise") if tool.method == "list"}

    taken = {name: find_owner_argument(lists[each.resource]) for name, each in rules.items()}
    assert {name: argument for name, argument in taken.items() if argument} == {"additions": "agreement_id"}
    assert WITHIN.keys() == {"additions"}
