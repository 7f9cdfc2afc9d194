"""What is found in a record without reading anything: each rule at its edges, and all findings at once."""

from __future__ import annotations

import random

import pytest

from runtime.errors import InvalidArguments
from runtime.safety.preflight.looked_up import LookedUp
from runtime.safety.preflight.rules import find_all
from tests.builtin import builtin_catalog
from tests.safety.preflighting import TODAY, refuse_errors

CATALOG = builtin_catalog()
QUICKBOOKS = CATALOG.integrations["quickbooks"]
SALES = "SalesItemLineDetail"
CUSTOMER, VENDOR = {"CustomerRef": {"value": "1"}}, {"VendorRef": {"value": "1"}}


def find(tool: str, **content: object) -> list[tuple[str, str]]:
    """The errors that are found in a record, as (argument, what was found)."""
    found = find_all(CATALOG.by_name[tool], QUICKBOOKS, content, LookedUp(TODAY))
    assert all(each.right for each in found if each.is_error)
    return [(each.argument, each.found) for each in found if each.is_error]


def sale(amount: object, **detail: object) -> dict:
    return {"DetailType": SALES, "Amount": amount, SALES: {"ItemRef": {"value": "1"}, **detail}}


def spent(amount: object) -> dict:
    name = "AccountBasedExpenseLineDetail"
    return {"DetailType": name, "Amount": amount, name: {"AccountRef": {"value": "7"}}}


def booked(amount: float, side: str) -> dict:
    name = "JournalEntryLineDetail"
    return {"DetailType": name, "Amount": amount, name: {"PostingType": side, "AccountRef": {"value": "7"}}}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (sale(360, Qty=3, UnitPrice=120), ""),
        (
            sale(361, Qty=3, UnitPrice=120),
            "Line[0].Amount is 361.00, but Qty 3 times UnitPrice 120 is 360.00.",
        ),
        (sale(0.3, Qty=3, UnitPrice=0.1), ""),
        (sale(0.01, Qty=0.1, UnitPrice=0.05), ""),
        (sale(0, Qty=0.1, UnitPrice=0.05), ""),
        (sale(10.04, Qty=3, UnitPrice=3.345), ""),
        (sale(10.035, Qty=3, UnitPrice=3.345), ""),
        (
            sale(10.05, Qty=3, UnitPrice=3.345),
            "Line[0].Amount is 10.05, but Qty 3 times UnitPrice 3.345 is 10.04.",
        ),
        (sale(-20, Qty=-2, UnitPrice=10), ""),
        (sale(5, Qty=0, UnitPrice=0), ""),
        (sale(5, Qty=3), ""),
        (sale(5, Qty=3, UnitPrice="a"), ""),
        (sale(90, Qty=1, UnitPrice=100, DiscountRate=10), ""),
        (sale(5, Qty="3", UnitPrice="2"), "Line[0].Amount is 5.00, but Qty 3 times UnitPrice 2 is 6.00."),
    ],
)
def test_an_amount_is_the_quantity_times_the_price(line, found):
    for tool in ("create_a_quick_books_invoice", "update_a_quick_books_invoice_by_id"):
        assert [text for _, text in find(tool, Line=[line])] == ([found] if found else [])


def test_amounts_with_tax_in_them_are_not_compared():
    wrong = [sale(361, Qty=3, UnitPrice=120)]
    assert find("create_a_quick_books_invoice", Line=wrong, GlobalTaxCalculation="TaxInclusive") == []
    assert find("create_a_quick_books_invoice", Line=wrong, GlobalTaxCalculation="TaxExcluded") != []


@pytest.mark.parametrize("seed", range(20))
def test_any_product_that_is_rounded_to_cents_passes_and_a_cent_beside_it_does_not(seed):
    chance = random.Random(seed)
    quantity, price = chance.randint(1, 99_999), chance.randint(1, 9_999_999)
    amount = quantity * price  # of hundredths times cents
    rounded = (amount + 50) // 100 / 100
    line = sale(rounded, Qty=quantity / 100, UnitPrice=price / 100)
    assert find("create_a_quick_books_bill", Line=[line | {"DetailType": SALES}]) == []
    line = sale(round(rounded + 0.02, 2), Qty=quantity / 100, UnitPrice=price / 100)
    assert len(find("create_a_quick_books_bill", Line=[line])) == 1


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([booked(200, "Debit"), booked(200, "Credit")], ""),
        ([booked(0.1, "Debit"), booked(0.2, "Debit"), booked(0.3, "Credit")], ""),
        ([booked(200, "Debit"), booked(199.99, "Credit")], "Debit comes to 200.00, and Credit to 199.99."),
        ([booked(200, "Debit")], "Debit comes to 200.00, and Credit to 0.00."),
        (
            [{"DetailType": "DescriptionOnly", "Description": "x"}, booked(1, "Debit"), booked(1, "Credit")],
            "",
        ),
        ([booked(1, "debit"), booked(2, "Credit")], ""),
        ([], ""),
        ("x", ""),
    ],
)
def test_debits_equal_credits(lines, found):
    texts = find("create_a_quick_books_journal_entry", Line=lines)
    assert texts == ([("Line", found)] if found else [])


