"""What looks odd at first sight and is nothing an auditor would report; findings about it are false.

Entries typed in some days late, as bills come by post; a small first bill of a new vendor, and a like amount a month
later; an account for small purchases at a shop with amounts of every size; a vendor and a customer in one house; a tax
adviser who costs six times as much every April as in other months.
"""

from __future__ import annotations

from datetime import timedelta

from runtime.simulators.quickbooks.companies import forms
from tests.insights.planters.made_up import draw_of_shop, enter_many
from tests.insights.planters.typing import Typist, move_to_weekday


def add_ordinary_life(typist: Typist) -> None:
    """Add all of it."""
    enter_many(typist, "Small Purchases", "Everyday Mercantile", lambda: draw_of_shop(typist))
    _enter_late(typist)
    _enter_small_vendors(typist)
    _enter_adviser(typist)


def _enter_late(typist: Typist) -> None:
    for _ in range(8):
        habit, day = typist.choose_habit(lambda each: each.is_varied), typist.choose_day()
        typed = day + timedelta(days=typist.chance.randint(2, 9))
        typist.purchase(habit, day, typist.draw_usual(habit), typed=typed)


def _enter_small_vendors(typist: Typist) -> None:
    """Enter a locksmith and a caterer, one of them in the house of a customer, with a like amount a month later."""
    for name, has_neighbour in (("Harbor Locksmiths", False), ("Plum Catering", True)):
        day, contact = typist.choose_day(until=typist.end - timedelta(days=60)), typist.make_contact()
        if has_neighbour:
            customer = next(each for each in typist.before.parties if each.resource == "customers")
            typist.change_name("Customer", customer.id, {"BillAddr": contact["address"]})
        body = {"DisplayName": name, "BillAddr": contact["address"], "PrimaryPhone": contact["phone"]}
        vendor = typist.create_name("Vendor", body, day)
        line = forms.make_spent_line(typist.habits[0].account, typist.draw_between(7_000, 14_000), name)
        for at in (day, typist.choose_day(since=day + timedelta(days=27), until=day + timedelta(days=33))):
            typist.enter("Bill", forms.make_bill(vendor, at, [line]))


def _enter_adviser(typist: Typist) -> None:
    """Enter a bill every month, and a large one in April, in both years."""
    contact, habit = typist.make_contact(), typist.habits[0]
    name = "Quayside Tax Advisers"
    body = {"DisplayName": name, "BillAddr": contact["address"], "PrimaryPhone": contact["phone"]}
    vendor = typist.create_name("Vendor", body, typist.first)
    for months in range(23):
        day = move_to_weekday(
            (typist.first.replace(day=1) + timedelta(days=31 * months + 31)).replace(day=14)
        )
        low, high = (58_000, 69_000) if day.month == 4 else (9_000, 11_500)
        line = forms.make_spent_line(habit.account, typist.draw_between(low, high), "Advice")
        typist.enter("Bill", forms.make_bill(vendor, day, [line]))
