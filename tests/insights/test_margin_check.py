"""Margin check, by the books alone: each error that is planted is found to the cent, and clean books are quiet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from generator.insight_rules import FixRules
from runtime.insights.analysis import Analysis
from runtime.insights.books import Account, Books, Item, Key, Transaction
from runtime.insights.margin_check import INSIGHT
from tests.builtin import builtin_catalog
from tests.insights.changing import replace
from tests.insights.companies import find_facts, make_store, run
from tests.insights.hand_made import (
    TODAY,
    make_books,
    make_customer,
    make_line,
    make_transaction,
    make_vendor,
)

FACTS = find_facts("margin_check")
OCTOBER, NOVEMBER = date(2026, 10, 15), date(2026, 11, 5)
ACME, BOLT = make_customer("1", "Acme"), make_customer("2", "Bolt")
SHOP, RMM = make_vendor("1", "Parts Shop"), make_vendor("2", "Fleet RMM")
EXTRA = {
    "wages": ("expense", "Payroll:Wages"),
    "direct wages": ("cost_of_sales", "Technician Wages"),
    "tools": ("cost_of_sales", "Delivery Tools"),
    "software": ("expense", "Software Subscriptions"),
    "hardware cost": ("cost_of_sales", "Cost of Hardware"),
    "hardware sales": ("income", "Hardware Sales"),
    "accrued": ("liability", "Accrued Liabilities"),
}
ITEMS = {
    "laptop": Item(
        Key("items", "laptop"),
        "Laptop 14",
        None,
        Decimal(1000),
        Decimal(800),
        "hardware sales",
        "hardware cost",
    ),
    "seat": Item(Key("items", "seat"), "Managed seat", None, Decimal(90), Decimal(0), "sales"),
}
FIXES = {
    "margin_correction": builtin_catalog().integrations["quickbooks"].insights.fixes["margin_correction"]
}


def make(*transactions: Transaction, **more: Any) -> Books:
    values: dict[str, Any] = {"facts": FACTS, "fixes": FIXES, "parties": [ACME, BOLT, SHOP, RMM]} | more
    items = values.pop("items", ITEMS)
    books = make_books(transactions, **values)
    extra = {
        id_: Account(Key("accounts", id_), name, roles=frozenset({role}))
        for id_, (role, name) in EXTRA.items()
    }
    return replace(books, accounts={**books.accounts, **extra}, items=items)


def check(*transactions: Transaction, options: dict[str, Any] | None = None, **more: Any) -> Analysis:
    return INSIGHT.compute(make(*transactions, **more), options or {})


def find(analysis: Analysis) -> list[tuple[str, Decimal, Decimal]]:
    found = analysis.figures["findings"]
    return [(each["check"], each["amount"], each["effect_on_margin"]) for each in found]


def sell(
    id_: str, amount: str, item: str, quantity: str = "1", day: date = OCTOBER, **more: Any
) -> Transaction:
    price = more.pop("price", None) or Decimal(amount) / Decimal(quantity)
    line = make_line(amount, ITEMS[item].income_account, item=item, quantity=quantity, price=price)
    return make_transaction("invoice", id_, day, more.pop("customer", ACME).key, line, **more)


def buy(
    id_: str, amount: str, account: str, day: date = OCTOBER, vendor: Any = SHOP, **more: Any
) -> Transaction:
    return make_transaction("bill", id_, day, vendor.key, make_line(amount, account, **more))


def pay(id_: str, account: str, text: str, amount: str = "500", day: date = OCTOBER) -> Transaction:
    lines = make_line(amount, account, text=text, side="debit"), make_line(amount, "bank", side="credit")
    return make_transaction("journal", id_, day, None, *lines)


def test_clean_books_are_quiet_and_the_margin_is_right():
    analysis = check(
        sell("1", "180", "seat", "2"), sell("2", "1000", "laptop"),
        buy("3", "800", "hardware cost", customer="1", text="1 x Laptop 14"), buy("4", "300", "rent"),
        pay("5", "direct wages", "Wages Ada, Technician"), pay("6", "wages", "Wages Tom, office manager"),
        buy("7", "40", "tools", vendor=RMM), buy("8", "20", "software"),
    )  # fmt: skip

    assert find(analysis) == []
    margin = analysis.figures["margin"]
    assert (margin["income"], margin["cost_of_sales"]) == (1180, 1340)
    assert margin["booked"] == margin["corrected"] == -160


def test_pay_of_technicians_in_overhead_is_moved_by_a_proposed_entry():
    analysis = check(pay("5", "wages", "Wages Ada, Technician"), sell("1", "900", "seat", "10"))

    assert find(analysis) == [("labour_in_overhead", 500, -500)]
    (finding,) = analysis.figures["findings"]
    assert finding["records"] == ["journal_entries:5"] and finding["month"] == "2026-10"
    correction = finding["correction"]
    assert correction["tool"] == "create_a_quick_books_journal_entry"
    lines = [
        (line["JournalEntryLineDetail"]["PostingType"], line["JournalEntryLineDetail"]["AccountRef"]["value"])
        for line in correction["arguments"]["Line"]
    ]
    assert lines == [("Debit", "direct wages"), ("Credit", "wages")]
    assert {line["Amount"] for line in correction["arguments"]["Line"]} == {500}
    assert correction["arguments"]["TxnDate"] == "2026-10-31"
    margin = analysis.figures["margin"]
    assert (margin["booked"], margin["effect"], margin["corrected"]) == (900, -500, 400)
    assert margin["corrected_percent"] == Decimal("44.4")


@pytest.mark.parametrize(
    ("source", "text", "booked", "target"),
    [
        ("Payroll:Taxes", "Ada, Technician", "taxes", "taxes"),  # its name has both words
        ("Payroll:Wages", "Wages Ada, Technician", "taxes", "direct wages"),  # one word each; two of the text
        (
            "Payroll:Wages",
            "Technician",
            "direct wages",
            "direct wages",
        ),  # no difference but what is booked there
        ("Payroll:Wages", "Technician", "taxes", "taxes"),
    ],
)
def test_a_correction_is_on_the_account_that_fits_best_by_its_name_the_text_and_what_is_booked(
    source: str, text: str, booked: str, target: str
):
    books = make(pay("5", "wages", text), buy("6", "700", booked))
    taxes = Account(Key("accounts", "taxes"), "Technician Payroll Taxes", roles=frozenset({"cost_of_sales"}))
    wages = replace(books.accounts["wages"], name=source)
    books = replace(books, accounts={**books.accounts, "taxes": taxes, "wages": wages})

    (finding,) = INSIGHT.compute(books, {}).figures["findings"]

    debit, credit = finding["correction"]["arguments"]["Line"]
    assert debit["JournalEntryLineDetail"]["AccountRef"]["value"] == target
    assert credit["JournalEntryLineDetail"]["AccountRef"]["value"] == "wages"
    assert (debit["Amount"], finding["effect_on_margin"]) == (500, -500)


def test_a_tool_to_serve_clients_in_overhead_is_found_by_what_its_vendor_is_called():
    analysis = check(buy("7", "82", "software", vendor=RMM), buy("8", "10", "software"))

    assert find(analysis) == [("tools_in_overhead", 82, -82)]
    assert "Fleet RMM" in analysis.figures["findings"][0]["says"]


@pytest.mark.parametrize(
    ("account", "amount", "is_found"), [("tools", "82", False), ("tools", "81", True), ("goods", "82", True)]
)
def test_what_an_entry_of_the_month_has_moved_already_is_quiet(account, amount, is_found):
    lines = make_line(amount, account, side="debit"), make_line(amount, "software", side="credit")
    entry = make_transaction("journal", "9", date(2026, 10, 31), None, *lines)

    assert bool(find(check(buy("7", "82", "software", vendor=RMM), entry))) is is_found


def test_without_an_account_that_fits_there_is_no_entry_and_the_advice_says_so():
    books = make(buy("7", "82", "software", vendor=RMM))
    accounts = {id_: each for id_, each in books.accounts.items() if "cost_of_sales" not in each.roles}

    (finding,) = INSIGHT.compute(replace(books, accounts=accounts), {}).figures["findings"]

    assert finding["correction"] is None and "No account" in finding["advice"]


@pytest.mark.parametrize(
    ("usual", "wrong", "effect"),
    [("goods", "rent", -90), ("rent", "goods", 90)],
    ids=["overhead", "cost of sales"],
)
def test_an_account_across_the_margin_against_the_habit_of_the_vendor_is_found(usual, wrong, effect):
    habit = [buy(str(month), "70", usual, date(2026, month, 10)) for month in range(4, 10)]

    analysis = check(*habit, buy("50", "90", wrong))

    assert find(analysis) == [("unusual_account", 90, effect)]
    assert analysis.figures["findings"][0]["records"] == ["bills:50"]


@pytest.mark.parametrize("others", [["goods"] * 3, ["goods", "rent"] * 4], ids=["too few", "none usual"])
def test_a_vendor_without_a_habit_has_no_unusual_account(others):
    habit = [buy(str(place), "70", account, date(2026, 9, place + 1)) for place, account in enumerate(others)]

    assert find(check(*habit, buy("50", "90", "rent"))) == []


def test_the_habit_of_a_journal_entry_is_that_of_its_text():
    habit = [
        pay(str(month), "goods", "Share of the workshop", day=date(2026, month, 28)) for month in range(4, 10)
    ]

    assert find(check(*habit, pay("50", "rent", "Share of the workshop"))) == [("unusual_account", 500, -500)]


def test_hardware_whose_bill_comes_in_the_next_month_is_accrued_at_its_cost():
    bill = buy("9", "1580", "hardware cost", NOVEMBER, customer="1", text="2 x Laptop 14")

    analysis = check(sell("2", "2000", "laptop", "2"), bill)

    assert find(analysis) == [("hardware_without_cost", 1580, -1580)]
    (finding,) = analysis.figures["findings"]
    assert finding["records"] == ["invoices:2", "bills:9"] or set(finding["records"]) == {
        "invoices:2",
        "bills:9",
    }
    lines = finding["correction"]["arguments"]["Line"]
    assert [each["JournalEntryLineDetail"]["AccountRef"]["value"] for each in lines] == [
        "hardware cost",
        "accrued",
    ]


def test_a_cost_that_only_moved_within_the_period_changes_no_margin_of_the_period():
    bill = buy("9", "1580", "hardware cost", NOVEMBER, customer="1", text="2 x Laptop 14")

    analysis = check(
        sell("2", "2000", "laptop", "2"), bill, options={"start_date": "2026-10-01", "end_date": "2026-11-30"}
    )

    assert find(analysis) == [("hardware_without_cost", 1580, 0)]


def test_hardware_without_any_bill_is_estimated_by_its_purchase_cost():
    analysis = check(sell("2", "2000", "laptop", "2"))

    assert find(analysis) == [("hardware_without_cost", 1600, -1600)]
    assert "estimated" in analysis.figures["findings"][0]["says"]


def test_one_bill_for_nobody_covers_the_sales_of_the_month_and_that_of_another_customer_does_not():
    sales = [sell("1", "1000", "laptop"), sell("2", "1000", "laptop", customer=BOLT)]

    assert find(check(*sales, buy("9", "1600", "hardware cost"))) == []
    found = find(check(*sales, buy("9", "1600", "hardware cost", customer="2")))
    assert found == [("hardware_without_cost", 800, -800)]


def test_a_cost_on_a_wrong_account_is_one_finding_and_not_a_missing_cost_as_well():
    habit = [
        buy(str(month), "70", "hardware cost", date(2026, month, 10), text="Cable") for month in range(4, 10)
    ]

    analysis = check(
        *habit, sell("2", "1000", "laptop"), buy("50", "800", "rent", customer="1", text="Laptop 14")
    )

    assert find(analysis) == [("unusual_account", 800, -800)]


def test_hardware_from_stock_has_its_cost_by_the_vendor():
    stocked = {**ITEMS, "laptop": replace(ITEMS["laptop"], on_hand=Decimal(5))}

    assert find(check(sell("2", "2000", "laptop", "2"), items=stocked)) == []


def test_a_price_below_the_list_is_what_is_lost_of_each_unit():
    analysis = check(sell("1", "740", "seat", "10"), sell("2", "90", "seat"), sell("3", "100", "seat"))

    assert find(analysis) == [("price_below_list", 160, 160)]
    finding = analysis.figures["findings"][0]
    assert finding["records"] == ["invoices:1"] and finding["correction"] is None
    assert analysis.figures["margin"]["corrected"] == 1090


def test_a_price_in_another_currency_is_compared_at_its_rate():
    assert find(check(sell("1", "60", "seat", rate="1.5", currency="EUR"))) == []
    assert find(check(sell("1", "50", "seat", rate="1.5", currency="EUR"))) == [("price_below_list", 15, 15)]


def test_without_a_work_system_its_checks_are_listed_as_not_made():
    analysis = check(sell("1", "90", "seat"))

    names = {"agreement_without_invoice", "invoice_without_agreement", "unbilled_time", "unbilled_expenses"}
    assert {each["check"] for each in analysis.figures["not_checked"]} == names
    status = {each["check"]: each["status"] for each in analysis.figures["checks"]}
    assert {name for name, each in status.items() if each == "not made"} == names
    assert any("No work system is connected" in each for each in analysis.assumptions)


def test_findings_are_limited_and_all_are_counted_and_have_their_effect():
    sales = [
        sell(str(place), "80", "seat", customer=customer) for place, customer in enumerate((ACME, BOLT), 1)
    ]

    figures = check(*sales, options={"limit": 1}).figures

    assert (figures["shown"], figures["count"], figures["margin"]["effect"]) == (1, 2, 20)


def test_an_entry_the_vendor_has_no_call_for_is_left_out():
    other: dict[str, tuple[FixRules, ...]] = {}

    (finding,) = check(pay("5", "wages", "Wages Ada, Technician"), fixes=other).figures["findings"]

    assert finding["correction"] is None


def test_lists_that_were_not_read_are_missing():
    analysis = check(sell("1", "90", "seat"), lists=frozenset())

    assert {each.what for each in analysis.missing} == {"accounts", "customers", "items", "vendors"}


def test_a_year_before_and_a_quarter_after_are_read_but_no_day_to_come():
    wanted = INSIGHT.plan({"start_date": "2026-05-01", "end_date": "2026-05-31"}, TODAY)

    assert (wanted.records[0].since, wanted.records[0].until) == (date(2025, 5, 1), date(2026, 8, 31))
    assert INSIGHT.plan({}, TODAY).records[0].until == TODAY


@pytest.mark.parametrize("seed", [1, 2])
def test_the_books_of_a_provider_with_stock_have_but_the_price_that_is_planted(seed):
    analysis = run(INSIGHT, make_store("it_services", seed), start_date="2026-01-01", end_date="2026-10-31")

    assert {each["check"] for each in analysis.figures["findings"]} <= {"price_below_list"}
    assert all(each.agrees for each in analysis.ties)
