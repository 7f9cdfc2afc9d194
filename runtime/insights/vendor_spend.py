"""What was spent with each vendor in a period, by account, beside the period before.

Spent is what vendors' own report counts: expense and cost accounts. What is bought for stock or as an asset stands
apart. Each vendor and the total are compared with that report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.insights.analysis import Analysis, Insight, Options, Records, Wanted, WantedReport
from runtime.insights.bookings import PURCHASES, SPENT, VENDORS, Booking, list_bookings, to_cents
from runtime.insights.books import ZERO, Books, Key, Kind, Missing
from runtime.insights.confirming import confirm_row, confirm_total, read_rows
from runtime.insights.period_pairs import ONE_DAY, Days, choose_days, find_unread, subtract_months

USUAL_LIMIT = 20
"""As the tool says."""
MOST_ACCOUNTS, MOST_RECORDS, LARGEST = 10, 10, 5
"""Accounts of a vendor, records of it as evidence, and the vendors whose share is the concentration: what one reads."""
NOW, BEFORE, YEAR = "vendor_expenses", "vendor_expenses_before", "vendor_expenses_year"
KINDS: tuple[Kind, ...] = (*PURCHASES, "deposit", "journal")


@dataclass(slots=True)
class Spend:
    """What was spent with a vendor: by account, and apart from it what went to accounts that are no expense."""

    key: Key
    name: str = ""
    now: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    before: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    apart: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    records: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def total(self) -> Decimal:
        """What was spent in the period."""
        return sum(self.now.values(), ZERO)

    @property
    def total_before(self) -> Decimal:
        """What was spent in the period before."""
        return sum(self.before.values(), ZERO)


def choose_wanted(options: Options, today: date) -> Wanted:
    """Return what is read: the purchases of both periods, and the vendors' report of them and of the year before."""
    days = choose_days(options, today)
    before, last = days.before, days.start - ONE_DAY
    return Wanted(
        (Records(KINDS, before.start, days.end),),
        ("accounts", "vendors", "items"),
        (
            WantedReport(NOW, NOW, days.start, days.end),
            WantedReport(BEFORE, NOW, before.start, before.end),
            WantedReport(YEAR, NOW, subtract_months(days.start.replace(day=1), 12), last),
        ),
    )


def compute(books: Books, options: Options) -> Analysis:
    """Return what was spent with each vendor."""
    days, limit = choose_days(options, books.today), int(options.get("limit") or USUAL_LIMIT)
    spends, nobody = _gather(books, days)
    active = [each for each in spends.values() if each.now or each.before or each.apart]
    ranked = sorted(active, key=lambda each: (-each.total, -each.total_before, each.name, each.key.id))
    total = sum((each.total for each in active), ZERO)
    before = sum((each.total_before for each in active), ZERO)
    rows = {name: read_rows(books.reports.get(name)) for name in (NOW, BEFORE, YEAR)}
    shown = ranked[:limit]
    figures = {
        "period": days.as_dict(),
        "period_before": days.before.as_dict(),
        "currency": books.currency,
        "total": to_cents(total),
        "total_before": to_cents(before),
        "change": to_cents(total - before),
        "vendors": [_describe(each, books, total, rows) for each in shown],
        "shown": len(shown),
        "count": len(ranked),
        "concentration": _measure_concentration(ranked, total),
        **_list_turnover(ranked, rows, limit),
        "without_a_vendor": {
            "spent": to_cents(nobody.total),
            "accounts": _list_accounts(nobody.now, nobody.before, books, limit),
            "count": len({*nobody.now, *nobody.before}),
        },
        "does_not_tie": _list_differences(spends, rows[NOW], books, limit),
    }
    return Analysis(
        figures,
        tuple(record for each in shown for record in _list_records(each)),
        tuple(_list_assumptions(books, days, rows)),
        (
            confirm_total(books, NOW, "spent with vendors", to_cents(total)),
            confirm_total(books, BEFORE, "spent with vendors in the period before", to_cents(before)),
        ),
        tuple(_list_missing(books, days)),
    )


def _gather(books: Books, days: Days) -> tuple[dict[Key, Spend], Spend]:
    """Return what was spent with each vendor, and without one."""
    found: dict[Key, Spend] = {}
    nobody = Spend(Key("", ""))
    for each in list_bookings(books, KINDS, Days(days.before.start, days.end)):
        vendor, is_now = each.vendor, days.has(each.transaction.day)
        is_spent = each.group in SPENT or each.group == "unknown"
        if vendor is None:
            if is_spent:
                (nobody.now if is_now else nobody.before)[each.account] += each.amount
            continue
        spend = found.get(vendor)
        if spend is None:
            name = each.transaction.party_name if vendor == each.transaction.party else ""
            spend = found[vendor] = Spend(vendor, books.name_party(vendor, name))
        _add(spend, each, is_now=is_now, is_spent=is_spent)
    return found, nobody


def _add(spend: Spend, booking: Booking, *, is_now: bool, is_spent: bool) -> None:
    if is_now:
        spend.records[str(booking.transaction.key)] += booking.amount
    if is_spent:
        (spend.now if is_now else spend.before)[booking.account] += booking.amount
    elif is_now and booking.transaction.kind in PURCHASES:
        spend.apart[booking.account] += booking.amount


