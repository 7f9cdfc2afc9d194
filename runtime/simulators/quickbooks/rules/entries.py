"""The double entries of every kind of transaction that posts."""

from __future__ import annotations

from dataclasses import replace

from runtime.simulators.quickbooks.books import exchange_gains, postings
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.postings import Entry, find_account, get_line_memo, get_total
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.money import parse_decimal, round_to_cents
from runtime.simulators.quickbooks.rules import lines, tax


def _receivable(books: Books, body: Body) -> str:
    return get_reference(body.get("ARAccountRef")) or find_account(books, postings.RECEIVABLE)


def _payable(books: Books, body: Body) -> str:
    return get_reference(body.get("APAccountRef")) or find_account(books, postings.PAYABLE)


def _undeposited(books: Books) -> str:
    return find_account(books, "Other Current Asset", "UndepositedFunds")


def _goods(body: Body) -> list[Body]:
    """Return lines that sell an item, those of bundles included."""
    found: list[Body] = []
    for line in body.get("Line") or []:
        if line.get("DetailType") == "SalesItemLineDetail":
            found.append(line)
        elif line.get("DetailType") == "GroupLineDetail":
            found.extend({**part, "Id": line.get("Id")} for part in lines.get_detail(line).get("Line") or [])
    return found


def _sale(books: Books, body: Body) -> list[Entry]:
    """Return everything of a sale but where the money goes: income, discount, tax, and the cost of stock sold."""
    customer = get_reference(body.get("CustomerRef"))
    made: list[Entry] = []
    for line in _goods(body):
        made += _sold(books, body, line, customer)
    for line in body.get("Line") or []:
        if line.get("DetailType") == "DiscountLineDetail":
            account = str(get_reference(lines.get_detail(line)["DiscountAccountRef"]))
            made.append(Entry(account, round_to_cents(line["Amount"]), line.get("Id"), customer))
    for payable, value in tax.list_payable_accounts(books, body):
        made.append(Entry(payable or _tax_account(books), -value, None, customer))
    return made


def _tax_account(books: Books) -> str:
    found = books.find_first_account("Other Current Liability", "GlobalTaxPayable")
    return found or find_account(books, "Other Current Liability")


def _sold(books: Books, body: Body, line: Body, customer: str | None) -> list[Entry]:
    given = lines.get_detail(line)
    id = get_reference(given.get("ItemRef"))
    item = books.find("Item", id) or {}
    class_ = get_reference(given.get("ClassRef")) or get_reference(body.get("ClassRef"))
    income = get_reference(item.get("IncomeAccountRef")) or find_account(books, "Income")
    entry = Entry(
        income,
        -round_to_cents(line["Amount"]),
        line.get("Id"),
        customer,
        class_=class_,
        item=id,
        memo=get_line_memo(line, body),
    )
    if item.get("Type") != "Inventory":
        return [entry]
    return [entry, *_cost(body, line, item, customer, class_)]


def _cost(body: Body, line: Body, item: Body, customer: str | None, class_: str | None) -> list[Entry]:
    """Return stock leaves at its cost, which `valuation` writes into both entries."""
    asset, id = str(get_reference(item["AssetAccountRef"])), str(item["Id"])
    expense = str(get_reference(item["ExpenseAccountRef"]))
    cost = Entry(expense, 0, line.get("Id"), customer, class_=class_, item=id, is_cost=True)
    units = -float(lines.get_units(line))
    return [
        replace(cost, memo=get_line_memo(line, body)),
        replace(cost, account=asset, quantity=units),
    ]


def _reversed(entries: list[Entry]) -> list[Entry]:
    return [
        replace(entry, cents=-entry.cents, quantity=None if entry.quantity is None else -entry.quantity)
        for entry in entries
    ]


def post_invoice(books: Books, body: Body) -> list[Entry]:
    """Post receivable against income; a deposit taken with it goes to its account."""
    customer, deposit = get_reference(body.get("CustomerRef")), round_to_cents(body.get("Deposit"))
    made = [
        Entry(
            _receivable(books, body), get_total(body) - deposit, None, customer, memo=body.get("PrivateNote")
        )
    ]
    if deposit:
        account = get_reference(body.get("DepositToAccountRef")) or _undeposited(books)
        made.append(Entry(account, deposit, None, customer))
    return made + _sale(books, body)


def post_credit_memo(books: Books, body: Body) -> list[Entry]:
    """Post an invoice with its sides exchanged."""
    made = [Entry(_receivable(books, body), get_total(body), None, get_reference(body.get("CustomerRef")))]
    return _reversed(made + _sale(books, body))


