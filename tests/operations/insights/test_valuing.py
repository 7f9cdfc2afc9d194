"""The path of a valuation and of a margin check: facts reach the process that computes, and a what-if reads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from runtime.errors import InvalidArguments
from tests.builtin import builtin_catalog
from tests.company import copy_books
from tests.insights.companies import make_store
from tests.operations.insights.analyst import Analyst


@pytest.fixture
def analyst(tmp_path: Path) -> Iterator[Analyst]:
    made = Analyst(tmp_path, copy_books(make_store("provider", 1)))
    yield made
    made.close()


def test_multiples_of_the_definition_value_the_business_and_those_of_a_caller_read_nothing_again(
    analyst: Analyst,
) -> None:
    first = analyst.compute("valuation")
    sent = len(analyst.client.requests)

    again = analyst.compute(
        "valuation",
        continue_from=first["continue_from"],
        multiple_mid=2,
        custom_add_backs=[{"label": "Rent of a flat", "amount": 1000}],
    )

    assert first["complete"] and all(each["ties"] is True for each in first["ties"])
    assert "nuoptima" in first["figures"]["multiples"]["source"]
    adjusted = first["figures"]["adjusted_ebitda"]
    assert again["figures"]["adjusted_ebitda"] == adjusted + 1000
    assert again["figures"]["value"]["mid"] == round(2 * (adjusted + 1000), 2)
    assert len(analyst.client.requests) == sent


def test_multiples_out_of_order_are_refused_before_anything_is_read(analyst: Analyst) -> None:
    with pytest.raises(InvalidArguments, match="order"):
        analyst.compute("valuation", multiple_low=5, multiple_high=4)

    assert analyst.client.requests == []


def test_a_proposed_entry_is_what_the_tool_for_journal_entries_takes(analyst: Analyst) -> None:
    answer = analyst.compute("margin_check", start_date="2026-07-01", end_date="2026-10-31", limit=200)

    assert answer["complete"] and len(answer["figures"]["not_checked"]) == 4
    corrections = [each["correction"] for each in answer["figures"]["findings"] if each["correction"]]
    assert {each["tool"] for each in corrections} == {"create_a_quick_books_journal_entry"}
    schema = builtin_catalog().by_name["create_a_quick_books_journal_entry"].input_schema
    for each in corrections:
        jsonschema.validate(each["arguments"], schema)


def test_a_proposed_entry_can_be_booked_and_is_not_booked_by_the_check(analyst: Analyst) -> None:
    options = {"start_date": "2026-10-01", "end_date": "2026-10-31"}
    before = analyst.compute("margin_check", **options)["figures"]
    found = next(each for each in before["findings"] if each["check"] == "tools_in_overhead")

    analyst.call(found["correction"]["tool"], **found["correction"]["arguments"])

    after = analyst.compute("margin_check", **options)["figures"]
    assert after["margin"]["booked"] == round(before["margin"]["booked"] - found["amount"], 2)
    assert after["margin"]["corrected"] == before["margin"]["corrected"]
    assert [each["says"] for each in after["findings"]] == [
        each["says"] for each in before["findings"] if each != found
    ]
