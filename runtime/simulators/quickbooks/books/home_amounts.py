"""Amounts in home currency on a transaction in a foreign one.

Called by `books.settlement` and, for each write, by `writes.finishing`; the ledger comes after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.money import make_amount, parse_decimal, round_to_cents, share

HOME_AMOUNTS = {"HomeTotalAmt": "TotalAmt", "HomeBalance": "Balance"}


def fill_home_amounts(books: Books, fields: Mapping[str, Any], body: Body) -> None:
    """Fill in HomeTotalAmt and HomeBalance where the kind of record has them."""
    rate = parse_decimal(body.get("ExchangeRate") or 1)
    is_foreign = (
        get_reference(body.get("CurrencyRef")) or books.get_home_currency()
    ) != books.get_home_currency()
    for name, source in HOME_AMOUNTS.items():
        body.pop(name, None)
        if is_foreign and name in fields and source in body:
            body[name] = make_amount(share(round_to_cents(body[source]), rate, Decimal(1)))
