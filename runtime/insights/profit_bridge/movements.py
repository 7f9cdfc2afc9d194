"""Postings of both months by account, by customer or vendor, and by item. Called by `explaining`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runtime.insights.books import ZERO
from runtime.insights.profit_bridge.postings import Posting
from runtime.insights.profit_bridge.price_volume import Amount, Split, split_change

MOST_RECORDS = 3
"""Records that are named for a step: the largest, which a person looks at first."""


@dataclass(slots=True)
class Movement:
    """Postings of one thing, such as an account, in both months."""

    before: list[Posting] = field(default_factory=list)
    after: list[Posting] = field(default_factory=list)

    @property
    def effect_before(self) -> Decimal:
        """What it added to profit in the month before."""
        return _add_up(self.before)

    @property
    def effect_after(self) -> Decimal:
        """What it added to profit in the month after."""
        return _add_up(self.after)

    @property
    def effect(self) -> Decimal:
        """What it changes of profit."""
        return self.effect_after - self.effect_before


@dataclass(frozen=True, slots=True)
class Evidence:
    """The records of a movement: how many there are, and the largest of those that are not the same in both months."""

    count: int
    records: tuple[dict[str, Any], ...]

    @property
    def keys(self) -> list[str]:
        """The names of the records."""
        return [each["record"] for each in self.records]


@dataclass(frozen=True, slots=True)
class ItemMovement:
    """What was sold or bought of an item in both months, with the effects that its change has."""

    before: Amount
    after: Amount
    split: Split

    @property
    def has_moved(self) -> bool:
        """Whether anything changed, though it may leave profit as it was."""
        return self.split != Split()


def group_postings(
    before: Iterable[Posting], after: Iterable[Posting], find_key: Callable[[Posting], Hashable]
) -> dict[Any, Movement]:
    """Return the postings by something that they have; those whose key is None are left out."""
    found: defaultdict[Any, Movement] = defaultdict(Movement)
    for posting in before:
        if (key := find_key(posting)) is not None:
            found[key].before.append(posting)
    for posting in after:
        if (key := find_key(posting)) is not None:
            found[key].after.append(posting)
    return dict(found)


def name_account(posting: Posting) -> Hashable:
    """Return the account of a posting."""
    return posting.account


def name_party(posting: Posting) -> Hashable:
    """Return the account of a posting and its customer or vendor; None where it has none."""
    party = posting.transaction.party
    return None if party is None else (posting.account, str(party))


def name_item(posting: Posting) -> Hashable:
    """Return the account of a posting and its item; None where it has none."""
    return (posting.account, posting.item) if posting.item else None


def split_item(movement: Movement) -> ItemMovement:
    """Return the effects of price, volume and mix of an item; what has no quantity is apart."""
    is_priced = any(each.quantity for each in movement.before), any(each.quantity for each in movement.after)
    before, unpriced_before = _list_amounts(movement.before)
    after, unpriced_after = _list_amounts(movement.after)
    total_before = Amount(_count(movement.before), movement.effect_before)
    total_after = Amount(_count(movement.after), movement.effect_after)
    if not movement.before:
        return ItemMovement(total_before, total_after, Split(new=movement.effect))
    if not movement.after:
        return ItemMovement(total_before, total_after, Split(lost=movement.effect))
    if not all(is_priced):
        return ItemMovement(total_before, total_after, Split(unpriced=movement.effect))
    split = split_change(before, after)
    unpriced = split.unpriced + unpriced_after - unpriced_before
    whole = Split(split.price, split.volume, split.mix, split.new, split.lost, unpriced)
    return ItemMovement(total_before, total_after, whole)


def collect_evidence(movement: Movement, most: int = MOST_RECORDS) -> Evidence:
    """Return the records of a movement. What came in both months with the same amount explains no change."""
    seen = {each.transaction.key for each in (*movement.before, *movement.after)}
    moved = [*_leave_out(movement.after, movement.before), *_leave_out(movement.before, movement.after)]
    amounts: defaultdict[Any, Decimal] = defaultdict(Decimal)
    transactions = {each.transaction.key: each.transaction for each in moved}
    for each in moved:
        amounts[each.transaction.key] += each.effect
    keys = sorted(amounts, key=lambda key: (-abs(amounts[key]), transactions[key].day, key))[:most]
    records = ((transactions[key], amounts[key]) for key in keys)
    return Evidence(
        len(seen),
        tuple(
            {
                "record": str(one.key),
                "number": one.number,
                "party": one.party_name,
                "day": one.day,
                "amount": amount,
            }
            for one, amount in records
        ),
    )


def _leave_out(postings: Sequence[Posting], others: Sequence[Posting]) -> list[Posting]:
    """Return postings without those that have one like them among others."""
    alike = Counter((each.transaction.party, each.item, each.effect) for each in others)
    found = []
    for each in postings:
        key = each.transaction.party, each.item, each.effect
        if alike[key]:
            alike[key] -= 1
        else:
            found.append(each)
    return found


def _list_amounts(postings: Iterable[Posting]) -> tuple[dict[str, Amount], Decimal]:
    """Return amounts with quantities by party, and what has no quantity."""
    amounts: dict[str, Amount] = {}
    unpriced = ZERO
    for each in postings:
        if each.quantity:
            party = str(each.transaction.party or "")
            amounts[party] = amounts.get(party, Amount()).add(each.quantity, each.effect)
        else:
            unpriced += each.effect
    return amounts, unpriced


def _count(postings: Iterable[Posting]) -> Decimal:
    return sum((each.quantity or ZERO for each in postings), ZERO)


def _add_up(postings: Iterable[Posting]) -> Decimal:
    return sum((each.effect for each in postings), ZERO)
