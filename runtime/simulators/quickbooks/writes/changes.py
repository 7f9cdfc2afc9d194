"""Every write: create, full and sparse update, delete, void. Generic over the kinds of record; `rules` has the rest.

A change is one database transaction: the record, what it does to other records (balances, links, SyncTokens) and its
entries in the ledger appear together or not at all.
"""

from __future__ import annotations

from typing import Any

from runtime.simulators.quickbooks.books import postings, settlement, sources
from runtime.simulators.quickbooks.books.books import Books, get_entity, get_id_series
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import (
    make_fault,
    make_id_fault,
    make_missing_fault,
    make_stale_fault,
    make_unsupported_fault,
)
from runtime.simulators.quickbooks.rules import (
    accounts,
    currency,
    details,
    items,
    opening,
    payments,
    references,
    tax_codes,
)
from runtime.simulators.quickbooks.rules.lines import check_open
from runtime.simulators.quickbooks.rules.posting_rules import post_exchange_gains
from runtime.simulators.quickbooks.rules.preparations import prepare
from runtime.simulators.quickbooks.rules.validation import check_body, is_empty
from runtime.simulators.quickbooks.schema import Entity
from runtime.simulators.quickbooks.writes.finishing import finish
from runtime.simulators.quickbooks.writes.merging import merge, replace, require


def place(books: Books, entity: str, body: Body, id: str) -> Body:
    """Put in a record that only the service makes (a tax rate, the preferences), as it is and under a given Id."""
    body = {**body, "Id": id, "domain": "QBO", "sparse": False}
    books.write_new(entity, body)
    if id.isascii() and id.isdigit():
        books.raise_number(get_id_series(get_entity(entity)), int(id))
    return body


def create(books: Books, entity: str, sent: Any, id: str | None = None) -> Body:
    """Make a record; return it as the service would answer it. `id` is for companies that are made with known Ids."""
    facts = get_entity(entity)
    _allow(facts, "create")
    body = check_body(facts, sent)
    body = {
        name: value
        for name, value in body.items()
        if (name == "Line" or not is_empty(value)) and name not in ("Id", "SyncToken", "sparse")
    }
    require(facts, body, facts.required)
    with books.store.begin_transaction():
        references.resolve(books, facts, body, None)
        accounts.check_types(books, body)
        details.check(body)
        currency.check_list_currency(books, entity, body, None)
        prepare(books, entity, body, None)
        body["Id"] = id or books.take_next_id(facts)
        finish(books, facts, body, None)
        if opening.is_asked_for(entity, sent):
            opening.make(books, entity, sent, body, create)
            body = books.read(entity, body["Id"])
        if entity == "CreditMemo" and books.get_preference("SalesFormsPrefs", "AutoApplyCredit"):
            settlement.apply_credit(books, body, create)
            body = books.read(entity, body["Id"])
    return body


def create_tax_code(books: Books, sent: Any) -> Body:
    """Create what the tax service makes: a code, and its rates with their agencies."""
    facts = get_entity("TaxService")
    body = check_body(facts, sent)
    require(facts, body, facts.required)
    with books.store.begin_transaction():
        return tax_codes.make(books, body)


def save(books: Books, entity: str, sent: Any) -> Body:
    """Return what a plain POST does: an update when the body names an Id, else a create."""
    if isinstance(sent, dict) and sent.get("Id") not in (None, ""):
        return update(books, entity, sent)
    return create(books, entity, sent)


def update(books: Books, entity: str, sent: Any) -> Body:
    """Change a record: a full update clears what is left out, a sparse one does not."""
    facts = get_entity(entity)
    _allow(facts, "full_update")
    body = check_body(facts, sent)
    with books.store.begin_transaction():
        old = read_current(books, entity, body)
        payments.refuse_deposited(books, entity, str(old["Id"]))
        is_sparse = bool(body.pop("sparse", False))
        new = merge(facts, old, body) if is_sparse else replace(facts, old, body)
        if is_sparse and _same(new, old):
            return old
        references.resolve(books, facts, new, old)
        accounts.check_types(books, new)
        details.check(new)
        currency.check_list_currency(books, entity, new, old)
        prepare(books, entity, new, old)
        finish(books, facts, new, old)
    return new


