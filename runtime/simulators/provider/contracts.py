"""The agreements of clients: seats, servers, backup and licences a month, some of which begin, grow or end.

Called by `making`, after `clients`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from runtime.simulators.provider import chart
from runtime.simulators.provider.clients import INTENSITIES, Firms
from runtime.simulators.provider.days import add_months
from runtime.simulators.provider.parties import Client
from runtime.simulators.provider.plan import Addition, Agreement, Parameters

LATER, GROWING, LIMITED = 0.15, 0.3, 0.35
"""Parts of the agreements that begin within the time that is shown, that grow, and that cover limited hours."""
HEADROOM = (1.5, 1.8, 2.2)
"""Limits of agreements against the work to be expected: nobody else uses one up."""
OVERUSE = 0.5
"""The limit of the agreement that is used up, against the work to be expected."""
BELOW_LIST = 6_200
"""What the client with a special price pays for a seat, in cents; the list has 8,900."""
ENDED_BEFORE = 4
"""Months before the last one at whose beginning an agreement ends."""


@dataclass(frozen=True, slots=True)
class Contracts:
    """The agreements of the work system, and one that only the books know (its id is 0)."""

    agreements: tuple[Agreement, ...]
    unknown: Agreement


def make_contracts(
    parameters: Parameters, firms: Firms, months: Sequence[date], minutes_a_seat: float
) -> Contracts:
    """Return the agreements of all clients; `minutes_a_seat` is the work to be expected for a seat in a month."""
    return _Maker(parameters, firms, months, minutes_a_seat).make()


class _Maker:
    def __init__(
        self, parameters: Parameters, firms: Firms, months: Sequence[date], minutes_a_seat: float
    ) -> None:
        self.random = random.Random(f"{parameters.seed}/contracts")  # noqa: S311 (repeatable on purpose)
        self.firms, self.months, self.minutes_a_seat = firms, months, minutes_a_seat
        self.agreements: list[Agreement] = []
        self.additions = 8_100

    def make(self) -> Contracts:
        unknown = None
        for client in self.firms.clients:
            if client.customer_id is None or not client.company_ids:
                continue
            made = self._main(client)
            if client.number == self.firms.cast.without_agreement:
                unknown = replace(made, id=0)
                continue
            self._sign(made)
            if client.number == self.firms.cast.never_billed:
                self._sign(self._backup(client))
            for company_id in client.company_ids[1:]:
                self._sign(self._small(client, company_id))
        assert unknown is not None
        return Contracts(tuple(self.agreements), unknown)

    def _sign(self, agreement: Agreement) -> None:
        self.agreements.append(replace(agreement, id=701 + len(self.agreements)))

    def _main(self, client: Client) -> Agreement:
        cast = self.firms.cast
        since, until = client.since.replace(day=1), None
        is_planted = client.number in (getattr(cast, name) for name in cast.__slots__)
        if not is_planted and self.random.random() < LATER:
            since = self.random.choice(self.months[1 : max(2, len(self.months) // 2)])
        if client.number == cast.ended:
            until = add_months(self.months[-1], -ENDED_BEFORE)
        name = f"{client.name} managed plan"
        additions = self._additions(client, since)
        limit = self._draw_limit(client)
        company = client.company_ids[0]
        return Agreement(0, name, company, client.number, "Managed Services", since, until, limit, additions)

    def _draw_limit(self, client: Client) -> int:
        usual = client.seats * self.minutes_a_seat
        if client.number == self.firms.cast.overused:
            return max(60, round(usual * client.intensity * OVERUSE / 60) * 60)
        drawn = self.random.random() < LIMITED and client.number != self.firms.cast.unprofitable
        factor = max(client.intensity, *INTENSITIES) * self.random.choice(HEADROOM)
        return round(usual * factor / 60 + 1) * 60 if drawn else 0

    def _additions(self, client: Client, since: date) -> tuple[Addition, ...]:
        source, seats = self.random, client.seats
        price = BELOW_LIST if client.number == self.firms.cast.below_list else None
        servers = source.randint(0, 2)
        units = [("MS-SEAT", seats), ("MS-SERVER", servers), ("BK-CLOUD", servers), ("SEC-EDR", seats)]
        units += [("LIC-MAIL", seats + source.randint(0, 6)), ("LIC-OFFICE", source.choice((0, seats)))]
        made = [self._addition(item, number, since) for item, number in units if number]
        if price is not None:
            made[0] = replace(made[0], price=price)
        elif source.random() < GROWING and client.number != self.firms.cast.overused:
            grown = max(since, source.choice(self.months[1:-1]))
            made.append(self._addition("MS-SEAT", source.randint(1, max(2, seats // 6)), grown))
        return tuple(made)

    def _addition(self, code: str, quantity: int, since: date) -> Addition:
        item = chart.ITEMS[code]
        self.additions += 1
        return Addition(self.additions, code, quantity, item.price, item.cost, since)

    def _backup(self, client: Client) -> Agreement:
        since = self.months[1]
        additions = (self._addition("BK-CLOUD", max(4, client.seats // 3), since),)
        name, company = f"{client.name} backup plan", client.company_ids[0]
        return Agreement(
            0, name, company, client.number, "Backup", since, None, 0, additions, is_invoiced=False
        )

    def _small(self, client: Client, company_id: int) -> Agreement:
        since = client.since.replace(day=1)
        units = (("MS-SEAT", max(2, client.seats // 4)), ("LIC-MAIL", max(2, client.seats // 4)))
        additions = tuple(self._addition(item, number, since) for item, number in units)
        name = f"{client.name} branch plan"
        return Agreement(0, name, company_id, client.number, "Managed Services", since, None, 0, additions)


def list_active(agreement: Agreement, month: date) -> list[Addition]:
    """Return the additions of an agreement that are due on the first day of a month."""
    if agreement.since > month or (agreement.until is not None and agreement.until <= month):
        return []
    return [
        one for one in agreement.additions if one.since <= month and (one.until is None or one.until > month)
    ]
