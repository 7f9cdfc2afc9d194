"""Round amounts, and amounts just below usual limits of approval, where the vendor is not used to either.

Called by `anomaly_search`. A vendor without enough history is compared with the account of the purchase.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from runtime.insights.anomalies.findings import (
    Finding,
    limit_score,
    make_subject,
    write_cents,
    write_day,
    write_entry,
)
from runtime.insights.anomalies.history import KIND_NAMES, Entry, History, list_accounts

FEWEST = 5
"""Other purchases of a vendor without which its account is looked at instead."""
FEWEST_OF_ACCOUNT = 12
"""Other purchases on that account without which nothing is said."""
ROUND = 10_000
"""Cents; amounts are round when they are whole hundreds."""
HALF_ROUND = 5_000
"""Cents; whole fifties are round too where the others have cents."""
MOST_ROUND = 0.1
"""The part of the others that may be round where a round amount is unusual."""
LIMITS = (50_000, 100_000, 200_000, 250_000, 500_000, 1_000_000, 2_000_000, 2_500_000, 5_000_000, 10_000_000)
"""Cents; amounts from which approval is usually asked for."""
BELOW = 0.03
"""The part of a limit within which an amount is just below it."""
LEAST_LEAD, LEAST_LEAD_OF_FIRST = 1.05, 1.08
"""How much larger than the others such an amount is; more at the first limit, near which small purchases are often."""
FAR, CHOSEN_CENTS, DOUBTFUL = 6, frozenset({0, 50, 90, 95, 99}), 55
"""An amount so many times the usual one, with other cents than people choose, may be near a limit by chance: it scores
no more than this, so that it is reported as unusual too.
"""
MOST_ABOVE = 0.1
"""The part of the others above a limit from which a vendor does not avoid it."""


@dataclass(frozen=True)
class Others:
    """The amounts to compare one with. It is among them, and is not counted itself."""

    ordered: Sequence[int]
    """Cents."""
    name: str
    """Whose they are, as it stands in a reason."""

    @property
    def count(self) -> int:
        """How many others there are."""
        return len(self.ordered) - 1

    @cached_property
    def round_count(self) -> int:
        """How many are round."""
        return sum(each % ROUND == 0 for each in self.ordered)

    @cached_property
    def whole_count(self) -> int:
        """How many have no cents."""
        return sum(each % 100 == 0 for each in self.ordered)

    @property
    def usual(self) -> int:
        """The amount in the middle."""
        return self.ordered[self.count // 2]

    def count_from(self, cents: int) -> int:
        """Return how many amounts are not below one."""
        return len(self.ordered) - bisect_left(self.ordered, cents)


def find_round_amounts(history: History) -> Iterator[Finding]:
    """Yield round purchases of vendors whose amounts are not round."""
    for entry, others in _compare(history):
        if entry.cents % ROUND and (entry.cents % HALF_ROUND or entry.cents < ROUND):
            continue
        count = others.round_count - (entry.cents % ROUND == 0)
        whole = (others.whole_count - 1) / others.count
        if count > others.count * MOST_ROUND or (entry.cents % ROUND and whole > MOST_ROUND):
            continue
        points = 62 + min(15, others.count / 4) - count / others.count * 120
        points += (10 if entry.cents % 100_000 == 0 else 0) - (8 if whole > 0.5 else 0)
        points -= (6 if entry.cents < others.usual else 0) + (6 if entry.cents % ROUND else 0)
        reason = (
            f"{_describe(history, entry)} is a round amount, and {count or 'none'} of the {others.count} others "
            f"{others.name} {'is' if count < 2 else 'are'}."
        )
        advice = "Ask for the document: a round amount is often an estimate or an advance."
        yield Finding("round_amount", limit_score(points), reason, (make_subject(history, entry),), advice)


def find_below_limits(history: History) -> Iterator[Finding]:
    """Yield purchases just below a limit that the vendor never reaches, and usually stays far below."""
    for entry, others in _compare(history):
        limit = find_limit(entry.cents)
        points = _score_below(entry.cents, limit, others) if limit else 0
        if points <= 0:
            continue
        reason = (
            f"{_describe(history, entry)} is just below {write_cents(history, limit)}, a usual limit of approval, "
            f"while the others {others.name} are about {write_cents(history, others.usual)}."
        )
        advice = "Check whether it was split or set so that nobody had to approve it."
        yield Finding("below_limit", limit_score(points), reason, (make_subject(history, entry),), advice)


def _score_below(cents: int, limit: int, others: Others) -> float:
    """Score an amount below a limit by how near it is, and how far from the others."""
    above = others.count_from(limit)
    start = math.ceil(limit * (1 - BELOW))
    near = others.count_from(start) - above - 1
    larger = others.count_from(cents) - 1
    if above > others.count * MOST_ABOVE or near > max(3, others.count * 0.05):
        return 0
    if larger > max(2, others.count * 0.05):
        return 0
    below = bisect_left(others.ordered, start)
    rest = others.ordered[below - 1] if below else 1
    lead = LEAST_LEAD if limit > LIMITS[0] else LEAST_LEAD_OF_FIRST
    if cents < max(others.usual * 1.3, rest * lead):
        return 0
    if cents >= others.usual * FAR and cents % 100 not in CHOSEN_CENTS:
        return DOUBTFUL
    return 78 - 20 * (limit - cents) / limit / BELOW - 60 * above / others.count + 8 * (near > 0)


def find_limit(cents: int) -> int:
    """Return the limit that an amount is just below; 0 where there is none."""
    return next((each for each in LIMITS if each * (1 - BELOW) <= cents < each), 0)


def _compare(history: History) -> Iterator[tuple[Entry, Others]]:
    """Yield the purchases of the period with those to compare with; the first of a vendor is left to `amounts`."""
    groups = [group for group in history.by_vendor.values() if any(each.is_new for each in group)]
    found: dict[str, Others] = {}
    for group in groups:
        whole = _collect(group, f"of {history.name(group[0])}") if len(group) > FEWEST else None
        for each in group[1:]:
            if each.is_new:
                others = whole or _find_of_account(history, each, found)
                if others is not None:
                    yield each, others


def _find_of_account(history: History, entry: Entry, found: dict[str, Others]) -> Others | None:
    """Return the purchases on the account of one; None where there are too few."""
    accounts = list_accounts(entry.record)
    account = next(iter(accounts)) if len(accounts) == 1 else ""
    group = history.by_account.get(account, [])
    if len(group) <= FEWEST_OF_ACCOUNT:
        return None
    if account not in found:
        found[account] = _collect(group, f"on {history.books.name_account(account)}")
    return found[account]


def _collect(group: Sequence[Entry], name: str) -> Others:
    return Others(sorted(each.cents for each in group), name)


def _describe(history: History, entry: Entry) -> str:
    kind, name = KIND_NAMES[entry.kind].capitalize(), history.name(entry)
    of = f" of {name}" if name else ""
    return f"{kind}{of} over {write_entry(history, entry)} on {write_day(entry.record.day)}"
