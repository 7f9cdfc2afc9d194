"""Adjusting the stock: quantities that were counted, their value against an account."""

from __future__ import annotations

from dataclasses import replace

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.postings import Entry, units_held
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.faults import business, missing
from runtime.simulators.quickbooks.money import decimal
from runtime.simulators.quickbooks.rules import lines, references


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Every line names an inventory item and how its quantity changes; a new quantity becomes a difference."""
    references.required(body, "AdjustAccountRef")
    lines.check_open(books, old)
    lines.default_day(books, body)
    lines.number(books, entity, "adjustment", body)
    if not body.get("Line"):
        raise business("You must fill out at least one detail line.")
    for line in body["Line"]:
        lines.require_detail(line)
        if line["DetailType"] != "ItemAdjustmentLineDetail":
            raise business(f"A line of type {line['DetailType']} does not belong on this transaction.")
        _complete(books, body, lines.detail(line))
    lines.keep_identities(body, old)


def _complete(books: Books, body: Body, given: Body) -> None:
    item = books.read("Item", references.required(given, "ItemRef"))
    if item.get("Type") != "Inventory":
        raise business("Only inventory items can be adjusted.", "ItemRef")
    if given.get("QtyDiff") in (None, ""):
        if given.get("NewQty") in (None, ""):
            raise missing("QtyDiff")
        held = units_held(books, item["Id"], str(body.get("Id")))
        given["QtyDiff"] = float(decimal(given["NewQty"]) - decimal(held))


def post_adjustment(books: Books, body: Body) -> list[Entry]:
    """Stock at its cost, which `valuation` writes into the entries, against the account of the adjustment."""
    account = str(reference(body["AdjustAccountRef"]))
    made: list[Entry] = []
    for line in body["Line"]:
        given = lines.detail(line)
        item = books.read("Item", str(reference(given["ItemRef"])))
        asset, units = str(reference(item["AssetAccountRef"])), float(decimal(given["QtyDiff"]))
        cost = Entry(account, 0, line.get("Id"), item=item["Id"], memo=body.get("PrivateNote"), is_cost=True)
        made += [cost, replace(cost, account=asset, quantity=units)]
    return made
