"""A sum over records that a word stands for ties to the same report as the filters that the word means."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.company import Company, make_landscaper


@pytest.fixture
def company() -> Iterator[Company]:
    found = Company(make_landscaper())
    yield found
    found.close()


def test_a_word_is_said_in_filters_and_ties_as_they_do(company):
    by_word = company.call("list invoices", sum=["Balance"], only=["unpaid"])
    by_filter = company.call("list invoices", sum=["Balance"], Balance_from=0.01)

    assert by_word.pop("note") == "unpaid: Balance_from 0.01."
    assert by_word["ties"] == by_filter["ties"]
    assert by_word["sums"] == by_filter["sums"]
    assert by_word["ids"] == by_filter["ids"]
