"""An analysis is read in few requests, answers what it has, and never passes a part off as the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.errors import InvalidArguments, RateLimited
from runtime.model import McpServerId
from runtime.operations.insights import fetching, reading
from tests.insights.companies import make_store
from tests.operations.insights.analyst import DOWN, REFUSED, TOO_MANY, Analyst


@pytest.fixture
def analyst(tmp_path: Path) -> Iterator[Analyst]:
    here = Analyst(tmp_path)
    yield here
    here.close()


def test_few_records_of_many_kinds_take_one_request_for_their_numbers_and_few_for_themselves(
    analyst: Analyst,
) -> None:
    found = analyst.compute("find_anomalies")

    assert found["complete"] is True and found["missing"] == []
    assert found["calls_used"] == analyst.count_sent() <= 6
    assert found["figures"]["looked_at"] > 50


def test_the_estimate_is_what_the_call_then_takes_beside_the_one_that_counts(analyst: Analyst) -> None:
    estimated = analyst.compute("month_end_checklist", estimate=True)
    before = analyst.count_sent()
    found = analyst.compute("month_end_checklist")

    assert estimated["calls_used"] == before == 1
    assert found["calls_used"] == estimated["estimate"] + 1 == analyst.count_sent() - before
    assert estimated["records"] > 100


def test_a_rate_limit_leaves_what_was_read_and_says_what_is_missing_and_how_to_go_on(
    analyst: Analyst,
) -> None:
    analyst.have_vendor_answer(lambda _request, number: TOO_MANY if number > 2 else None)
    part = analyst.compute("spend_by_vendor")
    analyst.have_vendor_answer()
    whole = analyst.compute("spend_by_vendor", continue_from=part["continue_from"])

    assert part["complete"] is False
    assert part["retry_after"] == 37
    assert part["missing"] and all(each["what"] and each["why"] for each in part["missing"])
    assert whole["complete"] is True and whole["missing"] == []
    assert whole["calls_used"] < analyst.compute("spend_by_vendor")["calls_used"]
    assert {each["ties"] for each in whole["ties"]} == {True}


def test_what_is_continued_is_not_read_again(analyst: Analyst) -> None:
    first = analyst.compute("spend_by_vendor")
    before = analyst.count_sent()
    again = analyst.compute("spend_by_vendor", continue_from=first["continue_from"])

    assert again["figures"] == first["figures"] and again["as_of"] == first["as_of"]
    assert again["calls_used"] == 0 == analyst.count_sent() - before


def test_a_refusal_before_anything_was_read_is_passed_on(analyst: Analyst) -> None:
    analyst.have_vendor_answer(lambda _request, _number: TOO_MANY)

    error = analyst.refused("find_anomalies")

    assert isinstance(error, RateLimited) and error.retry_after == 37


def test_a_vendor_that_is_down_in_between_ends_the_reading(analyst: Analyst) -> None:
    planned = analyst.compute("month_end_checklist", estimate=True)["estimate"]
    analyst.have_vendor_answer(lambda _request, number: DOWN if number > 1 else None)

    found = analyst.compute("month_end_checklist")

    assert found["complete"] is False and found["missing"]
    assert found["calls_used"] <= 1 + fetching.AT_ONCE < 1 + planned


def test_a_question_that_the_vendor_refuses_is_missing_and_the_others_are_answered(analyst: Analyst) -> None:
    def refuse(request, _number):
        return None if "AgedReceivables" not in request.url else REFUSED

    analyst.have_vendor_answer(refuse)
    found = analyst.compute("collections")

    assert found["complete"] is False
    assert [each["what"] for each in found["missing"]] == ["report aged receivables"]
    assert "not checked" in {each["ties"] for each in found["ties"]}
    assert found["figures"]["customers"]


def test_nobody_continues_the_reading_of_another_caller(analyst: Analyst) -> None:
    first = analyst.compute("spend_by_vendor")
    analyst.grant = replace(analyst.grant, server_id=McpServerId("2" * 32))

    assert isinstance(
        analyst.refused("spend_by_vendor", continue_from=first["continue_from"]), InvalidArguments
    )


def test_a_reading_ends_after_a_quarter_of_an_hour(analyst: Analyst) -> None:
    first = analyst.compute("spend_by_vendor")
    analyst.here.clock.pass_(901)

    error = analyst.refused("spend_by_vendor", continue_from=first["continue_from"])

    assert "continue_from" in error.message and "anew" in error.advice


def test_what_was_read_is_sealed_where_it_is_stored(analyst: Analyst) -> None:
    found = analyst.compute("spend_by_vendor")

    stored = analyst.records.read_parts(found["continue_from"])

    assert stored and not any(b"QueryResponse" in each or b"rows" in each for each in stored.values())


def test_an_estimate_that_could_not_be_made_is_refused(analyst: Analyst) -> None:
    analyst.have_vendor_answer(lambda _request, _number: TOO_MANY)

    assert isinstance(analyst.refused("find_anomalies", estimate=True), RateLimited)


def test_what_no_tool_lists_is_missing(analyst: Analyst) -> None:
    whole = analyst.catalog
    listings = {key: tool for key, tool in whole.listings.items() if key[1] != "bills"}
    analyst.catalog = replace(whole)
    vars(analyst.catalog)["listings"] = listings
    found = analyst.compute("find_anomalies")

    assert found["complete"] is False
    assert {"what": "bills", "why": "There is no tool here that lists them."} in found["missing"]


def test_a_vendor_without_a_batch_is_asked_one_by_one(analyst: Analyst) -> None:
    whole = analyst.catalog
    analyst.catalog = replace(
        whole, tools=tuple(each for each in whole.tools if each.returns.kind != "batch")
    )
    found = analyst.compute("spend_by_vendor")

    assert found["complete"] is True
    assert not any("/batch" in request.url for request in analyst.client.requests)


def test_one_call_makes_no_more_requests_than_it_may(
    analyst: Analyst, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_REQUESTS", 3)
    found = analyst.compute("find_anomalies")

    assert found["calls_used"] == 3 == analyst.count_sent()
    assert found["complete"] is False and "3 requests" in found["missing"][0]["why"]


def test_an_analysis_takes_no_more_records_than_it_can_compute_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_RECORDS", 1_000)
    here = Analyst(tmp_path, make_store("it_services"), most_bytes=100_000)
    found = here.compute("cash_flow_forecast")
    here.close()

    assert found["complete"] is False
    assert any("at most 1,000 records" in each["why"] and each["records"] > 0 for each in found["missing"])


def test_an_answer_that_is_too_large_has_its_lists_cut_and_says_so(tmp_path: Path) -> None:
    here = Analyst(tmp_path, most_bytes=8_000)
    found = here.compute("collections", limit=200)
    here.close()

    assert (
        len(found["figures"]["customers"]) < found["figures"]["customers_in_all"] == found["figures"]["shown"]
    )
    assert "Lists are cut to" in found["note"]
