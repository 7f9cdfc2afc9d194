"""What a transaction does to the ledger: balanced double entries, in home currency, replaced as a whole with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runtime.simulators.quickbooks.books import valuation
from runtime.simulators.quickbooks.books.balances import settle_balances
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import make_business_fault
from runtime.simulators.quickbooks.money import round_to_cents

RECEIVABLE, PAYABLE = "Accounts Receivable", "Accounts Payable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a booking. `cents` is positive for a debit; `quantity` is a change of stock."""

    account: str
    cents: int
    line: str | None = None
    customer: str | None = None
    vendor: str | None = None
    employee: str | None = None
    class_: str | None = None
    department: str | None = None
    item: str | None = None
    quantity: float | None = None
    memo: str | None = None
    is_cost: bool = False
    """Whether it is the cost of stock, which `valuation` works out once it is in the ledger."""
    is_home: bool = False
    """Whether it is in home currency already, whatever the currency of the transaction."""
    date: str | None = None
    """The day it counts from, where that is not the day of the transaction."""


COLUMNS = "account, cents, line, customer, vendor, employee, class, department, item, quantity, memo"
INSERT = (
    f"insert into postings (realm, txn_type, txn_id, date, {COLUMNS}) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)


def find_account(books: Books, account_type: str, subtype: str | None = None) -> str:
    """Return the oldest account of a type; 6000 when the company has none."""
    id = books.find_first_account(account_type, subtype)
    if id is None:
        raise make_business_fault(f"The company has no account of type {account_type}.")
    return id


def read_entries(books: Books, entity: str, id: str) -> list[Entry]:
    """Return the entries of a transaction as they are in the ledger."""
    rows = books.store.execute(
        f"select {COLUMNS} from postings where realm = ? and txn_id = ? and txn_type = ?",
        (books.realm, id, entity),
    )
    return [Entry(*row) for row in rows]


def replace_entries(books: Books, entity: str, body: Body, entries: Iterable[Entry]) -> None:
    """Put `entries` in the place of the transaction's former ones and brings the balances up to date."""
    id = str(body["Id"])
    former = read_entries(books, entity, id)
    _note(books, former, -1)
    _note_stock(books, entity, id, former)
    books.store.execute(
        "delete from postings where realm = ? and txn_id = ? and txn_type = ?", (books.realm, id, entity)
    )
    enter(books, entity, body, entries)


def enter(books: Books, entity: str, body: Body, entries: Iterable[Entry]) -> None:
    """Put the entries of a transaction that has none into the ledger and brings the balances up to date."""
    id, date = str(body["Id"]), str(body.get("TxnDate") or books.read_today().isoformat())
    new = [entry for entry in entries if entry.cents or entry.quantity or entry.is_cost]
    if sum(entry.cents for entry in new):
        raise make_business_fault("Debits and credits of this transaction differ.")
    books.store.revise(books.realm)
    books.store.connection.executemany(
        INSERT,
        [
            (books.realm, entity, id, e.date or date, e.account, e.cents, e.line, e.customer, e.vendor, e.employee,
             e.class_, e.department, e.item, e.quantity, e.memo)
            for e in new
        ],
    )  # fmt: skip
    _note(books, new, 1)
    _note_stock(books, entity, id, new)
    if not books.is_loading:
        settle_balances(books)


def _note_stock(books: Books, entity: str, id: str, entries: Iterable[Entry]) -> None:
    """Note the items that the entries of a transaction, as they are in the ledger, move."""
    items = {entry.item for entry in entries if entry.quantity is not None}
    if items:
        row = books.store.execute(
            "select min(date) from postings where realm = ? and txn_id = ? and txn_type = ?",
            (books.realm, id, entity),
        ).fetchone()
        valuation.note(books, items, valuation.get_place(entity, {"Id": id, "TxnDate": row[0]}))


def _note(books: Books, entries: Iterable[Entry], sign: int) -> None:
    noted = books.differences
    for entry in entries:
        noted.accounts[entry.account] += sign * entry.cents
        if entry.customer and books.get_account_type(entry.account) == RECEIVABLE:
            noted.customers[entry.customer] += sign * entry.cents
        if entry.vendor and books.get_account_type(entry.account) == PAYABLE:
            noted.vendors[entry.vendor] -= sign * entry.cents
        if entry.item and entry.quantity:
            noted.stock[entry.item] += sign * entry.quantity


def sum_units(books: Books, item: str, txn_id: str) -> float:
    """Return units in stock of an item, without what transaction `txn_id` itself did."""
    row = books.store.execute(
        "select coalesce(sum(quantity), 0) from postings where realm = ? and item = ? and txn_id <> ?",
        (books.realm, item, txn_id),
    ).fetchone()
    return float(row[0])


def get_line_memo(line: Body, body: Body) -> str | None:
    """Return what a detail report shows as memo: the line's description, else the note on the transaction."""
    found: str | None = line.get("Description") or body.get("PrivateNote")
    return found


def get_total(body: Body) -> int:
    """Return TotalAmt in cents."""
    return round_to_cents(body.get("TotalAmt"))
