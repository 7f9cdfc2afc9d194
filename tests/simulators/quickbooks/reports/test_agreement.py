"""Reports agree with each other and with the ledger: in the demo companies, and after random operations."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.companies import BUSINESSES, seed
from tests.simulators.quickbooks.conftest import NOON
from tests.simulators.quickbooks.reports.agreeing import check_all
from tests.simulators.quickbooks.test_books import Hand


@pytest.mark.parametrize("name", list(BUSINESSES))
@pytest.mark.parametrize("day", ["2024-12-31", "2025-08-15", "2026-11-20"])
def test_every_report_of_a_demo_company_agrees_with_the_others_on_any_day(
    three: Store, name: str, day: str
) -> None:
    check_all(three, BUSINESSES[name].realm, day)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    data=st.data(), steps=st.integers(3, 25), day=st.sampled_from(["2025-12-31", "2026-01-15", "2026-11-20"])
)
def test_after_any_sequence_of_operations_the_reports_agree(
    books: Books, data: st.DataObject, steps: int, day: str
) -> None:
    store = Store(":memory:", Clock(frozen=NOON))
    books.store.connection.backup(store.connection)
    hand = Hand(Books(store, seed.REALM), data)
    for _ in range(steps):
        hand.act()
    check_all(store, seed.REALM, day)
    store.close()