def post_sales_receipt(books: Books, body: Body) -> list[Entry]:
    """Post money against income."""
    account = get_reference(body.get("DepositToAccountRef")) or _undeposited(books)
    return [
        Entry(account, get_total(body), None, get_reference(body.get("CustomerRef"))),
        *_sale(books, body),
    ]


def post_refund_receipt(books: Books, body: Body) -> list[Entry]:
    """Post a sales receipt with its sides exchanged."""
    return _reversed(post_sales_receipt(books, body))


def post_payment(books: Books, body: Body) -> list[Entry]:
    """Post money against the receivable, whether applied or not, and what the exchange rate gained on what is
    applied.
    """
    customer, owed = get_reference(body.get("CustomerRef")), _receivable(books, body)
    account = get_reference(body.get("DepositToAccountRef")) or _undeposited(books)
    made = [
        Entry(account, get_total(body), None, customer, memo=body.get("PrivateNote")),
        Entry(owed, -get_total(body), None, customer, memo=body.get("PrivateNote")),
    ]
    return made + exchange_gains.make_difference_entries(books, "Payment", body, owed)


def _bought(books: Books, body: Body) -> list[Entry]:
    """Return what a purchase was for: expenses, or stock."""
    vendor = get_reference(body.get("VendorRef")) or _payee(body, "vendor")
    made: list[Entry] = []
    for line in body.get("Line") or []:
        given = lines.get_detail(line)
        if line.get("DetailType") == "DescriptionOnly":
            continue
        item = books.find("Item", get_reference(given.get("ItemRef"))) or {}
        is_stock = item.get("Type") == "Inventory"
        account = get_reference(given.get("AccountRef")) or get_reference(
            item.get("AssetAccountRef" if is_stock else "ExpenseAccountRef")
        )
        account = account or get_reference(item.get("IncomeAccountRef")) or find_account(books, "Expense")
        made.append(
            Entry(
                account, round_to_cents(line["Amount"]), line.get("Id"), _buyer(books, body, given, account), vendor,
                class_=get_reference(given.get("ClassRef")), item=get_reference(given.get("ItemRef")),
                quantity=float(lines.get_units(line)) if is_stock else None, memo=get_line_memo(line, body),
            )
        )  # fmt: skip
    total_tax = round_to_cents((body.get("TxnTaxDetail") or {}).get("TotalTax"))
    return [*made, Entry(_tax_account(books), total_tax, None, vendor=vendor)] if total_tax else made


def _buyer(books: Books, body: Body, given: Body, account: str) -> str | None:
    """Return the customer a line was bought for; on receivables, where it pays a credit back, it is the payee."""
    named = get_reference(given.get("CustomerRef"))
    is_owed = named is None and books.get_account_type(account) == postings.RECEIVABLE
    return _payee(body, "customer") if is_owed else named


def _payee(body: Body, kind: str) -> str | None:
    payee = body.get("EntityRef") or {}
    return get_reference(payee) if str(payee.get("type", "")).lower() == kind else None


def post_bill(books: Books, body: Body) -> list[Entry]:
    """Post expenses or stock against the payable."""
    owed = Entry(
        _payable(books, body),
        -get_total(body),
        None,
        vendor=get_reference(body.get("VendorRef")),
        memo=body.get("PrivateNote"),
    )
    return [owed, *_bought(books, body)]


def post_vendor_credit(books: Books, body: Body) -> list[Entry]:
    """Post a bill with its sides exchanged."""
    return _reversed(post_bill(books, body))


def post_bill_payment(books: Books, body: Body) -> list[Entry]:
    """Post the payable against bank or card, and what the exchange rate gained on what is paid."""
    vendor, owed = get_reference(body.get("VendorRef")), _payable(books, body)
    check = get_reference((body.get("CheckPayment") or {}).get("BankAccountRef"))
    card = get_reference((body.get("CreditCardPayment") or {}).get("CCAccountRef"))
    paid_from = card if body.get("PayType") == "CreditCard" else check
    made = [
        Entry(owed, get_total(body), None, vendor=vendor, memo=body.get("PrivateNote")),
        Entry(str(paid_from), -get_total(body), None, vendor=vendor, memo=body.get("PrivateNote")),
    ]
    return made + exchange_gains.make_difference_entries(books, "BillPayment", body, owed)


