"""Amounts in home currency on a transaction in a foreign one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.money import amount, cents, decimal, share

HOME_AMOUNTS = {"HomeTotalAmt": "TotalAmt", "HomeBalance": "Balance"}


def fill_home_amounts(books: Books, fields: Mapping[str, Any], body: Body) -> None:
    """Fill in HomeTotalAmt and HomeBalance where the kind of record has them."""
    rate = decimal(body.get("ExchangeRate") or 1)
    is_foreign = (reference(body.get("CurrencyRef")) or books.home_currency()) != books.home_currency()
    for name, source in HOME_AMOUNTS.items():
        body.pop(name, None)
        if is_foreign and name in fields and source in body:
            body[name] = amount(share(cents(body[source]), rate, Decimal(1)))
