"""Lines of transactions: their identity over updates, their amounts, the document numbers and days around them."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.faults import business, fault, missing
from runtime.simulators.quickbooks.money import amount, cents, decimal
from runtime.simulators.quickbooks.rules import references
from runtime.simulators.quickbooks.rules.currency import (
    check_currency,
    currency_reference,
    party_currency,
    refuse_other,
)

DETAIL_KEYS = {
    "SalesItemLineDetail": "SalesItemLineDetail",
    "GroupLineDetail": "GroupLineDetail",
    "DescriptionOnly": "DescriptionLineDetail",
    "DiscountLineDetail": "DiscountLineDetail",
    "SubTotalLineDetail": "SubTotalLineDetail",
    "AccountBasedExpenseLineDetail": "AccountBasedExpenseLineDetail",
    "ItemBasedExpenseLineDetail": "ItemBasedExpenseLineDetail",
    "JournalEntryLineDetail": "JournalEntryLineDetail",
    "DepositLineDetail": "DepositLineDetail",
    "TaxLineDetail": "TaxLineDetail",
    "ItemAdjustmentLineDetail": "ItemAdjustmentLineDetail",
}
MOST_LINES = 10_000


def detail(line: Body) -> Body:
    """The detail object of a line; {} when it has none."""
    found: Body = line.get(DETAIL_KEYS.get(str(line.get("DetailType")), "")) or {}
    return found


def keep_identities(body: Body, old: Body | None, first: int = 1) -> None:
    """Gives every line an Id: a known one is kept, a line without or with an unknown one gets the next."""
    lines: list[Body] = body.get("Line") or []
    if len(lines) > MOST_LINES:
        raise business(f"A transaction may have at most {MOST_LINES} lines.")
    known = {str(line["Id"]) for line in (old or {}).get("Line", []) if "Id" in line}
    used = {int(id) for id in known if id.isascii() and id.isdigit()}
    following = max(used, default=first - 1) + 1
    taken: set[str] = set()
    for line in lines:
        if line.get("DetailType") == "SubTotalLineDetail":
            line.pop("Id", None)
            continue
        if str(line.get("Id")) not in known or str(line.get("Id")) in taken:
            line["Id"] = str(following)
            following += 1
        taken.add(str(line["Id"]))


def require_detail(line: Body) -> None:
    """2020 for a line that does not say what kind it is."""
    if not line.get("DetailType"):
        raise missing("Line.DetailType")


def require_amount(line: Body) -> None:
    """Amount has to be there and may not exceed what the service can add up."""
    if line.get("Amount") in (None, ""):
        raise missing("Amount")


def check_product(line: Body) -> None:
    """6070 when Amount is not Qty times UnitPrice, rounded half-up to cents.

    Zero for both counts as neither given: a client library that is used against the service sends them so.
    """
    given = detail(line)
    quantity, price = given.get("Qty"), given.get("UnitPrice")
    if quantity in (None, "") or price in (None, "") or not (decimal(quantity) or decimal(price)):
        return
    product = decimal(quantity) * decimal(price)
    if cents(str(product)) != cents(line.get("Amount")):
        raise fault(
            "6070",
            f"Amount is not equal to UnitPrice * Qty. Supplied value:{shown(line.get('Amount'))}",
            "Line.Amount",
        )


def units(line: Body) -> Decimal:
    """Units on a line: none on a voided one, 1 where an amount comes without a quantity (see `check_product`)."""
    given = detail(line)
    is_said = given.get("Qty") not in (None, "") and (decimal(given["Qty"]) or not cents(line.get("Amount")))
    return decimal(given["Qty"]) if is_said else Decimal(1)


def check_item(item: Body, body: Body, line: Body) -> None:
    """Refuse a category, an inventory item without a quantity, and one before the start of its stock."""
    if item.get("Type") == "Category":
        raise business("A category cannot be sold or bought.", "ItemRef")
    check_stock_day(item, body)
    quantity = detail(line).get("Qty")
    if item.get("Type") == "Inventory" and (
        quantity in (None, "") or (not decimal(quantity) and cents(line.get("Amount")))
    ):
        raise fault(
            "6520",
            f"Missing Tracked Inventory Item Quantity : Qty is required for the inventory item {item.get('Name')}.",
            "Qty",
        )


def check_stock_day(item: Body, body: Body) -> None:
    """6270 when a transaction with an inventory item is dated before the item's stock begins."""
    if item.get("Type") == "Inventory" and str(body.get("TxnDate")) < str(item.get("InvStartDate", "")):
        raise fault(
            "6270",
            "InventoryTxnDatedBeforeItemStartDate : The transaction is dated before the start of the item.",
            "TxnDate",
        )


