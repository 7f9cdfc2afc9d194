"""explain_change over the path that agents call: few requests, and under a rate limit never a part as the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.upstream.client import VendorRequest
from tests.insights.companies import make_store
from tests.operations.insights.analyst import REFUSED, TOO_MANY, Analyst

TOOL = "explain_change"
MONTHS = {"month": "2026-10", "compared_with": "2026-09"}


@pytest.fixture
def analyst(tmp_path: Path) -> Iterator[Analyst]:
    made = Analyst(tmp_path, make_store("it_services"))
    yield made
    made.close()


def is_report(request: VendorRequest) -> bool:
    return "/reports/" in str(request.url)


def is_complete_and_ties(answer: dict[str, Any]) -> bool:
    return (
        answer["complete"] and not answer["missing"] and all(each["ties"] is True for each in answer["ties"])
    )


def test_it_takes_few_requests_and_ties(analyst: Analyst) -> None:
    found = analyst.compute(TOOL, **MONTHS)

    assert is_complete_and_ties(found)
    assert found["calls_used"] <= 6
    profit = found["figures"]["profit"]
    assert (
        round(profit["before"] + sum(each["amount"] for each in found["figures"]["bridge"]), 2)
        == profit["after"]
    )


def test_months_far_apart_take_no_more_requests_than_an_analysis_may(analyst: Analyst) -> None:
    found = analyst.compute(TOOL, month="2026-10", compared_with="2025-02")

    assert is_complete_and_ties(found)
    assert found["calls_used"] <= 6


def test_without_records_the_reports_make_the_bridge_and_nothing_is_explained(analyst: Analyst) -> None:
    analyst.have_vendor_answer(lambda request, number: None if number == 1 or is_report(request) else REFUSED)

    found = analyst.compute(TOOL, **MONTHS, limit=100)

    figures = found["figures"]
    assert not found["complete"] and found["missing"]
    assert figures["profit"]["change"] == -17615.02
    assert figures["bridge"] and all(
        "not explained by the records" in each["label"] for each in figures["bridge"]
    )
    assert (figures["by_customer"], figures["by_item"], found["evidence"]) == ([], [], [])


def test_what_a_rate_limit_left_out_is_read_by_the_next_call(analyst: Analyst) -> None:
    analyst.have_vendor_answer(lambda _request, number: TOO_MANY if number > 1 else None)
    first = analyst.compute(TOOL, **MONTHS)
    analyst.have_vendor_answer()

    found = analyst.compute(TOOL, **MONTHS, continue_from=first["continue_from"])

    assert first["figures"]["profit"] == {"before": None, "after": None, "change": None}
    assert "is not known" in first["figures"]["says"]
    assert is_complete_and_ties(found) and found["figures"]["bridge"]