def post_purchase(books: Books, body: Body) -> list[Entry]:
    """Post expenses or stock against the account paid from; a card refund with its sides exchanged."""
    paid = Entry(
        str(get_reference(body["AccountRef"])),
        -get_total(body),
        None,
        _payee(body, "customer"),
        _payee(body, "vendor"),
        _payee(body, "employee"),
        memo=body.get("PrivateNote"),
    )
    made = [paid, *_bought(books, body)]
    return _reversed(made) if body.get("Credit") else made


def post_journal_entry(_books: Books, body: Body) -> list[Entry]:
    """Post as written."""
    made: list[Entry] = []
    for line in body.get("Line") or []:
        given = lines.get_detail(line)
        if line.get("DetailType") == "DescriptionOnly":
            continue
        holder = given.get("Entity") or {}
        kind, id = str(holder.get("Type", "")), get_reference(holder.get("EntityRef"))
        sign = 1 if given["PostingType"] == "Debit" else -1
        customer, vendor, employee = (
            id if kind == wanted else None for wanted in ("Customer", "Vendor", "Employee")
        )
        made.append(
            Entry(
                str(get_reference(given["AccountRef"])),
                sign * round_to_cents(line["Amount"]),
                line.get("Id"),
                customer,
                vendor,
                employee,
                get_reference(given.get("ClassRef")),
                get_reference(given.get("DepartmentRef")),
                memo=get_line_memo(line, body),
            )
        )
    return made


def post_deposit(books: Books, body: Body) -> list[Entry]:
    """Post the bank against what was brought there; a linked payment leaves the account it was put in."""
    back = body.get("CashBack") or {}
    made = [
        Entry(str(get_reference(body["DepositToAccountRef"])), get_total(body), memo=body.get("PrivateNote"))
    ]
    if round_to_cents(back.get("Amount")):
        account = get_reference(back.get("AccountRef")) or find_account(books, "Bank")
        made.append(Entry(account, round_to_cents(back["Amount"]), memo=back.get("Memo")))
    for line in body.get("Line") or []:
        made += _deposited(books, body, line)
    return made


def _deposited(books: Books, body: Body, line: Body) -> list[Entry]:
    linked, given = (line.get("LinkedTxn") or [{}])[0], line.get("DepositLineDetail") or {}
    if linked.get("TxnId"):
        found = books.find(str(linked["TxnType"]), str(linked["TxnId"])) or {}
        account = get_reference(found.get("DepositToAccountRef")) or _undeposited(books)
        value = round_to_cents(line["Amount"])
        taken = Entry(account, -value, line.get("Id"), get_reference(found.get("CustomerRef")))
        return [taken, *exchange_gains.make_deposit_entries(books, body, found, account, value)]
    payer = given.get("Entity") or {}
    kind, id = str(payer.get("type", "")).lower(), get_reference(payer)
    put = Entry(
        str(get_reference(given["AccountRef"])),
        -round_to_cents(line["Amount"]),
        line.get("Id"),
        id if kind == "customer" else None,
        id if kind == "vendor" else None,
        id if kind == "employee" else None,
        get_reference(given.get("ClassRef")),
        memo=get_line_memo(line, body),
    )
    return [put]


def post_transfer(_books: Books, body: Body) -> list[Entry]:
    """Post from one account to the other."""
    value, memo = round_to_cents(body["Amount"]), body.get("PrivateNote")
    return [
        Entry(str(get_reference(body["ToAccountRef"])), value, memo=memo),
        Entry(str(get_reference(body["FromAccountRef"])), -value, memo=memo),
    ]


def post_card_payment(_books: Books, body: Body) -> list[Entry]:
    """Post money from the bank to the card."""
    value, memo = round_to_cents(body["Amount"]), body.get("PrivateNote")
    return [
        Entry(str(get_reference(body["CreditCardAccountRef"])), value, memo=memo),
        Entry(str(get_reference(body["BankAccountRef"])), -value, memo=memo),
    ]


def post_opening_stock(books: Books, body: Body) -> list[Entry]:
    """Post the stock an item is made with, against opening balance equity."""
    if body.get("Type") != "Inventory" or not body.get("_opening"):
        return []
    units = parse_decimal(body["_opening"])
    value = round_to_cents(str(units * parse_decimal(body.get("PurchaseCost"))))
    equity = find_account(books, "Equity", "OpeningBalanceEquity")
    id = str(body["Id"])
    return [
        Entry(
            str(get_reference(body["AssetAccountRef"])),
            value,
            item=id,
            quantity=float(units),
            memo="Inventory starting value",
        ),
        Entry(equity, -value, item=id, memo="Inventory starting value"),
    ]
