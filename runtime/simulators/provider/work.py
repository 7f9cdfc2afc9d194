"""What technicians do day by day: tickets, time entries, and what they spend for clients.

Called by `making`, after agreements and projects; `workload` says how much there is.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from runtime.simulators.provider import chart
from runtime.simulators.provider.days import end_month, list_workdays
from runtime.simulators.provider.parties import Client, Technician
from runtime.simulators.provider.plan import Expense, Parameters, Ticket, TimeEntry
from runtime.simulators.provider.workload import MEAN_MINUTES, Charge, Workload, deal_minutes

WORKDAY = 480
"""Minutes."""
BUSY = 0.8
"""Part of a technician's paid time that is entered: the usual aim of such firms, about three quarters, and a little."""
MOST_ENTRIES = 3
"""Time entries of one ticket."""
SPENDS_ON_HOURS, SPENDS_ELSE = 0.15, 0.02
"""Part of the tickets with an expense: of those that are invoiced by the hour, and of the others."""
KINDS = ("Mileage", "Parking", "Small parts")


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that is done, in the order of its days."""

    technicians: tuple[Technician, ...]
    tickets: tuple[Ticket, ...]
    time: tuple[TimeEntry, ...]
    expenses: tuple[Expense, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A time entry without its technician. `ticket` is None for internal work."""

    day: date
    minutes: int
    ticket: int | None
    client: int | None
    charge: Charge


def hire_technicians(parameters: Parameters, first_day: date) -> tuple[Technician, ...]:
    """Return as many technicians as the work needs, the last of whom may work half the day."""
    workdays = 21
    minutes = parameters.time_entries * MEAN_MINUTES / parameters.months
    needed = max(2.5, math.ceil(2 * minutes / (workdays * WORKDAY * BUSY)) / 2)
    count = math.ceil(needed)
    return tuple(_hire(place, first_day, min(1.0, needed - place)) for place in range(count))


def _hire(place: int, first_day: date, part: float) -> Technician:
    role, costs = chart.ROLES[chart.ROLE_PATTERN[place % len(chart.ROLE_PATTERN)]]
    first = chart.GIVEN_NAMES[place % len(chart.GIVEN_NAMES)]
    last = chart.FAMILY_NAMES[place % len(chart.FAMILY_NAMES)]
    since = first_day.replace(year=first_day.year - 1 - place % 5)
    code, cost, capacity = f"{first[0]}{last}"[:15], costs[place % len(costs)], round(WORKDAY * part)
    return Technician(311 + place, code, first, last, role, cost, capacity, since)


def make_work(
    parameters: Parameters, workload: Workload, technicians: Sequence[Technician], own_company: int
) -> Work:
    """Return the work of all months."""
    return _Maker(parameters, workload, technicians, own_company).make()