@pytest.mark.parametrize(
    ("total", "is_found"),
    [(100, False), (99.99, False), (90, True), (107, False), (250, True), ("100", False)],
)
def test_a_given_total_is_one_that_the_lines_can_come_to(total, is_found):
    for tool, line in (
        ("create_a_quick_books_invoice", sale(100)),
        ("create_a_quick_books_bill", spent(100)),
    ):
        assert bool(find(tool, Line=[line], TotalAmt=total)) == is_found


def test_a_given_total_is_exact_where_the_tax_is_given():
    tax = {"TxnTaxDetail": {"TotalTax": 8}}
    assert find("create_a_quick_books_invoice", Line=[sale(100)], TotalAmt=108, **tax) == []
    assert find("create_a_quick_books_invoice", Line=[sale(100)], TotalAmt=107, **tax) == [
        ("TotalAmt", "TotalAmt is 107.00, but Line comes to 100.00 with a tax of 8.00.")
    ]


def test_a_discount_lowers_a_total_and_a_percentage_without_its_amount_says_nothing():
    off = {"DetailType": "DiscountLineDetail", "Amount": 10, "DiscountLineDetail": {}}
    assert find("create_a_quick_books_invoice", Line=[sale(100), off], TotalAmt=90) == []
    assert find("create_a_quick_books_invoice", Line=[sale(100), off], TotalAmt=80) != []
    del off["Amount"]
    assert find("create_a_quick_books_invoice", Line=[sale(100), off], TotalAmt=80) == []


def test_the_total_of_a_record_that_was_read_may_be_the_one_before_the_change():
    assert find("update_a_quick_books_invoice_by_id", Line=[sale(100)], TotalAmt=80) == []


@pytest.mark.parametrize(
    ("day", "is_found"),
    [
        ("2026-11-20", False),
        ("2206-11-27", True),
        ("2062-11-27", True),
        ("1926-11-27", True),
        ("2046-12-31", False),
        ("2047-01-01", True),
        ("1996-01-01", False),
        ("1995-12-31", True),
    ],
)
def test_a_date_is_within_years_of_today(day, is_found):
    for name in ("TxnDate", "DueDate"):
        found = find("create_a_quick_books_invoice", **{name: day})
        assert found == ([(name, f"{name} is {day}, in the year {day[:4]}.")] if is_found else [])


def test_dates_in_lines_are_looked_at_and_dates_of_birth_are_not():
    assert find("create_a_quick_books_invoice", Line=[sale(1), sale(1, ServiceDate="2206-01-01")]) == [
        (f"Line[1].{SALES}.ServiceDate", f"Line[1].{SALES}.ServiceDate is 2206-01-01, in the year 2206.")
    ]
    assert find("create_a_quick_books_employee", BirthDate="1936-01-01") == []


def test_every_finding_is_reported_at_once_with_what_would_be_right():
    record = {"TxnDate": "2206-01-01", "Line": [sale(1, Qty=2, UnitPrice=3), sale(1, Qty=1, UnitPrice=9)]}
    with pytest.raises(InvalidArguments) as refused:
        refuse_errors(CATALOG.by_name["create_a_quick_books_invoice"], QUICKBOOKS, record)
    errors = refused.value.details["errors"]
    assert [each["argument"] for each in errors] == ["Line[0].Amount", "Line[1].Amount", "TxnDate"]
    assert errors[2] == {
        "argument": "TxnDate",
        "problem": "TxnDate is 2206-01-01, in the year 2206.",
        "advice": "Dates are between 1996 and 2046. Write the year that is meant.",
    }
    assert refused.value.advice == (
        "Nothing was sent. Amount is Qty times UnitPrice, rounded to cents. Correct one of them, or leave out Qty and "
        "UnitPrice. Dates are between 1996 and 2046. Write the year that is meant."
    )


def test_a_tool_that_sends_no_record_of_its_own_has_no_findings():
    for name in ("void_a_quick_books_invoice_by_id", "delete_a_quick_books_invoice_by_id"):
        assert find(name, TxnDate="2206-01-01") == []


def test_the_examples_of_the_definitions_pass():
    wrong = [
        (tool.name, example.ask, found)
        for tool in CATALOG.tools
        for example in tool.examples
        if not tool.is_read_only
        for found in find(tool.name, **example.arguments)
        if tool.integration == "quickbooks"
    ]
    assert wrong == []
