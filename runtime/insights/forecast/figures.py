"""Weeks, lowest point, parts and what moves most, as plain values. Called by `forecast` and `what_if`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, NamedTuple, get_args

from runtime.insights.books import ZERO, Key, Kind
from runtime.insights.forecast.cash_moves import Balance, list_balances
from runtime.insights.forecast.flows import KNOWN, Item, Part, Stream, as_money
from runtime.insights.forecast.open_items import Doubt
from runtime.insights.forecast.past import Past
from runtime.insights.forecast.paths import Band

MOVERS, MOST_ACCOUNTS, MOST_DOUBTS, MOST_EVIDENCE = 10, 20, 10, 60
"""Entries of lists: ten movers are what the tool promises; the others are what a person reads."""


class Outlook(NamedTuple):
    """Everything that a forecast came to, before it is written down."""

    past: Past
    opening: Decimal
    balances: Sequence[Balance]
    items: Sequence[Item]
    streams: Sequence[Stream]
    band: Band
    doubts: Sequence[Doubt]


def make_figures(outlook: Outlook) -> dict[str, Any]:
    """Return the figures of a forecast."""
    movers = list_movers(outlook.items)
    return {
        "currency": outlook.past.books.currency,
        "opening": _write_opening(outlook),
        "weeks": list_weeks(outlook),
        "lowest": find_lowest(outlook.past.today, outlook.band),
        "below_zero": _find_below_zero(outlook.past.today, outlook.band),
        "movers": [_write_mover(outlook, each) for each in movers[:MOVERS]],
        "movers_shown": min(len(movers), MOVERS),
        "movers_count": len(movers),
        "parts": _write_parts(outlook),
        "doubtful": [each.as_dict() for each in outlook.doubts[:MOST_DOUBTS]],
        "doubtful_shown": min(len(outlook.doubts), MOST_DOUBTS),
        "doubtful_count": len(outlook.doubts),
    }


def list_weeks(outlook: Outlook) -> list[dict[str, Any]]:
    """Return each week: what comes in and goes out, known and expected, and the balance at its end."""
    today, band = outlook.past.today, outlook.band
    sums = _sum_weeks(outlook)
    weeks = []
    for place, amounts in enumerate(sums):
        start = today + timedelta(days=7 * place + 1)
        last = 7 * place + 6
        weeks.append(
            {
                "week_start": start,
                "week_end": start + timedelta(days=6),
                **{name: as_money(amounts[name]) for name in ("in", "out", "expected_in", "expected_out")},
                "median": as_money(band.medians[last]),
                "low": as_money(band.lows[last]),
                "high": as_money(band.highs[last]),
            }
        )
    return weeks


def find_lowest(today: date, band: Band) -> dict[str, Any]:
    """Return the day on which the median is lowest, with its balance and the lower end of its band."""
    place = min(range(len(band.medians)), key=band.medians.__getitem__)
    return {
        "amount": as_money(band.medians[place]),
        "date": today + timedelta(days=place + 1),
        "low": as_money(band.lows[place]),
    }


def list_movers(items: Iterable[Item]) -> list[list[Item]]:
    """Return the flows that a reader sees as one, those that move the balance most first."""
    groups: dict[tuple[Part, str], list[Item]] = defaultdict(list)
    for item in items:
        groups[item.part, item.label].append(item)
    expected = {name: abs(sum(each.expected for each in group)) for name, group in groups.items()}
    return [
        groups[name]
        for name in sorted(groups, key=lambda each: (-expected[each], each))
        if expected[name] >= 0.005
    ]


def list_evidence(outlook: Outlook) -> tuple[str, ...]:
    """Return the records that matter most: those of what moves most, then those that may never be paid."""
    keys: dict[Key, None] = {}
    for group in list_movers(outlook.items):
        for item in group:
            keys |= dict.fromkeys(item.evidence)
        if len(keys) >= MOST_EVIDENCE:
            break
    for doubt in outlook.doubts:
        keys |= dict.fromkeys(doubt.evidence[:3])
    return tuple(str(each) for each in list(keys)[:MOST_EVIDENCE])


def _sum_weeks(outlook: Outlook) -> list[dict[str, float]]:
    weeks: list[dict[str, float]] = [defaultdict(float) for _ in range(outlook.past.days // 7)]
    flows = [(each.part, each.amount, each.chances) for each in outlook.items]
    flows += [(each.part, 1.0, each.means) for each in outlook.streams]
    for part, amount, chances in flows:
        known = "" if part in KNOWN else "expected_"
        for place, week in enumerate(weeks):
            moved = amount * sum(chances[7 * place : 7 * place + 7])
            week[known + ("in" if moved > 0 else "out")] += moved
    return weeks


def _write_opening(outlook: Outlook) -> dict[str, Any]:
    accounts = sorted(outlook.balances, key=lambda each: -abs(each.home or ZERO))
    waiting = list_balances(outlook.past.books, "undeposited")
    return {
        "total": outlook.opening,
        "accounts": [_write_account(each) for each in accounts[:MOST_ACCOUNTS]],
        "shown": min(len(accounts), MOST_ACCOUNTS),
        "count": len(accounts),
        "undeposited_funds": as_money(sum((each.home or ZERO for each in waiting), ZERO)),
    }


def _write_account(each: Balance) -> dict[str, Any]:
    account = each.account
    found = {"account": str(account.key), "name": account.name, "balance": as_money(account.balance)}
    if account.currency and each.home != account.balance:
        return found | {
            "currency": account.currency,
            "home_balance": None if each.home is None else as_money(each.home),
        }
    return found


def _write_mover(outlook: Outlook, group: Sequence[Item]) -> dict[str, Any]:
    first, today = group[0], outlook.past.today
    keys = dict.fromkeys(key for each in group for key in each.evidence)
    chance = sum(sum(each.chances) for each in group) / len(group)
    what = {} if first.label == str(first.evidence[0]) else {"what": first.label}
    return {
        **what,
        "part": first.part,
        **{name: value for name, value in first.facts.items() if value is not None and value != ""},
        "amount": as_money(sum(each.amount for each in group)),
        "expected": as_money(sum(each.expected for each in group)),
        "chance_percent": round(100 * min(chance, 1.0)),
        "expected_on": _find_day(today, first),
        "times": len(group),
        "evidence": [str(key) for key in list(keys)[:5]],
    }


def _find_day(today: date, item: Item) -> date:
    """Return the day by which half of the chance that it comes has passed."""
    half = sum(item.chances) / 2
    place = next((at for at, chance in enumerate(accumulate(item.chances)) if chance >= half), 0)
    return today + timedelta(days=place + 1)


def _write_parts(outlook: Outlook) -> dict[str, Any]:
    """Return what each part brings within the days of the forecast, the known ones apart from the expected ones."""
    found = {part: {"in": 0.0, "out": 0.0, "records": 0} for part in get_args(Part)}
    for item in outlook.items:
        found[item.part]["in" if item.amount > 0 else "out"] += item.expected
        found[item.part]["records"] += 1
    for stream in outlook.streams:
        total = sum(stream.means)
        found[stream.part]["in" if total > 0 else "out"] += total
    parts = {part: _write_part(part, amounts) for part, amounts in found.items()}
    kinds: tuple[tuple[Part, Kind], ...] = (("open_invoices", "invoice"), ("open_bills", "bill"))
    for part, kind in kinds:
        parts[part]["open"] = as_money(
            sum((each.home_open for each in outlook.past.books.list_kinds(kind)), ZERO)
        )
    return parts


def _write_part(part: Part, amounts: Mapping[str, float]) -> dict[str, Any]:
    counted = {"records": int(amounts["records"])} if part in KNOWN else {}
    return {
        "is_known": part in KNOWN,
        "in": as_money(amounts["in"]),
        "out": as_money(amounts["out"]),
        **counted,
    }


def _find_below_zero(today: date, band: Band) -> dict[str, date | None]:
    """Return the first day on which the median, and the lower end of the band, are below zero."""
    found: dict[str, date | None] = {}
    for name, balances in (("median", band.medians), ("low", band.lows)):
        place = next((at for at, balance in enumerate(balances) if balance < 0), None)
        found[name] = None if place is None else today + timedelta(days=place + 1)
    return found
