"""Money that settles: customer payments, bill payments, deposits, transfers, card payments."""

from __future__ import annotations

from runtime.simulators.quickbooks.books import exchange_gains, settlement
from runtime.simulators.quickbooks.books.balances import RESULT_TYPES
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault, make_fault, make_missing_fault
from runtime.simulators.quickbooks.money import make_amount, round_to_cents
from runtime.simulators.quickbooks.rules import lines, references


def _total(body: Body) -> int:
    if body.get("TotalAmt") in (None, ""):
        raise make_business_fault("You must set a transaction amount.", "TotalAmt")
    total = round_to_cents(body["TotalAmt"])
    if total < 0:
        raise make_business_fault("Transaction amount must be 0 or greater.", "TotalAmt")
    body["TotalAmt"] = make_amount(total)
    return total


def prepare_payment(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Prepare a customer's money: what it settles has to be open and theirs; the rest is unapplied."""
    references.require_reference(body, "CustomerRef")
    total = _total(body)
    lines.check_open(books, old)
    lines.fill_day(books, body)
    lines.fill_currency(books, body)
    if total:
        lines.fill_account(
            books,
            body,
            "DepositToAccountRef",
            books.find_first_account("Other Current Asset", "UndepositedFunds"),
        )
    settled, used = settlement.check_lines(books, entity, body)
    if settled > total + used:
        raise make_business_fault("The amount applied is more than the amount received.", "TotalAmt")
    body["UnappliedAmt"] = make_amount(total + used - settled)
    body["ProcessPayment"] = bool(body.get("ProcessPayment"))
    body.setdefault("Line", [])


def prepare_bill_payment(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Prepare money to a vendor, by cheque or card; more than the bills leaves a credit with the vendor."""
    references.require_reference(body, "VendorRef")
    total = _total(body)
    kind = body.get("PayType")
    if not kind:
        raise make_missing_fault("PayType")
    holder, name, account_type = PAY_TYPES[str(kind)]
    given = body.get(holder) or {}
    if not get_reference(given.get(name)):
        raise make_missing_fault(f"{holder}.{name}")
    if books.get_account_type(str(get_reference(given[name]))) != account_type:
        raise make_fault("6430", f"Invalid account type used : {name}", name)
    given.setdefault("PrintStatus", "NotSet") if kind == "Check" else None
    lines.check_open(books, old)
    lines.fill_day(books, body)
    lines.fill_currency(books, body)
    settled, used = settlement.check_lines(books, entity, body)
    if settled > total + used:
        raise make_business_fault("The amount applied is more than the amount paid.", "TotalAmt")
    body.setdefault("Line", [])


PAY_TYPES = {
    "Check": ("CheckPayment", "BankAccountRef", "Bank"),
    "CreditCard": ("CreditCardPayment", "CCAccountRef", "Credit Card"),
}


def prepare_deposit(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Prepare money brought to the bank: lines either name an account or take a payment out of undeposited funds."""
    references.require_reference(body, "DepositToAccountRef")
    lines.check_open(books, old)
    lines.fill_day(books, body)
    exchange_gains.take_currency(books, body)
    lines.fill_currency(books, body)
    given: list[Body] = body.get("Line") or []
    if not given:
        raise make_business_fault("You must fill out at least one detail line.")
    taken = [(link.entity, link.id) for link in settlement.list_links(entity, body)]
    if len(taken) > len(set(taken)):
        raise make_business_fault("A transaction can be deposited once only.", "LinkedTxn")
    for line in given:
        _deposit_line(books, body, line)
    lines.assign_ids(body, old)
    total = sum(round_to_cents(line["Amount"]) for line in given) - round_to_cents(
        (body.get("CashBack") or {}).get("Amount")
    )
    if total < 0:
        raise make_business_fault("Transaction amount must be 0 or greater.")
    body["TotalAmt"] = make_amount(total)


def _deposit_line(books: Books, body: Body, line: Body) -> None:
    linked = (line.get("LinkedTxn") or [{}])[0]
    if linked.get("TxnId"):
        found = books.read(str(linked.get("TxnType")), str(linked["TxnId"]))
        if str(linked.get("TxnType")) not in DEPOSITABLE:
            raise make_fault("620", f"Txn ID Cannot Be Linked : {linked.get('TxnType')}", "LinkedTxn")
        deposited_in = find_deposit(books, str(linked["TxnType"]), str(linked["TxnId"]))
        if deposited_in not in (None, str(body.get("Id"))):
            raise make_business_fault("This transaction has already been deposited.", "LinkedTxn")
        sign = -1 if linked["TxnType"] == "RefundReceipt" else 1
        line["Amount"] = make_amount(sign * round_to_cents(found.get("TotalAmt")))
        if line.get("DetailType"):
            _deposit_detail(line)
        return
    lines.require_detail(line)
    lines.require_amount(line)
    _deposit_detail(line)


def _deposit_detail(line: Body) -> None:
    """Raise 2020 without an account, also on the line of a payment when it says that it has a detail."""
    if line["DetailType"] != "DepositLineDetail":
        raise make_business_fault(f"A line of type {line['DetailType']} does not belong on this transaction.")
    references.require_reference(line.setdefault("DepositLineDetail", {}), "AccountRef")


DEPOSITABLE = frozenset({"Payment", "SalesReceipt", "RefundReceipt"})


def find_deposit(books: Books, entity: str, id: str) -> str | None:
    """Return Id of the deposit that holds a payment, if one does."""
    row = books.store.execute(
        "select from_id from links where realm = ? and to_type = ? and to_id = ? and from_type = 'Deposit'",
        (books.realm, entity, id),
    ).fetchone()
    return row[0] if row else None


def refuse_deposited(books: Books, entity: str, id: str) -> None:
    """Raise 6540 for a payment that is part of a deposit."""
    if entity in DEPOSITABLE and find_deposit(books, entity, id) is not None:
        raise make_fault(
            "6540",
            "This transaction has been deposited. If you want to change or delete it, you must edit the deposit it "
            "appears on and remove it first.",
        )


def prepare_transfer(books: Books, _entity: str, body: Body, old: Body | None) -> None:
    """Prepare money between two accounts of the balance sheet."""
    ends = [references.require_reference(body, name) for name in ("FromAccountRef", "ToAccountRef")]
    if ends[0] == ends[1]:
        raise make_business_fault("You can't transfer to the same account.")
    if {books.get_account_type(end) for end in ends} & RESULT_TYPES:
        raise make_fault(
            "6430", "Invalid account type used : a transfer is between accounts of the balance sheet"
        )
    lines.require_amount(body)
    if round_to_cents(body["Amount"]) < 0:
        raise make_fault("2290", "NegativeAmount", "Amount")
    lines.check_open(books, old)
    lines.fill_day(books, body)
    lines.fill_currency(books, body)


def prepare_card_payment(books: Books, _entity: str, body: Body, old: Body | None) -> None:
    """Prepare money from a bank account to a card account."""
    wanted = (("CreditCardAccountRef", "Credit Card"), ("BankAccountRef", "Bank"))
    for name, account_type in wanted:
        if books.get_account_type(references.require_reference(body, name)) != account_type:
            raise make_fault("6430", f"Invalid account type used : {name}", name)
    lines.require_amount(body)
    if round_to_cents(body["Amount"]) < 0:
        raise make_fault("2290", "NegativeAmount", "Amount")
    lines.check_open(books, old)
    lines.fill_day(books, body)
    lines.fill_currency(books, body)
