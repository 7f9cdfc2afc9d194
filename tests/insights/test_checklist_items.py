"""Each item of the month-end checklist over small books: done, open, or not known where not all was read."""

from __future__ import annotations

import pickle
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from generator.insight_rules import FixRules
from runtime.insights.books import Account, Books, Key, Missing, Span, Template, Transaction
from runtime.insights.report_rows import Report, Row
from tests.insights.changing import replace
from tests.insights.checklist_books import (
    CUSTOMER,
    VENDOR,
    check,
    check_item,
    make,
    make_books,
    make_item,
    make_reports,
    post,
    settle,
)
from tests.insights.planned import without

RECEIVED = make("customer_payment", "7", "10-05", "100", account="5")
UNAPPLIED = make("customer_payment", "7", "10-05", "100", open="40")
CREDIT = make("customer_credit", "7", "10-05", "100", open="40")
VENDOR_CREDIT = make("vendor_credit", "7", "10-05", "100", open="40")
UNCATEGORISED = make("expense", "7", "10-05", "100", account="1", lines=(post("6", "100"),))
ASK = make("bill", "7", "10-05", "100", due=date(2026, 11, 5), lines=(post("7", "100"),))
UNSENT = make("invoice", "7", "10-05", "100", is_unsent=True)
NO_DUE_DATE = make("bill", "7", "10-05", "100")
NO_MEMO = make("journal", "7", "10-05", lines=(post("11", "100", "debit"), post("1", "100", "credit")))
RENT = tuple(
    make("bill", str(at), f"2026-{at:02}-03", "900", due=date(2026, at, 28), lines=(post("11", "900"),))
    for at in range(4, 10)
)
FOUND: dict[str, tuple[tuple[Transaction, ...], dict[str, Any], str, str]] = {
    "undeposited_funds": ((RECEIVED,), {"balances": {"5": "100"}}, "open", "payments:7"),
    "unapplied_payments": ((UNAPPLIED,), {}, "open", "payments:7"),
    "unapplied_credits": ((CREDIT,), {}, "open", "credit_memos:7"),
    "unused_vendor_credits": ((VENDOR_CREDIT,), {}, "open", "vendor_credits:7"),
    "uncategorised": ((UNCATEGORISED,), {}, "open", "purchases:7"),
    "ask_accountant": ((ASK,), {}, "open", "bills:7"),
    "suspense": ((), {"balances": {"8": "-5"}}, "open", "accounts:8"),
    "opening_balance": ((), {"balances": {"9": "-5"}}, "open", "accounts:9"),
    "negative_balances": ((), {"balances": {"1": "-5"}}, "open", "accounts:1"),
    "sales_tax": ((), {"balances": {"10": "-5"}}, "attention", "accounts:10"),
    "unsent_forms": ((UNSENT,), {}, "open", "invoices:7"),
    "bills_without_due_date": ((NO_DUE_DATE,), {}, "open", "bills:7"),
    "journals_without_memo": ((NO_MEMO,), {}, "open", "journal_entries:7"),
    "recurring": (RENT, {}, "attention", "bills:9"),
    "negative_stock": ((), {"items": make_item("-2")}, "open", "items:1"),
}
"""What an item finds, by its name: the transactions, the rest of the books, the status and the first evidence."""
NEEDED: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "undeposited_funds": (("deposit",), ("accounts",), ("trial_balance",)),
    "unapplied_payments": (("customer_payment",), (), ()),
    "unapplied_credits": (("customer_credit",), (), ()),
    "unused_vendor_credits": (("vendor_credit",), (), ()),
    "uncategorised": (("expense", "deposit"), ("accounts", "items"), ()),
    "ask_accountant": (("bill", "sale"), ("accounts", "items"), ()),
    "suspense": ((), ("accounts",), ("trial_balance",)),
    "opening_balance": ((), ("accounts",), ("trial_balance",)),
    "negative_balances": ((), ("accounts",), ("trial_balance",)),
    "parties_in_credit": ((), (), ("aged_receivables", "aged_payables")),
    "sales_tax": (("refund",), ("accounts",), ("trial_balance",)),
    "bank_accounts": (("transfer", "card_payment"), ("accounts",), ("trial_balance",)),
    "unsent_forms": (("invoice", "sale"), (), ()),
    "bills_without_due_date": (("bill",), (), ()),
    "journals_without_memo": (("journal",), (), ()),
    "recurring": (("bill", "expense", "invoice"), ("templates",), ()),
    "receivables": (
        ("invoice", "customer_payment", "journal"),
        ("accounts",),
        ("balance_sheet", "aged_receivables"),
    ),
    "payables": (("bill", "vendor_payment", "journal"), ("accounts",), ("balance_sheet", "aged_payables")),
    "trial_balance": ((), (), ("trial_balance",)),
    "negative_stock": ((), ("items",), ()),
}
"""What each item cannot be done without: kinds of transactions, lists, reports."""


