"""The end of a write: the record is stored, then what follows from it, in links, ledger, balances and names.

Comes before: `changes`, which has checked and prepared the record, in whose transaction this happens.
"""

from __future__ import annotations

from typing import Any

from runtime.simulators.quickbooks.books import balances, exchange_gains, postings, settlement, sources
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.home_amounts import fill_home_amounts
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.rules import attachables, controls, journal, names, references
from runtime.simulators.quickbooks.rules.posting_rules import make_entries, post_exchange_gains
from runtime.simulators.quickbooks.schema import Entity


def finish(books: Books, facts: Entity, body: Body, old: Body | None) -> None:
    """Write the record, then what follows from it."""
    entity = facts.name
    body["domain"], body["sparse"] = "QBO", False
    if facts.is_transaction:
        fill_home_amounts(books, facts.fields, body)
    stock = _take_opening_stock(entity, body, old)
    _link(books, entity, body, old)
    if old is None:
        books.write_new(entity, body)
    else:
        books.write_changed(entity, body)
    _hold_links(books, entity, body, old)
    _post(books, facts, body, old, stock)
    if entity in settlement.TARGETS:
        exchange_gains.note(books, [(entity, str(body["Id"]))])
    post_exchange_gains(books)
    if old is not None:
        _follow(books, facts, body, old)


def _take_opening_stock(entity: str, body: Body, old: Body | None) -> Any:
    """Return what a new item of stock begins with, which is booked after the item is written; None where nothing is."""
    if old is not None or entity != "Item" or body.get("Type") != "Inventory":
        return None
    stock = body.get("QtyOnHand")
    if stock is not None:
        body["QtyOnHand"] = 0
    return stock


def _link(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Write into the body what settles it or was made from it; release what it settled before."""
    if entity in settlement.SETTLED:
        if old is not None:
            settlement.give_back(books, entity, str(body["Id"]), settlement.get_payable_total(body))
        body["LinkedTxn"] = sources.list_linked_transactions(books, entity, str(body["Id"]), body)
    elif old is not None and entity in sources.STATES:
        sources.retain_use(books, entity, body)
    elif old is not None and entity == "JournalEntry" and journal.is_moving_debts(books, body, old):
        settlement.release(books, entity, str(body["Id"]))


def _hold_links(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Store what the record, which is written by now, is attached to and settles."""
    if entity == "Attachable":
        attachables.touch(books, body, old)
    if entity in settlement.HOLDERS:
        links = settlement.list_links(entity, body)
        if links or old is not None:
            settlement.replace_links(books, entity, body, links)


def _post(books: Books, facts: Entity, body: Body, old: Body | None, stock: Any) -> None:
    """Book the record: opening stock, stock that begins on another day, or a transaction."""
    entity = facts.name
    if stock is not None:
        dated = {**body, "_opening": stock, "TxnDate": body["InvStartDate"]}
        postings.enter(books, entity, dated, make_entries(books, entity, dated))
        body["QtyOnHand"] = stock
    elif old is not None and entity == "Item" and body.get("InvStartDate") != old.get("InvStartDate"):
        dated = {**body, "TxnDate": body["InvStartDate"]}
        postings.replace_entries(books, entity, dated, postings.read_entries(books, entity, str(body["Id"])))
    elif facts.is_transaction:
        put = postings.enter if old is None else postings.replace_entries
        booked = make_entries(books, entity, body)
        controls.check_names(books, booked)
        controls.check_currencies(books, body, booked)
        put(books, entity, body, booked)


def _follow(books: Books, facts: Entity, body: Body, old: Body) -> None:
    """Carry a new name and a new parent on to the records that show them."""
    if facts.has_active:
        _rename(books, facts.name, body, old)
    if facts.name in balances.NESTED and body.get("ParentRef") != old.get("ParentRef"):
        balances.add_up_tree(books, facts.name)


def _rename(books: Books, entity: str, body: Body, old: Body) -> None:
    name = "DisplayName" if "DisplayName" in body else "Name"
    if "FullyQualifiedName" in body and body["FullyQualifiedName"] != old.get("FullyQualifiedName"):
        names.rename_below(books, entity, body, name)
    before, after = (str(shown.get("FullyQualifiedName") or shown.get(name)) for shown in (old, body))
    if before != after:
        references.follow_rename(books, entity, str(body["Id"]), before, after)
