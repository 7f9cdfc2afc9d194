"""The month that is checked, and what is known of it. Made by `checklist`, read by every module of items."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from runtime.insights.analysis import Options
from runtime.insights.books import ZERO, Account, Books, Kind, Role, Transaction
from runtime.insights.report_rows import parse_amount

_WORD = re.compile(r"\w+")
MONTHS_BEFORE = 6
"""Months before it that are read, for what comes every month: half a year shows a pattern, and is a few calls."""
LONGEST_DEPOSITED = timedelta(days=45)
"""How long after a month deposits are read: what is not paid in by then has been forgotten."""
LONGEST_TURNED_BACK = timedelta(days=92)
"""How long ago a month may have ended whose open items are turned back to its end: later entries are read for it."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a month, as they stand to the company's day."""

    start: date
    today: date

    @property
    def end(self) -> date:
        """The last day of the month."""
        return find_last_day(self.start)

    @property
    def since(self) -> date:
        """The first day that is read."""
        return add_months(self.start, -MONTHS_BEFORE)

    @property
    def as_of(self) -> date:
        """The day up to which it is looked at: the last of the month, or today."""
        return min(self.end, self.today)

    @property
    def has_begun(self) -> bool:
        """Whether today is in the month or after it."""
        return self.today >= self.start

    @property
    def is_over(self) -> bool:
        """Whether the month has ended by today."""
        return self.today > self.end

    @property
    def is_recent(self) -> bool:
        """Whether what was entered after the month is read, so that open items can be turned back to its end."""
        return self.today - self.end <= LONGEST_TURNED_BACK

    @property
    def deposits_until(self) -> date:
        """The last day whose deposits are read."""
        return self.today if self.is_recent else min(self.today, self.end + LONGEST_DEPOSITED)

    @property
    def compared_on(self) -> date:
        """The day as of which open items are compared with reports."""
        return self.as_of if self.is_recent else self.today


def find_period(options: Options, today: date) -> Period:
    """Return the month that is asked for; the last whole one where none is."""
    text = str(options.get("month") or "")
    if not text:
        return Period(add_months(today.replace(day=1), -1), today)
    year, month = text.split("-")
    return Period(date(max(int(year), date.min.year), int(month), 1), today)


def find_last_day(first: date) -> date:
    """Return the last day of the month that a day begins."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def add_months(day: date, count: int) -> date:
    """Return the first day of the month that is some months later."""
    months = day.year * 12 + day.month - 1 + count
    return date(max(months // 12, date.min.year), months % 12 + 1, 1)


@dataclass(frozen=True)
class Month:
    """A month of some books."""

    books: Books
    period: Period
    sums: dict[str, Decimal] = field(default_factory=dict)
    """Sums that several items need, by name, once they are worked out."""

    @cached_property
    def balances(self) -> Mapping[str, Decimal]:
        """The balance of each account at the end of the month by its Id, debits above zero; of the trial balance."""
        report = self.books.reports.get("trial_balance")
        found: dict[str, Decimal] = {}
        for row in report.rows if report is not None else ():
            if row.id and row.kind != "total" and len(row.cells) > 2:
                debit, credit = parse_amount(row.cells[1]), parse_amount(row.cells[2])
                found[row.id] = found.get(row.id, ZERO) + (debit or ZERO) - (credit or ZERO)
        return found

    @cached_property
    def transactions(self) -> tuple[Transaction, ...]:
        """The transactions of the month itself, up to today."""
        first, last = self.period.start, self.period.as_of
        return tuple(each for each in self.books.transactions if first <= each.day <= last)

    @cached_property
    def resources(self) -> Mapping[str, set[str]]:
        """The resources that transactions of each kind are of, as far as there are any."""
        found: dict[str, set[str]] = {}
        for each in self.books.transactions:
            found.setdefault(each.kind, set()).add(each.key.resource)
        return found

    @cached_property
    def main_bank(self) -> str:
        """The Id of the bank account that most deposits go to; that of the first bank account without any."""
        counts: dict[str, int] = {}
        for each in self.books.list_kinds("deposit"):
            if self.books.has_role(each.account, "bank"):
                counts[each.account] = counts.get(each.account, 0) + 1
        if counts:
            return max(sorted(counts), key=lambda each: counts[each])
        banks = [each for each in self.books.list_accounts("bank") if each.is_active]
        return banks[0].key.id if banks else ""

    def list_until(self, *kinds: Kind) -> Iterator[Transaction]:
        """Yield the transactions of some kinds up to the end of the month, or up to today; voided ones left out."""
        last = self.period.as_of
        return (each for each in self.books.list_kinds(*kinds) if each.day <= last and each.total)

    def list_balances(self, *roles: Role) -> list[tuple[Account, Decimal]]:
        """Return the accounts with one of some roles that have a balance, by name."""
        accounts = {each.key: each for role in roles for each in self.books.list_accounts(role)}
        found = ((each, self.balances.get(each.key.id, ZERO)) for each in accounts.values())
        return [(account, balance) for account, balance in found if balance]

    def list_unread(
        self, kinds: Collection[Kind], since: date | None = None, until: date | None = None
    ) -> list[str]:
        """Return what of some kinds was not read from `since` to `until`; the days of the month without them."""
        first, last = since or self.period.start, until or self.period.as_of
        return [each.replace("_", " ") + "s" for each in kinds if not self._is_read(each, first, last)]

    def list_unread_open(self, kinds: Collection[Kind]) -> list[str]:
        """Return what of some kinds was not read, open or not."""
        return [
            each.replace("_", " ") + "s" for each in kinds if each not in self.books.read or self._lacks(each)
        ]

    def _is_read(self, kind: str, first: date, last: date) -> bool:
        span = self.books.read.get(kind)
        if span is None or span.until < last or (span.since is not None and span.since > first):
            return False
        return not self._lacks(kind)

    def _lacks(self, kind: str) -> bool:
        """Whether some records of a kind could not be read."""
        names = {kind} | self.resources.get(kind, set())
        return any(not names.isdisjoint(_WORD.findall(each.what)) for each in self.books.missing)

    def write_amount(self, amount: Decimal) -> str:
        """Return an amount in the currency of the company, as a person reads it."""
        return f"{to_cents(amount):,.2f} {self.books.currency}".rstrip()

    @property
    def name(self) -> str:
        """The month as a person reads it."""
        return f"{self.period.start:%B} {self.period.start.year}"


def write_day(day: date) -> str:
    """Return a day as a person reads it."""
    return f"{day.day} {day:%B} {day.year}"


def write_count(count: int, name: str, plural: str = "") -> str:
    """Return how many there are of something, as a person reads it."""
    return f"{count:,} {name if count == 1 else plural or name + 's'}"


def to_cents(amount: Decimal) -> Decimal:
    """Return an amount in whole cents."""
    return amount.quantize(Decimal("0.01"))
