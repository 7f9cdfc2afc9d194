"""The page of a record: who may see it, what of it is shown, and how."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generator.catalog import Tool
from runtime.errors import NeedsReauth
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant
from runtime.operations.record_facts import RecordReferences, list_states
from runtime.web.record_view import MINUS, show_record, split_name
from tests.builtin import builtin_catalog
from tests.identity.authorization import Place, opened

INVOICE = {
    "Id": "130",
    "DocNumber": "1037",
    "CustomerRef": {"value": "24", "name": "<b>Sonnenschein</b> & Sons"},
    "BillAddr": {"Line1": "2 Main St", "City": "Bayshore"},
    "TotalAmt": 1362.07,
    "Balance": -0.5,
    "Line": [
        {"Id": "1", "Description": "Rock Fountain", "Amount": 275.00},
        {"Id": "2", "Amount": 87.07, "SalesItemLineDetail": {"Qty": 2}},
    ],
}


class FakeCalls:
    """Answers one record, and notes who asked for it and by which tool."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.asked = answer, list[tuple[str, str, Mapping[str, Any]]]()

    async def call(
        self, grant: Grant, tools: Mapping[str, Tool], name: str, arguments: dict[str, Any], **_: Any
    ) -> Answer:
        self.asked.append((grant.account.name, name, arguments))
        assert all(tool.is_read_only for tool in tools.values())
        return self.answer


Story = Callable[[Place, FakeCalls], Awaitable[None]]


def run(data: Path, story: Story, answer: Answer | None = None) -> None:
    async def begin() -> None:
        async with opened(data) as here:
            calls = FakeCalls(answer or Answer(json.dumps(INVOICE)))
            here.runtime.calls = calls  # type: ignore[assignment]
            await story(here, calls)

    asyncio.run(begin())


def test_a_record_is_shown_with_its_facts_and_lines_and_every_text_is_escaped(tmp_path: Path) -> None:
    async def story(here: Place, calls: FakeCalls) -> None:
        company = here.add_company("Shop")
        browser = await here.sign_in(here.add_person("anna@shop.example", "billing_admin"))
        page = await here.client.get(f"/company/{company}/invoices/130", headers=browser)
        assert page.status_code == 200
        assert calls.asked == [("Shop", "get_single_quick_books_invoice_by_id", {"id": "130"})]
        for shown in (
            "&lt;b&gt;Sonnenschein&lt;/b&gt; &amp; Sons (24)",
            "1,362.07",
            f"{MINUS}0.50",
            "Rock Fountain",
        ):
            assert shown in page.text
        assert "<b>Sonnenschein" not in page.text
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]

    run(tmp_path, story)


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_a_role_that_may_not_see_the_books_learns_which_may_and_no_record_is_read(
    tmp_path: Path, role: Any
) -> None:
    async def story(here: Place, calls: FakeCalls) -> None:
        company = here.add_company("Shop")
        browser = await here.sign_in(here.add_person("vera@shop.example", role))
        hidden = await here.client.get(f"/company/{company}/invoices/130", headers=browser)
        missing = await here.client.get("/company/no-such-company/invoices/130", headers=browser)
        assert (hidden.status_code, missing.status_code) == (403, 404)
        assert "needs the role billing_admin" in hidden.text
        assert calls.asked == []

    run(tmp_path, story)


def test_an_owner_of_another_organization_sees_nothing(tmp_path: Path) -> None:
    async def story(here: Place, calls: FakeCalls) -> None:
        company = here.add_company("Shop", tenant="theirs")
        browser = await here.sign_in(here.add_person("anna@shop.example"))
        assert (await here.client.get(f"/company/{company}/invoices/130", headers=browser)).status_code == 404
        assert calls.asked == []

    run(tmp_path, story)


def test_whoever_is_not_signed_in_is_led_to_sign_in_and_back(tmp_path: Path) -> None:
    async def story(here: Place, calls: FakeCalls) -> None:
        company = here.add_company("Shop")
        led = await here.client.get(f"/company/{company}/invoices/130")
        assert led.status_code == 303
        assert led.headers["location"] == f"/sign-in?return_to=%2Fcompany%2F{company}%2Finvoices%2F130"
        assert calls.asked == []

    run(tmp_path, story)


def test_an_error_of_the_call_is_a_page_that_says_it(tmp_path: Path) -> None:
    async def story(here: Place, _calls: FakeCalls) -> None:
        company = here.add_company("Shop")
        browser = await here.sign_in(here.add_person("anna@shop.example"))
        page = await here.client.get(f"/company/{company}/invoices/130", headers=browser)
        assert page.status_code == NeedsReauth.status
        assert "has ended" in page.text

    run(tmp_path, story, Answer(status=0, error=NeedsReauth("The connection has ended.")))


