"""Open items and the trial balance against the vendor's reports.

What is open today is turned back to the end of the month by what was entered after it: the balance of a day is that of
today without the movements since. Settling one item with another moves nothing, so it needs no links.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from runtime.insights.analysis import Tie
from runtime.insights.books import ZERO, Key, Kind, Role, Transaction
from runtime.insights.checklist.items import (
    Check,
    Finding,
    Needs,
    describe_transaction,
    sort_by_amount,
)
from runtime.insights.checklist.month import Month, to_cents, write_day
from runtime.insights.checklist.movements import list_movements
from runtime.insights.report_rows import parse_amount


@dataclass(frozen=True, slots=True)
class Side:
    """Receivables or payables: what raises and lowers them, and the reports that show them."""

    role: Role
    name: str
    sign: int
    """1 where debits raise the account, -1 where credits do."""
    signs: Mapping[Kind, int]
    settling: Kind
    aging: str


RECEIVABLES = Side(
    "receivable",
    "Receivables",
    1,
    {"invoice": 1, "customer_credit": -1, "customer_payment": -1},
    "customer_payment",
    "aged_receivables",
)
PAYABLES = Side(
    "payable",
    "Payables",
    -1,
    {"bill": 1, "vendor_credit": -1, "vendor_payment": -1},
    "vendor_payment",
    "aged_payables",
)


class OpenItems:
    """What is open of one side on the day that is compared."""

    def __init__(self, month: Month, side: Side) -> None:
        self._month, self._side, self._books = month, side, month.books
        self._accounts = {each.key.id for each in month.books.list_accounts(side.role)}
        self._settled = self._add_up_settled()

    def add_up(self) -> Decimal:
        """Return the sum: what is open today, without what moved after that day."""
        day, total = self._month.period.compared_on, ZERO
        for each in self._books.transactions:
            total += self._find_open(each)
            if each.day > day:
                total -= self._find_movement(each)
        return to_cents(total)

    def list_direct(self) -> list[tuple[Transaction, Decimal]]:
        """Return what moves the control account and is no form of its own, such as a journal entry, with how much."""
        day, signs = self._month.period.compared_on, self._side.signs
        direct = (each for each in self._books.transactions if each.kind not in signs and each.day <= day)
        return [(each, moved) for each in direct if (moved := self._find_movement(each))]

    def _add_up_settled(self) -> dict[Key, Decimal]:
        found: dict[Key, Decimal] = defaultdict(Decimal)
        for each in self._books.list_kinds(self._side.settling):
            for link in each.list_settled():
                found[link.key] += link.amount * each.rate
        return found

    def _find_open(self, each: Transaction) -> Decimal:
        """Return what is open of a transaction today, below zero where it lowers the sum."""
        sign = self._side.signs.get(each.kind)
        if each.kind == "vendor_payment" and sign is not None:
            return sign * (each.home_total - self._add_up_links(each) * each.rate)
        if sign is not None:
            return sign * each.home_open
        moved = self._find_movement(each)
        rest = max(abs(moved) - self._settled.get(each.key, ZERO), ZERO)
        return rest if moved > 0 else -rest

    def _find_movement(self, each: Transaction) -> Decimal:
        """Return what a transaction moves on the control account; a settlement at the rates of what it settles."""
        sign = self._side.signs.get(each.kind)
        if sign is None:
            moved = sum(
                (amount for account, amount in list_movements(each) if account in self._accounts), ZERO
            )
            return self._side.sign * moved
        if each.kind == self._side.settling and each.rate != 1:
            rest = each.total - self._add_up_links(each)
            return sign * (rest * each.rate + self._add_up_links(each, at_rates=True))
        return sign * each.home_total

    def _add_up_links(self, each: Transaction, *, at_rates: bool = False) -> Decimal:
        """Return what a settlement settles: forms less the credits that it uses."""
        total = ZERO
        for link in each.list_settled():
            linked = self._books.by_key.get(link.key)
            rate = linked.rate if linked is not None and linked.currency == each.currency else each.rate
            total += self._sign_link(link.key, linked) * link.amount * (rate if at_rates else 1)
        return total

    def _sign_link(self, key: Key, linked: Transaction | None) -> int:
        if linked is not None and linked.kind not in self._side.signs:
            return 1 if self._find_movement(linked) >= 0 else -1
        kinds = self._month.resources
        is_credit = any(
            sign < 0 and key.resource in kinds.get(kind, ()) for kind, sign in self._side.signs.items()
        )
        return -1 if is_credit else 1


def add_up_open(month: Month, side: Side) -> Decimal:
    """Return what is open of a side on the day that is compared; worked out once."""
    if side.name not in month.sums:
        month.sums[side.name] = OpenItems(month, side).add_up()
    return month.sums[side.name]


def list_ties(month: Month) -> list[Tie]:
    """Return the totals that the vendor's reports show too."""
    ties: list[Tie] = []
    for side in (RECEIVABLES, PAYABLES):
        if not _list_side_unread(month, side):
            ties += _tie_side(month, side)
    return [*ties, *_tie_trial_balance(month)]


