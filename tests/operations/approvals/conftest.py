"""Shops at which writes wait, closed at the end; and the databases that what two people do at once is held to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.operations.approvals.proposing_company import ProposingCompany
from tests.operations.approvals.shop import Shop
from tests.stores.conftest import database, postgres

__all__ = ["database", "postgres"]
OpenShop = Callable[..., Shop]


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[OpenShop]:
    opened: list[Shop] = []
    numbers = count()

    def open_one(*rule: Any, **more: Any) -> Shop:
        opened.append(Shop(tmp_path / str(next(numbers)), *rule, **more))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop()


@pytest.fixture
def company(tmp_path: Path) -> Iterator[ProposingCompany]:
    made = ProposingCompany(tmp_path)
    yield made
    made.close()
