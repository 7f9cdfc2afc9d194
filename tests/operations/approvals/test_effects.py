"""What a waiting change says it would do to balances, stock and the period is what the books are once it is done."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from runtime.operations.approvals.bookings import list_changes_of
from runtime.operations.approvals.effects import list_effects
from runtime.operations.approvals.referenced import Referenced, State
from runtime.operations.formats import Formats
from tests.builtin import builtin_catalog
from tests.operations.approvals.proposing_company import find_effect, read_number
from tests.operations.approvals.proposing_lines import (
    ADVERTISING,
    AMY,
    BOB,
    CHECKING,
    PAYABLE,
    PUMP,
    RECEIVABLE,
    SAVINGS,
    SERVICES,
    buy,
    link,
    post,
    sell,
    spend,
)

FIELDS = {
    "customers": "Balance",
    "vendors": "Balance",
    "accounts": "CurrentBalance",
    "items": "QtyOnHand",
    "invoices": "Balance",
    "bills": "Balance",
}


def sell_pumps(_company):
    lines = [sell(PUMP, 30, 2), sell(SERVICES, 70, 1)]
    return "create invoices", {"CustomerRef": {"value": AMY}, "Line": lines, "TxnDate": "2026-11-10"}


def make_an_invoice(company):
    tool, given = sell_pumps(company)
    return company.call(tool, **given)


def change_lines_of_an_invoice(company):
    made = make_an_invoice(company)
    lines = [{"Id": made["Line"][0]["Id"], **sell(PUMP, 45, 3)}]
    return "update invoices", {"id": made["Id"], "Line": lines}


def give_an_invoice_to_another_customer(company):
    made = make_an_invoice(company)
    return "update invoices", {"id": made["Id"], "CustomerRef": {"value": "2"}}


def delete_an_invoice(company):
    made = make_an_invoice(company)
    return "delete invoices", {"id": made["Id"], "SyncToken": made["SyncToken"]}


def void_an_invoice(company):
    made = make_an_invoice(company)
    return "void invoices", {"id": made["Id"], "SyncToken": made["SyncToken"]}


def sell_at_once(_company):
    to = {"DepositToAccountRef": {"value": CHECKING}}
    return "create sales_receipts", {"CustomerRef": {"value": AMY}, "Line": [sell(PUMP, 30, 2)], **to}


def enter_a_bill(_company):
    lines = [spend(ADVERTISING, 100.25), buy(PUMP, 40, 4)]
    payable = {"APAccountRef": {"value": PAYABLE}}
    return "create bills", {"VendorRef": {"value": BOB}, "Line": lines, **payable}


def receive_a_payment(company):
    invoice = company.list("invoices", Balance_from=50, limit=1)[0]
    lines, to = [link("Invoice", invoice["Id"], 50)], {"DepositToAccountRef": {"value": CHECKING}}
    return "create payments", {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 50, "Line": lines, **to}


def delete_a_payment(company):
    tool, given = receive_a_payment(company)
    made = company.call(tool, **given)
    return "delete payments", {"id": made["Id"], "SyncToken": made["SyncToken"]}


def pay_a_bill(company):
    bill = company.list("bills", Balance_from=50, limit=1)[0]
    lines, check = [link("Bill", bill["Id"], 50)], {"BankAccountRef": {"value": CHECKING}}
    given = {"PayType": "Check", "CheckPayment": check, "TotalAmt": 50, "Line": lines}
    return "create bill_payments", {"VendorRef": bill["VendorRef"], **given}


def post_between_accounts(_company):
    return "create journal_entries", {"Line": [post("Debit", CHECKING, 200), post("Credit", SAVINGS, 200)]}


def write_off_what_a_customer_owes(_company):
    customer = {"Entity": {"Type": "Customer", "EntityRef": {"value": AMY}}}
    return "create journal_entries", {
        "Line": [post("Debit", ADVERTISING, 20), post("Credit", RECEIVABLE, 20, **customer)]
    }


def owe_a_vendor_by_journal(_company):
    vendor = {"Entity": {"Type": "Vendor", "EntityRef": {"value": BOB}}}
    return "create journal_entries", {
        "Line": [post("Debit", ADVERTISING, 20), post("Credit", PAYABLE, 20, **vendor)]
    }


def transfer_money(_company):
    sides = {"FromAccountRef": {"value": CHECKING}, "ToAccountRef": {"value": SAVINGS}}
    return "create transfers", {**sides, "Amount": 75}


def take_back_by_credit_memo(_company):
    return "create credit_memos", {"CustomerRef": {"value": AMY}, "Line": [sell(PUMP, 15, 1)]}


def correct_stock(_company):
    line = {"ItemRef": {"value": PUMP}, "QtyDiff": -3}
    return "create inventory_adjustments", {
        "AdjustAccountRef": {"value": ADVERTISING},
        "TxnDate": "2026-11-10",
        "Line": [{"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": line}],
    }


CASES = {
    sell_pumps: {"customers": 1, "items": 1},
    change_lines_of_an_invoice: {"customers": 1, "items": 1},
    give_an_invoice_to_another_customer: {"customers": 2, "items": 0},
    delete_an_invoice: {"customers": 1, "items": 1},
    void_an_invoice: {"customers": 1, "items": 1},
    sell_at_once: {"accounts": 1, "items": 1},
    enter_a_bill: {"vendors": 1, "accounts": 1, "items": 1},
    receive_a_payment: {"customers": 1, "accounts": 1, "invoices": 1},
    delete_a_payment: {"customers": 1, "accounts": 1, "invoices": 1},
    pay_a_bill: {"vendors": 1, "accounts": 1, "bills": 1},
    post_between_accounts: {"accounts": 2},
    write_off_what_a_customer_owes: {"accounts": 1, "customers": 1},
    owe_a_vendor_by_journal: {"accounts": 1, "vendors": 1},
    transfer_money: {"accounts": 2},
    take_back_by_credit_memo: {"customers": 1, "items": 1},
    correct_stock: {"items": 1},
}


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.__name__)
def test_the_books_are_afterwards_what_was_predicted(company, case):
    tool, given = case(company)

    proposal = company.propose(tool, **given)
    company.call(tool, **given)

    moved = [each for each in proposal.effects if each.resource]
    count = {name: sum(each.resource == name for each in moved) for name in CASES[case]}
    assert count == CASES[case]
    assert len(moved) == sum(CASES[case].values())
    for each in moved:
        after = company.read(each.resource, each.record_id)[FIELDS[each.resource]]
        assert each.is_exact
        assert read_number(each.now) + read_number(each.change) == read_number(each.after)
        assert float(read_number(each.after)) == after, each.label


def test_an_effect_is_said_in_names_and_amounts(company):
    proposal = company.propose("create invoices", **sell_pumps(company)[1])

    owed, stock = find_effect(proposal, "customers"), find_effect(proposal, "items")
    assert (owed.label, owed.now, owed.change, owed.after, owed.currency) == (
        "Amy's Bird Sanctuary owes",
        "432.50",
        "+100.00",
        "532.50",
        "USD",
    )
    assert (stock.label, stock.change) == ("Pump in stock", "−2")  # noqa: RUF001
    assert stock.note == "The cost of the goods is worked out when it is posted."


def test_a_tax_that_the_vendor_adds_is_said_and_not_guessed(company):
    lines, tax = [sell(PUMP, 30, 2, TaxCodeRef={"value": "TAX"})], {"TxnTaxCodeRef": {"value": "2"}}

    proposal = company.propose("create invoices", CustomerRef={"value": AMY}, Line=lines, TxnTaxDetail=tax)

    owed = find_effect(proposal, "customers")
    assert not owed.is_exact
    assert owed.note.startswith("Without the sales tax")
    assert owed.change == "+30.00"


def test_stock_that_would_fall_below_zero_is_said(company):
    proposal = company.propose("create invoices", CustomerRef={"value": AMY}, Line=[sell(PUMP, 5000, 500)])

    assert "There would be less than none." in find_effect(proposal, "items").note


def list_made_up(after, records=(), settings=None):
    """The effects of a new invoice, of which all that is referred to is given."""
    tool = builtin_catalog().by_name["create_a_quick_books_invoice"]
    integration = builtin_catalog().integrations["quickbooks"]
    moved = list_changes_of(tool, integration, None, after)
    state = State(SimpleNamespace(tool=tool), None, after, moved)
    return list_effects(
        state, Referenced(integration, dict(records), settings or {}), date(2026, 11, 20), Formats()
    )


def test_what_a_bundle_takes_of_the_stock_is_said_not_to_be_computed():
    bundle = {
        "DetailType": "GroupLineDetail",
        "Amount": 20,
        "GroupLineDetail": {"GroupItemRef": {"value": "9"}},
    }

    effects = list_made_up({"CustomerRef": {"value": AMY}, "Line": [bundle]})

    (stock,) = [each for each in effects if each.kind == "stock"]
    assert (stock.label, stock.change, stock.is_exact) == ("Other stock", "", False)
    assert stock.note == "What a bundle takes of the stock is not computed."


def test_an_amount_in_another_currency_than_the_balance_is_not_guessed():
    euros, dollars = {"CurrencyRef": {"value": "EUR"}}, {"CurrencyRef": {"value": "USD"}}
    account = {"Id": CHECKING, "Name": "Checking", "AccountType": "Bank", "CurrentBalance": 10, **dollars}
    after = {"Deposit": 5, "DepositToAccountRef": {"value": CHECKING}, "Line": [], **euros}

    effects = list_made_up(after, {("accounts", CHECKING): account}.items())

    assert (effects[0].now, effects[0].change, effects[0].after) == ("10.00", "", "")
    assert "It is in EUR" in effects[0].note


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-10-31", "Oct 31, 2026 is in the closed books, which end on Oct 31, 2026."),
        ("2026-11-01", "The books are closed until Oct 31, 2026, before it."),
    ],
)
def test_a_day_is_held_against_the_closing_date(day, said):
    closed = {"AccountingInfoPrefs": {"BookCloseDate": "2026-10-31"}}

    effects = list_made_up({"TxnDate": day, "Line": [sell(SERVICES, 10, 1)]}, settings=closed)

    assert effects[-1].note.endswith(f". {said}")


def test_an_amount_that_a_line_does_not_say_is_not_guessed():
    line = {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": PUMP}}}
    pump = {"Id": PUMP, "Name": "Pump", "Type": "Inventory", "QtyOnHand": 5}
    amy = {"Id": AMY, "DisplayName": "Amy", "Balance": 1}

    effects = list_made_up(
        {"CustomerRef": {"value": AMY}, "Line": [line]},
        {("items", PUMP): pump, ("customers", AMY): amy}.items(),
    )

    assert [(each.change, each.after, each.is_exact) for each in effects[:2]] == [("", "", False)] * 2
    assert effects[0].note == "Its total is worked out when it is posted."


def test_an_update_that_books_nothing_has_no_effect_and_reads_only_its_record(company):
    invoice = company.list("invoices", limit=1)[0]
    before = company.count_sent()

    proposal = company.propose("update invoices", id=invoice["Id"], DueDate="2026-12-30")

    assert proposal.effects == ()
    assert company.count_sent() - before == 2  # the invoice, and the settings of the company


def test_an_email_has_no_effect(company):
    invoice = company.list("invoices", limit=1)[0]

    proposal = company.propose("send invoices", id=invoice["Id"], send_to="a@customer.example")

    assert proposal.effects == ()


def test_a_change_of_the_day_says_both_months(company):
    invoice = company.call("create invoices", **sell_pumps(company)[1])

    proposal = company.propose("update invoices", id=invoice["Id"], TxnDate="2026-10-31")

    (period,) = proposal.effects
    assert (period.kind, period.now, period.change, period.after) == (
        "period",
        "Nov 10, 2026",
        "moved from Nov 2026 to Oct 2026",
        "Oct 31, 2026",
    )
    assert period.note == "Moved from Nov 10, 2026 to Oct 31, 2026."


def test_a_day_that_is_not_given_is_said_to_be_that_of_posting(company):
    proposal = company.propose("create invoices", CustomerRef={"value": AMY}, Line=[sell(SERVICES, 10, 1)])

    (period,) = [each for each in proposal.effects if each.kind == "period"]
    assert not period.is_exact
    assert "gives no day" in period.note


def test_a_write_just_before_is_part_of_what_a_balance_is_now(company):
    given = sell_pumps(company)[1]
    company.propose("create invoices", **given)
    company.call("create invoices", **given)

    proposal = company.propose("create invoices", **given, allow_duplicate=True)

    assert find_effect(proposal, "customers").now == "532.50"
    assert find_effect(proposal, "items").now == "58"


def test_a_proposal_reads_each_resource_at_most_once_beyond_the_checks(company):
    given = sell_pumps(company)[1]
    company.call("create invoices", **given, dry_run=True)
    checked = company.count_sent()

    company.propose("create invoices", **given)

    again = company.count_sent() - checked
    assert again <= 3  # twins, and the settings of the company; the names were read a moment ago


def test_an_agent_that_may_not_read_customers_is_not_shown_what_one_owes(company):
    company.tools = {name: each for name, each in company.tools.items() if each.resource == "invoices"}

    proposal = company.propose("create invoices", **sell_pumps(company)[1])

    assert not find_effect(proposal, "customers").is_readable
    assert [each["kind"] for each in company.answered["effects"]] == ["period"]


def test_an_agent_that_may_only_write_learns_nothing_of_what_is_stored(company):
    invoice = company.list("invoices", DocNumber="356")[0]
    company.tools = {name: each for name, each in company.tools.items() if not each.is_read_only}

    company.propose("update invoices", id=invoice["Id"], DueDate="2026-12-30")

    text = str(company.answered)
    assert company.answered["says"] == f"Update an invoice {invoice['Id']}"
    assert not any(each in text for each in ("356", "Video Games by Dan", "Dec 19"))


def test_an_agent_is_shown_effects_as_computed_and_not_posted(company):
    company.propose("create invoices", **sell_pumps(company)[1])

    shown = company.answered["effects"]
    assert [each["kind"] for each in shown] == ["balance", "stock", "period"]
    assert shown[0]["label"] == "Amy's Bird Sanctuary owes"
    assert company.answered["effects_note"] == "Computed from the books as they are now, not yet posted."
