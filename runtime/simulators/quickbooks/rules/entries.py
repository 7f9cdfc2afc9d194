"""The double entries of every kind of transaction that posts."""

from __future__ import annotations

from dataclasses import replace

from runtime.simulators.quickbooks.books import exchange_gains, postings
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.postings import Entry, account_of, line_memo, total_of
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.money import cents, decimal
from runtime.simulators.quickbooks.rules import lines, tax


def _receivable(books: Books, body: Body) -> str:
    return reference(body.get("ARAccountRef")) or account_of(books, postings.RECEIVABLE)


def _payable(books: Books, body: Body) -> str:
    return reference(body.get("APAccountRef")) or account_of(books, postings.PAYABLE)


def _undeposited(books: Books) -> str:
    return account_of(books, "Other Current Asset", "UndepositedFunds")


def _goods(books: Books, body: Body) -> list[Body]:
    """Lines that sell an item, those of bundles included."""
    found: list[Body] = []
    for line in body.get("Line") or []:
        if line.get("DetailType") == "SalesItemLineDetail":
            found.append(line)
        elif line.get("DetailType") == "GroupLineDetail":
            found.extend({**part, "Id": line.get("Id")} for part in lines.detail(line).get("Line") or [])
    return found


def _sale(books: Books, body: Body) -> list[Entry]:
    """Everything of a sale but where the money goes: income, discount, tax, and the cost of stock sold."""
    customer = reference(body.get("CustomerRef"))
    made: list[Entry] = []
    for line in _goods(books, body):
        made += _sold(books, body, line, customer)
    for line in body.get("Line") or []:
        if line.get("DetailType") == "DiscountLineDetail":
            account = str(reference(lines.detail(line)["DiscountAccountRef"]))
            made.append(Entry(account, cents(line["Amount"]), line.get("Id"), customer))
    for payable, value in tax.payable_accounts(books, body):
        made.append(Entry(payable or _tax_account(books), -value, None, customer))
    return made


def _tax_account(books: Books) -> str:
    found = books.first_account("Other Current Liability", "GlobalTaxPayable")
    return found or account_of(books, "Other Current Liability")


def _sold(books: Books, body: Body, line: Body, customer: str | None) -> list[Entry]:
    given = lines.detail(line)
    id = reference(given.get("ItemRef"))
    item = books.find("Item", id) or {}
    class_ = reference(given.get("ClassRef")) or reference(body.get("ClassRef"))
    income = reference(item.get("IncomeAccountRef")) or account_of(books, "Income")
    entry = Entry(
        income,
        -cents(line["Amount"]),
        line.get("Id"),
        customer,
        class_=class_,
        item=id,
        memo=line_memo(line, body),
    )
    if item.get("Type") != "Inventory":
        return [entry]
    return [entry, *_cost(books, body, line, item, customer, class_)]


def _cost(
    books: Books, body: Body, line: Body, item: Body, customer: str | None, class_: str | None
) -> list[Entry]:
    """Stock leaves at its cost, which `valuation` writes into both entries."""
    asset, id = str(reference(item["AssetAccountRef"])), str(item["Id"])
    expense = str(reference(item["ExpenseAccountRef"]))
    cost = Entry(expense, 0, line.get("Id"), customer, class_=class_, item=id, is_cost=True)
    units = -float(lines.units(line))
    return [
        replace(cost, memo=line_memo(line, body)),
        replace(cost, account=asset, quantity=units),
    ]


def _reversed(entries: list[Entry]) -> list[Entry]:
    return [
        replace(entry, cents=-entry.cents, quantity=None if entry.quantity is None else -entry.quantity)
        for entry in entries
    ]


def post_invoice(books: Books, body: Body) -> list[Entry]:
    """Receivable against income; a deposit taken with it goes to its account."""
    customer, deposit = reference(body.get("CustomerRef")), cents(body.get("Deposit"))
    made = [
        Entry(
            _receivable(books, body), total_of(body) - deposit, None, customer, memo=body.get("PrivateNote")
        )
    ]
    if deposit:
        account = reference(body.get("DepositToAccountRef")) or _undeposited(books)
        made.append(Entry(account, deposit, None, customer))
    return made + _sale(books, body)


