"""Lists: names that have to be there, to be unique, and to nest; what follows from them."""

from __future__ import annotations

import re

from runtime.simulators.quickbooks.books.books import NAME_SERIES, Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_fault
from runtime.simulators.quickbooks.rules import currency, nesting
from runtime.simulators.quickbooks.rules.references import follow_rename
from runtime.simulators.quickbooks.schema import load_entities

PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
DEEPEST = 5
"""Levels, as the service says in error 6180."""
FORBIDDEN = re.compile(r"[:\t\n\r]")
DELETED = " (deleted)"


def prepare_name(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Compose DisplayName, and require it to be unique over customers, vendors and employees."""
    composed = " ".join(str(body[part]) for part in PARTS if body.get(part))
    if entity == "Employee":
        if not (body.get("GivenName") or body.get("FamilyName")):
            raise _no_name()
        body["DisplayName"] = body.get("DisplayName") or composed
    if not body.get("DisplayName"):
        body["DisplayName"] = composed or str(body.get("CompanyName") or "")
    if not body["DisplayName"].strip():
        raise _no_name()
    _check_characters(body["DisplayName"], "DisplayName")
    mark_inactive(body, old, "DisplayName")
    _unique_name(books, entity, body)
    body.setdefault("PrintOnCheckName", body.get("CompanyName") or body["DisplayName"])
    if entity != "Employee":
        currency.fill_currency(books, body, old)
    if entity == "Customer":
        _customer(books, body, old)
    elif entity == "Vendor":
        _vendor(books, body, old)


def _customer(books: Books, body: Body, old: Body | None) -> None:
    nesting.check_and_set_job(body)
    _full_name(books, "Customer", body, "DisplayName")
    body["Balance"] = (old or {}).get("Balance", 0)
    body["BalanceWithJobs"] = (old or {}).get("BalanceWithJobs", 0)
    body.setdefault("Taxable", False)
    body.setdefault("PreferredDeliveryMethod", "Print")
    body["IsProject"] = bool((old or {}).get("IsProject"))


def _vendor(books: Books, body: Body, old: Body | None) -> None:
    if old is None and not books.is_loading:
        body.pop("TermRef", None)  # the service takes no notice of it on create; made companies have terms
    body["Balance"] = (old or {}).get("Balance", 0)
    body.setdefault("Vendor1099", False)


def _no_name() -> Exception:
    return make_fault("6080", "No Name Provided : At least one of the name fields has to be given.")


def _check_characters(name: str, element: str) -> None:
    if FORBIDDEN.search(name):
        raise make_fault(
            "2040", "Invalid String : The name may not contain a colon, a tab or a line break.", element
        )


def _unique_name(books: Books, entity: str, body: Body) -> None:
    for other in sorted(NAME_SERIES):
        row = books.store.execute(
            "select id from records where realm = ? and entity = ? and name = ? and not (entity = ? and id = ?)",
            (books.realm, other, body["DisplayName"], entity, str(body.get("Id", ""))),
        ).fetchone()
        if row:
            raise make_duplicate_fault("customer, vendor or employee")


def make_duplicate_fault(what: str) -> Exception:
    """Return the fault 6240: the name is taken."""
    return make_fault(
        "6240",
        f"The name supplied already exists. : Another {what} is already using this name. Please use a different name.",
    )


def mark_inactive(body: Body, old: Body | None, name: str) -> None:
    """Append " (deleted)" to the name of a record made inactive, so that the name is free again."""
    body.setdefault("Active", True)
    was_active = (old or {}).get("Active", True)
    if not body["Active"] and was_active and not str(body[name]).endswith(DELETED):
        body[name] = f"{body[name]}{DELETED}"


def _full_name(books: Books, entity: str, body: Body, name: str) -> None:
    """Fill in FullyQualifiedName and depth from the parent; refuse loops (900) and more than five levels (6180)."""
    parts = [str(body[name])]
    above = get_reference(body.get("ParentRef"))
    level = 0
    while above is not None:
        if above == str(body.get("Id", "")):
            raise make_fault("900", "Parent cannot be child", "ParentRef")
        level += 1
        if level >= DEEPEST:
            raise make_fault("6180", "Sub Level Limit : You can have at most 5 levels.", "ParentRef")
        parent = books.read(entity, above)
        parts.append(str(parent[name]))
        above = get_reference(parent.get("ParentRef"))
    body["FullyQualifiedName"] = ":".join(reversed(parts))
    if "Level" in load_entities()[entity].fields and level:
        body["Level"] = level
    elif "Level" in body:
        del body["Level"]


def rename_below(books: Books, entity: str, body: Body, name: str) -> None:
    """Write the new full name into the records below a renamed one."""
    rows = books.store.execute(
        "select id from records where realm = ? and entity = ? and body ->> '$.ParentRef.value' = ?",
        (books.realm, entity, str(body["Id"])),
    ).fetchall()
    for (id,) in rows:
        child = books.read(entity, id)
        before = str(child["FullyQualifiedName"])
        _full_name(books, entity, child, name)
        books.store.execute(
            "update records set full_name = ? where realm = ? and entity = ? and id = ?",
            (child["FullyQualifiedName"], books.realm, entity, id),
        )
        books.write_silently(entity, child)
        follow_rename(books, entity, id, before, child["FullyQualifiedName"])
        rename_below(books, entity, child, name)


def prepare_nested_name(books: Books, entity: str, body: Body, old: Body | None, what: str) -> None:
    """Prepare a list whose names nest: Name given, clean, unique under its parent; FullyQualifiedName from the
    parents.
    """
    if not str(body.get("Name") or "").strip():
        raise make_fault("2020", "Required parameter Name is missing in the request", "Name")
    _check_characters(body["Name"], "Name")
    mark_inactive(body, old, "Name")
    _full_name(books, entity, body, "Name")
    row = books.store.execute(
        "select id from records where realm = ? and entity = ? and full_name = ? and id <> ?",
        (books.realm, entity, body["FullyQualifiedName"], str(body.get("Id", ""))),
    ).fetchone()
    if row:
        raise make_duplicate_fault(what)


def prepare_segment(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Prepare classes and locations."""
    prepare_nested_name(books, entity, body, old, entity.lower())
    nesting.derive_parent_flag(body, old, f"Sub{entity}")


def prepare_plain(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Prepare lists of plain names."""
    name = "DisplayName" if entity == "TaxAgency" else "Name"
    if not str(body.get(name) or "").strip():
        raise make_fault("2020", f"Required parameter {name} is missing in the request", name)
    if "Active" in load_entities()[entity].fields:
        mark_inactive(body, old, name)
    row = books.store.execute(
        "select id from records where realm = ? and entity = ? and name = ? and id <> ?",
        (books.realm, entity, body[name], str(body.get("Id", ""))),
    ).fetchone()
    if row:
        raise make_duplicate_fault(entity.lower())
    if entity == "Term":
        body.setdefault("Type", "DATE_DRIVEN" if body.get("DayOfMonthDue") else "STANDARD")
    if entity == "PaymentMethod":
        body.setdefault("Type", "NON_CREDIT_CARD")
