"""Undo together with the guards: what an MCP server may not write, it may not put back either."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from runtime.errors import BudgetReached, PolicyRefused
from runtime.model import Budget, Policies
from runtime.simulators.quickbooks.books.store import Store
from tests.company import copy_books
from tests.safety.combined import Guarded, make_invoice
from tests.safety.test_guarded_updates import new_bill


@pytest.fixture
def company(template: Store, tmp_path: Path) -> Iterator[Guarded]:
    found = Guarded(copy_books(template), tmp_path)
    yield found
    found.close_all()


@pytest.mark.parametrize("is_preview", [True, False])
@pytest.mark.parametrize(
    "policies",
    [
        Policies(max_amount=Decimal(40)),
        Policies(deny=(("customers", ("1",)),)),
        Policies(not_before="2026-12-01"),
    ],
)
def test_an_undo_that_breaks_a_policy_is_not_sent(company, policies, is_preview):
    company.call("create invoices", **make_invoice())
    [made] = company.entries()
    company.configure(policies=policies)

    with pytest.raises(PolicyRefused):
        company.revert(made, is_preview=is_preview)

    assert company.count_sent("POST") == 1
    assert len(company.entries()) == 1


def test_an_undo_counts_as_a_write_for_policies_and_budgets(company):
    new_bill(company)
    new_bill(company)
    second, first = company.entries()
    company.configure(policies=Policies(max_writes_per_hour=1))
    company.revert(first)

    with pytest.raises(PolicyRefused):
        company.revert(second)
    assert company.spent_writes() == 3
    company.configure(budget=Budget(writes_per_month=3))
    with pytest.raises(BudgetReached):
        company.revert(second)
    assert company.count_sent("POST") == 3
