"""Companies for the tests of reports: the demo companies, made once, on a clock that stands still."""

from __future__ import annotations

import pytest

from runtime.simulators.quickbooks import companies
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from tests.simulators.quickbooks.conftest import NOON


@pytest.fixture(scope="session")
def three() -> Store:
    """Return one store with every demo company."""
    store = Store(":memory:", Clock(frozen=NOON))
    for name in companies.BUSINESSES:
        companies.make_company(store, name)
    return store
