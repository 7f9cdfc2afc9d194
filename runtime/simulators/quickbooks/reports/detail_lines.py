"""Lines of the ledger with the transactions they belong to: what detail reports are made of.

Records are fetched once per report, when a cell asks for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from runtime.simulators.quickbooks.books.ledger import Posting
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.reports import sums
from runtime.simulators.quickbooks.reports.question import NAMED, Question

COLUMNS = (
    "txn_type, txn_id, line, date, account, cents, customer, vendor, employee, class, department, item,"
    " quantity, memo"
)
DEBIT_TYPES = frozenset(
    {"Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset", "Cost of Goods Sold",
     "Expense", "Other Expense"}
)  # fmt: skip
"""Types of accounts that usually hold a debit; on them a debit is shown as positive."""

SHOWN_TYPES = {
    "Invoice": "Invoice", "ReceivePayment": "Payment", "JournalEntry": "Journal Entry", "Bill": "Bill",
    "VendorCredit": "Vendor Credit", "BillPaymentCheck": "Bill Payment (Check)",
    "BillPaymentCreditCard": "Bill Payment (Credit Card)", "Transfer": "Transfer", "Deposit": "Deposit",
    "Check": "Check", "CashPurchase": "Cash Expense", "CreditCardCharge": "Credit Card Expense",
    "CreditCardCredit": "Credit Card Credit", "SalesReceipt": "Sales Receipt", "CreditMemo": "Credit Memo",
    "CreditRefund": "Refund", "Estimate": "Estimate", "PurchaseOrder": "Purchase Order",
    "TimeActivity": "Time Charge", "InventoryQuantityAdjustment": "Inventory Qty Adjust",
    "CreditCardPayment": "Credit Card Payment", "InventoryStart": "Inventory Starting Value",
    "GlobalTaxPayment": "Sales Tax Payment", "BillableCharge": "Billable Expense Charge",
}  # fmt: skip
"""Kind of transaction as parameters name it -> as cells show it."""

PLAIN_KINDS = {
    "Payment": "ReceivePayment", "RefundReceipt": "CreditRefund", "InventoryAdjustment": "InventoryQuantityAdjustment",
    "Item": "InventoryStart", "TaxPayment": "GlobalTaxPayment", "ReimburseCharge": "BillableCharge",
}  # fmt: skip
PURCHASE_KINDS = {"Check": "Check", "Cash": "CashPurchase", "CreditCard": "CreditCardCharge"}


def get_kind(entity: str, body: Body) -> str:
    """Return the kind of a transaction as the parameter `transaction_type` names it."""
    if entity == "Purchase":
        return (
            "CreditCardCredit"
            if body.get("Credit")
            else PURCHASE_KINDS.get(str(body.get("PaymentType")), "Check")
        )
    if entity == "BillPayment":
        return "BillPaymentCreditCard" if body.get("PayType") == "CreditCard" else "BillPaymentCheck"
    return PLAIN_KINDS.get(entity, entity)


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of a detail report. Amounts in cents, with the sign that is shown; None where there is none."""

    posting: Posting
    amount: int | None = None
    balance: int | None = None
    open: int | None = None


