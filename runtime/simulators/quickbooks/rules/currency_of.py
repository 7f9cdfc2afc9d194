"""The currency of a customer, a vendor or an account: it is there on every one, and stays what it was made with."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books, reference
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import business


def fill_in(books: Books, body: Body, old: Body | None) -> None:
    """CurrencyRef is the company's own when left out; 6000 when an update names another than the record has."""
    # The rules of currencies use those of names, which use this.
    from runtime.simulators.quickbooks.rules.currency import check_currency, currency_reference

    home = books.home_currency()
    before = reference((old or {}).get("CurrencyRef"))
    code = reference(body.get("CurrencyRef")) or before or home
    if before and code != before:
        raise business("The currency of a customer, a vendor or an account can't be changed.", "CurrencyRef")
    if code not in (home, before):
        check_currency(books, code)
    body["CurrencyRef"] = currency_reference(code)