def post_credit_memo(books: Books, body: Body) -> list[Entry]:
    """An invoice the other way round."""
    made = [Entry(_receivable(books, body), total_of(body), None, reference(body.get("CustomerRef")))]
    return _reversed(made + _sale(books, body))


def post_sales_receipt(books: Books, body: Body) -> list[Entry]:
    """Money against income."""
    account = reference(body.get("DepositToAccountRef")) or _undeposited(books)
    return [Entry(account, total_of(body), None, reference(body.get("CustomerRef"))), *_sale(books, body)]


def post_refund_receipt(books: Books, body: Body) -> list[Entry]:
    """A sales receipt the other way round."""
    return _reversed(post_sales_receipt(books, body))


def post_payment(books: Books, body: Body) -> list[Entry]:
    """Money against the receivable, whether applied or not, and what the exchange rate gained on what is applied."""
    customer, owed = reference(body.get("CustomerRef")), _receivable(books, body)
    account = reference(body.get("DepositToAccountRef")) or _undeposited(books)
    made = [
        Entry(account, total_of(body), None, customer, memo=body.get("PrivateNote")),
        Entry(owed, -total_of(body), None, customer, memo=body.get("PrivateNote")),
    ]
    return made + exchange_gains.differences(books, "Payment", body, owed)


def _bought(books: Books, body: Body) -> list[Entry]:
    """What a purchase was for: expenses, or stock."""
    vendor = reference(body.get("VendorRef")) or _payee(body, "vendor")
    made: list[Entry] = []
    for line in body.get("Line") or []:
        given = lines.detail(line)
        if line.get("DetailType") == "DescriptionOnly":
            continue
        item = books.find("Item", reference(given.get("ItemRef"))) or {}
        is_stock = item.get("Type") == "Inventory"
        account = reference(given.get("AccountRef")) or reference(
            item.get("AssetAccountRef" if is_stock else "ExpenseAccountRef")
        )
        account = account or reference(item.get("IncomeAccountRef")) or account_of(books, "Expense")
        made.append(
            Entry(
                account, cents(line["Amount"]), line.get("Id"), _buyer(books, body, given, account), vendor,
                class_=reference(given.get("ClassRef")), item=reference(given.get("ItemRef")),
                quantity=float(lines.units(line)) if is_stock else None, memo=line_memo(line, body),
            )
        )  # fmt: skip
    total_tax = cents((body.get("TxnTaxDetail") or {}).get("TotalTax"))
    return [*made, Entry(_tax_account(books), total_tax, None, vendor=vendor)] if total_tax else made


def _buyer(books: Books, body: Body, given: Body, account: str) -> str | None:
    """The customer a line was bought for; on receivables, where it pays a credit back, it is the payee."""
    named = reference(given.get("CustomerRef"))
    is_owed = named is None and books.account_type(account) == postings.RECEIVABLE
    return _payee(body, "customer") if is_owed else named


def _payee(body: Body, kind: str) -> str | None:
    payee = body.get("EntityRef") or {}
    return reference(payee) if str(payee.get("type", "")).lower() == kind else None


def post_bill(books: Books, body: Body) -> list[Entry]:
    """Expenses or stock against the payable."""
    owed = Entry(
        _payable(books, body),
        -total_of(body),
        None,
        vendor=reference(body.get("VendorRef")),
        memo=body.get("PrivateNote"),
    )
    return [owed, *_bought(books, body)]


def post_vendor_credit(books: Books, body: Body) -> list[Entry]:
    """A bill the other way round."""
    return _reversed(post_bill(books, body))


def post_bill_payment(books: Books, body: Body) -> list[Entry]:
    """The payable against bank or card, and what the exchange rate gained on what is paid."""
    vendor, owed = reference(body.get("VendorRef")), _payable(books, body)
    check = reference((body.get("CheckPayment") or {}).get("BankAccountRef"))
    card = reference((body.get("CreditCardPayment") or {}).get("CCAccountRef"))
    paid_from = card if body.get("PayType") == "CreditCard" else check
    made = [
        Entry(owed, total_of(body), None, vendor=vendor, memo=body.get("PrivateNote")),
        Entry(str(paid_from), -total_of(body), None, vendor=vendor, memo=body.get("PrivateNote")),
    ]
    return made + exchange_gains.differences(books, "BillPayment", body, owed)