def _same(new: Body, old: Body) -> bool:
    ignored = ("SyncToken", "MetaData", "sparse", "domain")
    return {k: v for k, v in new.items() if k not in ignored} == {
        k: v for k, v in old.items() if k not in ignored
    }


def read_current(books: Books, entity: str, body: Body) -> Body:
    """Return the record a body names by Id and SyncToken; 2020, 2030, 610 or 5010 when it does not."""
    id = str(body.get("Id") or "")
    if not id:
        raise make_missing_fault("Id")
    if not (id.isascii() and id.isdigit()):
        raise make_id_fault(id)
    old = books.read(entity, id)
    if body.get("SyncToken") in (None, ""):
        raise make_missing_fault("SyncToken")
    if str(body["SyncToken"]) != old["SyncToken"]:
        raise make_stale_fault()
    return old


def _allow(facts: Entity, operation: str) -> None:
    if operation not in facts.operations:
        raise make_unsupported_fault(f"/v3/company/{facts.path}")


def delete(books: Books, entity: str, sent: Any) -> Body:
    """Take a transaction out of the books; return the stub that the service answers."""
    facts = get_entity(entity)
    if "delete" not in facts.operations and entity != "Item":
        raise make_unsupported_fault(f"/v3/company/{facts.path}?operation=delete")
    body = _named_record(sent)
    with books.store.begin_transaction():
        old = read_current(books, entity, body)
        id = str(old["Id"])
        if entity == "Item":
            items.refuse_delete(books, old)
        check_open(books, old)
        payments.refuse_deposited(books, entity, id)
        if entity in settlement.TARGETS:
            settlement.release(books, entity, id)
        if entity in sources.STATES:
            sources.forget_source(books, entity, id)
        settlement.replace_links(books, entity, old, [])
        postings.replace_entries(books, entity, old, [])
        books.remove(entity, id)
        post_exchange_gains(books)
        if entity == "Attachable":
            books.store.execute("delete from files where realm = ? and id = ?", (books.realm, id))
    return {"domain": "QBO", "status": "Deleted", "Id": id}


def _named_record(sent: Any) -> Body:
    if not isinstance(sent, dict):
        raise make_fault("2010", "Property Name:Expected an object specified is unsupported or invalid")
    return {name: sent.get(name) for name in ("Id", "SyncToken")}


def void(books: Books, entity: str, sent: Any) -> Body:
    """Zero a transaction: amounts and quantities 0, nothing linked, "Voided" in its note."""
    facts = get_entity(entity)
    if "void" not in facts.operations:
        raise make_unsupported_fault(f"/v3/company/{facts.path}?operation=void")
    with books.store.begin_transaction():
        body = read_current(books, entity, _named_record(sent))
        id = str(body["Id"])
        check_open(books, body)
        payments.refuse_deposited(books, entity, id)
        if entity in settlement.SETTLED:
            settlement.release(books, entity, id)
        settlement.replace_links(books, entity, body, [])
        postings.replace_entries(books, entity, body, [])
        _zero(body)
        books.write_changed(entity, body, "Void")
        post_exchange_gains(books)
    return body


def _zero(body: Body) -> None:
    note = str(body.get("PrivateNote") or "")
    if note != "Voided" and not note.startswith("Voided - "):
        body["PrivateNote"] = f"Voided - {note}" if note else "Voided"
    for name in (
        "TotalAmt",
        "Balance",
        "UnappliedAmt",
        "RemainingCredit",
        "HomeTotalAmt",
        "HomeBalance",
        "Deposit",
    ):
        if name in body:
            body[name] = 0
    if "LinkedTxn" in body:
        body["LinkedTxn"] = []
    body["Line"] = [] if "UnappliedAmt" in body or "PayType" in body else body.get("Line", [])
    for line in body["Line"]:
        _zero_line(line)
    if body.get("TxnTaxDetail"):
        body["TxnTaxDetail"] = {**body["TxnTaxDetail"], "TotalTax": 0}
        body["TxnTaxDetail"].pop("TaxLine", None)


def _zero_line(line: Body) -> None:
    if "Amount" in line:
        line["Amount"] = 0
    for value in line.values():
        if isinstance(value, dict) and "Qty" in value:
            value["Qty"] = 0
        for part in value.get("Line", []) if isinstance(value, dict) else []:
            _zero_line(part)
