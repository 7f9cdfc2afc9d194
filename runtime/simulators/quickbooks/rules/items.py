"""Products and services: which accounts each type needs, categories, stock at the start."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import (
    make_business_fault,
    make_fault,
    make_missing_fault,
    make_unsupported_fault,
)
from runtime.simulators.quickbooks.rules import controls, lines, names, nesting

MOST_CATEGORY_LEVELS = 4
"""As the service says in error 6180."""


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Name, type, the accounts the type needs, quantities."""
    body.setdefault(
        "Type", (old or {}).get("Type") or ("Inventory" if body.get("TrackQtyOnHand") else "Service")
    )
    body["TrackQtyOnHand"] = body["Type"] == "Inventory"
    if old and old.get("Type") == "Inventory" != body["Type"]:
        raise make_business_fault("An inventory item can't be turned into another type.", "Type")
    NEEDS.get(body["Type"], _needs_some_account)(body)
    _check_accounts(books, body)
    names.prepare_nested_name(books, entity, body, old, "product or service")
    nesting.derive_parent_flag(body, old, "SubItem")
    if not body["SubItem"]:
        del body["SubItem"]
    if body["Type"] == "Category":
        _check_category(body)
    if body["Type"] == "Inventory" and old:
        body["QtyOnHand"] = old.get("QtyOnHand", 0)
        body.setdefault("InvStartDate", old.get("InvStartDate"))
    if body["Type"] == "Inventory":
        _check_start(books, body, old)
    if body["Type"] not in ("Category", "Group"):
        body.setdefault("UnitPrice", 0)
        body.setdefault("PurchaseCost", 0)
        body.setdefault("Taxable", False)


def _check_category(body: Body) -> None:
    """Raise 6000 for a category made inactive: it is deleted, which no other item can be; 6180 for more than 4
    levels.
    """
    if not body.get("Active", True):
        raise make_business_fault(
            "A category can't be made inactive; delete it with operation=delete.", "Active"
        )
    if int(body.get("Level", 0)) >= MOST_CATEGORY_LEVELS:
        raise make_fault("6180", "Sub Level Limit : Categories can have at most 4 levels.", "ParentRef")


def refuse_delete(books: Books, item: Body) -> None:
    """Raise 500 for an item that is no category, 6000 for a category with something in it."""
    if item.get("Type") != "Category":
        raise make_unsupported_fault(f"/v3/company/{books.realm}/item?operation=delete")
    row = books.store.execute(
        "select 1 from records where realm = ? and entity = 'Item' and body ->> '$.ParentRef.value' = ? limit 1",
        (books.realm, str(item["Id"])),
    ).fetchone()
    if row:
        raise make_business_fault("The category has items or categories in it; move them out first.", "Id")


def _check_accounts(books: Books, body: Body) -> None:
    """Raise 6430 for accounts that a sale or a purchase of the item cannot book to."""
    for name in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef"):
        controls.refuse(books, get_reference(body.get(name)), name)
    asset = get_reference(body.get("AssetAccountRef"))
    if body["Type"] == "Inventory" and books.get_account_type(str(asset)) != "Other Current Asset":
        raise make_fault("6430", "Invalid account type used : AssetAccountRef", "AssetAccountRef")


def _check_start(books: Books, body: Body, old: Body | None) -> None:
    """Raise 6210 when stock would begin in closed books, or be moved there or from there."""
    days = (body.get("InvStartDate"), (old or {}).get("InvStartDate"))
    for day in days if old is None or days[0] != days[1] else ():
        lines.check_open(books, {"TxnDate": day} if day else None)


def _needs_inventory_fields(body: Body) -> None:
    for name in ("AssetAccountRef", "IncomeAccountRef", "ExpenseAccountRef"):
        if not get_reference(body.get(name)):
            raise make_missing_fault(name)
    for name in ("QtyOnHand", "InvStartDate"):
        if "Id" not in body and body.get(name) in (None, ""):
            raise make_missing_fault(name)


def _needs_some_account(body: Body) -> None:
    if not (get_reference(body.get("IncomeAccountRef")) or get_reference(body.get("ExpenseAccountRef"))):
        raise make_missing_fault("IncomeAccountRef")


def _needs_nothing(_body: Body) -> None:
    return


NEEDS = {"Inventory": _needs_inventory_fields, "Category": _needs_nothing, "Group": _needs_nothing}
