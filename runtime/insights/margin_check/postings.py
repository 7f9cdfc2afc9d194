"""Costs that stand on the wrong side of the gross margin: labour and tools for clients, and what is against the habit.

Called by `checking`. A booking is judged once, by the first rule that fits. A habit is of a vendor, or of the text of a
line in journal entries, which have no vendor.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from runtime.insights.bookings import PURCHASES, Booking, to_cents
from runtime.insights.books import Key, Role
from runtime.insights.margin_check.findings import CheckName, Entry, Finding
from runtime.insights.margin_check.ledger import Ledger, find_last_day, find_month

SIDES: Mapping[str, str] = {"cost_of_sales": "expense", "expense": "cost_of_sales"}
"""The other side of the gross margin."""
FEWEST = 4
"""Other bookings without which there is no habit, as for unusual accounts among the anomalies."""
USUAL = Decimal("0.8")
"""The part of them on one account that makes a habit: a vendor of both fuel for clients and for the office has none."""
LONGEST_TEXT = 60
"""Characters of a text in a sentence."""


class Move(NamedTuple):
    """What bookings have in common that one entry corrects."""

    check: CheckName
    month: date
    source: str
    target: str
    what: str


def find_moves(ledger: Ledger) -> Iterator[tuple[Finding, list[Booking]]]:
    """Yield what stands on the wrong side, each with its bookings."""
    habits = _find_habits(ledger.bookings)
    groups: dict[Move, list[Booking]] = defaultdict(list)
    for each in ledger.period:
        if each.group in SIDES and (move := _judge(ledger, each, habits)) is not None:
            groups[move].append(each)
    entries = _gather_entries(ledger)
    for move, bookings in groups.items():
        finding = _make(ledger, move, bookings)
        if not _is_corrected(entries, move, finding.amount):
            yield finding, bookings


def _gather_entries(ledger: Ledger) -> Mapping[date, list[set[tuple[str, Decimal]]]]:
    """Return what the journal entries of each month book: the account and the amount of each line."""
    entries: dict[Key, set[tuple[str, Decimal]]] = defaultdict(set)
    months: dict[Key, date] = {}
    for each in ledger.period:
        if each.transaction.kind == "journal":
            entries[each.transaction.key].add((each.account, each.amount))
            months[each.transaction.key] = find_month(each.transaction.day)
    found: dict[date, list[set[tuple[str, Decimal]]]] = defaultdict(list)
    for key, lines in entries.items():
        found[months[key]].append(lines)
    return found


def _is_corrected(
    entries: Mapping[date, list[set[tuple[str, Decimal]]]], move: Move, amount: Decimal
) -> bool:
    """Whether an entry of the month has moved the amount already."""
    wanted = {(move.source, -amount), (move.target, amount)}
    return any(wanted <= lines for lines in entries.get(move.month, ()))


def _judge(ledger: Ledger, booking: Booking, habits: Mapping[str, Counter[tuple[str, str]]]) -> Move | None:
    month, name = find_month(booking.transaction.day), ledger.books.name_account(booking.account)
    usual = _find_usual(booking, habits)
    if booking.group == "expense":
        for check, found in (("labour_in_overhead", _is_labour), ("tools_in_overhead", _is_tool)):
            if found(ledger, booking):
                topic = "labour" if check == "labour_in_overhead" else "tool"
                target = usual or _find_target(ledger, topic, name, booking)
                what = name if topic == "labour" else ledger.name_booking_party(booking)
                return Move(check, month, booking.account, target, what)  # type: ignore[arg-type]
    if not usual:
        return None
    return Move("unusual_account", month, booking.account, usual, _name(ledger, booking))


def _is_labour(ledger: Ledger, booking: Booking) -> bool:
    """Whether a booking is pay, by its account, and of people who work for clients, by its text or their names."""
    name = ledger.books.name_account(booking.account)
    is_pay = ledger.books.has_role(booking.account, "payroll") or ledger.topics.has("labour", name)
    texts = (name, booking.line.text, booking.transaction.memo, ledger.name_booking_party(booking))
    return is_pay and (ledger.topics.has("delivery", *texts) or _names_member(ledger, booking.line.text))


def _names_member(ledger: Ledger, text: str) -> bool:
    """Whether a text names somebody who entered time for clients in the work system."""
    found = text.casefold()
    return any(each in found for each in ledger.member_names) if found else False


def _is_tool(ledger: Ledger, booking: Booking) -> bool:
    if booking.transaction.kind not in PURCHASES:
        return False
    texts = (
        ledger.books.name_account(booking.account),
        booking.line.text,
        ledger.name_booking_party(booking),
    )
    return ledger.topics.has("tool", *texts)


def _find_target(ledger: Ledger, topic: str, like: str, booking: Booking) -> str:
    role: Role = "cost_of_sales"
    texts = like, booking.line.text, booking.transaction.memo
    found = ledger.find_account(role, topic, *texts)
    return found or ledger.find_account(role, f"{topic}_account", *texts)


def _find_habits(bookings: Iterable[Booking]) -> Mapping[str, Counter[tuple[str, str]]]:
    """Return how often each vendor, or text, is booked on which account and side."""
    habits: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for each in bookings:
        if each.group in SIDES and (key := _find_key(each)):
            habits[key][each.account, each.group] += 1
    return habits


def _find_key(booking: Booking) -> str:
    if (vendor := booking.vendor) is not None:
        return str(vendor)
    text = " ".join(each for each in booking.line.text.casefold().split() if not any(map(str.isdigit, each)))
    return f"text {text}" if text and booking.transaction.kind == "journal" else ""


def _find_usual(booking: Booking, habits: Mapping[str, Counter[tuple[str, str]]]) -> str:
    """Return the usual account of a vendor or text, where it is on the other side; empty without one."""
    counts = habits.get(_find_key(booking), Counter())
    others = counts.total() - 1
    if others < FEWEST:
        return ""
    (account, group), uses = counts.most_common(1)[0]
    return account if group == SIDES[booking.group] and uses >= USUAL * others else ""


def _name(ledger: Ledger, booking: Booking) -> str:
    return ledger.name_booking_party(booking) or booking.line.text[:LONGEST_TEXT]


def _make(ledger: Ledger, move: Move, bookings: Iterable[Booking]) -> Finding:
    books, names = ledger.books, Counter[str]()
    finding = Finding(move.check, move.month, "")
    for each in bookings:
        finding.amount += each.amount
        finding.records[str(each.transaction.key)] += each.amount
        names[_name(ledger, each)] += 1
    source, target = books.name_account(move.source), books.name_account(move.target) if move.target else ""
    is_overhead = books.has_role(move.source, "expense")
    finding.effect = -finding.amount if is_overhead else finding.amount
    who = ", ".join(sorted(names)[:3])
    where = "in overhead" if is_overhead else "in the cost of sales"
    money = f"{to_cents(finding.amount):,.2f} of {who or move.what}"
    if move.check == "unusual_account":
        finding.says = f"{money} stand on {source}; most others are on {target}, across the gross margin."
    else:
        what = "labour for clients" if move.check == "labour_in_overhead" else "a tool to serve clients"
        finding.says = f"{money} stand {where} on {source}, and look like {what}."
    if move.target:
        text = f"Move to {target}: {who or move.what}"[:200]
        day = min(find_last_day(move.month), ledger.days.end)
        finding.entry = Entry(move.target, move.source, finding.amount, day, text)
    else:
        finding.advice = (
            "No account of the cost of sales fits: create one, or move it where such costs belong."
        )
    return finding
