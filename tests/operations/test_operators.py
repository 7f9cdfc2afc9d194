"""A raw query that compares a field by an operator that it does not take is refused with the reason, unsent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.company import Company, make_landscaper


@pytest.fixture
def company() -> Iterator[Company]:
    found = Company(make_landscaper())
    yield found
    found.close()


@pytest.mark.parametrize("condition", ["Id > '5'", "id <= '5'", "Id like '1%'", "Balance > '0' and Id < '9'"])
@pytest.mark.parametrize("tool", ["list invoices", "list records"])
def test_an_id_is_compared_by_equals_and_in_only(company, tool, condition):
    error = company.refused(tool, query=f"select * from Invoice where {condition}")

    assert error.code == "invalid_arguments"
    assert "Id cannot be compared by" in error.message
    assert "Id takes = and IN only: name the values wanted." in error.advice
    assert company.count_sent() == 0


@pytest.mark.parametrize(
    "condition", ["Id = '5'", "Id in ('5', '9')", "Balance > '0'", "DocNumber like '10%'"]
)
def test_other_comparisons_are_sent(company, condition):
    company.call("list invoices", query=f"select * from Invoice where {condition}")

    assert company.count_sent() == 1
