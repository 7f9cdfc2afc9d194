"""Simulated companies with planted faults: what `find_anomalies` is measured on, and was not written against.

The definitions are those of an auditor who has the books of two years and looks at the last of them:

- **duplicate**: one bill, expense or sale that is in the books twice. Planted: the same bill of a vendor again within a
  week; again within days with two digits of its number the other way round, and the same amount; again within two weeks
  under the same number with two digits of the amount the other way round; an expense of the same vendor and amount
  within two weeks after a bill; the same invoice to a customer within three days.
- **unusual_amount**: a purchase of 8 to 20 times the median of at least eight purchases at that vendor.
- **new_vendor**: the first bill of a vendor, entered on the day of the vendor, larger than any ordinary purchase.
- **round_amount**: whole thousands at a vendor that never had a multiple of a hundred. Rent and retainers that are
  round every month are none.
- **below_limit**: at most 1.5 % below 1,000, 2,500, 5,000 or 10,000 at a vendor whose largest purchase was at most 60 %
  of that; one purchase, or three within a week.
- **weekend**: a purchase on a Saturday or Sunday at a vendor with eight and more, all from Monday to Friday. The
  companies work on weekdays; what the calendar brings (rent, wages, the invoices of a month) comes on its day of the
  month, whatever weekday that is, and payments come and go on any day.
- **backdated**: typed in 45 to 120 days after its day, where all else is typed in within two weeks.
- **number_gap**: one to four numbers missing from the series of sales forms (invoices, receipts, credit memos and
  refunds share one) or of journal entries; the records are those on both sides. Vendors number their bills as they
  like: a gap there is none.
- **number_repeated**: two invoices of different customers and amounts under one number. Numbers that customers give
  their payments are none.
- **unusual_account**: a purchase of the usual size on an account that its vendor, with more than ten purchases on one
  account, was never booked on.
- **shared_details**: a vendor with the address (also abbreviated) or telephone number (also written otherwise) of an
  employee, or with the bank account of another vendor.
- **digits**: an account with 150 amounts in the year between 1 and 1,000 whose first digits are mostly 4 to 8. Accounts
  whose amounts lie close together (fuel, meals) do not follow the law by nature and are none.

What the simulator plants counts where it fits (`planters.remarkable` says which), and `planters.ordinary` adds what
looks odd and is not. The same kind and seed give the same company.
"""

from __future__ import annotations

import random
from functools import cache

from runtime.simulators.quickbooks.books.balances import load_in_bulk
from tests.company import copy_books
from tests.insights.companies import make_store, read_books
from tests.insights.planters.amounts import (
    plant_below_limits,
    plant_new_vendors,
    plant_round_amounts,
    plant_unusual_amounts,
)
from tests.insights.planters.circumstances import plant_backdated, plant_unusual_accounts, plant_weekends
from tests.insights.planters.duplicates import plant_duplicates
from tests.insights.planters.faults import KINDS, Fault, PlantedCompany
from tests.insights.planters.habits import find_habits
from tests.insights.planters.made_up import plant_made_up_amounts
from tests.insights.planters.numbers import plant_numbers
from tests.insights.planters.ordinary import add_ordinary_life
from tests.insights.planters.people import plant_shared_details
from tests.insights.planters.remarkable import agree_with_letter, find_remarkable
from tests.insights.planters.typing import Typist

__all__ = ["BUSINESSES", "KINDS", "Fault", "PlantedCompany", "choose_business", "plant"]

BUSINESSES = ("landscaper", "consultancy", "it_services")
PLANTERS = (
    add_ordinary_life, plant_duplicates, plant_unusual_amounts, plant_round_amounts, plant_below_limits,
    plant_new_vendors, plant_weekends, plant_backdated, plant_unusual_accounts, plant_shared_details,
    plant_made_up_amounts, plant_numbers,
)  # fmt: skip
"""In the order of planting: numbers last, for they are given anew."""


def choose_business(seed: int) -> str:
    """Return the kind of business of a seed: they take turns."""
    return BUSINESSES[seed % len(BUSINESSES)]


@cache
def plant(kind: str, seed: int) -> PlantedCompany:
    """Return a company with faults, made once in each process; nobody changes it."""
    original = make_store(kind, seed)
    books, store = read_books(original), copy_books(original)
    remarkable = find_remarkable(books, kind)
    habits = find_habits(books, remarkable.records)
    chance = random.Random(f"planted {kind} {seed}")
    typist = Typist(store, books, habits, chance)
    typist.touched |= remarkable.records
    with load_in_bulk(typist.books):
        for planter in PLANTERS:
            planter(typist)
    agree_with_letter(books, remarkable)
    agreed = {record: frozenset(kinds) for record, kinds in remarkable.agreed.items() if kinds}
    faults = (*remarkable.faults, *typist.faults)
    return PlantedCompany(store, typist.start, typist.end, faults, agreed)
