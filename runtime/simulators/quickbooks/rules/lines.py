"""Lines of transactions: their identity over updates, their amounts, the document numbers and days around them."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault, make_fault, make_missing_fault
from runtime.simulators.quickbooks.money import parse_decimal, round_to_cents
from runtime.simulators.quickbooks.rules import references
from runtime.simulators.quickbooks.rules.currency import (
    check_currency,
    find_party_currency,
    make_currency_reference,
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
"""Of a transaction, as documented."""


def get_detail(line: Body) -> Body:
    """Return the detail object of a line; {} when it has none."""
    found: Body = line.get(DETAIL_KEYS.get(str(line.get("DetailType")), "")) or {}
    return found


def assign_ids(body: Body, old: Body | None, first: int = 1) -> None:
    """Give every line an Id: a known one stays, a line without or with an unknown one gets the next."""
    lines: list[Body] = body.get("Line") or []
    if len(lines) > MOST_LINES:
        raise make_business_fault(f"A transaction may have at most {MOST_LINES} lines.")
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
    """Raise 2020 for a line that does not say what kind it is."""
    if not line.get("DetailType"):
        raise make_missing_fault("Line.DetailType")


def require_amount(line: Body) -> None:
    """Require an Amount that does not exceed what the service can add up."""
    if line.get("Amount") in (None, ""):
        raise make_missing_fault("Amount")


def check_product(line: Body) -> None:
    """Raise 6070 when Amount is not Qty times UnitPrice, rounded half-up to cents.

    Zero for both counts as neither given: a client library that is used against the service sends them so.
    """
    given = get_detail(line)
    quantity, price = given.get("Qty"), given.get("UnitPrice")
    if quantity in (None, "") or price in (None, "") or not (parse_decimal(quantity) or parse_decimal(price)):
        return
    product = parse_decimal(quantity) * parse_decimal(price)
    if round_to_cents(str(product)) != round_to_cents(line.get("Amount")):
        raise make_fault(
            "6070",
            f"Amount is not equal to UnitPrice * Qty. Supplied value:{format_number(line.get('Amount'))}",
            "Line.Amount",
        )


def get_units(line: Body) -> Decimal:
    """Return the units on a line: none on a voided one, 1 where an amount has no quantity (see `check_product`)."""
    given = get_detail(line)
    is_said = given.get("Qty") not in (None, "") and (
        parse_decimal(given["Qty"]) or not round_to_cents(line.get("Amount"))
    )
    return parse_decimal(given["Qty"]) if is_said else Decimal(1)


def check_item(item: Body, body: Body, line: Body) -> None:
    """Refuse a category, an inventory item without a quantity, and one before the start of its stock."""
    if item.get("Type") == "Category":
        raise make_business_fault("A category cannot be sold or bought.", "ItemRef")
    check_stock_day(item, body)
    quantity = get_detail(line).get("Qty")
    if item.get("Type") == "Inventory" and (
        quantity in (None, "") or (not parse_decimal(quantity) and round_to_cents(line.get("Amount")))
    ):
        raise make_fault(
            "6520",
            f"Missing Tracked Inventory Item Quantity : Qty is required for the inventory item {item.get('Name')}.",
            "Qty",
        )


def check_stock_day(item: Body, body: Body) -> None:
    """Raise 6270 when a transaction with an inventory item is dated before the item's stock begins."""
    if item.get("Type") == "Inventory" and str(body.get("TxnDate")) < str(item.get("InvStartDate", "")):
        raise make_fault(
            "6270",
            "InventoryTxnDatedBeforeItemStartDate : The transaction is dated before the start of the item.",
            "TxnDate",
        )


def format_number(value: object) -> str:
    """Return a number as the service's sentences show it: thousands separated, no needless zeros."""
    number = parse_decimal(value)
    return f"{number.normalize():,f}" if number else "0"


def take_percent(base: int, percent: object) -> int:
    """Return a percentage of an amount in cents, rounded half-up."""
    return round_to_cents(str(Decimal(base) / 100 * parse_decimal(percent) / 100))


