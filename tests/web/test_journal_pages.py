"""The journal for people: what each write says, what it changed, filters, files, undo from the page, the check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.books_site import BooksSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BooksSite]:
    found = BooksSite(tmp_path)
    yield found
    found.end()


def look(site: BooksSite, path: str = "/journal", role: str = "owner", **headers: str) -> Any:
    """What a page of the company answers to somebody who is signed in."""

    async def visit() -> Any:
        browser = await site.visit(role, f"{role}@shop.example")
        return await browser.get(site.base + path, headers=headers)

    return site.run(visit())


def test_a_write_is_listed_in_names_with_who_made_it_its_amount_and_that_it_can_be_undone(
    site: BooksSite,
) -> None:
    customer = site.call("create customers", DisplayName="Swift Cars")
    item = site.company.list("items", limit=1)[0]
    line = {
        "Amount": 300,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item["Id"]}},
    }
    site.call("create invoices", CustomerRef={"value": customer["Id"]}, DocNumber="X-1042", Line=[line])
    page = look(site)
    assert page.status_code == 200
    for shown in (
        "Create invoice X-1042, Swift Cars",
        "Month-end",
        "Claude",
        "300.00",
        "Create customer Swift Cars",
    ):
        assert shown in page.text
    assert page.text.count("can be undone") == 2
    assert "2 of 2 entries" in page.text