def shown(value: object) -> str:
    """A number as the service's sentences show it: thousands separated, no needless zeros."""
    number = decimal(value)
    return f"{number.normalize():,f}" if number else "0"


def percent_of(base: int, percent: object) -> int:
    """A percentage of an amount in cents, rounded half-up."""
    return cents(str(Decimal(base) / 100 * decimal(percent) / 100))


def default_day(books: Books, body: Body) -> None:
    """TxnDate is the company's day when left out; closed books refuse it (6210)."""
    body.setdefault("TxnDate", books.today().isoformat())
    check_open(books, body)


def check_open(books: Books, body: Body | None) -> None:
    """6210 when a transaction falls into closed books."""
    closed = books.closing_date()
    if body and closed and str(body.get("TxnDate", "")) <= closed:
        raise fault(
            "6210",
            "The account period has closed and the account books cannot be updated through the QBO Services API. "
            "Please use the QBO website to make these changes.",
        )


def due_day(books: Books, body: Body, term: str | None) -> str:
    """The day that the terms make of TxnDate; TxnDate without terms."""
    day = date.fromisoformat(body["TxnDate"])
    found = (books.find("Term", term) if term else None) or {}
    try:
        if found.get("DayOfMonthDue"):
            return _on_day_of_month(day, found).isoformat()
        return (day + timedelta(days=max(int(decimal(found.get("DueDays"))), 0))).isoformat()
    except (OverflowError, ValueError):
        return day.isoformat()


def _on_day_of_month(day: date, term: Body) -> date:
    """The next day of the terms' number; a month later for what is issued shortly before it."""
    number, margin = int(decimal(term["DayOfMonthDue"])), int(decimal(term.get("DueNextMonthDays")))
    due = _in_month(day, number)
    if due < day:
        due = _in_month(_next_month(day), number)
    is_short = 0 < margin >= (due - day).days
    return _in_month(_next_month(due), number) if is_short else due


def _in_month(day: date, number: int) -> date:
    """That day of a month, or the last one of a shorter month."""
    return day.replace(day=max(1, min(number, calendar.monthrange(day.year, day.month)[1])))


def _next_month(day: date) -> date:
    return day.replace(day=1) + timedelta(days=calendar.monthrange(day.year, day.month)[1])


def number(books: Books, entity: str, series: str, body: Body) -> None:
    """DocNumber: kept when given (6140 for a duplicate where the company minds), else the next of its series.

    Companies with custom numbers get none when it is left out.
    """
    custom = bool(books.preference("SalesFormsPrefs", "CustomTxnNumbers"))
    given = str(body.get("DocNumber") or "")
    if not given:
        body.pop("DocNumber", None)
        if not custom:
            body["DocNumber"] = str(books.next_number(f"number:{series}"))
        return
    if custom:
        refuse_duplicate(books, entity, body)
    if given.isascii() and given.isdigit() and len(given) < 10:
        books.raise_number(f"number:{series}", int(given))


def refuse_duplicate(books: Books, entity: str, body: Body) -> None:
    """6140 when another transaction of the kind has this number."""
    row = books.store.execute(
        "select id from records where realm = ? and entity = ? and doc_number = ? and id <> ?",
        (books.realm, entity, body["DocNumber"], str(body.get("Id", ""))),
    ).fetchone()
    if row:
        raise fault(
            "6140",
            "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
            f"DocNumber={body['DocNumber']} is assigned to TxnType={entity} with TxnId={row[0]}",
        )


def currency(books: Books, body: Body) -> None:
    """CurrencyRef and ExchangeRate: the customer's or vendor's currency when left out, at a rate of 1."""
    home = books.home_currency()
    code = reference(body.get("CurrencyRef")) or party_currency(books, body) or home
    body["CurrencyRef"] = currency_reference(code)
    if code != home:
        check_currency(books, code)
    refuse_other(books, body, code)
    if code == home:
        body.pop("ExchangeRate", None)
        return
    body["ExchangeRate"] = body.get("ExchangeRate") or 1
    if decimal(body["ExchangeRate"]) <= 0:
        raise business("The exchange rate must be greater than 0.", "ExchangeRate")


def set_amount(body: Body, name: str, value: int) -> None:
    """Writes an amount in cents into a body."""
    body[name] = amount(value)


def account_reference(books: Books, body: Body, name: str, default: str | None) -> None:
    """Fills a reference to an account that was left out."""
    if not reference(body.get(name)) and default is not None:
        found = references.to(books, "Account", default)
        if found:
            body[name] = found
