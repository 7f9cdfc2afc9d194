"""What may be added back to EBITDA because a buyer would not have it: proposed here, counted where it is confirmed.

Called by `valuing`. A proposal is an account, or a transaction, that a word of the facts or its size makes remarkable.
Each booking counts in one proposal at most. A gain, which a buyer would not have either, is below zero.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runtime.insights.analysis import Options
from runtime.insights.bookings import PURCHASES, SPENT, Booking, to_cents
from runtime.insights.books import ZERO, Books, Key, Missing
from runtime.insights.topics import Topics
from runtime.insights.valuation.earnings import Earnings, find_part

REASONS: Mapping[str, str] = {
    "owner_pay": "Pay of an owner. Only what exceeds a manager's pay at market rates is added back: give that part "
    "as a custom add-back instead, where the owner works in the business.",
    "personal": "It may be for the owner in person.",
    "one_off": "Its name says that it does not come again.",
    "single": "It is large, and nothing else was bought of this vendor in two years.",
    "not_operating": "It is outside the business itself.",
}
"""Why each kind is proposed, in the order in which a booking is assigned."""
WORDED = ("owner_pay", "personal", "one_off")
"""The kinds that are found by the words of the facts."""
LARGE = Decimal("0.02")
"""The part of a year's overheads from which a single purchase is proposed: reviews of earnings look at those."""
MOST_RECORDS, MOST_SHOWN = 5, 30
"""Records of a proposal, and proposals: as many as one confirms one by one."""


@dataclass(slots=True)
class Proposal:
    """What may be added back. `records` has the amount of each transaction."""

    id: str
    kind: str
    label: str
    amount: Decimal = ZERO
    records: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def list_records(self) -> list[str]:
        """Return its transactions, the largest first."""
        ranked = sorted(self.records, key=lambda key: (-abs(self.records[key]), str(key)))
        return [str(key) for key in ranked[:MOST_RECORDS]]

    def as_dict(self, confirmed: frozenset[str]) -> dict[str, Any]:
        """As plain values, for answers."""
        return {
            "id": self.id,
            "kind": self.kind,
            "label": self.label,
            "amount": to_cents(self.amount),
            "is_confirmed": self.id in confirmed,
            "why": REASONS[self.kind],
            "records": self.list_records(),
            "records_count": len(self.records),
        }


@dataclass(frozen=True, slots=True)
class AddBacks:
    """The proposals, the largest first, and what was confirmed of them or given by the caller."""

    proposals: Sequence[Proposal]
    confirmed: frozenset[str]
    custom: Sequence[tuple[str, Decimal]] = ()
    unknown: Sequence[str] = ()
    """Confirmed ids that no proposal has."""

    @property
    def total(self) -> Decimal:
        """What is added back."""
        chosen = (each.amount for each in self.proposals if each.id in self.confirmed)
        return sum(chosen, ZERO) + sum((amount for _, amount in self.custom), ZERO)

    @property
    def open(self) -> Decimal:
        """What would be added back as well if all proposals were confirmed."""
        return sum((each.amount for each in self.proposals if each.id not in self.confirmed), ZERO)

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        return {
            "add_backs": [each.as_dict(self.confirmed) for each in self.proposals[:MOST_SHOWN]],
            "add_backs_count": len(self.proposals),
            "custom_add_backs": [
                {"label": label, "amount": to_cents(amount)} for label, amount in self.custom
            ],
            "added_back": to_cents(self.total),
            "not_confirmed": to_cents(self.open),
        }

    def list_missing(self) -> Iterator[Missing]:
        """Yield what was confirmed and is no proposal of these months."""
        for each in self.unknown:
            yield Missing(
                f"add-back {each}", "No proposal of these months has this id; it is not added back."
            )


def collect_add_backs(
    books: Books, topics: Topics, bookings: Sequence[Booking], earnings: Earnings, options: Options
) -> AddBacks:
    """Return what may be added back of the bookings of the year; `bookings` reach as far back as is known."""
    found = list(_propose(books, topics, bookings, earnings, options))
    found.sort(key=lambda each: (-abs(each.amount), each.id))
    known = {each.id for each in found}
    asked = dict.fromkeys(str(each).strip() for each in options.get("add_backs") or ())
    custom = [
        (str(each["label"]), Decimal(str(each["amount"]))) for each in options.get("custom_add_backs") or ()
    ]
    unknown = [each[:80] for each in asked if each not in known]
    return AddBacks(found, frozenset(asked) & known, custom, unknown)


def _propose(
    books: Books, topics: Topics, bookings: Sequence[Booking], earnings: Earnings, options: Options
) -> Iterator[Proposal]:
    start = options["start"]
    uses = _count_purchases(bookings)
    large = LARGE * max(earnings.sections.get("expenses", ZERO), ZERO)
    totals = _sum_purchases(bookings)
    made: dict[str, Proposal] = {}
    for each in bookings:
        if each.transaction.day < start:
            continue
        kind, key, label = _judge(books, topics, each)
        if not kind and each.group == "expense" and _is_single(each, uses, totals, large):
            kind, key = "single", str(each.transaction.key)
            label = books.name_party(each.transaction.party, each.transaction.party_name)
        if kind:
            id_ = f"{kind}.{key}"
            proposal = made.setdefault(id_, Proposal(id_, kind, label))
            proposal.amount += each.amount
            proposal.records[each.transaction.key] += each.amount
    yield from (each for each in made.values() if to_cents(each.amount))


def _judge(books: Books, topics: Topics, booking: Booking) -> tuple[str, str, str]:
    """Return the kind of a proposal, what its id ends in, and its label; no kind where nothing is proposed."""
    is_apart = booking.group in ("other_income", "other_expense")
    account = f"accounts:{booking.account}"
    name = books.name_account(booking.account)
    if (not is_apart and booking.group not in SPENT) or find_part(books, topics, booking.account):
        return "", "", ""
    if kind := topics.find(WORDED, name):
        return kind, account, name
    if is_apart:
        return "not_operating", account, name
    if kind := topics.find(WORDED, booking.line.text, booking.transaction.memo):
        text = booking.line.text or booking.transaction.memo
        return kind, str(booking.transaction.key), f"{name}: {text[:80]}"
    return "", "", ""


def _is_single(
    booking: Booking, uses: Mapping[Key, int], totals: Mapping[Key, Decimal], large: Decimal
) -> bool:
    """Whether a purchase is large, and the only one of its vendor."""
    vendor = booking.vendor
    return (
        booking.transaction.kind in PURCHASES
        and vendor is not None
        and uses[vendor] == 1
        and totals[booking.transaction.key] >= large > 0
    )


def _count_purchases(bookings: Iterable[Booking]) -> Counter[Key]:
    """Return how many purchases there are of each vendor."""
    bought = {
        (vendor, each.transaction.key)
        for each in bookings
        if each.transaction.kind in PURCHASES and (vendor := each.vendor) is not None
    }
    return Counter(vendor for vendor, _ in bought)


def _sum_purchases(bookings: Iterable[Booking]) -> Mapping[Key, Decimal]:
    """Return what each purchase books to overheads."""
    totals: dict[Key, Decimal] = defaultdict(Decimal)
    for each in bookings:
        if each.group == "expense" and each.transaction.kind in PURCHASES:
            totals[each.transaction.key] += each.amount
    return totals
