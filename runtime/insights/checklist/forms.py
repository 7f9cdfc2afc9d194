"""Forms that were not sent, bills without a due date, journal entries that say nothing of what they are for."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median_low
from typing import Any

from runtime.insights.books import ZERO, Key, Transaction
from runtime.insights.checklist.items import (
    Check,
    Finding,
    Needs,
    add_up,
    describe_transaction,
    sort_by_amount,
)
from runtime.insights.checklist.month import Month, write_count, write_day

USUAL_DAYS = 30
"""Days from bill to due date where the company has no bill that shows it: the most common term."""


def judge_unsent(month: Month) -> Finding:
    """Judge invoices and other forms up to the end of the month that wait to be sent."""
    found = [
        each for each in month.list_until("invoice", "sale", "customer_credit", "refund") if each.is_unsent
    ]
    records = sort_by_amount(describe_transaction(month, each, each.home_total) for each in found)
    if not records:
        return Finding(
            "done", f"No invoice or receipt up to {write_day(month.period.as_of)} waits to be sent."
        )
    total, oldest = add_up(records), min(each.day for each in found)
    what = write_count(len(records), "invoice or receipt", "invoices and receipts")
    says = f"{what} of {month.write_amount(total)} not sent, the oldest of {write_day(oldest)}."
    return Finding("open", says, records, total)


def judge_due_dates(month: Month) -> Finding:
    """Judge bills that are open, or of the month, and have no due date."""
    first = month.period.start
    bills = [each for each in month.list_until("bill") if each.open or each.day >= first]
    found = [each for each in bills if each.due is None]
    if not bills:
        return Finding("done", f"No bill is open or of {month.name}.")
    if not found:
        return Finding("done", f"{write_count(len(bills), 'bill')} looked at, each with a due date.")
    days = _UsualDays(month)
    records = sort_by_amount(
        describe_transaction(month, each, each.home_total, {"due": days.find(each)}) for each in found
    )
    total = add_up(records)
    what = write_count(len(records), "bill")
    return Finding("open", f"{what} of {month.write_amount(total)} without a due date.", records, total)


class _UsualDays:
    """The days from a bill to its due date, by vendor."""

    def __init__(self, month: Month) -> None:
        self._all: list[int] = []
        self._by_vendor: dict[Key | None, list[int]] = {}
        for each in month.books.list_kinds("bill"):
            if each.due is not None:
                self._all.append((each.due - each.day).days)
                self._by_vendor.setdefault(each.party, []).append(self._all[-1])

    def find(self, each: Transaction) -> date:
        """Return when a bill would be due."""
        days = self._by_vendor.get(each.party) or self._all or [USUAL_DAYS]
        return each.day + timedelta(days=max(median_low(days), 0))


def judge_memos(month: Month) -> Finding:
    """Judge journal entries of the month with neither a memo nor a description in a line."""
    journals = [each for each in month.transactions if each.kind == "journal"]
    found = [each for each in journals if not _says_something(each)]
    if not journals:
        return Finding("done", f"{month.name} has no journal entry.")
    if not found:
        return Finding(
            "done", f"{write_count(len(journals), 'journal entry', 'journal entries')}, each with a memo."
        )
    records = sort_by_amount(
        describe_transaction(month, each, _add_up_debits(each), {"text": _name_accounts(month, each)})
        for each in found
    )
    what = write_count(len(records), "journal entry", "journal entries")
    total = add_up(records)
    says = f"{what} of {month.name} with {month.write_amount(total)} without memo or description."
    return Finding("open", says, records, total)


def _says_something(each: Transaction) -> bool:
    return bool(each.memo.strip()) or any(line.text.strip() for line in each.lines)


def _add_up_debits(each: Transaction) -> Any:
    return sum((line.amount * each.rate for line in each.lines if line.side == "debit"), ZERO)


def _name_accounts(month: Month, each: Transaction) -> str:
    debits = {month.books.name_account(line.account) for line in each.lines if line.side == "debit"}
    credits = {month.books.name_account(line.account) for line in each.lines if line.side == "credit"}
    return f"{', '.join(sorted(debits))} against {', '.join(sorted(credits))}"


CHECKS = (
    Check(
        "unsent_forms",
        "Unsent invoices and receipts",
        Needs(("invoice", "sale", "customer_credit", "refund")),
        judge_unsent,
    ),
    Check("bills_without_due_date", "Bills without due date", Needs(("bill",)), judge_due_dates),
    Check("journals_without_memo", "Journal entries without memo", Needs(("journal",)), judge_memos),
)
