"""Sums of the ledger, on either basis, by any of its columns: where reports ask the database for sums."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from runtime.simulators.quickbooks.reports import cash
from runtime.simulators.quickbooks.reports.question import Question

Key = tuple[str | None, ...]
COLUMNS = frozenset(
    {"account", "customer", "vendor", "employee", "class", "department", "item", "txn_type", "date"}
)


def choose_table(question: Question, basis: str | None = None) -> str:
    """Return the table of the postings on the basis that is asked for."""
    if (basis or question.basis) == "Cash":
        return cash.prepare_table(question.store, question.realm)
    return "postings"


def make_condition(
    question: Question, since: date | None, until: date | None, where: Mapping[str, Collection[str]]
) -> tuple[str, list[Any]]:
    """Return the WHERE of a selection, and its values. `where` maps columns to the ids that count."""
    clauses, values = ["realm = ?"], [question.realm]
    if since is not None:
        clauses.append("date >= ?")
        values.append(since.isoformat())
    if until is not None:
        clauses.append("date <= ?")
        values.append(until.isoformat())
    for name, ids in where.items():
        assert name in COLUMNS, name
        clauses.append(f"{name} in ({','.join('?' * len(ids))})")
        values += ids
    return " and ".join(clauses), values


def sum_postings(
    question: Question,
    since: date | None,
    until: date | None,
    by: tuple[str, ...] = ("account",),
    where: Mapping[str, Collection[str]] | None = None,
    basis: str | None = None,
) -> dict[Key, int]:
    """Return cents between two days (both included, None for no limit), debit positive, by columns of the postings.

    The filters of the request count unless `where` replaces them.
    """
    assert set(by) <= COLUMNS, by
    clause, values = make_condition(question, since, until, question.where if where is None else where)
    group = ", ".join(by)
    rows = question.store.execute(
        f"select {group}, sum(cents) from {choose_table(question, basis)} where {clause} group by {group}",
        values,
    )
    return {tuple(row[:-1]): row[-1] for row in rows}
