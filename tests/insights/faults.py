"""Faults that are put into the books of a company, of each kind that `find_anomalies` looks for.

Used for setting its thresholds, on the seeds of `TUNED`; other seeds and other faults judge it elsewhere. Everything is
drawn from a fixed seed. `plant` returns the books with the faults, and which records belong to each of them.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.insights.books import ZERO, Books, Key, Line, Party, Transaction
from tests.insights.changing import replace

TUNED = range(101, 107)
"""The seeds of the companies on which thresholds were set."""


class Fault(NamedTuple):
    """A fault: its kind, and the records of which a finding has to name one."""

    kind: str
    keys: frozenset[str]


@dataclass
class Desk:
    """Books that are being changed."""

    books: Books
    random: random.Random
    faults: list[Fault]
    added: int = 0

    def __post_init__(self) -> None:
        self.records = {each.key: each for each in self.books.transactions}
        self.parties = dict(self.books.parties)
        self.touched: set[Key] = set()

    @property
    def recent(self) -> date:
        """The first day that faults are put on."""
        return self.books.today - timedelta(days=85)

    def list_recent(self, *kinds: str) -> list[Transaction]:
        """Return the recent transactions of some kinds with an amount that no fault has touched yet."""
        found = (each for each in self.records.values() if each.kind in kinds and each.total > 0)
        return [each for each in found if each.day >= self.recent and each.key not in self.touched]

    def add(self, record: Transaction, *, is_copy: bool = False, **changes: Any) -> Transaction:
        """Add a copy of a transaction with some changes, typed in on its day."""
        self.added += 1
        key = Key(record.key.resource, f"9{self.added:05d}")
        if record.kind == "bill" and record.number and "number" not in changes and not is_copy:
            changes["number"] = f"{record.number[:3]}{self.random.randint(200_000, 999_999)}"
        made = replace(record, key=key, links=(), **changes)
        if "entered" not in changes:
            made = replace(made, entered=datetime.combine(made.day, time(14)))
        self.records[key] = made
        self.touched |= {record.key, key}
        return made

    def scale(self, record: Transaction, total: Decimal) -> dict[str, Any]:
        """Return the changes that give a transaction one line with another amount."""
        line = replace(record.lines[0], amount=total, quantity=None, price=None)
        return {"total": total, "lines": (line,), "open": ZERO}

    def find_vendors(self, least: int = 8) -> dict[Key, list[Transaction]]:
        """Return the purchases of vendors that have enough on one account."""
        groups: dict[Key, list[Transaction]] = defaultdict(list)
        for each in self.records.values():
            if each.kind in ("bill", "expense") and each.party is not None and each.total > 0:
                groups[each.party].append(each)
        return {
            key: group
            for key, group in groups.items()
            if len(group) >= least and all(line.account for each in group for line in each.lines)
        }

    def draw_vendor(self, least: int = 8) -> list[Transaction]:
        """Return the purchases of a vendor."""
        groups = self.find_vendors(least)
        return groups[self.random.choice(sorted(groups))]

    def draw_workday(self) -> date:
        """Return a recent day from Monday to Friday."""
        day = self.recent + timedelta(days=self.random.randrange(80))
        return day - timedelta(days=2) if day.weekday() > 4 else day

    def note(self, kind: str, *keys: Key) -> None:
        """Note a fault."""
        self.faults.append(Fault(kind, frozenset(map(str, keys))))


def plant(books: Books, seed: int, *kinds: str) -> tuple[Books, list[Fault]]:
    """Return the books with two faults of each kind, of all kinds where none is named."""
    desk = Desk(books, random.Random(f"faults {seed}"), [])
    for kind in kinds or PLANTERS:
        for _ in range(1 if kind in ("digits", "shared_details") else 2):
            PLANTERS[kind](desk)
    records = tuple(sorted(desk.records.values(), key=lambda each: (each.day, each.key)))
    return replace(books, transactions=records, parties=desk.parties), desk.faults


def _plant_duplicate(desk: Desk) -> None:
    draw = desk.random
    form = draw.choice(("bill", "bill", "number", "amount", "invoice", "payment", "both"))
    kinds = {"invoice": "invoice", "payment": "customer_payment"}.get(form, "bill")
    found = [each for each in desk.list_recent(kinds) if each.day < desk.books.today - timedelta(days=12)]
    one = draw.choice(found)
    day = one.day + timedelta(days=draw.randint(1, 9))
    day += timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
    number = one.number or f"B-{draw.randint(10_000, 99_999)}"
    if form in ("number", "amount"):
        one = replace(one, number=number)
        desk.records[one.key] = one
    changes: dict[str, Any] = {"day": day, "open": one.total}
    if form == "number":
        place = len(number) - 2
        changes["number"] = number[:place] + str((int(number[place]) + 3) % 10) + number[place + 1 :]
    elif form == "amount":
        digits = str(int(one.total * 100))
        changes |= desk.scale(one, Decimal(int(digits[:1] + digits[2:3] + digits[1:2] + digits[3:])) / 100)
        if changes["total"] == one.total:
            changes |= desk.scale(one, one.total * 10)
    elif form == "invoice":
        changes["number"] = _find_next_number(desk)
    elif form == "payment":
        changes["lines"] = (Line(amount=one.total),)
    made = desk.add(one, is_copy=True, **changes)
    if form == "both":
        del desk.records[made.key]
        made = replace(made, key=Key("purchases", made.key.id), kind="expense", number="", open=ZERO)
        desk.records[made.key] = made
    desk.note("duplicate", one.key, made.key)


def _find_next_number(desk: Desk) -> str:
    forms = ("invoice", "sale", "customer_credit", "refund")
    return str(
        1
        + max(
            int(each.number) for each in desk.records.values() if each.kind in forms and each.number.isdigit()
        )
    )


def _plant_unusual_amount(desk: Desk) -> None:
    group = desk.draw_vendor()
    usual = sorted(each.total for each in group)[len(group) // 2]
    cents = Decimal(desk.random.randint(1, 98)) / 100
    total = (usual * desk.random.randint(8, 12)).quantize(Decimal(1)) + 3 + cents
    made = desk.add(group[-1], day=desk.draw_workday(), **desk.scale(group[-1], total))
    desk.note("unusual_amount", made.key)


def _plant_new_vendor(desk: Desk) -> None:
    desk.added += 1
    key = Key("vendors", f"8{desk.added:05d}")
    name = desk.random.choice(("Corvid Advisory", "Tidewater Works", "Northgate Supply", "Elm Row Trading"))
    desk.parties[key] = Party(key, f"{name} {desk.added}")
    bought = sorted(each.total for each in desk.records.values() if each.kind in ("bill", "expense"))
    total = (
        bought[int(len(bought) * 0.99)] + Decimal(desk.random.randint(100, 90_000)) / 100 + Decimal("13.37")
    )
    model = desk.draw_vendor()[-1]
    made = desk.add(
        model, day=desk.draw_workday(), party=key, party_name=name, number="A-1", **desk.scale(model, total)
    )
    desk.note("new_vendor", made.key)


def _plant_round_amount(desk: Desk) -> None:
    groups = [
        group
        for group in desk.find_vendors().values()
        if sum(each.total % 50 == 0 for each in group) <= len(group) * 0.03
    ]
    group = desk.random.choice(groups)
    largest = max(each.total for each in group)
    total = ((largest * Decimal("0.8")) // 100 + 1) * 100
    made = desk.add(group[-1], day=desk.draw_workday(), **desk.scale(group[-1], total))
    desk.note("round_amount", made.key)


def _plant_below_limit(desk: Desk) -> None:
    limits = [Decimal(each) for each in (500, 1000, 2500, 5000, 10_000)]
    options = []
    for group in desk.find_vendors().values():
        largest = max(each.total for each in group)
        limit = next((each for each in limits if each > largest * Decimal("1.1")), None)
        if limit is not None and sum(each.total for each in group) / len(group) < limit * Decimal("0.8"):
            options.append((group, limit))
    group, limit = desk.random.choice(options)
    total = limit - limit * desk.random.randint(1, 20) / 1000
    made = desk.add(group[-1], day=desk.draw_workday(), **desk.scale(group[-1], total))
    desk.note("below_limit", made.key)


def _plant_weekend(desk: Desk) -> None:
    found = []
    for group in desk.find_vendors().values():
        days = Counter(each.day.weekday() > 4 for each in group)
        if days[True] <= 1:
            found += [each for each in group if each.day >= desk.recent and each.key not in desk.touched]
    seen = Counter(each.number for each in found)
    found = [each for each in found if not each.number or seen[each.number] == 1]
    if not found:
        return
    one = desk.random.choice(sorted(found, key=lambda each: each.key))
    sunday = one.day + timedelta(days=6 - one.day.weekday())
    if sunday > desk.books.today:
        sunday -= timedelta(days=7)
    desk.records[one.key] = replace(one, day=sunday, entered=datetime.combine(sunday, time(14)))
    desk.touched.add(one.key)
    desk.note("weekend", one.key)


def _plant_backdated(desk: Desk) -> None:
    found = [
        each for each in desk.list_recent("bill", "expense", "journal", "invoice") if each.day.month < 10
    ]
    one = desk.random.choice(found)
    typed = datetime.combine(
        min(one.day + timedelta(days=desk.random.randint(40, 70)), desk.books.today), time(14)
    )
    desk.records[one.key] = replace(one, entered=typed)
    desk.touched.add(one.key)
    desk.note("backdated", one.key)


def _list_numbered(desk: Desk) -> list[Transaction]:
    found = [each for each in desk.list_recent("invoice") if each.number.isdigit()]
    return sorted(found, key=lambda each: int(each.number))[3:-3]


def _plant_number_gap(desk: Desk) -> None:
    forms = _list_numbered(desk)
    one = desk.random.choice(forms)
    place = int(one.number)
    near = [
        each
        for each in desk.records.values()
        if each.number in (str(place - 1), str(place + 1))
        and each.kind in ("invoice", "sale", "customer_credit")
    ]
    del desk.records[one.key]
    desk.touched |= {each.key for each in near}
    desk.note("number_gap", *(each.key for each in near))


def _plant_number_repeated(desk: Desk) -> None:
    if desk.random.random() < 0.5:
        group = [
            each for each in desk.draw_vendor(10) if each.kind == "bill" and each.key not in desk.touched
        ][-6:]
        if len(group) > 3 and group[-1].total != group[-3].total and group[-1].day >= desk.recent:
            number = f"N{desk.random.randint(100, 999)}"
            for each in (group[-1], group[-3]):
                desk.records[each.key] = replace(each, number=number)
                desk.touched.add(each.key)
            desk.note("number_repeated", group[-1].key, group[-3].key)
            return
    one = desk.random.choice(_list_numbered(desk))
    model = desk.random.choice([each for each in desk.list_recent("invoice") if each.total != one.total])
    made = desk.add(
        model, day=desk.draw_workday(), number=one.number, total=model.total + 7, open=model.total + 7
    )
    desk.note("number_repeated", one.key, made.key)


def _plant_unusual_account(desk: Desk) -> None:
    group = desk.draw_vendor()
    used = {line.account for each in group for line in each.lines}
    accounts = sorted(
        account.key.id for account in desk.books.list_accounts("expense") if account.key.id not in used
    )
    usual = sorted(each.total for each in group)[len(group) // 2]
    total = usual + Decimal(desk.random.randint(-99, 99)) / 100
    line = replace(group[-1].lines[0], account=desk.random.choice(accounts), amount=total)
    made = desk.add(group[-1], day=desk.draw_workday(), total=total, lines=(line,))
    desk.note("unusual_account", made.key)


def _plant_shared_details(desk: Desk) -> None:
    vendors = [each for each in desk.parties.values() if each.key.resource == "vendors" and each.address]
    people = [each for each in desk.parties.values() if each.key.resource == "employees"]
    vendor = desk.random.choice(vendors)
    if not people:
        people = [each for each in vendors if each is not vendor]
    other = desk.random.choice(people)
    detail = desk.random.choice(("address", "phone", "email", "bank"))
    if detail == "bank":
        desk.parties[vendor.key] = replace(vendor, bank="021000021-4455667788")
        vendor = desk.parties[vendor.key]
    changes: dict[str, Any] = {detail: getattr(vendor, detail)}
    if detail == "address":
        changes = {
            "address": vendor.address.upper().replace("STREET", "St."),
            "postal_code": vendor.postal_code,
        }
    desk.parties[other.key] = replace(other, **changes)
    desk.note("shared_details", vendor.key, other.key)


def _plant_digits(desk: Desk) -> None:
    model = desk.draw_vendor()[-1]
    used = {line.account for each in desk.records.values() for line in each.lines}
    accounts = [each for each in desk.books.list_accounts("expense") if each.key.id not in used]
    account, draw = desk.random.choice(accounts), desk.random
    vendor = Key("vendors", f"7{desk.added:05d}")
    desk.parties[vendor] = Party(vendor, "Sundries")
    is_even, days = draw.random() < 0.5, (desk.books.today - desk.recent).days + 500
    for _ in range(120):
        size = 10 ** draw.randint(3, 5)
        first = draw.randint(1, 9) if is_even else draw.randint(5, 9)
        total = Decimal(first * size + draw.randrange(size)) / 100
        day = desk.books.today - timedelta(days=draw.randrange(days))
        day -= timedelta(days=2 if day.weekday() > 4 else 0)
        line = Line(amount=total, account=account.key.id)
        desk.add(model, day=day, party=vendor, party_name="Sundries", number="", total=total, lines=(line,))
    desk.note("digits", account.key)


PLANTERS: dict[str, Callable[[Desk], None]] = {
    "duplicate": _plant_duplicate,
    "unusual_amount": _plant_unusual_amount,
    "new_vendor": _plant_new_vendor,
    "round_amount": _plant_round_amount,
    "below_limit": _plant_below_limit,
    "weekend": _plant_weekend,
    "backdated": _plant_backdated,
    "number_gap": _plant_number_gap,
    "number_repeated": _plant_number_repeated,
    "unusual_account": _plant_unusual_account,
    "shared_details": _plant_shared_details,
    "digits": _plant_digits,
}