def _tie_side(month: Month, side: Side) -> list[Tie]:
    ours = add_up_open(month, side)
    figure = f"{side.name} at {month.period.compared_on.isoformat()}, by open items"
    found = []
    for name, zero_of in (("balance_sheet", side.role), (side.aging, side.role)):
        report = month.books.reports.get(name)
        if report is None:
            continue
        theirs = report.find_total(zero_of)
        if theirs is None and report.is_whole:
            theirs = ZERO
        found.append(Tie(figure, ours, report.tool, theirs if report.is_whole else None))
    return found


def _tie_trial_balance(month: Month) -> list[Tie]:
    report = month.books.reports.get("trial_balance")
    if report is None or not report.is_whole or not report.rows:
        return []
    debits, credits_ = _add_up_columns(month)
    end = month.period.as_of.isoformat()
    return [
        Tie(
            f"Debits of the trial balance at {end}", debits, report.tool, report.find_total("all", 1) or ZERO
        ),
        Tie(
            f"Credits of the trial balance at {end}",
            credits_,
            report.tool,
            report.find_total("all", 2) or ZERO,
        ),
    ]


def _add_up_columns(month: Month) -> tuple[Decimal, Decimal]:
    rows = [
        each
        for each in month.books.reports["trial_balance"].rows
        if each.kind != "total" and len(each.cells) > 2
    ]
    return (
        sum((parse_amount(each.cells[1]) or ZERO for each in rows), ZERO),
        sum((parse_amount(each.cells[2]) or ZERO for each in rows), ZERO),
    )


def _list_side_unread(month: Month, side: Side) -> list[str]:
    """Return what was not read of what moves a side."""
    kinds: list[Kind] = [*side.signs, "journal"]
    if month.period.is_recent:
        return month.list_unread(kinds, until=month.period.today)
    return month.list_unread_open(kinds)


def judge_side(month: Month, side: Side) -> Finding:
    """Judge whether open items add up to the control account and the aging report."""
    if unread := _list_side_unread(month, side):
        return Finding("not_known", f"This cannot be said: not all was read ({', '.join(unread)}).")
    total, ties, day = add_up_open(month, side), _tie_side(month, side), write_day(month.period.compared_on)
    shown = month.write_amount(total)
    turned = "" if month.period.is_recent else " (as of today: what came after the month was not read)"
    if ties and all(each.agrees for each in ties):
        return Finding(
            "done", f"Open items add up to {shown} at {day}{turned}, as both reports show.", (), total
        )
    theirs = ", ".join(month.write_amount(each.theirs) for each in ties if each.theirs is not None)
    direct = OpenItems(month, side).list_direct()
    records = sort_by_amount(describe_transaction(month, *each) for each in direct)
    says = f"Open items add up to {shown} at {day}{turned}; the balance sheet and the aging report show {theirs}."
    if records:
        says += f" Direct entries on the account ({len(records)}) may be why."
    else:
        says += f" Direct entries on the account before {write_day(month.period.since)} were not read."
    return Finding("attention", says, records, total)


def judge_receivables(month: Month) -> Finding:
    """Judge receivables against the balance sheet and the aging report."""
    return judge_side(month, RECEIVABLES)


def judge_payables(month: Month) -> Finding:
    """Judge payables against the balance sheet and the aging report."""
    return judge_side(month, PAYABLES)


def judge_trial_balance(month: Month) -> Finding:
    """Judge whether debits and credits are equal."""
    debits, credits_ = _add_up_columns(month)
    day = write_day(month.period.as_of)
    if debits == credits_:
        return Finding(
            "done", f"Debits and credits are {month.write_amount(debits)} each at {day}.", (), debits
        )
    shown = f"{month.write_amount(debits)} and credits {month.write_amount(credits_)}"
    difference = month.write_amount(debits - credits_)
    return Finding(
        "open", f"At {day} debits are {shown}: a difference of {difference}.", (), debits - credits_
    )


def _check_side(name: str, title: str, aging: str, judge: Callable[[Month], Finding]) -> Check:
    return Check(name, title, Needs((), ("accounts",), ("balance_sheet", aging)), judge)


CHECKS = (
    _check_side("receivables", "Receivables against their account", "aged_receivables", judge_receivables),
    _check_side("payables", "Payables against their account", "aged_payables", judge_payables),
    Check(
        "trial_balance", "Trial balance in balance", Needs((), (), ("trial_balance",)), judge_trial_balance
    ),
)
