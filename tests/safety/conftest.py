"""The demo company for tests of reads and writes: made once, and a copy for each test that changes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.simulators.quickbooks.books.store import Store
from tests.company import Company, copy_books, make_landscaper


@pytest.fixture
def template() -> Store:
    """Return its books, which nobody changes."""
    return make_landscaper()


@pytest.fixture
def company(template: Store) -> Iterator[Company]:
    """Return a copy of it with an agent that has all tools."""
    found = Company(copy_books(template))
    yield found
    found.close()
