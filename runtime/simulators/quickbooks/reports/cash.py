"""The ledger on cash basis: what invoices, bills and credits book counts when, and as far as, they are paid.

Made of the postings and the links into a temporary table of the same shape, which stays until the ledger is written
to: `Store.revision` counts what this process does, `MARK` sees what another one has done to the file. A
document's entries other than the receivable or payable move to the day of each payment (or of the document, if that is
later) in proportion to what the payment settles; rounding runs up, so that a document paid in full counts exactly.
What a payment has not settled stays on the receivable or payable, or on the accounts of the subtypes
UnappliedCashPaymentIncome and UnappliedCashBillPaymentExpense where the company has them. Every day still balances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runtime.simulators.quickbooks.books import exchange_gains
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.money import share

TABLE = "temp.cash_postings"
COLUMNS = (
    "realm, txn_type, txn_id, line, date, account, cents, customer, vendor, employee, class, department, item,"
    " quantity, memo"
)
DOCUMENTS = ("Invoice", "CreditMemo", "Bill", "VendorCredit")
PAYMENTS = ("Payment", "BillPayment")
UNAPPLIED = {
    "Accounts Receivable": "UnappliedCashPaymentIncome",
    "Accounts Payable": "UnappliedCashBillPaymentExpense",
}

TABLES = (
    "create temp table if not exists cash_state (realm text primary key, mark text)",
    f"create temp table if not exists cash_postings (pk integer primary key, {COLUMNS})",
)
INDEXES = {
    "cash_date": "cash_postings (realm, date, account, cents)",
    "cash_account": "cash_postings (realm, account, date, cents)",
}
"""Made after the table is filled."""

MARK = """
select (select count(*) || '/' || coalesce(sum(pk * 7 + cents * (pk % 97)), 0) from postings where realm = ?1)
    || ':' || (select count(*) || '/' || coalesce(sum(pk * 7 + cents * (pk % 97)), 0) from links where realm = ?1)
"""

INSERT = f"insert into cash_postings ({COLUMNS}) values (?{', ?' * 14})"

DATE, ACCOUNT, CENTS, QUANTITY = 4, 5, 6, 13
"""Places of a posting's values among COLUMNS."""

Entry = tuple[Any, ...]
"""The values of COLUMNS."""


@dataclass
class Document:
    """An invoice, bill or credit: its entries, and what of it was settled when (amounts in its own currency)."""

    date: str
    total: int
    control: Entry | None = None
    goods: list[Entry] = field(default_factory=list)
    deposits: list[Entry] = field(default_factory=list)
    settled: list[tuple[str, int]] = field(default_factory=list)

    def deposit(self) -> int:
        """Return what was paid with the document itself; of foreign money, its share of the total."""
        taken, sold = sum(entry[CENTS] for entry in self.deposits), -sum(entry[CENTS] for entry in self.goods)
        return taken if sold == self.total else share(self.total, Decimal(taken), Decimal(sold))


def prepare_table(store: Store, realm: str) -> str:
    """Return the name of the table with the company's ledger on cash basis, made anew when the books have changed."""
    for statement in TABLES:
        store.execute(statement)
    mark = f"{store.get_revision(realm)}:{store.execute(MARK, (realm,)).fetchone()[0]}"
    row = store.execute("select mark from cash_state where realm = ?", (realm,)).fetchone()
    if row is None or row[0] != mark:
        with store.begin_transaction():
            _fill(store, realm)
            store.execute("insert or replace into cash_state values (?, ?)", (realm, mark))
    return TABLE


def _fill(store: Store, realm: str) -> None:
    for name in INDEXES:
        store.execute(f"drop index if exists temp.{name}")
    store.execute("delete from cash_postings where realm = ?", (realm,))
    controls = _controls(store, realm)
    documents = _documents(store, realm)
    _copy_others(store, realm, controls)
    plain = _sort_entries(store, realm, documents, controls)
    store.connection.executemany(INSERT, plain)
    store.connection.executemany(INSERT, _counted(documents, controls))
    store.connection.executemany(INSERT, _linked_to_journals(store, realm, controls))
    for name, columns in INDEXES.items():
        store.execute(f"create index temp.{name} on {columns}")


def _sort_entries(
    store: Store, realm: str, documents: dict[tuple[str, str], Document], controls: dict[str, str]
) -> list[Entry]:
    """Put the entries of documents into them; return those of documents without an amount, which count as they are."""
    plain: list[Entry] = []
    booked = f"select {COLUMNS} from postings where realm = ? and txn_type in {DOCUMENTS} order by pk"
    for entry in store.execute(booked, (realm,)):
        found = documents.get((entry[1], entry[2]))
        if found is None:
            plain.append(entry)
        else:
            _sort_in(found, entry, controls)
    for document in documents.values():
        if document.control is None and not document.settled:
            document.settled.append((document.date, document.total - document.deposit()))
    return plain


def _controls(store: Store, realm: str) -> dict[str, str]:
    """Return receivable or payable account -> the account for what payments have not settled (itself, if there is
    none).
    """
    rows = store.execute(
        "select id, body ->> '$.AccountType', body ->> '$.AccountSubType' from records"
        " where realm = ? and entity = 'Account' order by num",
        (realm,),
    ).fetchall()
    by_subtype = {subtype: id for id, _, subtype in reversed(rows)}
    return {id: by_subtype.get(UNAPPLIED[kind], id) for id, kind, _ in rows if kind in UNAPPLIED}


