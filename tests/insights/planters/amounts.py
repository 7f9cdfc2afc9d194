"""Amounts that are odd: far from the habit, round, just below a limit, or large and of a vendor nobody knows."""

from __future__ import annotations

from datetime import timedelta

from runtime.simulators.quickbooks.companies import forms
from tests.insights.planters.habits import Habit, find_largest
from tests.insights.planters.typing import LIMITS, Typist, move_to_weekday

FAR = 3
"""Times the usual amount, from which on an auditor would call one unusual that was planted for another reason."""
NEW_VENDORS = (
    "Meridian Advisory Group", "Ostrava Trading", "Lakeside Equipment", "Pinnacle Procurement", "Torrance Supply",
    "Brightwater Partners", "Caldera Systems", "Northgate Holdings",
)  # fmt: skip


def plant_unusual_amounts(typist: Typist, count: int = 3) -> None:
    """Enter purchases of 8 to 20 times what a vendor usually costs."""
    for _ in range(count):
        habit = typist.choose_habit(lambda _each: True, "large")
        cents = typist.draw_between(8 * habit.median, 20 * habit.median)
        record = typist.purchase(habit, typist.choose_day(), cents)
        times = cents / habit.median
        typist.note(
            "unusual_amount", (record,), f"{cents / 100:.2f} at {habit.name}: {times:.0f} times usual"
        )


def plant_round_amounts(typist: Typist, count: int = 3) -> None:
    """Enter purchases of whole thousands at vendors that never had a multiple of a hundred."""
    for _ in range(count):
        habit = typist.choose_habit(lambda each: each.is_never_round, "large")
        times = typist.chance.uniform(1, 4)
        cents = max(1, round(habit.median * times / 100_000)) * 100_000
        record = typist.purchase(habit, typist.choose_day(), cents)
        what = f"{cents // 100} at {habit.name}"
        typist.note("round_amount", (record,), what, *_also_unusual(habit, cents))


def plant_below_limits(typist: Typist) -> None:
    """Enter purchases at most 1.5 % below a limit at vendors that were far below it: single ones, and one in parts."""
    for parts in (1, 1, 3):
        habit = typist.choose_habit(lambda each: each.cents[-1] <= 0.6 * LIMITS[-1], "large")
        limit = next(each for each in LIMITS if habit.cents[-1] <= 0.6 * each)
        day, records = typist.choose_day(), []
        for place in range(parts):
            cents = limit - typist.chance.randint(limit // 1000, limit * 15 // 1000)
            records.append(typist.purchase(habit, move_to_weekday(day + timedelta(days=2 * place)), cents))
        what = f"{parts} just below {limit // 100} at {habit.name}"
        typist.note("below_limit", records, what, *_also_unusual(habit, limit))


def plant_new_vendors(typist: Typist, count: int = 2) -> None:
    """Enter a vendor and, on the same day, a bill or expense larger than any purchase before."""
    largest = find_largest(typist.before)
    for name in typist.chance.sample(NEW_VENDORS, count):
        day, contact = typist.choose_day(), typist.make_contact()
        body = {"DisplayName": name, "BillAddr": contact["address"], "PrimaryPhone": contact["phone"]}
        vendor = typist.create_name("Vendor", body, day)
        cents = typist.draw_between(largest * 105 // 100, largest * 160 // 100)
        line = forms.make_spent_line(typist.choose_habit(lambda _each: True).account, cents, "Services")
        number = {"DocNumber": f"{typist.chance.randint(100, 999)}"}
        record = typist.enter("Bill", forms.make_bill(vendor, day, [line], **number))
        typist.note("new_vendor", (record, f"vendors:{vendor}"), f"first bill of {name}", "unusual_amount")


def _also_unusual(habit: Habit, cents: int) -> tuple[str, ...]:
    return ("unusual_amount",) if cents >= FAR * habit.median else ()
