"""Bank and card accounts by their pattern: what can be seen without the statement of the bank."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from runtime.insights.books import ZERO, Account
from runtime.insights.checklist.accounts import ALL_KINDS
from runtime.insights.checklist.items import Check, Finding, Needs, Record
from runtime.insights.checklist.month import Month, add_months, find_last_day, write_day
from runtime.insights.checklist.movements import list_movements

FEWEST_MONTHS = 3
"""Months with entries that make a pattern; two may be chance."""
SHORTEST_GAP = 10
"""Days without an entry before the end of a month that say nothing: a week and a weekend."""
UNSEEN = "Whether it matches the statement of the bank cannot be seen here."


@dataclass(slots=True)
class _History:
    """The entries of an account: the days of each month, by its first day, and what moved in each."""

    days: dict[date, list[date]] = field(default_factory=lambda: defaultdict(list))
    moved: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def judge_banks(month: Month) -> Finding:
    """Judge each bank and card account by its former months."""
    books = month.books
    accounts = [each for role in ("bank", "card") for each in books.list_accounts(role)]
    histories = _read_histories(month, accounts)
    used = [each for each in accounts if each.key.id in histories]
    if not used:
        return Finding(
            "not_used", f"No bank or card account has entries since {write_day(month.period.since)}."
        )
    found = [(each, reason) for each in used if (reason := _find_reason(month, each, histories[each.key.id]))]
    count = len(used)
    if not found:
        says = f"{count} of {count} bank and card accounts with entries look as in the months before."
        return Finding("done", f"{says} {UNSEEN}")
    shown = "; ".join(f"{account.name} {reason}" for account, reason in found[:4])
    records = tuple(_describe(month, account) for account, _ in found)
    return Finding("attention", f"{len(found)} of {count} bank and card accounts: {shown}. {UNSEEN}", records)


def _describe(month: Month, account: Account) -> Record:
    balance = month.balances.get(account.key.id, ZERO)
    return Record(account.key, balance, account.number, account.name, None, {"account": account.key.id})


def _read_histories(month: Month, accounts: list[Account]) -> dict[str, _History]:
    ids = {each.key.id for each in accounts}
    found: dict[str, _History] = defaultdict(_History)
    for each in month.books.transactions:
        if not month.period.since <= each.day <= month.period.as_of:
            continue
        for account, amount in list_movements(each):
            if account in ids and amount:
                first = each.day.replace(day=1)
                found[account].days[first].append(each.day)
                found[account].moved[first] += amount
    return found


def _find_reason(month: Month, account: Account, history: _History) -> str:
    """Return why an account does not look as in the months before; empty where it does."""
    start = month.period.start
    former = [add_months(start, -back) for back in range(1, FEWEST_MONTHS + 1)]
    is_usual = all(history.days.get(each) for each in former)
    days = history.days.get(start, [])
    if not days:
        if not is_usual:
            return ""
        last = max(max(history.days[each]) for each in former)
        former_says = f"had some in each of the {FEWEST_MONTHS} months before (last {write_day(last)})"
        return f"has no entry in {month.name}, and {former_says}"
    if is_usual and (gap := _find_gap(month, history, former)):
        return gap
    return _find_balance(month, account, history)


def _find_gap(month: Month, history: _History, former: list[date]) -> str:
    """Return that the last entry is long before the end of the month, where those of former months were not."""
    last = max(history.days[month.period.start])
    gap = (month.period.as_of - last).days
    usual = max((find_last_day(each) - max(history.days[each])).days for each in former)
    if gap <= max(SHORTEST_GAP, 2 * usual):
        return ""
    return f"has its last entry on {write_day(last)}, {gap} days before {write_day(month.period.as_of)}"


def _find_balance(month: Month, account: Account, history: _History) -> str:
    """Return that the balance lies outside of all former ones by more than they differ among themselves."""
    if not month.period.is_over or account.key.id not in month.balances:
        return ""
    balance, ends = month.balances[account.key.id], []
    at, end = month.period.start, month.balances[account.key.id]
    while at > month.period.since:
        end -= history.moved.get(at, ZERO)
        at = add_months(at, -1)
        if not history.days.get(at):
            break
        ends.append(end)
    if len(ends) < FEWEST_MONTHS + 1:
        return ""
    low, high = min(ends), max(ends)
    spread = max(high - low, Decimal(1))
    if low - spread <= balance <= high + spread:
        return ""
    usual = f"between {month.write_amount(low)} and {month.write_amount(high)}"
    return f"ends with {month.write_amount(balance)}, and the months before with {usual}"


CHECKS = (
    Check(
        "bank_accounts",
        "Bank and card accounts by their pattern",
        Needs(ALL_KINDS, ("accounts",), ("trial_balance",), reaches_back=True),
        judge_banks,
    ),
)
