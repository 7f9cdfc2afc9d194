"""Margin check beside a work system: what was agreed, worked or spent for clients and never invoiced."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from runtime.insights.analysis import Analysis
from runtime.insights.books import Account, Key, Transaction
from runtime.insights.client_mapping import ClientLink, ClientMapping
from runtime.insights.margin_check import INSIGHT
from runtime.insights.work_records import (
    Addition,
    Agreement,
    TimeEntry,
    Work,
    WorkClient,
    WorkExpense,
    WorkMember,
)
from tests.insights.changing import replace
from tests.insights.hand_made import TODAY, make_customer, make_line, make_transaction
from tests.insights.test_margin_check import OCTOBER, make, pay

MAPPING = ClientMapping(
    {
        "8": ClientLink("8", "linked", "1"),
        "9": ClientLink("9", "linked", "2"),
        "7": ClientLink("7", "not_a_client"),
    }
)
CLIENTS = {id_: WorkClient(Key("companies", id_), f"Client {id_}") for id_ in ("6", "7", "8", "9")}
MONTHS = {"start_date": "2026-08-01", "end_date": "2026-10-31"}


def agree(id_: str = "1", client: str = "8", amount: str = "500", **more: Any) -> Agreement:
    values: dict[str, Any] = {"name": f"Agreement {id_}", "start": date(2025, 1, 1)} | more
    return Agreement(Key("agreements", id_), client, amount=Decimal(amount), **values)


def add(agreement: str, text: str, quantity: str, price: str, **more: Any) -> Addition:
    key = Key("additions", text)
    return Addition(key, agreement, text=text, quantity=Decimal(quantity), price=Decimal(price), **more)


def invoice(
    id_: str, amount: str, month: int = 10, customer: str = "1", item: str = "", text: str = "", **more: Any
) -> Transaction:
    line = make_line(
        amount, "" if item else "sales", item=item, text=text, quantity="1", price=Decimal(amount)
    )
    party = Key("customers", customer)
    return make_transaction("invoice", id_, date(2026, month, 3), party, line, **more)


def check(
    *transactions: Transaction, agreements: Any = (), options: dict[str, Any] | None = None, **parts: Any
) -> Analysis:
    mapping = parts.pop("mapping", MAPPING)
    parties = parts.pop("parties", [make_customer("1", "Acme"), make_customer("2", "Bolt")])
    work = Work(TODAY, clients=CLIENTS, agreements={each.key.id: each for each in agreements}, **parts)
    return INSIGHT.compute(make(*transactions, parties=parties, work=work, mapping=mapping), options or {})


def find(analysis: Analysis) -> list[tuple[str, str, Decimal, Decimal]]:
    return [
        (each["check"], each["month"], each["amount"], each["effect_on_margin"])
        for each in analysis.figures["findings"]
    ]


def test_an_agreement_that_was_invoiced_is_quiet_by_its_amount():
    analysis = check(invoice("1", "500"), agreements=[agree()])

    assert find(analysis) == []
    assert analysis.figures["not_checked"] == []
    assert {each["status"] for each in analysis.figures["checks"]} == {"nothing found"}


def test_an_agreement_without_an_invoice_is_found_in_each_month_with_its_amount():
    analysis = check(invoice("1", "500", 9), agreements=[agree()], options=MONTHS)

    expected = [("agreement_without_invoice", month, 500, 500) for month in ("2026-08", "2026-10")]
    assert sorted(find(analysis)) == expected
    finding = analysis.figures["findings"][0]
    assert finding["records"] == ["work/agreements:1"] and "Acme" in finding["says"]
    assert analysis.figures["margin"]["corrected"] == 1500


def test_of_two_agreements_one_invoice_line_stands_for_one():
    agreements = [agree("1", amount="500"), agree("2", amount="500")]

    analysis = check(invoice("1", "500"), agreements=agreements)

    assert find(analysis) == [("agreement_without_invoice", "2026-10", 500, 500)]


def test_a_part_that_changed_is_found_by_its_name_and_one_that_is_included_counts_nothing():
    parts = (
        add("1", "Managed seat", "10", "90"),
        add("1", "Phone", "5", "20", included=Decimal(5)),
        add("1", "Old seat", "10", "90", end=date(2026, 3, 1)),
    )
    item = invoice("1", "810", item="seat")

    assert find(check(item, agreements=[agree(amount="0")], additions=parts)) == []
    found = find(check(invoice("1", "77"), agreements=[agree(amount="0")], additions=parts))
    assert found == [("agreement_without_invoice", "2026-10", 900, 900)]


@pytest.mark.parametrize("month", [9, 10, 11])
def test_an_agreement_of_a_quarter_is_invoiced_in_one_of_the_months_around(month):
    quarterly = agree(amount="900", months=3)

    assert find(check(invoice("1", "900", month), agreements=[quarterly])) == []
    found = find(check(agreements=[quarterly]))
    assert found == [("agreement_without_invoice", "2026-10", 300, 300)]


@pytest.mark.parametrize(
    "agreement",
    [
        agree(start=date(2026, 10, 12)),
        agree(end=date(2026, 10, 12)),
        agree(end=date(2026, 8, 31)),
        agree(is_cancelled=True),
        agree(client="7"),
        agree(amount="0"),
    ],
    ids=["begins", "ends", "ended", "cancelled", "no client", "nothing billed"],
)
def test_an_agreement_that_owes_no_whole_month_is_no_finding(agreement):
    assert find(check(agreements=[agreement])) == []


def test_a_client_that_no_customer_is_mapped_to_is_to_be_mapped_first():
    (finding,) = check(agreements=[agree(client="6")]).figures["findings"]

    assert finding["amount"] == 500 and "map it first" in finding["advice"]


def test_a_project_of_a_customer_counts_with_the_customer():
    job = make_customer("3", "Acme:Move", parent="1")
    parties = [make_customer("1", "Acme"), job]

    assert find(check(invoice("1", "500", customer="3"), agreements=[agree()], parties=parties)) == []


def test_invoices_that_recur_without_an_agreement_are_found_and_leave_the_margin():
    recurring = [invoice(str(month), "180", month, "2") for month in range(5, 11)]
    once = invoice("90", "90", 10, "2", item="seat")

    analysis = check(*recurring, once, agreements=[agree(client="8")], options={})

    found = [each for each in find(analysis) if each[0] == "invoice_without_agreement"]
    assert found == [("invoice_without_agreement", "2026-10", 180, 0)]
    with_agreement = check(*recurring, agreements=[agree(client="9", amount="180")])
    assert find(with_agreement) == []


def work(id_: str, hours: str, rate: str, **more: Any) -> TimeEntry:
    values: dict[str, Any] = {"client": "8", "day": OCTOBER} | more
    return TimeEntry(Key("time_entries", id_), hours=Decimal(hours), rate=Decimal(rate), **values)


def test_billable_time_on_no_invoice_is_its_hours_at_its_rate():
    entries = (
        work("1", "2", "150"),
        work("2", "0.5", "100", billed_hours=Decimal(1)),
        work("3", "1", "90", client="9"),
    )

    analysis = check(time_entries=entries)

    assert sorted(find(analysis)) == [
        ("unbilled_time", "2026-10", 90, 90),
        ("unbilled_time", "2026-10", 400, 400),
    ]
    assert analysis.figures["findings"][0]["records"] == ["work/time_entries:1", "work/time_entries:2"]


@pytest.mark.parametrize(
    "more",
    [
        {"is_billable": False}, {"is_billed": True}, {"invoice": "5"}, {"is_written_off": True}, {"client": "7"},
        {"day": date(2026, 9, 30)}, {"agreement_hours": Decimal(2)}, {"agreement_amount": Decimal(300)}, {"client": ""},
    ],
    ids=lambda each: next(iter(each)),
)  # fmt: skip
def test_time_that_is_not_owed_is_no_finding(more):
    assert find(check(time_entries=(work("1", "2", "150", **more),))) == []


def test_time_of_a_month_that_is_not_over_is_work_in_progress():
    options = {"start_date": "2026-11-01", "end_date": "2026-11-30"}

    assert find(check(time_entries=(work("1", "2", "150", day=date(2026, 11, 3)),), options=options)) == []


def test_expenses_on_no_invoice_are_what_is_to_be_billed():
    def spend(id_: str, **more: Any) -> WorkExpense:
        values: dict[str, Any] = {"client": "8", "day": OCTOBER, "amount": Decimal(40)} | more
        return WorkExpense(Key("expenses", id_), **values)

    expenses = (
        spend("1"), spend("2", bill_amount=Decimal(60)), spend("3", is_billable=False), spend("4", invoice="5"),
        spend("5", is_billed=True), spend("6", is_written_off=True),
    )  # fmt: skip

    assert find(check(expenses=expenses)) == [("unbilled_expenses", "2026-10", 100, 100)]


def test_income_that_was_not_invoiced_is_accrued_where_the_books_have_accounts_for_it():
    books = make(parties=[make_customer("1", "Acme")])
    extra = {
        "accrual": Account(Key("accounts", "accrual"), "Unbilled revenue", roles=frozenset({"asset"})),
        "service": Account(Key("accounts", "service"), "Managed services", roles=frozenset({"income"})),
    }
    held = Work(TODAY, clients=CLIENTS, agreements={"1": agree(name="Managed services")})
    books = replace(books, accounts={**books.accounts, **extra}, work=held, mapping=MAPPING)

    (finding,) = INSIGHT.compute(books, {}).figures["findings"]

    lines = finding["correction"]["arguments"]["Line"]
    assert [each["JournalEntryLineDetail"]["AccountRef"]["value"] for each in lines] == ["accrual", "service"]


def test_pay_of_somebody_who_entered_time_for_clients_is_labour_whatever_it_is_called():
    members = {
        "5": WorkMember(Key("members", "5"), "Ada Barlow"),
        "6": WorkMember(Key("members", "6"), "Tom Tate"),
    }
    entries = (work("1", "2", "150", member="5", invoice="9"),)

    pays = [pay("5", "wages", "Pay Ada Barlow"), pay("6", "wages", "Pay Tom Tate")]
    analysis = check(*pays, time_entries=entries, members=members)

    assert find(analysis) == [("labour_in_overhead", "2026-10", 500, -500)]


def test_without_a_mapping_nothing_of_the_work_system_is_compared():
    analysis = check(agreements=[agree()], mapping=None)

    assert find(analysis) == [] and len(analysis.figures["not_checked"]) == 4
    assert any("No work system is mapped" in each for each in analysis.assumptions)