@pytest.mark.parametrize("name", FOUND)
def test_an_item_finds_what_it_looks_for(name: str) -> None:
    transactions, values, status, evidence = FOUND[name]

    item = check_item(name, *transactions, **values)

    assert (item["status"], item["evidence"][0]) == (status, evidence)
    assert item["says"].endswith(".")


def test_books_with_nothing_to_do_have_no_item_that_is_to_do_but_the_closing_date() -> None:
    items = check(make_books(items=make_item("2")))

    assert [name for name, each in items.items() if each["status"] in ("open", "attention", "not_known")] == [
        "closing_date"
    ]


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        (name, kind, each)
        for name, needed in NEEDED.items()
        for kind, values in enumerate(needed)
        for each in values
    ],
)
def test_an_item_is_not_known_where_something_was_not_read(name: str, kind: int, value: str) -> None:
    steady = tuple(make("deposit", str(at), f"2026-{at:02}-28", "5", account="1") for at in range(4, 11))
    books = make_books(*steady, items=make_item("2"), balances={"1": "35"})
    parts: list[tuple[str, ...]] = [(), (), ()]
    parts[kind] = (value,)

    item = check(without(books, *parts[0], lists=parts[1], reports=parts[2]))[name]

    assert item["status"] == "not_known"
    assert item["fix"] is None


def test_what_was_found_in_a_part_of_the_records_says_that_there_may_be_more() -> None:
    books = replace(make_books(UNSENT), read={"invoice": Span(date(2026, 10, 3), date(2026, 11, 20))})

    item = check(books)["unsent_forms"]

    assert (item["status"], item["count"]) == ("open", 1)
    assert "there may be more" in item["says"]


def test_records_that_could_not_be_read_leave_an_item_not_known() -> None:
    sent = replace(UNSENT, is_unsent=False)
    books = replace(make_books(sent), missing=(Missing("invoices", "Their values cannot be read.", 2),))

    assert check(books)["unsent_forms"]["status"] == "not_known"


def test_a_payment_that_was_deposited_after_the_month_is_done_and_says_what_the_account_showed() -> None:
    deposit = make(
        "deposit", "8", "11-02", "100", account="1", lines=(settle("customer_payment", "7", "100"),)
    )

    item = check_item("undeposited_funds", RECEIVED, deposit, balances={"5": "100"})

    assert item["status"] == "done"
    assert (
        "The account shows 100.00 USD at 31 October 2026. All of it has been deposited since." in item["says"]
    )


def test_a_balance_of_undeposited_funds_without_receipts_asks_for_attention() -> None:
    item = check_item("undeposited_funds", balances={"5": "30"})

    assert (item["status"], item["evidence"], item["amount"]) == ("attention", ["accounts:5"], 30)


def test_a_payment_after_the_month_is_no_matter_of_it() -> None:
    later = make("customer_payment", "9", "11-01", "100", open="40", account="5")

    items = check(make_books(later))

    assert items["unapplied_payments"]["status"] == items["undeposited_funds"]["status"] == "done"


def test_the_fix_of_a_payment_names_the_oldest_open_invoice_of_its_customer() -> None:
    rules = FixRules("apply", {"id": "{id}", "invoice": "{other_id}", "amount": "{amount}"}, "Apply it.")
    other = make("invoice", "1", "08-01", "500", open="500", party=Key("customers", "9"))
    younger = make("invoice", "3", "09-10", "30", open="30")
    older = make("invoice", "2", "09-01", "30", open="30")
    books = make_books(UNAPPLIED, other, older, younger, fixes={"unapplied_payments": (rules,)})

    fix = check(books)["unapplied_payments"]["fix"]

    assert fix["arguments"] == {"id": "7", "invoice": "2", "amount": Decimal("30.00")}


def test_a_fix_that_lacks_a_value_gives_place_to_the_next_one_and_then_to_none() -> None:
    rules = (
        FixRules("apply", {"invoice": "{other_id}"}, "Apply it."),
        FixRules("get", {"id": "{id}"}, "Open it."),
    )

    with_two = check(make_books(UNAPPLIED, fixes={"unapplied_payments": rules}))["unapplied_payments"]
    with_one = check(make_books(UNAPPLIED, fixes={"unapplied_payments": rules[:1]}))["unapplied_payments"]

    assert with_two["fix"]["tool"] == "get"
    assert with_one["fix"] is None


def test_a_fix_of_other_resources_is_not_taken() -> None:
    rules = FixRules("send", {"id": "{id}"}, "Send it.", ("sales_receipts",))

    assert check(make_books(UNSENT, fixes={"unsent_forms": (rules,)}))["unsent_forms"]["fix"] is None