def test_a_kind_of_record_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    async def story(here: Place, calls: FakeCalls) -> None:
        company = here.add_company("Shop")
        browser = await here.sign_in(here.add_person("anna@shop.example"))
        for path in ("no-such-thing/1", f"invoices/{'9' * 201}"):
            assert (await here.client.get(f"/company/{company}/{path}", headers=browser)).status_code == 404
        assert calls.asked == []

    run(tmp_path, story)


def test_names_are_shown_in_their_parts() -> None:
    names = ("TotalAmt", "docNumber", "PrimaryEmailAddr", "VATRegNumber", "snake_case", "Id")
    assert [split_name(name) for name in names] == [
        "Total amt", "Doc number", "Primary email addr", "VAT reg number", "Snake case", "Id",
    ]  # fmt: skip


def test_a_list_inside_an_object_is_shown_as_facts_of_its_parts() -> None:
    record = {
        "TaxDetail": {
            "TaxLine": [{"Amount": Decimal("8.0")}, {"RateRef": {"value": "3"}}],
            "Codes": ["A", "B"],
        }
    }
    facts = [(fact.label, fact.text) for fact in show_record(record | {"LinkedTxn": []}).facts]
    assert facts == [
        ("Tax detail › Tax line 1 › Amount", "8.00"),  # noqa: RUF001
        ("Tax detail › Tax line 2 › Rate ref", "3"),  # noqa: RUF001
        ("Tax detail › Codes", "A, B"),  # noqa: RUF001
    ]


def test_a_column_of_figures_is_one_and_a_missing_value_leaves_its_place() -> None:
    view = show_record(INVOICE)
    table = view.tables[0]
    assert table.title == "Line"
    assert ("Amount", True) in table.columns
    assert ("Description", False) in table.columns
    descriptions = [row[[label for label, _ in table.columns].index("Description")] for row in table.rows]
    assert [fact.text if fact else None for fact in descriptions] == ["Rock Fountain", None]
    assert ("Bill addr › City", "Bayshore") in [(fact.label, fact.text) for fact in view.facts]  # noqa: RUF001


def test_references_lead_to_the_records_that_the_definitions_say_they_are(tmp_path: Path) -> None:
    async def story(here: Place, _calls: FakeCalls) -> None:
        company = here.add_company("Shop")
        browser = await here.sign_in(here.add_person("anna@shop.example"))
        page = (await here.client.get(f"/company/{company}/invoices/130", headers=browser)).text
        base = f"/company/{company}"
        for link in ("customers/24", "payments/9", "items/..%2F7%22%3E"):
            assert f'<a href="{base}/{link}">' in page, link
        assert f'href="{base}/journal?record=130"' in page
        assert "<h1" in page
        assert "Invoice 1037" in page
        assert "Amounts in EUR" in page
        assert not re.search(rf'<a href="{base}/[^"]*(attachment|unknown)', page)

    linked = {
        "CurrencyRef": {"value": "EUR"},
        "LinkedTxn": [{"TxnId": "9", "TxnType": "Payment"}, {"TxnId": "8", "TxnType": "unknown"}],
        "Line": [{"SalesItemLineDetail": {"ItemRef": {"value": '../7">', "name": "Fountain"}}}],
        "AnyRef": {"value": "5", "name": "attachment"},
    }
    run(tmp_path, story, Answer(json.dumps(INVOICE | linked)))


@pytest.mark.parametrize(
    ("due", "balance", "states"),
    [
        ("2027-01-14", 5, ["overdue"]),
        ("2027-01-15", 5, ["unpaid"]),
        ("2027-01-14", 0, ["paid"]),
        (None, "much", []),
    ],
)
def test_how_a_record_stands_is_said_by_the_words_of_its_list(
    due: Any, balance: Any, states: list[str]
) -> None:
    listing = builtin_catalog().listings["quickbooks", "invoices"].listing
    record = {"DueDate": due, "Balance": balance, "TxnDate": "2027-01-15"}
    assert [
        each for each in list_states(listing, record, date(2027, 1, 15)) if "due this" not in each
    ] == states


def test_every_resource_that_is_linked_to_has_a_page_of_its_records() -> None:
    catalog = builtin_catalog()
    for integration in catalog.integrations.values():
        tools = catalog.list_tools(integration.name)
        readable = {each.resource for each in tools if each.method == "get" and each.reads_one}
        for tool in tools:
            references = RecordReferences(integration, tools, tool.resource)
            for each in tool.references:
                value = "7" if each.is_bare else {integration.reference_form.id: "7"}
                for kind in each.resources:
                    found = references.find(each.path, value, {each.kind_beside: kind} if kind else {})
                    assert found is None or found.resource in readable