def _documents(store: Store, realm: str) -> dict[tuple[str, str], Document]:
    """Return every document with an amount, and its settlements in the order of their days."""
    found: dict[tuple[str, str], Document] = {}
    rows = store.execute(
        "select entity, id, txn_date, total from records"
        " where realm = ? and entity in ('Invoice', 'CreditMemo', 'Bill', 'VendorCredit') and total <> 0",
        (realm,),
    )
    for entity, id, day, total in rows:
        found[entity, id] = Document(day, total)
    links = store.execute(
        f"select to_type, to_id, date, cents from links where realm = ? and from_type in {PAYMENTS}"
        " order by date, cast(from_id as integer), pk",
        (realm,),
    )
    for entity, id, day, cents in links:
        document = found.get((entity, id))
        if document is not None:
            document.settled.append((max(day, document.date), cents))
    return found


def _sort_in(document: Document, entry: Entry, controls: dict[str, str]) -> None:
    """Put an entry of a document where it belongs: the control entry, a deposit taken at once, or what was sold."""
    is_head = entry[3] is None
    if is_head and entry[ACCOUNT] in controls and document.control is None:
        document.control = entry
    elif is_head and entry[1] == "Invoice" and entry[CENTS] > 0:
        document.deposits.append(entry)
    else:
        document.goods.append(entry)


def _copy_others(store: Store, realm: str, controls: dict[str, str]) -> None:
    """Count everything that is not a document as booked; only payments leave the control accounts."""
    moved = " ".join(
        f"when '{control}' then '{other}'" for control, other in controls.items() if control != other
    )
    paid = f"case when txn_type in {PAYMENTS} then case account {moved} else account end else account end"
    columns = COLUMNS.replace(" account,", f" {paid if moved else 'account'},")
    store.execute(
        f"insert into cash_postings ({COLUMNS}) select {columns} from postings"
        f" where realm = ? and txn_type not in {DOCUMENTS}",
        (realm,),
    )


def _counted(documents: dict[tuple[str, str], Document], controls: dict[str, str]) -> Iterator[Entry]:
    """Return the entries of documents as far as they are paid."""
    for document in documents.values():
        yield from document.deposits
        reached, deposit = 0, document.deposit() if document.deposits else 0
        parts = [(document.date, deposit, False)] if deposit else []
        parts += [(day, cents, True) for day, cents in document.settled]
        for day, cents, is_linked in parts:
            counted = _part(document, reached, reached + cents)
            reached += cents
            yield from (_changed(entry, day, value) for entry, value in counted if value)
            value = sum(value for _, value in counted)
            if is_linked and value and document.control is not None:
                account = controls[document.control[ACCOUNT]]
                yield _changed(document.control, day, -value, account)


def _part(document: Document, before: int, after: int) -> list[tuple[Entry, int]]:
    """Return what each entry counts between two amounts paid; what rounding leaves goes to the first."""
    if not document.goods:
        return []
    if before == 0 and after == document.total:
        return [(entry, entry[CENTS]) for entry in document.goods]
    whole = Decimal(document.total)
    values = [
        share(entry[CENTS], Decimal(after), whole) - share(entry[CENTS], Decimal(before), whole)
        for entry in document.goods
    ]
    total = sum(entry[CENTS] for entry in document.goods)
    wanted = share(total, Decimal(after), whole) - share(total, Decimal(before), whole)
    values[0] += wanted - sum(values)
    return list(zip(document.goods, values, strict=True))


def _changed(entry: Entry, day: str, cents: int, account: str | None = None) -> Entry:
    changed = list(entry)
    changed[DATE], changed[CENTS], changed[QUANTITY] = day, cents, None
    if account is not None:
        changed[ACCOUNT] = account
    return tuple(changed)


def _linked_to_journals(store: Store, realm: str, controls: dict[str, str]) -> Iterator[Entry]:
    """Return what settles a journal entry stays on the control account, where that entry is."""
    rows = store.execute(
        "select p.realm, p.txn_type, p.txn_id, null, max(l.date, j.date), p.account, p.cents, p.customer, p.vendor,"
        " null, null, p.department, null, null, null, l.cents, l.pk, l.to_id, min(p.pk)"
        " from links l join postings p on p.realm = l.realm and p.txn_id = l.from_id and p.txn_type = l.from_type"
        " join (select distinct realm, txn_id, date from postings where txn_type = 'JournalEntry') j"
        "   on j.realm = l.realm and j.txn_id = l.to_id"
        f" where l.realm = ? and l.to_type = 'JournalEntry' and p.account in ({','.join('?' * len(controls))})"
        " and l.from_type in ('Payment', 'BillPayment') group by l.pk",
        (realm, *controls),
    ).fetchall()
    for *entry, taken, pk, journal, _ in rows:
        cents = exchange_gains.measure_links(Books(store, realm), "JournalEntry", journal).get(pk, taken)
        control, unapplied = str(entry[ACCOUNT]), controls.get(str(entry[ACCOUNT]))
        if unapplied is not None and unapplied != control:
            sign = 1 if entry[CENTS] > 0 else -1
            yield _changed(tuple(entry), str(entry[DATE]), sign * cents)
            yield _changed(tuple(entry), str(entry[DATE]), -sign * cents, unapplied)
