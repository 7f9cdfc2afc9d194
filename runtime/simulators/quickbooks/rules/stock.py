"""Adjusting the stock: quantities that were counted, their value against an account."""

from __future__ import annotations

from dataclasses import replace

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.postings import Entry, sum_units
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault, make_missing_fault
from runtime.simulators.quickbooks.money import parse_decimal
from runtime.simulators.quickbooks.rules import lines, references


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Check that every line names an inventory item and its change; turn a new quantity into a difference."""
    references.require_reference(body, "AdjustAccountRef")
    lines.check_open(books, old)
    lines.fill_day(books, body)
    lines.fill_number(books, entity, "adjustment", body)
    if not body.get("Line"):
        raise make_business_fault("You must fill out at least one detail line.")
    for line in body["Line"]:
        lines.require_detail(line)
        if line["DetailType"] != "ItemAdjustmentLineDetail":
            raise make_business_fault(
                f"A line of type {line['DetailType']} does not belong on this transaction."
            )
        _complete(books, body, lines.get_detail(line))
    lines.assign_ids(body, old)


def _complete(books: Books, body: Body, given: Body) -> None:
    item = books.read("Item", references.require_reference(given, "ItemRef"))
    if item.get("Type") != "Inventory":
        raise make_business_fault("Only inventory items can be adjusted.", "ItemRef")
    if given.get("QtyDiff") in (None, ""):
        if given.get("NewQty") in (None, ""):
            raise make_missing_fault("QtyDiff")
        held = sum_units(books, item["Id"], str(body.get("Id")))
        given["QtyDiff"] = float(parse_decimal(given["NewQty"]) - parse_decimal(held))


def post_adjustment(books: Books, body: Body) -> list[Entry]:
    """Post stock at its cost, which `valuation` writes into the entries, against the account of the adjustment."""
    account = str(get_reference(body["AdjustAccountRef"]))
    made: list[Entry] = []
    for line in body["Line"]:
        given = lines.get_detail(line)
        item = books.read("Item", str(get_reference(given["ItemRef"])))
        asset, units = str(get_reference(item["AssetAccountRef"])), float(parse_decimal(given["QtyDiff"]))
        cost = Entry(account, 0, line.get("Id"), item=item["Id"], memo=body.get("PrivateNote"), is_cost=True)
        made += [cost, replace(cost, account=asset, quantity=units)]
    return made
