"""A sum over records that a word stands for ties to the same report as the filters that the word means."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.simulators.quickbooks import companies
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from tests.company import Company

NOON = 1_795_200_000.0


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    store = Store(":memory:", Clock(frozen=NOON))
    companies.make_company(store, "landscaper")
    found = Company(store)
    yield found
    found.close()


def test_a_word_is_said_in_filters_and_ties_as_they_do(company):
    by_word = company.call("list invoices", sum=["Balance"], only=["unpaid"])
    by_filter = company.call("list invoices", sum=["Balance"], Balance_from=0.01)

    assert by_word.pop("note") == "unpaid: Balance_from 0.01."
    assert by_word["ties"] == by_filter["ties"]
    assert by_word["sums"] == by_filter["sums"]
    assert by_word["ids"] == by_filter["ids"]
