"""The customers of real books by the definitions: what identifies them is read, with their revenue of twelve months."""

from __future__ import annotations

import asyncio
from typing import Any

from runtime.deployment import Deployment
from runtime.exchange.tool_answer import Answer
from runtime.model import Account
from runtime.operations.company_mapping.amounts import UnmappedAmounts
from runtime.operations.company_mapping.readings import Readings
from tests.company import NOON, Company, copy_books, make_landscaper


def test_customers_are_read_with_what_identifies_them_and_their_revenue() -> None:
    company = Company(copy_books(make_landscaper()))

    async def call(_account: Account, tool: str, arguments: dict[str, Any]) -> Answer:
        return await company.ask(tool, **arguments)

    deployment: Any = Deployment(None, None, None, lambda: company.catalog, lambda: NOON)  # type: ignore[arg-type]
    readings = Readings(deployment)

    async def read() -> tuple[Any, Any]:
        found = await readings.read(company.grant.account, call)
        return found, await UnmappedAmounts(deployment, readings).read_revenue(company.grant.account, call)

    found, revenue = asyncio.run(read())
    company.close()

    assert found.missing == ""
    assert len(found.parties) > 20
    for part in ("sites", "phones", "addresses"):
        assert any(getattr(each, part) for each in found.parties), part
    assert any(each.parent_id for each in found.parties)
    assert revenue.missing == ""
    assert revenue.by_id.keys() <= {each.id for each in found.parties}
    assert sum(revenue.by_id.values()) > 0
