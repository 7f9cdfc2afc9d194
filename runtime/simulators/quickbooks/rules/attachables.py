"""Attachables: a note, a file or both, and the records they hang on."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_fault, make_reference_fault
from runtime.simulators.quickbooks.schema import map_entities_by_lower_name


def touch(books: Books, body: Body, old: Body | None) -> None:
    """Raise the SyncToken of every record that a note or a file is newly attached to."""
    for kind, id in sorted(_targets(body) - _targets(old or {})):
        target = books.find(kind, id)
        if target is not None:
            books.write_changed(kind, target)


def _targets(body: Body) -> set[tuple[str, str]]:
    """Return kind and Id of what an Attachable hangs on."""
    owners = [link.get("EntityRef") or {} for link in body.get("AttachableRef") or []]
    return {(str(owner.get("type")), str(get_reference(owner))) for owner in owners if get_reference(owner)}


REFUSED = frozenset(
    {"Attachable", "CompanyInfo", "Preferences", "Term", "PaymentMethod", "TaxCode", "TaxRate", "TaxAgency"}
)


def prepare(books: Books, _entity: str, body: Body, _old: Body | None) -> None:
    """Raise 2020 without note and file name, 6050 for a kind of record that nothing can hang on."""
    if not (body.get("FileName") or body.get("Note")):
        raise make_fault("2020", "Required parameter FileName or Note is missing in the request", "FileName")
    for link in body.get("AttachableRef") or []:
        owner = link.get("EntityRef") or {}
        if not get_reference(owner):
            continue
        kind = map_entities_by_lower_name().get(str(owner.get("type", "")).lower())
        if kind is None or kind.name in REFUSED:
            raise make_fault("6050", "The entity reference type is unsupported for Attachable", "EntityRef")
        if books.find(kind.name, get_reference(owner)) is None:
            raise make_reference_fault("EntityRef")
        owner["type"] = kind.name
