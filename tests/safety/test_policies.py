"""What the policies of an MCP server say of one write, by the facts of the built-in definitions and made-up ones."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from generator.catalog import Reference
from generator.vendor import ReferenceForm
from generator.vendor_rules import Draft, PolicyFacts
from runtime.errors import PolicyRefused
from runtime.model import CLOSING_DATE, Policies
from runtime.safety.policies import Write, find_violations, measure_amount, refuse
from runtime.safety.policy_limits import Used, find_exceeded
from runtime.upstream.request import record
from tests.builtin import builtin_catalog
from tests.made_up import UPDATE, VENDOR

TODAY = "2026-11-20"
BILL, INVOICE = "create_a_quick_books_bill", "create_a_quick_books_invoice"
FORM = replace(VENDOR, identifier="Id", reference_form=ReferenceForm("value", "name"))
REFERENCES = (
    Reference(("VendorRef",), {"": "vendors"}),
    Reference(("Line", "Detail", "AccountRef"), {"": "accounts"}),
    Reference(("Party",), {"Customer": "customers", "Vendor": "vendors"}, kind="type"),
    Reference(("LinkedTxn", "TxnId"), {"Bill": "bills"}, kind_beside="TxnType", is_bare=True),
)


def write(tool: str, arguments: dict[str, Any], before: dict[str, Any] | None = None) -> Write:
    """A write of the built-in definitions."""
    found = builtin_catalog().by_name[tool]
    integration = builtin_catalog().integrations["quickbooks"]
    return Write(found, integration, record(found, arguments), before=before or {})


def made_up(content: dict[str, Any], before: dict[str, Any] | None = None, **facts: Any) -> Write:
    """A change of a made-up record that refers to others."""
    integration = replace(FORM, policy_facts=PolicyFacts(**facts))
    return Write(UPDATE, integration, content, REFERENCES, before or {})


def rules(policies: Policies, of: Write, first_day: str = "") -> list[str]:
    return [each.rule for each in find_violations(policies, of, first_day, TODAY)]


def sale(kind: str, amount: float | None = None) -> dict[str, Any]:
    return {"DetailType": kind} | ({} if amount is None else {"Amount": amount})


def booked(side: str, amount: float) -> dict[str, Any]:
    return {"Amount": amount, "JournalEntryLineDetail": {"PostingType": side}}


@pytest.mark.parametrize(
    ("tool", "arguments", "amount"),
    [
        ("create_a_quick_books_payment", {"TotalAmt": "12.50"}, "12.5"),
        ("create_a_quick_books_payment", {"TotalAmt": -700}, "700"),
        ("create_a_quick_books_transfer", {"Amount": 9}, "9"),
        (BILL, {"Line": [{"Amount": 0.1}, {"Amount": 0.2}]}, "0.3"),
        (BILL, {"Line": [{"Amount": 10}], "TxnTaxDetail": {"TotalTax": 2}}, "12"),
        (INVOICE, {"Line": [sale("SalesItemLineDetail", 90), sale("SubTotalLineDetail", 90)]}, "90"),
        (INVOICE, {"Line": [sale("SalesItemLineDetail", 90), sale("DiscountLineDetail", 15)]}, "75"),
        (INVOICE, {"Line": [sale("SalesItemLineDetail", 90), sale("DiscountLineDetail")]}, "90"),
        ("create_a_quick_books_journal_entry", {"Line": [booked("Debit", 40), booked("Credit", 40)]}, "40"),
        ("create_a_quick_books_customer", {"Balance": 300}, "300"),
        ("create_a_quick_books_account", {"OpeningBalance": 55}, "55"),
    ],
)
def test_the_amount_of_a_record_is_where_its_definition_says(tool, arguments, amount):
    assert measure_amount(write(tool, arguments)) == Decimal(amount)


def test_what_is_taken_off_again_does_not_hide_an_amount():
    lines = [{"Amount": 5_000}, {"Amount": -4_990}]

    assert measure_amount(write("create_a_quick_books_deposit", {"Line": lines})) == 5_000


def test_an_update_counts_the_amount_of_the_record_after_it():
    before = {"Line": [{"Amount": 900}], "TxnTaxDetail": {"TotalTax": 90}}

    def amount(**changed: Any) -> Any:
        return measure_amount(write("update_a_quick_books_bill_by_id", changed, before))

    assert amount(DueDate="2026-12-01") == 990
    assert amount(Line=[{"Amount": 20}]) == 110


def test_what_removes_a_record_counts_its_amount_and_what_sends_it_counts_none():
    before = {"Line": [sale("SalesItemLineDetail", 700)], "Balance": 700}

    assert measure_amount(write("delete_a_quick_books_invoice_by_id", {"id": "1"}, before)) == 700
    assert measure_amount(write("void_a_quick_books_invoice_by_id", {"id": "1"}, before)) == 700
    assert measure_amount(write("send_a_quick_books_invoice_by_id", {"id": "1"}, before)) is None


def test_a_change_of_a_name_does_not_count_what_it_owes():
    change = write("update_a_quick_books_customer_by_id", {"DisplayName": "New"}, {"Balance": 90_000})

    assert measure_amount(change) is None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (sale("GroupLineDetail"), r"Line\[0\] does not say its Amount\."),
        (sale("SalesItemLineDetail", float("nan")), r"Line\[0\]\.Amount is no number\."),
    ],
)
def test_an_amount_that_the_record_does_not_say_is_not_taken_for_a_small_one(line, found):
    [violation] = find_violations(
        Policies(max_amount=Decimal(1)), write(INVOICE, {"Line": [line]}), "", TODAY
    )

    assert violation.rule == "max_amount"
    assert re.fullmatch(found, violation.found)


@pytest.mark.parametrize(("amount", "expected"), [(100, []), (100.01, ["max_amount"])])
def test_a_write_above_the_greatest_amount_is_refused(amount, expected):
    assert rules(Policies(max_amount=Decimal(100)), write(BILL, {"Line": [{"Amount": amount}]})) == expected


def test_one_write_above_the_amount_of_a_day_is_refused_by_itself():
    of = write(BILL, {"Line": [{"Amount": 10}]})

    assert rules(Policies(max_amount_per_day=Decimal(9)), of) == ["max_amount_per_day"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ({"VendorRef": {"value": "66"}}, "vendors"),
        ({"VendorRef": {"name": "Somebody"}}, "vendors"),
        ({"Line": [{}, {"Detail": {"AccountRef": {"value": "66"}}}]}, "accounts"),
        ({"Party": {"type": "Vendor", "value": "66"}}, "vendors"),
        ({"Party": {"type": "Customer", "value": "66"}}, "customers"),
        ({"Party": {"value": "66"}}, "vendors"),
        ({"LinkedTxn": [{"TxnType": "Bill", "TxnId": "66"}]}, "bills"),
        ({"Id": "66"}, "invoices"),
    ],
)
def test_every_reference_anywhere_in_a_record_is_compared_with_the_lists(content, rule):
    assert rules(Policies(deny=((rule, ("66",)),)), made_up(content)) == [f"deny.{rule}"]
    assert rules(Policies(allow=((rule, ("7",)),)), made_up(content)) == [f"allow.{rule}"]


@pytest.mark.parametrize(
    "content",
    [
        {"VendorRef": {"value": "7"}},
        {"Party": {"type": "Customer", "value": "66"}},
        {"VendorRef": {"value": ""}},
        {"VendorRef": None},
        {"DueDate": "66"},
        {},
    ],
)
def test_what_is_not_listed_or_another_resource_is_let_through(content):
    policies = Policies(allow=(("vendors", ("7", "8")),), deny=(("vendors", ("66",)),))

    assert rules(policies, made_up(content)) == []


def test_a_record_that_refers_to_what_is_denied_now_is_not_changed_to_refer_to_something_else():
    change = made_up({"VendorRef": {"value": "7"}}, {"VendorRef": {"value": "66"}})

    assert rules(Policies(deny=(("vendors", ("66",)),)), change) == ["deny.vendors"]


@pytest.mark.parametrize(
    ("content", "before", "expected"),
    [
        ({"TxnDate": "2026-10-01"}, {}, []),
        ({"TxnDate": "2026-09-30"}, {}, ["not_before"]),
        ({"TxnDate": "2026-10-01"}, {"TxnDate": "2026-09-30"}, ["not_before"]),
        ({"TxnDate": "2026-09-30"}, {"TxnDate": "2026-10-01"}, ["not_before"]),
        ({}, {"TxnDate": "2026-09-30"}, ["not_before"]),
        ({}, {}, []),
    ],
)
def test_nothing_is_written_to_or_moved_from_a_day_before_the_first(content, before, expected):
    change = write("update_a_quick_books_bill_by_id", content, before)

    assert rules(Policies(), change, first_day="2026-10-01") == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"sparse": True, "AccountingInfoPrefs": {"BookCloseDate": "2026-09-29"}}, ["not_before"]),
        ({"sparse": True, "AccountingInfoPrefs": {"TrackDepartments": True}}, ["not_before"]),
        ({"ReportPrefs": {"ReportBasis": "Cash"}}, ["not_before"]),
        ({"sparse": True, "ReportPrefs": {"ReportBasis": "Cash"}}, []),
        ({"sparse": True, "AccountingInfoPrefs": {"BookCloseDate": "2026-10-31"}}, []),
    ],
)
def test_closed_books_are_not_opened_where_they_are_what_holds_a_write(content, expected):
    before = {"AccountingInfoPrefs": {"BookCloseDate": "2026-09-30"}}
    change = write("update_quick_books_preferences", content, before)

    assert rules(Policies(not_before=CLOSING_DATE), change, "2026-10-01") == expected
    assert rules(Policies(not_before="2026-10-01"), change, "2026-10-01") == []


def test_a_record_without_a_day_counts_as_of_today():
    assert rules(Policies(), write(BILL, {}), first_day="2026-11-21") == ["not_before"]


def test_sending_and_changing_names_have_no_day():
    sent = write("send_a_quick_books_invoice_by_id", {"id": "1"}, {"TxnDate": "2020-01-01"})
    renamed = write("update_a_quick_books_customer_by_id", {}, {"OpenBalanceDate": "2020-01-01"})

    assert [*rules(Policies(), sent, "2026-10-01"), *rules(Policies(), renamed, "2026-10-01")] == []


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("create_a_quick_books_estimate", []),
        ("update_a_quick_books_purchase_order_by_id", []),
        (INVOICE, ["drafts_only"]),
        ("create_a_quick_books_customer", ["drafts_only"]),
        ("delete_a_quick_books_estimate_by_id", ["drafts_only"]),
        ("send_a_quick_books_estimate_by_id", ["drafts_only"]),
        ("upload_a_quick_books_file", ["drafts_only"]),
    ],
)
def test_only_tools_that_make_drafts_are_let_through(tool, expected):
    assert rules(Policies(drafts_only=True), write(tool, {})) == expected


@pytest.mark.parametrize(
    ("before", "content", "expected"),
    [
        ({"Status": "DRAFT"}, {"DueDate": "2026-12-01"}, []),
        ({"Status": "DRAFT"}, {"Status": "SENT"}, ["drafts_only"]),
        ({"Status": "SENT"}, {"Status": "DRAFT"}, ["drafts_only"]),
        ({}, {"DueDate": "2026-12-01"}, ["drafts_only"]),
    ],
)
def test_a_draft_by_its_status_is_one_before_and_after(before, content, expected):
    change = made_up(content, before, drafts={"invoices": Draft("Status", ("DRAFT",))})

    assert rules(Policies(drafts_only=True), change) == expected


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (Policies(max_amount=Decimal(9)), ["max_amount"]),
        (Policies(deny=(("vendors", ("1",)),)), ["deny"]),
        (Policies(drafts_only=True), ["drafts_only"]),
        (Policies(max_writes_per_hour=9), []),
    ],
)
def test_a_record_that_holds_another_one_is_not_let_through_unseen(policies, expected):
    template = write(
        "create_a_quick_books_recurring_transaction", {"Bill": {"Line": [{"Amount": 1_000_000}]}}
    )

    assert rules(policies, template) == expected


def test_a_refusal_says_every_rule_with_what_was_found_and_what_is_allowed():
    of = write(BILL, {"Line": [{"Amount": 120}], "TxnDate": "2026-01-02"})
    found = list(find_violations(Policies(max_amount=Decimal(100)), of, "2026-10-01", TODAY))

    with pytest.raises(PolicyRefused) as refused:
        refuse([("write 2", each) for each in found])

    assert "write 2: max_amount: The amount is 120. At most 100 is allowed." in refused.value.message
    assert "not_before: TxnDate is 2026-01-02. The first day allowed is 2026-10-01." in refused.value.message
    assert [each["rule"] for each in refused.value.details["errors"]] == ["max_amount", "not_before"]
    refuse([])


@pytest.mark.parametrize(
    ("used", "amount", "writes", "expected"),
    [
        (Used(Decimal(60), 2), 40, 1, []),
        (Used(Decimal(60), 2), 41, 1, ["max_amount_per_day"]),
        (Used(Decimal(900), 2), 0, 1, []),
        (Used(Decimal(0), 3), 1, 1, ["max_writes_per_hour"]),
        (Used(Decimal(0), 2), 1, 2, ["max_writes_per_hour"]),
    ],
)
def test_what_was_written_before_counts(used, amount, writes, expected):
    policies = Policies(max_amount_per_day=Decimal(100), max_writes_per_hour=3)

    assert [each.rule for each in find_exceeded(policies, used, Decimal(amount), writes)] == expected