def fill_day(books: Books, body: Body) -> None:
    """Fill in the company's day as TxnDate when left out; raise 6210 for closed books."""
    body.setdefault("TxnDate", books.read_today().isoformat())
    check_open(books, body)


def check_open(books: Books, body: Body | None) -> None:
    """Raise 6210 when a transaction falls into closed books."""
    closed = books.get_closing_date()
    if body and closed and str(body.get("TxnDate", "")) <= closed:
        raise make_fault(
            "6210",
            "The account period has closed and the account books cannot be updated through the QBO Services API. "
            "Please use the QBO website to make these changes.",
        )


def compute_due_day(books: Books, body: Body, term: str | None) -> str:
    """Return the day that the terms make of TxnDate; TxnDate without terms."""
    day = date.fromisoformat(body["TxnDate"])
    found = (books.find("Term", term) if term else None) or {}
    try:
        if found.get("DayOfMonthDue"):
            return _on_day_of_month(day, found).isoformat()
        return (day + timedelta(days=max(int(parse_decimal(found.get("DueDays"))), 0))).isoformat()
    except (OverflowError, ValueError):
        return day.isoformat()


def _on_day_of_month(day: date, term: Body) -> date:
    """Return the next day of the terms' number; a month later for what is issued shortly before it."""
    number, margin = (
        int(parse_decimal(term["DayOfMonthDue"])),
        int(parse_decimal(term.get("DueNextMonthDays"))),
    )
    due = _in_month(day, number)
    if due < day:
        due = _in_month(_next_month(day), number)
    is_short = 0 < margin >= (due - day).days
    return _in_month(_next_month(due), number) if is_short else due


def _in_month(day: date, number: int) -> date:
    """Return that day of a month, or the last one of a shorter month."""
    return day.replace(day=max(1, min(number, calendar.monthrange(day.year, day.month)[1])))


def _next_month(day: date) -> date:
    return day.replace(day=1) + timedelta(days=calendar.monthrange(day.year, day.month)[1])


def fill_number(books: Books, entity: str, series: str, body: Body) -> None:
    """Fill in DocNumber, the next of its series, unless it was sent (6140 for a duplicate where the company minds).

    Companies with custom numbers get none when it is left out.
    """
    custom = bool(books.get_preference("SalesFormsPrefs", "CustomTxnNumbers"))
    given = str(body.get("DocNumber") or "")
    if not given:
        body.pop("DocNumber", None)
        if not custom:
            body["DocNumber"] = str(books.take_next_number(f"number:{series}"))
        return
    if custom:
        refuse_duplicate(books, entity, body)
    if given.isascii() and given.isdigit() and len(given) < 10:
        books.raise_number(f"number:{series}", int(given))


def refuse_duplicate(books: Books, entity: str, body: Body) -> None:
    """Raise 6140 when another transaction of the kind has this number."""
    row = books.store.execute(
        "select id from records where realm = ? and entity = ? and doc_number = ? and id <> ?",
        (books.realm, entity, body["DocNumber"], str(body.get("Id", ""))),
    ).fetchone()
    if row:
        raise make_fault(
            "6140",
            "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
            f"DocNumber={body['DocNumber']} is assigned to TxnType={entity} with TxnId={row[0]}",
        )


def fill_currency(books: Books, body: Body) -> None:
    """Fill in CurrencyRef and ExchangeRate: the customer's or vendor's currency when left out, at a rate of 1."""
    home = books.get_home_currency()
    code = get_reference(body.get("CurrencyRef")) or find_party_currency(books, body) or home
    body["CurrencyRef"] = make_currency_reference(code)
    if code != home:
        check_currency(books, code)
    refuse_other(books, body, code)
    if code == home:
        body.pop("ExchangeRate", None)
        return
    body["ExchangeRate"] = body.get("ExchangeRate") or 1
    if parse_decimal(body["ExchangeRate"]) <= 0:
        raise make_business_fault("The exchange rate must be greater than 0.", "ExchangeRate")


def fill_account(books: Books, body: Body, name: str, default: str | None) -> None:
    """Fill a reference to an account that was left out."""
    if not get_reference(body.get(name)) and default is not None:
        found = references.make_reference(books, "Account", default)
        if found:
            body[name] = found
