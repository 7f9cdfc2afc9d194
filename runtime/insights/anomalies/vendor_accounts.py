"""Purchases on an account that is unusual for their vendor. Called by `anomaly_search`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from runtime.insights.anomalies.findings import Finding, limit_score, make_subject, write_day, write_entry
from runtime.insights.anomalies.history import KIND_NAMES, SHARED_ITEMS, Entry, History, list_accounts

FEWEST = 4
"""Other purchases without which a vendor has no usual account."""
MOST_OTHERS = 0.03
"""The part of the others on an account that is unusual all the same."""
MANY = 12
"""Other purchases of a vendor with which one of them on the same unusual account may be as wrong."""
MOST_SINGLE = 0.1
"""The part of a vendor's purchases on accounts used once from which a new account is no surprise, as in a shop that
sells everything."""


def find_unusual_accounts(history: History) -> Iterator[Finding]:
    """Yield purchases on an account that their vendor was never, or hardly ever, booked on."""
    for group in history.by_vendor.values():
        if len(group) > FEWEST and any(each.is_new for each in group):
            yield from _judge(history, group)


def _judge(history: History, group: Sequence[Entry]) -> Iterator[Finding]:
    labels = [list_accounts(each.record) for each in group]
    counts = Counter(label for each in labels for label in each)
    usual, uses = counts.most_common(1)[0] if counts else ("", 0)
    single = sum(1 for number in counts.values() if number == 1)
    others = len(group) - 1
    for each, accounts in zip(group, labels, strict=True):
        if not each.is_new:
            continue
        for account in sorted(accounts - {SHARED_ITEMS}):
            used = counts[account] - 1
            surprises = single - (used == 0)
            most = max(others * MOST_OTHERS, others >= MANY)
            if account == usual or used > most or surprises > max(1, others * MOST_SINGLE):
                continue
            points = (
                60 + min(25, others) + (10 if not used else 0) - 15 * surprises - (8 if others < 8 else 0)
            )
            yield _make(history, each, account, usual, (used, uses, others), points)
            break


def _make(
    history: History, entry: Entry, account: str, usual: str, counts: tuple[int, int, int], points: float
) -> Finding:
    used, uses, others = counts
    books, name = history.books, history.name(entry)
    often = "none" if not used else f"only {used}"
    where = "products" if usual == SHARED_ITEMS else books.name_account(usual)
    reason = (
        f"{KIND_NAMES[entry.kind].capitalize()} of {name} over {write_entry(history, entry)} on "
        f"{write_day(entry.record.day)} is on {books.name_account(account)}, where {often} of the {others} others of "
        f"{name} is; {uses} are on {where}."
    )
    advice = f"Check the account; {where} is usual." if usual != SHARED_ITEMS else "Check the account."
    return Finding("unusual_account", limit_score(points), reason, (make_subject(history, entry),), advice)
