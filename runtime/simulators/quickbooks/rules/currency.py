"""Currencies and exchange rates. There is a rate per currency and day; the latest one before a day holds on it."""

from __future__ import annotations

from typing import Any

from runtime.simulators.quickbooks.books.books import Books, get_entity, get_id_series
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault, make_fault, make_missing_fault
from runtime.simulators.quickbooks.money import parse_decimal
from runtime.simulators.quickbooks.rules.validation import check_body

KNOWN = {
    "USD": "United States Dollar", "CAD": "Canadian Dollar", "EUR": "Euro", "GBP": "British Pound Sterling",
    "AUD": "Australian Dollar", "JPY": "Japanese Yen", "CHF": "Swiss Franc", "MXN": "Mexican Peso",
    "INR": "Indian Rupee",
    "NZD": "New Zealand Dollar", "SEK": "Swedish Krona", "NOK": "Norwegian Krone", "DKK": "Danish Krone",
}  # fmt: skip


def make_currency_reference(code: str) -> Body:
    """Return a reference to a currency."""
    return {"value": code, "name": KNOWN.get(code, code)}


def check_currency(books: Books, code: str) -> None:
    """Raise 6000 for a foreign currency in a company that has one only, 2220 for one that it does not have."""
    if not books.get_preference("CurrencyPrefs", "MultiCurrencyEnabled"):
        raise make_business_fault(
            "You can't use a foreign currency: multicurrency is not enabled.", "CurrencyRef"
        )
    row = books.store.execute(
        "select active from records where realm = ? and entity = 'CompanyCurrency' and body ->> '$.Code' = ?",
        (books.realm, code),
    ).fetchone()
    if row is None or not row[0]:
        raise make_fault("2220", f"Invalid Currency Type : {code[:50]}", "CurrencyRef")


LISTS = frozenset({"Customer", "Vendor", "Account"})
"""Records with a currency of their own, which every transaction with them is in."""


def check_list_currency(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Check the currency of a new customer, vendor or account; 6000 when an update would change it."""
    before = get_reference((old or {}).get("CurrencyRef")) or books.get_home_currency()
    code = get_reference(body.get("CurrencyRef"))
    if entity not in LISTS or (code is None and old is None):
        return
    if old is not None and code not in (None, before):
        raise make_business_fault("The currency can't be changed.", "CurrencyRef")
    if old is None and code != books.get_home_currency():
        check_currency(books, str(code))
    if code is not None or "CurrencyRef" in (old or {}):
        body["CurrencyRef"] = make_currency_reference(code or before)


def fill_currency(books: Books, body: Body, old: Body | None) -> None:
    """Fill in the company's own CurrencyRef when left out; 6000 when an update names another than the record has."""
    home = books.get_home_currency()
    before = get_reference((old or {}).get("CurrencyRef"))
    code = get_reference(body.get("CurrencyRef")) or before or home
    if before and code != before:
        raise make_business_fault(
            "The currency of a customer, a vendor or an account can't be changed.", "CurrencyRef"
        )
    if code not in (home, before):
        check_currency(books, code)
    body["CurrencyRef"] = make_currency_reference(code)


def find_party_currency(books: Books, body: Body) -> str | None:
    """Return the currency of the customer, vendor or payee of a transaction; None without one that has a currency."""
    payee = body.get("EntityRef") or {}
    kind = str(payee.get("type", "")).capitalize()
    named = [("Customer", body.get("CustomerRef")), ("Vendor", body.get("VendorRef"))]
    for entity, ref in [*named, (kind, payee)] if kind in LISTS else named:
        party = books.find(entity, get_reference(ref)) if get_reference(ref) else None
        if party is not None:
            return get_reference(party.get("CurrencyRef")) or books.get_home_currency()
    return None


def refuse_other(books: Books, body: Body, code: str) -> None:
    """Raise 6000 for a transaction in another currency than its customer's, vendor's or payee's."""
    if find_party_currency(books, body) not in (None, code):
        raise make_business_fault(
            "The currency of the transaction must be the currency of the customer or vendor.", "CurrencyRef"
        )


def read_rate(books: Books, code: str, day: str | None) -> Body:
    """Return the rate of a currency on a day (today without one); 1 for the home currency and where none was ever
    set.
    """
    code = code.upper()
    if len(code) != 3 or not code.isalpha():
        raise make_fault("2220", f"Invalid Currency Type : {code[:50]}", "sourcecurrencycode")
    day = day or books.read_today().isoformat()
    row = books.store.execute(
        "select body ->> '$.Rate', id from records where realm = ? and entity = 'ExchangeRate'"
        " and body ->> '$.SourceCurrencyCode' = ? and body ->> '$.AsOfDate' <= ?"
        " order by body ->> '$.AsOfDate' desc limit 1",
        (books.realm, code, day),
    ).fetchone()
    found = books.read("ExchangeRate", row[1]) if row else {"Rate": 1, "SyncToken": "0"}
    found.pop("Id", None)
    return {
        **found, "SourceCurrencyCode": code, "TargetCurrencyCode": books.get_home_currency(), "AsOfDate": day,
        "domain": "QBO", "sparse": False,
    }  # fmt: skip


def write_rate(books: Books, sent: Any) -> Body:
    """Set the rate of a day."""
    body = check_body(get_entity("ExchangeRate"), sent)
    for name in ("SourceCurrencyCode", "AsOfDate", "Rate"):
        if body.get(name) in (None, ""):
            raise make_missing_fault(name)
    if parse_decimal(body["Rate"]) <= 0:
        raise make_business_fault("The exchange rate must be greater than 0.", "Rate")
    key = {
        "SourceCurrencyCode": str(body["SourceCurrencyCode"]).upper(),
        "AsOfDate": body["AsOfDate"],
        "Rate": body["Rate"],
    }
    with books.store.begin_transaction():
        row = books.store.execute(
            "select id from records where realm = ? and entity = 'ExchangeRate' and body ->> '$.SourceCurrencyCode' = ?"
            " and body ->> '$.AsOfDate' = ?",
            (books.realm, key["SourceCurrencyCode"], key["AsOfDate"]),
        ).fetchone()
        if row:
            books.write_changed("ExchangeRate", {**books.read("ExchangeRate", row[0]), **key})
        else:
            id = str(books.take_next_number(get_id_series(get_entity("ExchangeRate"))))
            books.write_new("ExchangeRate", {**key, "Id": id})
    return read_rate(books, key["SourceCurrencyCode"], key["AsOfDate"])