def _describe(
    spend: Spend, books: Books, total: Decimal, rows: Mapping[str, Mapping[str, Decimal] | None]
) -> dict[str, Any]:
    ours = to_cents(spend.total)
    return {
        "vendor": str(spend.key),
        "name": spend.name,
        "spent": ours,
        "share_percent": measure_share(spend.total, total),
        "before": to_cents(spend.total_before),
        "change": to_cents(spend.total - spend.total_before),
        "status": _find_status(spend, rows),
        "accounts": _list_accounts(spend.now, spend.before, books, MOST_ACCOUNTS),
        "accounts_count": len({*spend.now, *spend.before}),
        "not_an_expense": _list_accounts(spend.apart, None, books, MOST_ACCOUNTS),
        "transactions": len(spend.records),
        **confirm_row(rows[NOW], spend.key.id, ours),
    }


def _find_status(spend: Spend, rows: Mapping[str, Mapping[str, Decimal] | None]) -> str:
    year = rows[YEAR]
    if not spend.now:
        return "lost" if spend.before else "no expense"
    if spend.before or (year is not None and spend.key.id in year):
        return "continuing"
    return "new"


def _list_accounts(
    now: Mapping[str, Decimal], before: Mapping[str, Decimal] | None, books: Books, limit: int
) -> list[dict[str, Any]]:
    """Return what was booked to each account, the most first."""
    former = before or {}
    ids = sorted({*now, *former}, key=lambda id_: (-now.get(id_, ZERO), -former.get(id_, ZERO), id_))
    return [
        {
            "account": f"accounts:{id_}" if id_ else "",
            "name": books.name_account(id_) if id_ else "An account that is not known",
            "spent": to_cents(now.get(id_, ZERO)),
            **({} if before is None else {"before": to_cents(before.get(id_, ZERO))}),
        }
        for id_ in ids[:limit]
    ]


def measure_share(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return a part in percent of a whole, with one decimal; None of a whole that is not above zero."""
    return (part * 100 / whole).quantize(Decimal("0.1")) if whole > 0 else None


def _measure_concentration(ranked: list[Spend], total: Decimal) -> dict[str, Any]:
    largest = ranked[:LARGEST]
    return {
        "largest_five_percent": measure_share(sum((each.total for each in largest), ZERO), total),
        "largest": [each.name for each in largest if each.total > 0],
        "vendors": sum(1 for each in ranked if each.now),
    }


def _list_turnover(
    ranked: Iterable[Spend], rows: Mapping[str, Mapping[str, Decimal] | None], limit: int
) -> dict[str, Any]:
    """Return the vendors that are new, and those that nothing was spent with any more."""
    found: dict[str, list[Spend]] = {"new": [], "lost": []}
    for each in ranked:
        if (status := _find_status(each, rows)) in found:
            found[status].append(each)
    return {
        f"{status}_vendors": {
            "count": len(several),
            "spent" if status == "new" else "spent_before": to_cents(
                sum((each.total if status == "new" else each.total_before for each in several), ZERO)
            ),
            "vendors": [{"vendor": str(each.key), "name": each.name} for each in several[:limit]],
        }
        for status, several in found.items()
    }


def _list_differences(
    spends: Mapping[Key, Spend], rows: Mapping[str, Decimal] | None, books: Books, limit: int
) -> dict[str, Any]:
    """Return the vendors for whom the report shows another amount, those with it alone included."""
    if rows is None:
        return {"count": None, "vendors": []}
    ours = {key.id: to_cents(each.total) for key, each in spends.items()}
    names = {key.id: each.name for key, each in spends.items()}
    wrong = [id_ for id_ in sorted({*ours, *rows}) if ours.get(id_, ZERO) != rows.get(id_, ZERO)]
    wrong.sort(key=lambda id_: -abs(ours.get(id_, ZERO) - rows.get(id_, ZERO)))
    listed = [
        {"vendor": str(Key(VENDORS, id_)), "name": names.get(id_) or books.name_party(Key(VENDORS, id_)),
         **confirm_row(rows, id_, ours.get(id_, ZERO))}
        for id_ in wrong[:limit]
    ]  # fmt: skip
    return {"count": len(wrong), "vendors": listed}


def _list_records(spend: Spend) -> Iterator[str]:
    ranked = sorted(spend.records, key=lambda key: (-abs(spend.records[key]), key))
    return iter(ranked[:MOST_RECORDS])


def _list_assumptions(
    books: Books, days: Days, rows: Mapping[str, Mapping[str, Decimal] | None]
) -> Iterator[str]:
    yield "Spent is what was booked to expense and cost accounts, paid or not; stock and assets stand apart."
    if rows[YEAR] is None:
        yield "A vendor is called new that had no expense in the period before; the year before was not read."
    else:
        yield "A vendor is called new that had no expense in the twelve months before."
    if days.end > books.today:
        yield f"The period is not over: it holds what was entered by {books.today}."
    if any(each.rate != 1 for each in books.list_kinds(*KINDS)):
        yield "Amounts in other currencies count at the exchange rate of each transaction."


def _list_missing(books: Books, days: Days) -> Iterator[Missing]:
    yield from find_unread(books, KINDS, Days(days.before.start, days.end))
    if "accounts" not in books.lists:
        yield Missing("accounts", "Without them every line counts as an expense.")
    if "items" not in books.lists:
        yield Missing("items", "The accounts of what was bought as an item are not known.")


INSIGHT = Insight("spend_by_vendor", choose_wanted, compute)