def test_evidence_and_records_are_cut_and_the_count_is_that_of_all() -> None:
    many = [make("invoice", str(at), "10-05", str(at), is_unsent=True) for at in range(1, 61)]

    item = check_item("unsent_forms", *many)

    assert (item["count"], len(item["evidence"]), len(item["records"])) == (60, 50, 10)
    assert item["evidence"][0] == "invoices:60"
    assert item["amount"] == sum(range(1, 61))


def test_an_entry_by_the_account_of_its_product_is_uncategorised() -> None:
    items = make_item("1")
    items["1"] = replace(items["1"], expense_account="6")
    bought = make("bill", "7", "10-05", "20", lines=(post("", "20", item="1"),))

    assert check_item("uncategorised", bought, items=items)["evidence"] == ["bills:7"]


def test_a_transfer_to_an_uncategorised_account_is_found() -> None:
    transfer = make("transfer", "7", "10-05", "20", account="1", to_account="6")

    assert check_item("uncategorised", transfer)["evidence"] == ["transfers:7"]


def test_depreciation_below_zero_is_as_it_should_be() -> None:
    assert check_item("negative_balances", balances={"12": "-500"})["status"] == "done"


def test_a_liability_with_a_debit_balance_asks_for_attention() -> None:
    item = check_item("negative_balances", balances={"2": "500", "1": "10"})

    assert (item["status"], item["evidence"]) == ("attention", ["accounts:2"])


def test_a_customer_with_a_credit_balance_is_found_in_the_aging_report() -> None:
    reports = make_reports({})
    rows = (Row("row", 0, ("Anna", "-12.50"), "1"), Row("row", 0, ("Bert", "3.00"), "2"))
    reports["aged_receivables"] = Report("aging", rows=rows, totals={})

    item = check_item("parties_in_credit", reports=reports)

    assert (item["status"], item["evidence"], item["amount"]) == (
        "attention",
        ["customers:1"],
        Decimal("12.50"),
    )


def test_sales_tax_of_the_month_itself_is_open_and_older_tax_asks_for_attention() -> None:
    charged = make("invoice", "7", "10-05", "108", tax=Decimal(8))

    assert check_item("sales_tax", charged, balances={"10": "-8"})["status"] == "open"
    older = check_item("sales_tax", charged, balances={"10": "-20"})
    assert older["status"] == "attention"
    assert "12.00 USD is older" in older["says"]


def test_a_journal_entry_that_says_something_in_a_line_has_a_memo() -> None:
    line = post("11", "100", "debit", text="Accrued rent")

    assert check_item("journals_without_memo", replace(NO_MEMO, lines=(line,)))["status"] == "done"


def test_the_due_date_of_a_fix_follows_the_other_bills_of_the_vendor() -> None:
    fixes = {"bills_without_due_date": (FixRules("update", {"due": "{due}"}, "Set it."),)}
    other = make("bill", "1", "09-05", "10", due=date(2026, 9, 20))

    books = make_books(other, NO_DUE_DATE, fixes=fixes)

    assert check(books)["bills_without_due_date"]["fix"]["arguments"] == {"due": "2026-10-20"}


def test_a_bill_that_came_is_not_missing() -> None:
    october = make("bill", "10", "10-05", "900", due=date(2026, 10, 28), lines=(post("11", "900"),))

    assert check_item("recurring", *RENT, october)["status"] == "done"


def test_a_bill_that_came_some_days_early_is_not_missing() -> None:
    early = make("bill", "10", "09-29", "900", due=date(2026, 10, 28), lines=(post("11", "900"),))

    assert check_item("recurring", *RENT, early)["status"] == "done"


def test_a_bill_is_not_missing_before_its_usual_day_has_passed() -> None:
    october = make("bill", "10", "10-05", "900", due=date(2026, 10, 28), lines=(post("11", "900"),))
    books = make_books(*RENT, october, today=date(2026, 11, 4))

    assert check(books, "2026-11")["recurring"]["status"] == "done"
    assert check(replace(books, today=date(2026, 11, 12)), "2026-11")["recurring"]["status"] != "done"


def test_a_vendor_that_bills_now_and_then_is_not_missed() -> None:
    assert check_item("recurring", RENT[0], RENT[2], RENT[5])["status"] == "not_used"


def test_a_recurring_transaction_whose_next_day_has_passed_was_not_made() -> None:
    template = Template(
        Key("recurring_transactions", "3"), "Rent", "Bill", VENDOR, Decimal(900), next_day=date(2026, 10, 3)
    )
    later = replace(template, next_day=date(2026, 12, 3))

    assert check_item("recurring", templates=(template,))["evidence"] == ["recurring_transactions:3"]
    assert check_item("recurring", templates=(later,))["status"] == "done"
    assert check_item("recurring", templates=(replace(template, is_active=False),))["status"] == "not_used"


