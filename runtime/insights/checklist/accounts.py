"""Accounts that have to be empty or above zero at the end of the month, and names with a credit balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from runtime.insights.books import ZERO, Key, Kind, Role, Transaction
from runtime.insights.checklist.items import (
    Check,
    Finding,
    Needs,
    Record,
    add_up,
    describe_account,
    describe_transaction,
    sort_by_amount,
)
from runtime.insights.checklist.month import Month, write_count, write_day
from runtime.insights.checklist.movements import find_line_account, list_movements, sign_line

ALL_KINDS: tuple[Kind, ...] = (
    "invoice", "sale", "customer_credit", "refund", "customer_payment", "bill", "expense", "vendor_credit",
    "vendor_payment", "card_payment", "deposit", "transfer", "journal",
)  # fmt: skip


def judge_entries(month: Month, role: Role) -> Finding:
    """Judge the entries of the month on accounts with a role, which have to be moved to others."""
    accounts = month.books.list_accounts(role)
    if not accounts:
        return Finding("not_used", "The company has no such account.")
    ids = frozenset(each.key.id for each in accounts)
    records = sort_by_amount(_list_entries(month, ids))
    names = ", ".join(each.name for each in accounts[:4])
    if not records:
        return Finding("done", f"No entry of {month.name} is on {names}.")
    total = sum((abs(each.amount or ZERO) for each in records), ZERO)
    what = write_count(len(records), "entry", "entries")
    names = ", ".join(sorted({month.books.name_account(each.values["account"]) for each in records}))
    says = f"{what} of {month.name} with {month.write_amount(total)} on {names}."
    return Finding("open", says, records, total)


def _list_entries(month: Month, ids: frozenset[str]) -> Iterator[Record]:
    usual = _UsualAccounts(month, ids)
    for each in month.transactions:
        found = [line for line in each.lines if find_line_account(month.books, each, line) in ids]
        amount = sum((sign_line(each, line) for line in found), ZERO)
        if (found and each.total) or amount:
            account = find_line_account(month.books, each, found[0])
            values: dict[str, Any] = {"account": account, "line": found[0].id, "other_id": usual.find(each)}
            yield describe_transaction(month, each, amount, values)
        elif each.total and {each.account, each.to_account} & ids:
            account = each.account if each.account in ids else each.to_account
            yield describe_transaction(month, each, each.home_total, {"account": account})


class _UsualAccounts:
    """The account that purchases from each party have most often."""

    def __init__(self, month: Month, left_out: frozenset[str]) -> None:
        self._counts: dict[Key, Counter[str]] = {}
        for each in month.books.list_kinds("bill", "expense"):
            if each.party is not None:
                counts = self._counts.setdefault(each.party, Counter())
                counts.update(
                    line.account for line in each.lines if line.account and line.account not in left_out
                )

    def find(self, each: Transaction) -> str:
        """Return the Id of that account for the party of a transaction; empty where there is none."""
        counts = self._counts.get(each.party) if each.party is not None else None
        return min(counts.items(), key=lambda found: (-found[1], found[0]))[0] if counts else ""


def judge_empty(month: Month, role: Role) -> Finding:
    """Judge accounts that have to be zero when a month is closed."""
    accounts = month.books.list_accounts(role)
    if not accounts:
        return Finding("not_used", "The company has no such account.")
    balances = month.list_balances(role)
    day = write_day(month.period.as_of)
    if not balances:
        return Finding("done", f"{', '.join(each.name for each in accounts)} is zero at {day}.")
    records = sort_by_amount(describe_account(*each) for each in balances)
    ids = {account.key.id for account, _ in balances}
    records += sort_by_amount(_list_moves(month, ids))
    shown = "; ".join(f"{account.name} {month.write_amount(balance)}" for account, balance in balances)
    moves = write_count(len(records) - len(balances), "entry", "entries")
    says = f"Not zero at {day} (debits above zero): {shown}, with {moves} in {month.name}."
    return Finding("open", says, records, sum((each for _, each in balances), ZERO))


def _list_moves(month: Month, ids: set[str]) -> Iterator[Record]:
    for each in month.transactions:
        moved = [(account, amount) for account, amount in list_movements(each) if account in ids]
        if moved:
            amount = sum((part for _, part in moved), ZERO)
            yield describe_transaction(month, each, amount, {"account": moved[0][0]})


def judge_negative(month: Month) -> Finding:
    """Judge bank accounts and other assets below zero, and liabilities with a debit balance."""
    found = [
        each for each in month.list_balances("asset") if each[1] < 0 and "contra_asset" not in each[0].roles
    ]
    found += [
        each for each in month.list_balances("liability") if each[1] > 0 and "sales_tax" not in each[0].roles
    ]
    day = write_day(month.period.as_of)
    if not found:
        return Finding("done", f"No bank account or other asset is below zero, and no liability, at {day}.")
    found.sort(key=lambda each: ("bank" not in each[0].roles, -abs(each[1])))
    has_bank = "bank" in found[0][0].roles
    shown = "; ".join(f"{account.name} {month.write_amount(-abs(balance))}" for account, balance in found[:4])
    says = f"{write_count(len(found), 'account')} on the wrong side of zero at {day}: {shown}."
    records = tuple(describe_account(account, -abs(balance)) for account, balance in found)
    return Finding("open" if has_bank else "attention", says, records)


def judge_parties(month: Month) -> Finding:
    """Judge customers and vendors whose balance is a credit."""
    records = sort_by_amount((*_list_credits(month, "aged_receivables", "customers"),
                              *_list_credits(month, "aged_payables", "vendors")))  # fmt: skip
    day = write_day(month.period.compared_on)
    if not records:
        return Finding("done", f"No customer or vendor has a credit balance at {day}.")
    total = add_up(records)
    names = ", ".join(each.party for each in records[:3])
    what = write_count(len(records), "customer or vendor", "customers and vendors")
    says = f"{what} with a credit balance of {month.write_amount(-total)} at {day}, first {names}."
    return Finding("attention", says, records, -total)


def _list_credits(month: Month, report: str, resource: str) -> Iterator[Record]:
    for row in month.books.reports[report].rows:
        amount = row.read_amount()
        if row.id and row.kind != "total" and amount is not None and amount < 0:
            yield Record(Key(resource, row.id), amount, "", row.label)


def judge_sales_tax(month: Month) -> Finding:
    """Judge the sales tax that is owed at the end of the month, and whether part of it is older."""
    if not month.books.list_accounts("sales_tax"):
        return Finding("not_used", "The company has no account for sales tax.")
    balances, day = month.list_balances("sales_tax"), write_day(month.period.as_of)
    if not balances:
        return Finding("done", f"No sales tax is owed at {day}.")
    owed = -sum((balance for _, balance in balances), ZERO)
    records = sort_by_amount(describe_account(account, -balance) for account, balance in balances)
    charged = _add_up_tax(month)
    shown = f"{month.write_amount(owed)} at {day}; {month.name} charged {month.write_amount(charged)}"
    if owed < 0:
        return Finding("attention", f"Sales tax has a debit balance: {shown}.", records, owed)
    if owed > charged and month.period.is_over:
        older = month.write_amount(owed - charged)
        return Finding("attention", f"Sales tax owed is {shown}, so {older} is older.", records, owed)
    return Finding("open", f"Sales tax owed is {shown}.", records, owed)


def _add_up_tax(month: Month) -> Decimal:
    signs = {"invoice": 1, "sale": 1, "customer_credit": -1, "refund": -1}
    return sum((each.tax * each.rate * signs.get(each.kind, 0) for each in month.transactions), ZERO)


def _check(name: str, title: str, judge: Callable[[Month], Finding], needs: Needs) -> Check:
    return Check(name, title, needs, judge)


_ENTRIES = Needs(ALL_KINDS, ("accounts", "items"))
_BALANCES = Needs((), ("accounts",), ("trial_balance",))
_SALES = Needs(("invoice", "sale", "customer_credit", "refund"), ("accounts",), ("trial_balance",))
_NAMES = Needs((), (), ("aged_receivables", "aged_payables"))

CHECKS = (
    _check("uncategorised", "Uncategorised entries", partial(judge_entries, role="uncategorised"), _ENTRIES),
    _check("ask_accountant", "Ask my accountant", partial(judge_entries, role="ask_accountant"), _ENTRIES),
    _check("suspense", "Suspense accounts at zero", partial(judge_empty, role="suspense"), _BALANCES),
    _check(
        "opening_balance",
        "Opening balance equity at zero",
        partial(judge_empty, role="opening_balance"),
        _BALANCES,
    ),
    _check("negative_balances", "Accounts below zero", judge_negative, _BALANCES),
    _check("parties_in_credit", "Customers and vendors with a credit balance", judge_parties, _NAMES),
    _check("sales_tax", "Sales tax due", judge_sales_tax, _SALES),
)