class Lines:
    """The lines of one company, and what is known about their transactions and names."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self._bodies: dict[tuple[str, str], Body] = {}
        self._accounts: dict[tuple[str, str], list[str]] = {}
        self._records: dict[tuple[str, str], Body] = {}

    def read_between(
        self,
        since: date | None,
        until: date | None,
        where: Mapping[str, Collection[str]] | None = None,
        order: str = "date, pk",
    ) -> Iterator[Posting]:
        """Return lines between two days, both included, oldest first; the filters of the request count."""
        clause, values = sums.make_condition(
            self.question, since, until, {**self.question.where, **(where or {})}
        )
        rows = self.question.store.execute(
            f"select {COLUMNS} from {sums.choose_table(self.question)} where {clause} order by {order}",
            values,
        )
        return (Posting(*row) for row in rows)

    def read_body(self, posting: Posting) -> Body:
        """Return the transaction of a line; {} when it is gone."""
        key = (posting.txn_type, posting.txn_id)
        if key not in self._bodies:
            self._bodies[key] = self.question.books.find(*key) or {}
        return self._bodies[key]

    def remember(self, entity: str, body: Body) -> None:
        """Remember a transaction that was read already."""
        self._bodies[entity, str(body["Id"])] = body

    def read_record(self, entity: str, id: str | None) -> Body:
        """Return a customer, vendor, item …; {} when there is none."""
        key = (entity, str(id))
        if key not in self._records:
            self._records[key] = (self.question.books.find(entity, id) or {}) if id else {}
        return self._records[key]

    def find_line(self, posting: Posting) -> Body:
        """Return the line of the transaction that a posting comes from; {} for the head."""
        if posting.line is None:
            return {}
        for line in self.read_body(posting).get("Line") or []:
            if line.get("Id") == posting.line:
                found: Body = line
                return found
        return {}

    def find_detail(self, posting: Posting) -> Body:
        """Return the detail object of that line."""
        line = self.find_line(posting)
        found: Body = line.get(str(line.get("DetailType"))) or {}
        return found

    def get_kind(self, posting: Posting) -> str:
        """Return the kind of a line's transaction, as parameters name it."""
        return get_kind(posting.txn_type, self.read_body(posting))

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """Dimension -> Id -> name in full."""
        return {dimension: self.question.read_names(dimension) for dimension in NAMED}

    def get_name(self, posting: Posting) -> tuple[str, str | None]:
        """Name and Id of the customer, vendor or employee of a line."""
        for dimension, id in _parties(posting):
            if id:
                return self.names[dimension].get(id, ""), id
        return "", None

    def get_account_name(self, id: str) -> str:
        """Name in full of an account."""
        account = self.question.account_by_id.get(id)
        return account.full_name if account else ""

    def is_debit(self, account: str) -> bool:
        """Return whether a debit is positive on an account."""
        found = self.question.account_by_id.get(account)
        return found is None or found.type in DEBIT_TYPES

    def get_natural_cents(self, posting: Posting) -> int:
        """Return cents of a line with the sign of its account's usual side."""
        return posting.cents if self.is_debit(posting.account) else -posting.cents

    def list_accounts(self, posting: Posting) -> list[str]:
        """Return accounts that a line's transaction books to, in the order of its lines."""
        key = (posting.txn_type, posting.txn_id)
        if key not in self._accounts:
            rows = self.question.store.execute(
                "select account from postings where realm = ? and txn_id = ? and txn_type = ? order by pk",
                (self.question.realm, posting.txn_id, posting.txn_type),
            )
            self._accounts[key] = list(dict.fromkeys(row[0] for row in rows))
        return self._accounts[key]

    def list_entries(self, posting: Posting) -> list[Posting]:
        """Return every line of a line's transaction, in the order of booking."""
        rows = self.question.store.execute(
            f"select {COLUMNS} from postings where realm = ? and txn_id = ? and txn_type = ? order by pk",
            (self.question.realm, posting.txn_id, posting.txn_type),
        )
        return [Posting(*row) for row in rows]

    def get_other_account(self, posting: Posting) -> tuple[str, str]:
        """Name and Id of the account on the other side; "-Split-" where there are several."""
        others = [account for account in self.list_accounts(posting) if account != posting.account]
        if len(others) == 1:
            return self.get_account_name(others[0]), others[0]
        return ("-Split-", "") if others else ("", "")


def _parties(posting: Posting) -> tuple[tuple[str, str | None], ...]:
    return ("customer", posting.customer), ("vendor", posting.vendor), ("employee", posting.employee)


def get_party(body: Body) -> tuple[str | None, str | None, str | None]:
    """Return customer, vendor and employee of a transaction's head."""
    payee = body.get("EntityRef") or {}
    kind = str(payee.get("type", "")).lower()
    return (
        get_reference(body.get("CustomerRef")) or (get_reference(payee) if kind == "customer" else None),
        get_reference(body.get("VendorRef")) or (get_reference(payee) if kind == "vendor" else None),
        get_reference(body.get("EmployeeRef")) or (get_reference(payee) if kind == "employee" else None),
    )
