"""Adjusting the stock: quantities that were counted, their value against an account."""

from __future__ import annotations

from .. import references
from ..books import Books
from ..faults import business, missing
from ..money import cents, decimal, share
from ..postings import Entry, posts, stock_cost
from ..store import Body, reference
from . import lines, prepares


@prepares("InventoryAdjustment")
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
        asset = str(reference(item["AssetAccountRef"]))
        held = stock_cost(books, item["Id"], asset, str(body.get("Id")))[1]
        given["QtyDiff"] = float(decimal(given["NewQty"]) - decimal(held))


@posts("InventoryAdjustment")
def adjustment(books: Books, body: Body) -> list[Entry]:
    """Stock at its average cost against the account of the adjustment."""
    account = str(reference(body["AdjustAccountRef"]))
    made: list[Entry] = []
    for line in body["Line"]:
        given = lines.detail(line)
        item = books.read("Item", str(reference(given["ItemRef"])))
        asset = str(reference(item["AssetAccountRef"]))
        units = decimal(given["QtyDiff"])
        value, held = stock_cost(books, item["Id"], asset, str(body.get("Id")))
        worth, per = (value, decimal(held)) if held > 0 else (cents(item.get("PurchaseCost")), decimal(1))
        cost, id, memo = share(worth, units, per), item["Id"], body.get("PrivateNote")
        made.append(Entry(asset, cost, line.get("Id"), item=id, quantity=float(units), memo=memo))
        made.append(Entry(account, -cost, line.get("Id"), item=id, memo=memo))
    return made