def test_stock_of_zero_is_not_below_zero_and_products_without_stock_are_not_used() -> None:
    assert check_item("negative_stock", items=make_item("0"))["status"] == "done"
    assert check_item("negative_stock")["status"] == "not_used"


@pytest.mark.parametrize(
    ("closing_date", "status"),
    [("2026-10-31", "done"), ("2026-12-31", "done"), ("2026-10-30", "open"), ("", "open"), ("soon", "open")],
)
def test_the_books_are_closed_from_the_last_day_of_the_month_on(closing_date: str, status: str) -> None:
    settings = {"home_currency": "USD", "closing_date": closing_date}

    assert check_item("closing_date", settings=settings)["status"] == status


def test_the_closing_date_is_not_known_without_settings() -> None:
    books = make_books(settings={})

    assert check(replace(books, lists=books.lists - {"settings"}))["closing_date"]["status"] == "not_known"


def test_a_trial_balance_out_of_balance_is_open_with_its_difference() -> None:
    item = check_item("trial_balance", balances={"1": "100", "4": "-90"})

    assert (item["status"], item["amount"]) == ("open", 10)
    assert "a difference of 10.00 USD" in item["says"]


def test_a_part_of_a_report_is_not_taken_for_the_whole() -> None:
    reports = make_reports({"1": "-5"})
    reports["trial_balance"] = replace(reports["trial_balance"], is_whole=False)

    assert check_item("negative_balances", reports=reports)["status"] == "not_known"


def test_an_account_that_the_company_lacks_is_not_used() -> None:
    bank = {"1": Account(Key("accounts", "1"), "Checking", roles=frozenset({"bank", "asset"}))}

    items = check(make_books(accounts=bank))

    names = (
        "undeposited_funds",
        "uncategorised",
        "ask_accountant",
        "suspense",
        "opening_balance",
        "sales_tax",
    )
    assert {name: items[name]["status"] for name in names} == dict.fromkeys(names, "not_used")


def test_a_record_names_its_party_number_day_and_amount() -> None:
    numbered = replace(UNSENT, number="INV-7", party=CUSTOMER)

    [record] = check_item("unsent_forms", numbered)["records"]

    day = date(2026, 10, 5)
    assert record == {
        "id": "invoices:7",
        "number": "INV-7",
        "party": "Anna",
        "day": day,
        "amount": Decimal(100),
    }


def test_amounts_in_other_currencies_are_in_that_of_the_company() -> None:
    foreign = make("invoice", "8", "10-05", "100", is_unsent=True, currency="EUR", rate=Decimal("1.1"))

    assert check_item("unsent_forms", UNSENT, foreign)["amount"] == Decimal("210.00")


def test_a_voided_form_is_not_looked_at() -> None:
    voided = replace(UNSENT, total=Decimal(0))

    assert check_item("unsent_forms", voided)["status"] == "done"


def test_books_are_values_that_can_be_sent_to_another_process() -> None:
    books = make_books(UNSENT)

    assert isinstance(pickle.loads(pickle.dumps(books)), Books)


def test_a_fix_is_not_filled_with_a_value_that_is_empty() -> None:
    rules = FixRules("update", {"number": "{number}"}, "Number it.")

    assert check(make_books(UNSENT, fixes={"unsent_forms": (rules,)}))["unsent_forms"]["fix"] is None


def test_a_payment_is_not_applied_to_an_invoice_of_another_currency() -> None:
    rules = FixRules("apply", {"invoice": "{other_id}"}, "Apply it.")
    foreign = make("invoice", "2", "09-01", "30", open="30", currency="EUR")

    books = make_books(UNAPPLIED, foreign, fixes={"unapplied_payments": (rules,)})

    assert check(books)["unapplied_payments"]["fix"] is None


def test_sales_tax_of_the_month_before_is_not_late_while_the_month_runs() -> None:
    books = make_books(balances={"10": "-8"})

    assert check(books, "2026-11")["sales_tax"]["status"] == "open"


def test_only_entries_on_the_account_itself_are_named() -> None:
    on_it = make("journal", "7", "10-05", lines=(post("8", "5", "credit"), post("11", "5", "debit")))
    other = make("journal", "8", "10-06", lines=(post("1", "5", "credit"), post("11", "5", "debit")))

    item = check_item("suspense", on_it, other, balances={"8": "-5"})

    assert item["evidence"] == ["accounts:8", "journal_entries:7"]


def test_the_total_of_a_report_is_no_customer() -> None:
    reports = make_reports({})
    rows = (Row("row", 0, ("Anna", "-5.00"), "1"), Row("total", 0, ("Total", "-5.00"), "1"))
    reports["aged_receivables"] = Report("aging", rows=rows, totals={})

    assert check_item("parties_in_credit", reports=reports)["count"] == 1
