"""An account with many amounts of every size: invented by somebody, or as a shop has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.insights.planters.typing import Typist

COUNT, BEFORE = 150, 60
"""Amounts in the period and before it: an auditor wants a hundred and more for a test of first digits."""
INVENTED = {1: 2, 2: 3, 3: 9, 4: 17, 5: 18, 6: 18, 7: 16, 8: 11, 9: 6}
"""Weights of first digits as people invent them: in the middle, where one expects 30 % of ones and 18 % of twos."""


def plant_made_up_amounts(typist: Typist) -> None:
    """Enter reimbursements from under ten to nearly a thousand whose first digits somebody invented."""
    records = enter_many(typist, "Reimbursed Purchases", "Tri-City Reimbursements", lambda: _invent(typist))
    typist.note("digits", records, "invented amounts on Reimbursed Purchases", "unusual_amount")


def enter_many(typist: Typist, account: str, vendor: str, draw: Callable[[], int]) -> list[str]:
    """Enter expenses of a vendor of its own on an account of its own, over both years; return the records."""
    subtype = "OtherMiscellaneousServiceCost"
    account_body = {"Name": account, "AccountType": "Expense", "AccountSubType": subtype}
    account_id = typist.create_name("Account", account_body, typist.first)
    contact = typist.make_contact()
    body = {"DisplayName": vendor, "BillAddr": contact["address"], "PrimaryPhone": contact["phone"]}
    vendor_id = typist.create_name("Vendor", body, typist.first)
    before = [
        typist.choose_day(since=typist.first + timedelta(days=5), until=typist.start) for _ in range(BEFORE)
    ]
    days = sorted([*before, *(typist.choose_day() for _ in range(COUNT))])
    records = [typist.spend(vendor_id, vendor, account_id, day, draw()) for day in days]
    return [*records, f"accounts:{account_id}", f"vendors:{vendor_id}"]


def draw_of_shop(typist: Typist) -> int:
    """Return an amount as a shop with everything has them: sizes differ by a factor, so first digits follow the law."""
    return typist.draw_unique(lambda: round(3_800 * typist.chance.lognormvariate(0, 1.25)))


def _invent(typist: Typist) -> int:
    def draw() -> int:
        [first] = typist.chance.choices(list(INVENTED), list(INVENTED.values()))
        size = 10 ** typist.chance.choice((2, 3, 3, 4, 4))
        return first * size + typist.chance.randint(0, size - 1)

    return typist.draw_unique(draw)
