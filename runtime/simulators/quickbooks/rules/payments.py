"""Money that settles: customer payments, bill payments, deposits, transfers, card payments."""

from __future__ import annotations

from runtime.simulators.quickbooks.books import exchange_gains, settlement
from runtime.simulators.quickbooks.books.balances import RESULT_TYPES
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.faults import business, fault, missing
from runtime.simulators.quickbooks.money import amount, cents
from runtime.simulators.quickbooks.rules import lines, references


def _total(body: Body, old: Body | None) -> int:
    if body.get("TotalAmt") in (None, ""):
        raise business("You must set a transaction amount.", "TotalAmt")
    total = cents(body["TotalAmt"])
    if total < 0:
        raise business("Transaction amount must be 0 or greater.", "TotalAmt")
    body["TotalAmt"] = amount(total)
    return total


def prepare_payment(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """A customer's money: what it settles has to be open and theirs; the rest is unapplied."""
    references.required(body, "CustomerRef")
    total = _total(body, old)
    lines.check_open(books, old)
    lines.default_day(books, body)
    lines.currency(books, body)
    if total:
        lines.account_reference(
            books, body, "DepositToAccountRef", books.first_account("Other Current Asset", "UndepositedFunds")
        )
    settled, used = settlement.check_lines(books, entity, body)
    if settled > total + used:
        raise business("The amount applied is more than the amount received.", "TotalAmt")
    body["UnappliedAmt"] = amount(total + used - settled)
    body["ProcessPayment"] = bool(body.get("ProcessPayment"))
    body.setdefault("Line", [])


def prepare_bill_payment(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Money to a vendor, by cheque or card; more than the bills leaves a credit with the vendor."""
    references.required(body, "VendorRef")
    total = _total(body, old)
    kind = body.get("PayType")
    if not kind:
        raise missing("PayType")
    holder, name, account_type = PAY_TYPES[str(kind)]
    given = body.get(holder) or {}
    if not reference(given.get(name)):
        raise missing(f"{holder}.{name}")
    if books.account_type(str(reference(given[name]))) != account_type:
        raise fault("6430", f"Invalid account type used : {name}", name)
    given.setdefault("PrintStatus", "NotSet") if kind == "Check" else None
    lines.check_open(books, old)
    lines.default_day(books, body)
    lines.currency(books, body)
    settled, used = settlement.check_lines(books, entity, body)
    if settled > total + used:
        raise business("The amount applied is more than the amount paid.", "TotalAmt")
    body.setdefault("Line", [])


PAY_TYPES = {
    "Check": ("CheckPayment", "BankAccountRef", "Bank"),
    "CreditCard": ("CreditCardPayment", "CCAccountRef", "Credit Card"),
}


def prepare_deposit(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Money brought to the bank: lines either name an account or take a payment out of undeposited funds."""
    references.required(body, "DepositToAccountRef")
    lines.check_open(books, old)
    lines.default_day(books, body)
    exchange_gains.take_currency(books, body)
    lines.currency(books, body)
    kept: list[Body] = body.get("Line") or []
    if not kept:
        raise business("You must fill out at least one detail line.")
    taken = [(link.entity, link.id) for link in settlement.links_of(entity, body)]
    if len(taken) > len(set(taken)):
        raise business("A transaction can be deposited once only.", "LinkedTxn")
    for line in kept:
        _deposit_line(books, body, line)
    lines.keep_identities(body, old)
    total = sum(cents(line["Amount"]) for line in kept) - cents((body.get("CashBack") or {}).get("Amount"))
    if total < 0:
        raise business("Transaction amount must be 0 or greater.")
    body["TotalAmt"] = amount(total)


def _deposit_line(books: Books, body: Body, line: Body) -> None:
    linked = (line.get("LinkedTxn") or [{}])[0]
    if linked.get("TxnId"):
        found = books.read(str(linked.get("TxnType")), str(linked["TxnId"]))
        if str(linked.get("TxnType")) not in DEPOSITABLE:
            raise fault("620", f"Txn ID Cannot Be Linked : {linked.get('TxnType')}", "LinkedTxn")
        deposited_in = deposit_of(books, str(linked["TxnType"]), str(linked["TxnId"]))
        if deposited_in not in (None, str(body.get("Id"))):
            raise business("This transaction has already been deposited.", "LinkedTxn")
        sign = -1 if linked["TxnType"] == "RefundReceipt" else 1
        line["Amount"] = amount(sign * cents(found.get("TotalAmt")))
        if line.get("DetailType"):
            _deposit_detail(line)
        return
    lines.require_detail(line)
    lines.require_amount(line)
    _deposit_detail(line)


def _deposit_detail(line: Body) -> None:
    """2020 without an account, also on the line of a payment when it says that it has a detail."""
    if line["DetailType"] != "DepositLineDetail":
        raise business(f"A line of type {line['DetailType']} does not belong on this transaction.")
    references.required(line.setdefault("DepositLineDetail", {}), "AccountRef")


DEPOSITABLE = frozenset({"Payment", "SalesReceipt", "RefundReceipt"})


def deposit_of(books: Books, entity: str, id: str) -> str | None:
    """Id of the deposit that holds a payment, if one does."""
    row = books.store.execute(
        "select from_id from links where realm = ? and to_type = ? and to_id = ? and from_type = 'Deposit'",
        (books.realm, entity, id),
    ).fetchone()
    return row[0] if row else None


def refuse_deposited(books: Books, entity: str, id: str) -> None:
    """6540 for a payment that is part of a deposit."""
    if entity in DEPOSITABLE and deposit_of(books, entity, id) is not None:
        raise fault(
            "6540",
            "This transaction has been deposited. If you want to change or delete it, you must edit the deposit it "
            "appears on and remove it first.",
        )


def prepare_transfer(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Money between two accounts of the balance sheet."""
    ends = [references.required(body, name) for name in ("FromAccountRef", "ToAccountRef")]
    if ends[0] == ends[1]:
        raise business("You can't transfer to the same account.")
    if {books.account_type(end) for end in ends} & RESULT_TYPES:
        raise fault("6430", "Invalid account type used : a transfer is between accounts of the balance sheet")
    lines.require_amount(body)
    if cents(body["Amount"]) < 0:
        raise fault("2290", "NegativeAmount", "Amount")
    lines.check_open(books, old)
    lines.default_day(books, body)
    lines.currency(books, body)


def prepare_card_payment(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Money from a bank account to a card account."""
    wanted = (("CreditCardAccountRef", "Credit Card"), ("BankAccountRef", "Bank"))
    for name, account_type in wanted:
        if books.account_type(references.required(body, name)) != account_type:
            raise fault("6430", f"Invalid account type used : {name}", name)
    lines.require_amount(body)
    if cents(body["Amount"]) < 0:
        raise fault("2290", "NegativeAmount", "Amount")
    lines.check_open(books, old)
    lines.default_day(books, body)
    lines.currency(books, body)
