"""What an item of the checklist is: what it needs, what was found, and how it is answered. Called by `checklist`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from runtime.insights.analysis import ListName
from runtime.insights.books import ZERO, Account, Key, Kind, Transaction
from runtime.insights.checklist.fixes import fill_fix
from runtime.insights.checklist.month import Month, to_cents

Status = Literal["done", "open", "attention", "not_known", "not_used"]
ORDER: tuple[Status, ...] = ("open", "attention", "not_known", "done", "not_used")
"""What a person has to do comes first."""
MOST_EVIDENCE, MOST_RECORDS = 50, 10
"""How many records of an item are named, and shown: as many as a person looks at, with the count of all beside."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record that shows something. `values` are what the arguments of a fix need beside it."""

    key: Key
    amount: Decimal | None = None
    number: str = ""
    party: str = ""
    day: date | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        amount = None if self.amount is None else to_cents(self.amount)
        return {
            "id": str(self.key),
            "number": self.number,
            "party": self.party,
            "day": self.day,
            "amount": amount,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """What an item comes to. `is_fixable` says that the call for it may be made now."""

    status: Status
    says: str
    records: tuple[Record, ...] = ()
    amount: Decimal | None = None
    is_fixable: bool = True


@dataclass(frozen=True, slots=True)
class Needs:
    """What an item cannot be judged without: lists, reports, settings; and the transactions that it looks through.

    `reaches_back` says that those of the months before count too.
    """

    kinds: tuple[Kind, ...] = ()
    lists: tuple[ListName, ...] = ()
    reports: tuple[str, ...] = ()
    reaches_back: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """An item: its name and title, what it needs, and what judges it."""

    name: str
    title: str
    needs: Needs
    judge: Callable[[Month], Finding]


def describe_transaction(
    month: Month, each: Transaction, amount: Decimal, values: Mapping[str, Any] | None = None
) -> Record:
    """Return a transaction as a record of an item, with an amount in the currency of the company."""
    party = month.books.name_party(each.party, each.party_name)
    own = {"party": each.party.id if each.party else "", **(values or {})}
    return Record(each.key, amount, each.number, party, each.day, own)


def describe_account(account: Account, amount: Decimal) -> Record:
    """Return an account as a record of an item; its name stands where that of a party does."""
    return Record(account.key, amount, account.number, account.name, None, {"account": account.key.id})


def sort_by_amount(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return records, those with the largest amounts first."""
    return tuple(sorted(records, key=lambda each: (-abs(each.amount or ZERO), str(each.key))))


def add_up(records: Iterable[Record]) -> Decimal:
    """Return the sum of some records."""
    return sum((each.amount or ZERO for each in records), ZERO)


def judge_check(month: Month, check: Check) -> Finding:
    """Return what an item comes to; what was not read is not known, and never done."""
    if not month.period.has_begun:
        return Finding("not_known", f"{month.name} has not begun.")
    if unread := _list_missing(month, check.needs):
        return Finding("not_known", f"This cannot be said: {', '.join(unread)} could not be read.")
    found = check.judge(month)
    since = month.period.since if check.needs.reaches_back else None
    unread = month.list_unread(check.needs.kinds, since)
    if not unread or found.status == "not_known" or (found.status == "not_used" and since is None):
        return found
    rest = f"Not all was read ({', '.join(unread)})"
    if found.status in ("done", "not_used"):
        return Finding("not_known", f"{rest}, so that it cannot be said whether this is done.")
    return Finding(found.status, f"{found.says} {rest}: there may be more.", found.records, found.amount)


def _list_missing(month: Month, needs: Needs) -> list[str]:
    books = month.books
    missing = [f"the list of {each}" for each in needs.lists if not _has_list(month, each)]
    for each in needs.reports:
        report = books.reports.get(each)
        if report is None or not report.is_whole:
            missing.append(f"the report {each.replace('_', ' ')}")
    return missing


def _has_list(month: Month, name: str) -> bool:
    if name == "settings":
        return bool(month.books.settings) or name in month.books.lists
    return name in month.books.lists


def answer_item(month: Month, check: Check, found: Finding) -> dict[str, Any]:
    """Return an item as it is answered."""
    is_to_do = found.is_fixable and found.status in ("open", "attention")
    return {
        "name": check.name,
        "title": check.title,
        "status": found.status,
        "says": found.says,
        "amount": None if found.amount is None else to_cents(found.amount),
        "count": len(found.records),
        "evidence": [str(each.key) for each in found.records[:MOST_EVIDENCE]],
        "records": [each.as_dict() for each in found.records[:MOST_RECORDS]],
        "fix": fill_fix(month, check.name, found.records[0] if found.records else None) if is_to_do else None,
    }
