"""Goods that are sold: each bought for one client from the distributor. Called by `making`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from runtime.simulators.provider import chart
from runtime.simulators.provider.clients import Firms
from runtime.simulators.provider.days import add_months, end_month, list_workdays
from runtime.simulators.provider.parties import Client
from runtime.simulators.provider.plan import Parameters, Sale

SALES_A_MONTH = 0.36
"""Of one client."""
FIRST_DAY, LAST_DAY = 7, 25
"""Days of the month on which goods are sold, so that the bill before them is of the same month."""
COST_LATER_BEFORE, MISPOSTED_BEFORE = 4, 3
"""Months before the last one of the sale whose cost comes in the next month, and of the bill on a wrong account."""


@dataclass(frozen=True, slots=True)
class Goods:
    """All sales in the order of their days, and the two that something is planted at."""

    sales: tuple[Sale, ...]
    cost_later: Sale
    misposted: Sale


def make_goods(parameters: Parameters, firms: Firms, months: Sequence[date]) -> Goods:
    """Return the sales of all clients but the one that costs more than it pays."""
    return _Maker(parameters, firms, months).make()


class _Maker:
    def __init__(self, parameters: Parameters, firms: Firms, months: Sequence[date]) -> None:
        self.parameters, self.firms, self.months = parameters, firms, months
        self.random = random.Random(f"{parameters.seed}/goods")  # noqa: S311 (repeatable on purpose)
        self.by_number = {client.number: client for client in firms.clients}
        self.sales: list[Sale] = []

    def make(self) -> Goods:
        cast, months = self.firms.cast, self.months
        late = end_month(months[-1 - COST_LATER_BEFORE])
        day = list_workdays(late - timedelta(days=4), late)[0]
        billed = add_months(months[-1 - COST_LATER_BEFORE], 1) + timedelta(days=4)
        cost_later = self._sell(self.by_number[cast.cost_later], day, billed, "HW-LAPTOP", 6)
        middle = months[-1 - MISPOSTED_BEFORE] + timedelta(days=13)
        misposted = self._sell(self.by_number[cast.misposted], middle, middle, "HW-SWITCH", 3)
        for month in months:
            for client in self.firms.clients:
                if self._buys(client) and self.random.random() < SALES_A_MONTH:
                    self._sell_by_chance(client, month)
        shown = [one for one in self.sales if one.day <= self.parameters.last_day]
        return Goods(tuple(sorted(shown, key=lambda one: (one.day, one.id))), cost_later, misposted)

    def _buys(self, client: Client) -> bool:
        cast = self.firms.cast
        return client.customer_id is not None and client.number not in (cast.unprofitable, cast.ended)

    def _sell_by_chance(self, client: Client, month: date) -> None:
        source = self.random
        day = month + timedelta(days=source.randint(FIRST_DAY, LAST_DAY) - 1)
        billed = day - timedelta(days=source.randint(0, FIRST_DAY - 1))
        self._sell(client, day, billed, source.choice(chart.GOODS), source.randint(1, 4))

    def _sell(self, client: Client, day: date, billed: date, code: str, quantity: int) -> Sale:
        item, id = chart.ITEMS[code], 60_001 + len(self.sales)
        company_id = client.company_ids[0] if client.company_ids else None
        invoice, bill = f"G{day:%y%m}-{id}", f"CD-{id + 17_000}"
        made = Sale(
            id, company_id, client.number, code, quantity, item.price, item.cost, day, billed, invoice, bill
        )
        self.sales.append(made)
        return made