def post_purchase(books: Books, body: Body) -> list[Entry]:
    """Expenses or stock against the account paid from; a card refund the other way round."""
    paid = Entry(
        str(reference(body["AccountRef"])), -total_of(body), None, _payee(body, "customer"), _payee(body, "vendor"),
        _payee(body, "employee"), memo=body.get("PrivateNote"),
    )  # fmt: skip
    made = [paid, *_bought(books, body)]
    return _reversed(made) if body.get("Credit") else made


def post_journal_entry(books: Books, body: Body) -> list[Entry]:
    """As written."""
    made: list[Entry] = []
    for line in body.get("Line") or []:
        given = lines.detail(line)
        if line.get("DetailType") == "DescriptionOnly":
            continue
        holder = given.get("Entity") or {}
        kind, id = str(holder.get("Type", "")), reference(holder.get("EntityRef"))
        sign = 1 if given["PostingType"] == "Debit" else -1
        customer, vendor, employee = (
            id if kind == wanted else None for wanted in ("Customer", "Vendor", "Employee")
        )
        made.append(
            Entry(
                str(reference(given["AccountRef"])), sign * cents(line["Amount"]), line.get("Id"),
                customer,
                vendor,
                employee,
                reference(given.get("ClassRef")), reference(given.get("DepartmentRef")), memo=line_memo(line, body),
            )
        )  # fmt: skip
    return made


def post_deposit(books: Books, body: Body) -> list[Entry]:
    """The bank against what was brought there; a linked payment leaves the account it was put in."""
    back = body.get("CashBack") or {}
    made = [Entry(str(reference(body["DepositToAccountRef"])), total_of(body), memo=body.get("PrivateNote"))]
    if cents(back.get("Amount")):
        account = reference(back.get("AccountRef")) or account_of(books, "Bank")
        made.append(Entry(account, cents(back["Amount"]), memo=back.get("Memo")))
    for line in body.get("Line") or []:
        made += _deposited(books, body, line)
    return made


def _deposited(books: Books, body: Body, line: Body) -> list[Entry]:
    linked, given = (line.get("LinkedTxn") or [{}])[0], line.get("DepositLineDetail") or {}
    if linked.get("TxnId"):
        found = books.find(str(linked["TxnType"]), str(linked["TxnId"])) or {}
        account = reference(found.get("DepositToAccountRef")) or _undeposited(books)
        value = cents(line["Amount"])
        taken = Entry(account, -value, line.get("Id"), reference(found.get("CustomerRef")))
        return [taken, *exchange_gains.deposited(books, body, found, account, value)]
    payer = given.get("Entity") or {}
    kind, id = str(payer.get("type", "")).lower(), reference(payer)
    put = Entry(
        str(reference(given["AccountRef"])), -cents(line["Amount"]), line.get("Id"), id if kind == "customer" else None,
        id if kind == "vendor" else None, id if kind == "employee" else None, reference(given.get("ClassRef")),
        memo=line_memo(line, body),
    )  # fmt: skip
    return [put]


def post_transfer(books: Books, body: Body) -> list[Entry]:
    """From one account to the other."""
    value, memo = cents(body["Amount"]), body.get("PrivateNote")
    return [
        Entry(str(reference(body["ToAccountRef"])), value, memo=memo),
        Entry(str(reference(body["FromAccountRef"])), -value, memo=memo),
    ]


def post_card_payment(books: Books, body: Body) -> list[Entry]:
    """From the bank to the card."""
    value, memo = cents(body["Amount"]), body.get("PrivateNote")
    return [
        Entry(str(reference(body["CreditCardAccountRef"])), value, memo=memo),
        Entry(str(reference(body["BankAccountRef"])), -value, memo=memo),
    ]


def post_opening_stock(books: Books, body: Body) -> list[Entry]:
    """The stock an item is made with, against opening balance equity."""
    if body.get("Type") != "Inventory" or not body.get("_opening"):
        return []
    units = decimal(body["_opening"])
    value = cents(str(units * decimal(body.get("PurchaseCost"))))
    equity = account_of(books, "Equity", "OpeningBalanceEquity")
    id = str(body["Id"])
    return [
        Entry(
            str(reference(body["AssetAccountRef"])),
            value,
            item=id,
            quantity=float(units),
            memo="Inventory starting value",
        ),
        Entry(equity, -value, item=id, memo="Inventory starting value"),
    ]
