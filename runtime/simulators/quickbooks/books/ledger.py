"""Reading the ledger: balances and movements by any dimension. What every report is computed from.

All amounts are whole cents, positive for a debit. A dimension is a column of the postings (`account`, `customer`,
`vendor`, `employee`, `class`, `department`, `item`, `txn_type`) or a period (`day`, `month`, `quarter`, `year`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from runtime.simulators.quickbooks.books.store import Body, Store

DIMENSIONS = {
    "account": "account", "customer": "customer", "vendor": "vendor", "employee": "employee", "class": "class",
    "department": "department", "item": "item", "txn_type": "txn_type", "day": "date", "month": "substr(date, 1, 7)",
    "quarter": "substr(date, 1, 4) || '-Q' || ((cast(substr(date, 6, 2) as integer) + 2) / 3)",
    "year": "substr(date, 1, 4)",
}  # fmt: skip

Filters = Mapping[str, Collection[str]]
"""Dimension -> the ids that count."""

Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of the ledger, with the transaction it belongs to."""

    txn_type: str
    txn_id: str
    line: str | None
    date: str
    account: str
    cents: int
    customer: str | None
    vendor: str | None
    employee: str | None
    class_: str | None
    department: str | None
    item: str | None
    quantity: float | None
    memo: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as reports need it."""

    id: str
    name: str
    full_name: str
    type: str
    subtype: str
    classification: str
    parent: str | None
    is_active: bool


def sum_movements(
    store: Store,
    realm: str,
    since: date | None = None,
    until: date | None = None,
    by: tuple[str, ...] = ("account",),
    where: Filters | None = None,
) -> dict[Key, int]:
    """Return sums between two days (both included; None for no limit), grouped: {(value per dimension in `by`):
    cents}.
    """
    clause, values = _where(realm, since, until, where)
    group = ", ".join(DIMENSIONS[name] for name in by)
    rows = store.execute(f"select {group}, sum(cents) from postings where {clause} group by {group}", values)
    return {tuple(row[:-1]): row[-1] for row in rows}


def sum_balances(
    store: Store, realm: str, until: date, by: tuple[str, ...] = ("account",), where: Filters | None = None
) -> dict[Key, int]:
    """Return sums of everything up to and including a day."""
    return sum_movements(store, realm, None, until, by, where)


def sum_by_account(store: Store, realm: str, until: date | None = None) -> dict[str, int]:
    """Return balance of every account with entries; adds up to zero."""
    return {str(key[0]): value for key, value in sum_movements(store, realm, None, until).items()}


def read_entries(
    store: Store,
    realm: str,
    since: date | None = None,
    until: date | None = None,
    where: Filters | None = None,
) -> Iterator[Posting]:
    """Return the lines of the ledger between two days, oldest first."""
    clause, values = _where(realm, since, until, where)
    rows = store.execute(
        "select txn_type, txn_id, line, date, account, cents, customer, vendor, employee, class, department, item,"
        f" quantity, memo from postings where {clause} order by date, pk",
        values,
    )
    return (Posting(*row) for row in rows)


def _where(
    realm: str, since: date | None, until: date | None, where: Filters | None
) -> tuple[str, list[Any]]:
    clauses, values = ["realm = ?"], [realm]
    if since is not None:
        clauses.append("date >= ?")
        values.append(since.isoformat())
    if until is not None:
        clauses.append("date <= ?")
        values.append(until.isoformat())
    for name, ids in (where or {}).items():
        clauses.append(f"{DIMENSIONS[name]} in ({','.join('?' * len(ids))})")
        values += ids
    return " and ".join(clauses), values


def read_accounts(store: Store, realm: str) -> list[Account]:
    """Return every account, inactive ones too, in the order of their full names."""
    rows = store.execute(
        "select body from records where realm = ? and entity = 'Account' order by full_name", (realm,)
    ).fetchall()
    return [_account(orjson.loads(row[0])) for row in rows]


def _account(body: Body) -> Account:
    return Account(
        body["Id"], body["Name"], body["FullyQualifiedName"], body["AccountType"], body["AccountSubType"],
        body["Classification"], (body.get("ParentRef") or {}).get("value"), bool(body.get("Active", True)),
    )  # fmt: skip


def read_names(store: Store, realm: str, entity: str) -> dict[str, str]:
    """Return Id -> name in full of every record of a list."""
    rows = store.execute(
        "select id, coalesce(full_name, name) from records where realm = ? and entity = ?", (realm, entity)
    )
    return dict(rows.fetchall())
