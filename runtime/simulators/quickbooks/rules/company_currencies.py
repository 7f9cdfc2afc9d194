"""The list of currencies that a company uses beside its own."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import make_fault
from runtime.simulators.quickbooks.rules import names
from runtime.simulators.quickbooks.rules.currency import KNOWN


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Prepare a currency beside the home currency; only for companies with several."""
    if not books.get_preference("CurrencyPrefs", "MultiCurrencyEnabled"):
        raise make_fault("5030", "Feature Not Supported : Multicurrency is not enabled for this company.")
    code = str(body.get("Code", "")).upper()
    if len(code) != 3 or not code.isalpha():
        raise make_fault("2220", f"Invalid Currency Type : {code[:50]}", "Code")
    body["Code"] = code
    body.setdefault("Name", KNOWN.get(code, code))
    names.mark_inactive(body, old, "Name")
    row = books.store.execute(
        "select id from records where realm = ? and entity = ? and body ->> '$.Code' = ? and id <> ?",
        (books.realm, entity, code, str(body.get("Id", ""))),
    ).fetchone()
    if row:
        raise names.make_duplicate_fault("currency")
