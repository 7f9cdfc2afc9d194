"""Accounts whose amounts begin with digits as invented amounts do (Benford's law). Called by `anomaly_search`.

Amounts of many sizes begin with 1 in 30 % of cases and with 9 in 5 %. Prices of one product do not, so only accounts
with enough amounts over a range wide enough are looked at.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from runtime.insights.anomalies.findings import Finding, Subject, limit_score, make_subject
from runtime.insights.anomalies.history import Entry, History
from runtime.insights.books import ZERO

FEWEST = 45
"""Amounts without which digits say nothing."""
LEAST_RANGES: Mapping[int, float] = {20: 0.75, 10: 0.65}
"""Powers of ten between the 20th part of the amounts from below and that from above, and between the 10th parts; what
one thing costs has less."""
LEAST_DEVIATION = 0.025
"""The average difference between the parts of the digits and those of the law; 0.015 is where others begin to doubt
(M. Nigrini), with thousands of amounts."""
CERTAIN = 50.0
"""Chi-square with 8 degrees of freedom that is reported. 27 is beyond chance already, 7 in ten thousand; but prices
that are chosen, as those of flights, differ from the law by themselves.
"""
SHOWN = 5
"""Transactions of an account that are named."""
LAW: Mapping[int, float] = {digit: math.log10(1 + 1 / digit) for digit in range(1, 10)}


def find_digits(history: History) -> Iterator[Finding]:
    """Yield accounts of purchases whose first digits differ from the law, in the period or in all that is known.

    An amount that a vendor charges again and again was agreed on once, and counts once.
    """
    seen: set[object] = set()
    accounts: dict[str, list[tuple[int, Entry]]] = defaultdict(list)
    for each in history.purchases:
        for line in each.record.lines:
            sign = line.account, each.record.party, line.amount
            if line.account and line.amount and sign not in seen:
                seen.add(sign)
                accounts[line.account].append((abs(round(line.amount * 100)), each))
    for account, amounts in accounts.items():
        recent = [each for each in amounts if each[1].is_new]
        if not recent:
            continue
        found = max(
            ((_judge([cents for cents, _ in each]), each) for each in (recent, amounts)),
            key=lambda pair: pair[0],
        )
        if found[0] > 0:
            yield _make(history, account, found[1], found[0])


def _judge(cents: Sequence[int]) -> float:
    """Score amounts by their first digits."""
    if len(cents) < FEWEST or not _is_wide(cents):
        return 0
    counts, number = count_first_digits(cents), len(cents)
    chi = sum((counts[digit] - number * part) ** 2 / (number * part) for digit, part in LAW.items())
    deviation = sum(abs(counts[digit] / number - part) for digit, part in LAW.items()) / 9
    if chi < CERTAIN / 2 or deviation < LEAST_DEVIATION:
        return 0
    return (
        50 * chi / CERTAIN if chi < CERTAIN else 50 + min(45, 20 * math.log(chi / CERTAIN) + 100 * deviation)
    )


def count_first_digits(cents: Sequence[int]) -> Counter[int]:
    """Return how many amounts begin with each digit."""
    return Counter(int(str(each)[0]) for each in cents if each)


def _is_wide(cents: Sequence[int]) -> bool:
    """Whether amounts are of so many sizes that the law applies."""
    ordered = sorted(cents)
    for part, least in LEAST_RANGES.items():
        low, high = ordered[len(ordered) // part], ordered[-1 - len(ordered) // part]
        if low < 1 or math.log10(high / low) < least:
            return False
    return True


def _make(history: History, account: str, amounts: Sequence[tuple[int, Entry]], points: float) -> Finding:
    counts, number, books = count_first_digits([cents for cents, _ in amounts]), len(amounts), history.books
    digit = max(LAW, key=lambda each: counts[each] / number - LAW[each])
    name = books.name_account(account)
    reason = (
        f"The {number} amounts on {name} do not begin with the digits that amounts of many sizes begin with: "
        f"{counts[digit] / number:.0%} begin with {digit}, where {LAW[digit]:.0%} are expected."
    )
    total = sum((entry.record.total for entry in {id(each): each for _, each in amounts}.values()), ZERO)
    known = books.accounts.get(account)
    subject = Subject(known.key, "", name, None, total) if known is not None else None
    matching = [entry for cents, entry in amounts if cents and int(str(cents)[0]) == digit and entry.is_new]
    largest = sorted(matching, key=lambda each: -each.cents)[:SHOWN]
    records = (subject,) if subject is not None else tuple(make_subject(history, each) for each in largest)
    examples = [make_subject(history, each).as_dict() for each in largest]
    advice = "Look at documents of this account at random; invented amounts avoid small first digits."
    details = {"first_digits": {str(each): counts[each] for each in LAW}, "examples": examples}
    return Finding("digits", limit_score(points), reason, records, advice, details)