class _Maker:
    def __init__(
        self, parameters: Parameters, workload: Workload, technicians: Sequence[Technician], own_company: int
    ) -> None:
        self.parameters, self.workload, self.own_company = parameters, workload, own_company
        self.technicians = technicians
        self.random = random.Random(f"{parameters.seed}/work")  # noqa: S311 (repeatable on purpose)
        self.decks = {
            client.number: deal_minutes(random.Random(f"{parameters.seed}/minutes/{client.number}"))  # noqa: S311
            for client in workload.firms.clients
        }
        self.internal = deal_minutes(random.Random(f"{parameters.seed}/minutes"))  # noqa: S311
        self.tickets: list[Ticket] = []
        self.charges: list[Charge] = []
        self.drafts: list[_Draft] = []
        self.expenses: list[Expense] = []

    def make(self) -> Work:
        clients = {client.number: client for client in self.workload.firms.clients}
        for (number, month), count in sorted(self.workload.share_entries().items(), key=_order):
            days = list_workdays(month, end_month(month))
            if number is None:
                self._work_inside(count, days)
            else:
                self._work_for(clients[number], month, count, days)
        return self._cut(self._assign())

    def _cut(self, time: tuple[TimeEntry, ...]) -> Work:
        """Leave out what comes after the last day: a day later there is more, and nothing else is different."""
        last_day = self.parameters.last_day
        tickets = {ticket.id: ticket for ticket in self._own_tickets(time) if ticket.opened <= last_day}
        claimed = [
            replace(
                one, technician_id=tickets[one.ticket_id].technician_id, day=tickets[one.ticket_id].opened
            )
            for one in self.expenses
            if one.ticket_id in tickets
        ]
        claimed.sort(key=lambda one: (one.day, one.id))
        shown = tuple(one for one in time if one.day <= last_day)
        return Work(tuple(self.technicians), tuple(tickets.values()), shown, tuple(claimed))

    def _work_inside(self, count: int, days: Sequence[date]) -> None:
        charge = Charge(self.own_company, "DoNotBill")
        for _ in range(count):
            self.drafts.append(_Draft(self.random.choice(days), next(self.internal), None, None, charge))

    def _work_for(self, client: Client, month: date, count: int, days: Sequence[date]) -> None:
        place = 0
        while count > 0:
            size = min(count, self.random.randint(1, MOST_ENTRIES))
            charge = self.workload.choose_charge(client, month, place)
            self._open_ticket(client, charge, size, days, is_first=place == 0)
            count, place = count - size, place + 1

    def _open_ticket(
        self, client: Client, charge: Charge, size: int, days: Sequence[date], *, is_first: bool
    ) -> None:
        start = self.random.randrange(len(days))
        worked = days[start : start + size] or days[-1:]
        id = 250_001 + len(self.tickets)
        summary = self.random.choice(chart.SUMMARIES)
        for turn in range(size):
            day = worked[min(turn, len(worked) - 1)]
            self.drafts.append(_Draft(day, next(self.decks[client.number]), id, client.number, charge))
        ticket = Ticket(
            id, summary, charge.company_id, client.number, worked[0], None, charge.agreement_id, charge.project_id, 0
        )  # fmt: skip
        self.tickets.append(ticket)
        self.charges.append(charge)
        self._spend(client, ticket, charge, is_first=is_first)

    def _spend(self, client: Client, ticket: Ticket, charge: Charge, *, is_first: bool) -> None:
        month = ticket.opened.replace(day=1)
        is_planted = (
            is_first and client.number == self.workload.firms.cast.unbilled and month == self.workload.unbilled_month
        )  # fmt: skip
        often = SPENDS_ON_HOURS if charge.rate else SPENDS_ELSE
        if client.customer_id is None or not (is_planted or self.random.random() < often):
            return
        kind, cents = self.random.choice(KINDS), self.random.randint(18, 160) * 100
        bill = "Billable" if charge.rate else "DoNotBill"
        self.expenses.append(
            Expense(
                51_001 + len(self.expenses), ticket.id, ticket.company_id, client.number, 0, ticket.opened, kind, cents,
                bill, charge.invoice,  # type: ignore[arg-type]
            )
        )  # fmt: skip

    def _assign(self) -> tuple[TimeEntry, ...]:
        """Give each draft to the technician of its client, or to who has time on the day or on one near it."""
        load: dict[tuple[int, date], int] = {}
        placed = []
        for draft in sorted(self.drafts, key=lambda one: (one.day, one.ticket or 0)):
            who, day = self._find_time(draft, load)
            start = load.get((who.id, day), 0)
            load[who.id, day] = start + draft.minutes
            placed.append((day, WORKDAY + start, who, draft))
        placed.sort(key=lambda one: (one[0], one[1], one[2].id))
        return tuple(
            _enter(400_001 + place, day, start, who, draft)
            for place, (day, start, who, draft) in enumerate(placed)
        )

    def _find_time(self, draft: _Draft, load: Mapping[tuple[int, date], int]) -> tuple[Technician, date]:
        usual = self.technicians[(draft.client or draft.minutes) % len(self.technicians)]
        for day in self._list_days_near(draft.day):
            for who in (usual, *self.technicians):
                if load.get((who.id, day), 0) + draft.minutes <= who.capacity:
                    return who, day
        return min(self.technicians, key=lambda one: load.get((one.id, draft.day), 0)), draft.day

    def _list_days_near(self, day: date) -> Iterator[date]:
        """Yield a workday, the later ones of its month, then the earlier ones, the nearest first."""
        month = day.replace(day=1)
        yield from list_workdays(day, end_month(month))
        yield from reversed(list_workdays(month, day - timedelta(days=1)))

    def _own_tickets(self, time: Sequence[TimeEntry]) -> tuple[Ticket, ...]:
        """Return the tickets with whose they are, opened on the first day of their work and closed on the last."""
        last_day = self.parameters.last_day
        first = {entry.ticket_id: entry for entry in reversed(time)}
        last = {entry.ticket_id: entry.day for entry in time}
        return tuple(
            replace(
                ticket,
                technician_id=first[ticket.id].technician_id,
                opened=first[ticket.id].day,
                closed=last[ticket.id] if last[ticket.id] <= last_day else None,
            )
            for ticket in self.tickets
        )


def _enter(id: int, day: date, start: int, who: Technician, draft: _Draft) -> TimeEntry:
    charge = draft.charge
    return TimeEntry(
        id, draft.ticket, charge.company_id, draft.client, who.id, day, start, draft.minutes, charge.bill, charge.rate,
        who.cost, charge.agreement_id, charge.project_id, charge.invoice,
    )  # fmt: skip


def _order(pair: tuple[tuple[int | None, date], int]) -> tuple[date, int]:
    (number, month), _ = pair
    return month, -1 if number is None else number
