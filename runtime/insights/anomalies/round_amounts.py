"""Round amounts, and amounts just below usual limits of approval, where the vendor is not used to either.

Called by `anomaly_search`. A vendor without enough history is compared with the account of the purchase.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runtime.insights.anomalies.findings import (
    Finding,
    limit_score,
    make_subject,
    write_cents,
    write_day,
    write_entry,
)
from runtime.insights.anomalies.history import KIND_NAMES, Entry, History, find_median, list_accounts
from runtime.insights.books import Key

FEWEST = 5
"""Other purchases of a vendor without which its account is looked at instead."""
FEWEST_OF_ACCOUNT = 12
ROUND = 10_000
"""Cents; amounts are round when they are whole hundreds."""
MOST_ROUND = 0.05
"""The part of the others that may be round where a round amount is unusual."""
LIMITS = (50_000, 100_000, 200_000, 250_000, 500_000, 1_000_000, 2_000_000, 2_500_000, 5_000_000, 10_000_000)
"""Cents; amounts from which approval is usually asked for."""
BELOW = 0.03
"""The part of a limit within which an amount is just below it."""
LEAST_LEAD, LEAST_LEAD_OF_FIRST = 1.05, 1.15
"""How much larger than the others such an amount is; more at the first limit, near which small purchases are often."""
MOST_ABOVE = 0.1
"""The part of the others above a limit from which a vendor does not avoid it."""


def find_round_amounts(history: History) -> Iterator[Finding]:
    """Yield round purchases of vendors whose amounts are not round."""
    for entry, others, name in _compare(history, _is_round):
        part = sum(_is_round(each.cents) for each in others) / len(others)
        if part > MOST_ROUND:
            continue
        is_whole = sum(each.cents % 100 == 0 for each in others) > len(others) / 2
        thousands = 10 if entry.cents % 100_000 == 0 else 0
        points = 62 + thousands + min(15, len(others) / 4) - part * 200 - (10 if is_whole else 0)
        points -= 25 if entry.cents < find_median(each.cents for each in others) else 0
        reason = (
            f"{_describe(history, entry)} is a round amount, and {_count_round(others)} of the {len(others)} others "
            f"{name} {'is' if _count_round(others) == 1 else 'are'}."
        )
        advice = "Ask for the document: a round amount is often an estimate or an advance."
        yield Finding("round_amount", limit_score(points), reason, (make_subject(history, entry),), advice)


def find_below_limits(history: History) -> Iterator[Finding]:
    """Yield purchases just below a limit that the vendor never reaches, and usually stays far below."""
    for entry, others, name in _compare(history, lambda cents: find_limit(cents) > 0):
        limit = find_limit(entry.cents)
        near = sum(find_limit(each.cents) == limit for each in others)
        above = sum(each.cents >= limit for each in others) / len(others)
        usual = find_median(each.cents for each in others)
        is_larger = sum(each.cents >= entry.cents for each in others) <= max(2, len(others) * 0.05)
        rest = max((each.cents for each in others if each.cents < limit * (1 - BELOW)), default=1)
        lead = LEAST_LEAD if limit > LIMITS[0] else LEAST_LEAD_OF_FIRST
        if above > MOST_ABOVE or near > max(3, len(others) * 0.05) or not is_larger:
            continue
        if entry.cents < max(usual * 1.3, rest * lead):
            continue
        distance = (limit - entry.cents) / limit / BELOW
        points = 78 - 20 * distance - 60 * above + 8 * (near > 0)
        reason = (
            f"{_describe(history, entry)} is just below {write_cents(history, limit)}, a usual limit of approval, "
            f"while the others {name} are about {write_cents(history, usual)}."
        )
        advice = "Check whether it was split or set so that nobody had to approve it."
        yield Finding("below_limit", limit_score(points), reason, (make_subject(history, entry),), advice)


def find_limit(cents: int) -> int:
    """Return the limit that an amount is just below; 0 where there is none."""
    return next((each for each in LIMITS if each * (1 - BELOW) <= cents < each), 0)


def _is_round(cents: int) -> bool:
    return cents > 0 and cents % ROUND == 0


def _count_round(others: Sequence[Entry]) -> int:
    return sum(_is_round(each.cents) for each in others)


def _compare(history: History, wants: object) -> Iterator[tuple[Entry, list[Entry], str]]:
    """Yield the purchases of the period that are wanted, with those to compare with and whose they are."""
    for each in history.purchases:
        if not each.is_new or not wants(each.cents):  # type: ignore[operator]
            continue
        group = history.by_vendor.get(each.record.party or Key("", ""), [])
        if len(group) > FEWEST:
            yield each, [other for other in group if other is not each], f"of {history.name(each)}"
            continue
        labels = list_accounts(each.record)
        account = next(iter(labels)) if len(labels) == 1 else ""
        group = history.by_account.get(account, [])
        if len(group) > FEWEST_OF_ACCOUNT:
            name = f"on {history.books.name_account(account)}"
            yield each, [other for other in group if other is not each], name


def _describe(history: History, entry: Entry) -> str:
    kind, name = KIND_NAMES[entry.kind].capitalize(), history.name(entry)
    of = f" of {name}" if name else ""
    return f"{kind}{of} over {write_entry(history, entry)} on {write_day(entry.record.day)}"
