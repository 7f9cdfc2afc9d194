"""What comes every month and did not: bills and expenses by the months before, and recurring transactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import median_low

from runtime.insights.books import ZERO, Key, Template, Transaction
from runtime.insights.checklist.items import (
    Check,
    Finding,
    Needs,
    Record,
    add_up,
    describe_transaction,
    sort_by_amount,
)
from runtime.insights.checklist.month import Month, add_months, write_count

FEWEST_MONTHS = 3
"""Months in a row that make a habit; two may be chance."""
MOST_IN_MONTH = 2
"""What comes more often is no monthly bill: weekly deliveries, for example, may end without any being missing."""
WIDEST_DAYS, WIDEST_AMOUNTS = 8, Decimal("1.05")
"""A monthly bill comes within about a week of the same day, or with about the same amount."""
GRACE = 5
"""Days after its usual day on which a bill is not yet missing."""
EARLIEST = timedelta(days=7)
"""How long before its usual day a bill may come: one of the first may be dated the last days of the month before."""
NEAREST_DAYS, NEAREST_AMOUNT = 3, Decimal("0.25")
"""A recurring transaction is made within a weekend of its day, with about the amount of the last one."""
Series = list[Transaction]


def judge_recurring(month: Month) -> Finding:
    """Judge whether each vendor that bills monthly did so, and each recurring transaction was made."""
    series = _list_monthly(month)
    absent = [each for each in series if not _came(month, each) and _is_due(month, each)]
    late = list(_list_late_templates(month))
    records = sort_by_amount(_describe(month, each) for each in absent) + sort_by_amount(late)
    templates = sum(each.is_active for each in month.books.templates)
    looked_at = (
        f"{write_count(len(series), 'monthly bill')} and {write_count(templates, 'recurring transaction')}"
    )
    if not records:
        if not series and not templates:
            return Finding(
                "not_used", f"No bill came in each of the {FEWEST_MONTHS} months before {month.name}."
            )
        return Finding("done", f"{looked_at} looked at: none is missing so far.")
    names = ", ".join(each.party for each in records[:4])
    did_not = f"{write_count(len(absent), 'bill')} and {write_count(len(late), 'recurring transaction')} did not come"
    says = f"{did_not} in {month.name}, first {names}; {month.write_amount(add_up(records))} by the last of each."
    return Finding("attention", f"{says} {looked_at} looked at.", records, add_up(records))


def _list_former(month: Month) -> list[date]:
    return [add_months(month.period.start, -back) for back in range(1, FEWEST_MONTHS + 1)]


def _list_monthly(month: Month) -> list[list[Transaction]]:
    """Return the bills and expenses of each vendor and account that came once a month in the months before."""
    groups: dict[tuple[Key, str], Series] = defaultdict(list)
    for each in month.list_until("bill", "expense"):
        if each.party is not None and not each.is_reversed:
            groups[each.party, _find_account(each)].append(each)
    former = _list_former(month)
    return [series for _, series in sorted(groups.items()) if _is_monthly(series, former)]


def _is_monthly(series: Sequence[Transaction], former: Sequence[date]) -> bool:
    found: list[Transaction] = []
    for first in former:
        inside = [each for each in series if each.day.replace(day=1) == first]
        if not 0 < len(inside) <= MOST_IN_MONTH:
            return False
        found += inside
    days = [each.day.day for each in found]
    amounts = [each.home_total for each in found]
    return max(days) - min(days) <= WIDEST_DAYS or max(amounts) <= min(amounts) * WIDEST_AMOUNTS


def _came(month: Month, series: Sequence[Transaction]) -> bool:
    """Whether a bill came in the month, or a week before its usual day in the month before."""
    earliest = min(month.period.start, _find_day(month, series) - EARLIEST)
    return any(each.day >= earliest for each in series)


def _is_due(month: Month, series: Sequence[Transaction]) -> bool:
    """Whether the usual day of a bill has passed, in a month that has not ended."""
    return month.period.is_over or _find_day(month, series) + timedelta(days=GRACE) <= month.period.as_of


def _find_day(month: Month, series: Sequence[Transaction]) -> date:
    """Return the day of the month on which a bill usually came in the months before, in this month."""
    since = add_months(month.period.start, -FEWEST_MONTHS)
    usual = median_low(each.day.day for each in series if since <= each.day < month.period.start)
    return month.period.start.replace(day=min(usual, month.period.end.day))


def _find_account(each: Transaction) -> str:
    return max(each.lines, key=lambda line: line.amount).account if each.lines else ""


def _describe(month: Month, series: Sequence[Transaction]) -> Record:
    last = series[-1]
    values = {"day": _find_day(month, series), "account": _find_account(last), "amount": last.total}
    return describe_transaction(month, last, last.home_total, values)


def _list_late_templates(month: Month) -> Iterator[Record]:
    """Yield the recurring transactions that should have been made and were not."""
    by_party: dict[Key, Series] = defaultdict(list)
    for each in month.list_until("invoice", "sale", "bill", "expense"):
        if each.party is not None:
            by_party[each.party].append(each)
    for template in month.books.templates:
        series = by_party.get(template.party, []) if template.party is not None else []
        if not template.is_active:
            continue
        last = _find_habit(month, series)
        overdue = template.next_day is not None and template.next_day < month.period.as_of
        if overdue or last is not None:
            amount = template.total or (last.home_total if last is not None else ZERO)
            yield _describe_template(month, template, amount, last)


def _describe_template(month: Month, template: Template, amount: Decimal, last: Transaction | None) -> Record:
    day = template.next_day or (last.day if last is not None else None)
    party = month.books.name_party(template.party, last.party_name if last is not None else template.name)
    return Record(template.key, amount, template.name, party, day)


def _find_habit(month: Month, series: Sequence[Transaction]) -> Transaction | None:
    """Return the last of a party's forms that came on one day of each former month, and not in this one."""
    former = _list_former(month)
    for last in (each for each in series if each.day.replace(day=1) == former[0]):
        usual = month.period.start.replace(day=min(last.day.day, month.period.end.day))
        is_due = month.period.is_over or usual + timedelta(days=GRACE) <= month.period.as_of
        before = all(_find_near(series, last, first) for first in former[1:])
        if is_due and before and not _find_near(series, last, month.period.start):
            return last
    return None


def _find_near(series: Sequence[Transaction], like: Transaction, first: date) -> bool:
    """Whether a form near the day and amount of another is in a month."""
    off = abs(like.home_total) * NEAREST_AMOUNT
    return any(
        each.day.replace(day=1) == first
        and abs(each.day.day - like.day.day) <= NEAREST_DAYS
        and abs(each.home_total - like.home_total) <= off
        for each in series
    )


CHECKS = (
    Check(
        "recurring",
        "Recurring bills and transactions",
        Needs(("bill", "expense", "invoice", "sale"), ("templates",), reaches_back=True),
        judge_recurring,
    ),
)
