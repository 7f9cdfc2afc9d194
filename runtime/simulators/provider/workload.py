"""How much work each client makes in each month, and what it is charged to. Called by `work`."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from runtime.simulators.provider import chart
from runtime.simulators.provider.clients import Firms
from runtime.simulators.provider.days import end_month
from runtime.simulators.provider.parties import Client
from runtime.simulators.provider.plan import Agreement, Bill, Parameters, Project

INTERNAL = 0.08
"""Part of the time entries that is for no client."""
MINUTES = (15, 30, 30, 45, 60, 60, 90, 120, 180, 240)
"""Lengths of work, as a help desk has them: quarters of an hour, most of them short."""
MEAN_MINUTES = sum(MINUTES) / len(MINUTES)
NOISE = (0.9, 1.1)
"""A client's month against its usual one."""
HOURLY, ON_PROJECT, AT_BRANCH = 0.12, 0.4, 0.25
"""Parts of the tickets: outside the agreement; of a project while it lasts; of a merged firm's second company."""
UNBILLED_BEFORE = 3
"""Months before the last one of the month whose hours are never invoiced."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a ticket's time is charged to. `rate` is cents an hour; `invoice` the document once the month is over."""

    company_id: int
    bill: Bill
    rate: int = 0
    agreement_id: int | None = None
    project_id: int | None = None
    invoice: str = ""


def estimate_hours(parameters: Parameters) -> float:
    """Return the hours that a usual client needs in a month."""
    minutes = parameters.time_entries * (1 - INTERNAL) * MEAN_MINUTES
    return minutes / 60 / (parameters.clients * parameters.months)


def name_hours_invoice(client: int, month: date) -> str:
    """Return the number of the invoice of a client's hours in a month."""
    return f"H{month:%y%m}-{client:03d}"


def name_project_invoice(project: Project, month: date) -> str:
    """Return the number of the invoice of a project's hours in a month, or of a half of its fee."""
    return f"P{month:%y%m}-{project.id}"


def deal_minutes(source: random.Random) -> Iterator[int]:
    """Yield lengths of work, each as often as the others in the long run and in the short."""
    while True:
        yield from source.sample(MINUTES, len(MINUTES))


class Workload:
    """Who makes work when, by the agreements and projects in force."""

    def __init__(
        self,
        parameters: Parameters,
        firms: Firms,
        months: Sequence[date],
        agreements: Sequence[Agreement],
        projects: Sequence[Project],
    ) -> None:
        self.parameters, self.firms, self.months = parameters, firms, months
        self.random = random.Random(f"{parameters.seed}/workload")  # noqa: S311 (repeatable on purpose)
        self.unbilled_month = months[-1 - UNBILLED_BEFORE]
        self.agreements: dict[int, list[Agreement]] = {}
        for agreement in agreements:
            self.agreements.setdefault(agreement.client, []).append(agreement)
        self.projects: dict[int, list[Project]] = {}
        for project in projects:
            self.projects.setdefault(project.client, []).append(project)

    def share_entries(self) -> Mapping[tuple[int | None, date], int]:
        """Return how many time entries each client (None: internal work) has in each month, the last one as a whole."""
        weights: dict[tuple[int | None, date], float] = {}
        for month in self.months:
            for client in self.firms.clients:
                if client.company_ids and self._has_work(client, month):
                    weight = client.seats * client.intensity * self.random.uniform(*NOISE)
                    weights[client.number, month] = weight
        whole = sum(weights.values())
        for month in self.months:
            inside = sum(weight for (_, other), weight in weights.items() if other == month)
            weights[None, month] = inside * INTERNAL / (1 - INTERNAL)
        return _round_to(weights, self.parameters.time_entries, whole / (1 - INTERNAL))

    def _has_work(self, client: Client, month: date) -> bool:
        signed = self.agreements.get(client.number, [])
        return not signed or any(_is_valid(agreement, month) for agreement in signed)

    def is_over(self, month: date) -> bool:
        """Whether a month is complete, and its hours invoiced."""
        return end_month(month) <= self.parameters.last_day

    def choose_charge(self, client: Client, month: date, place: int) -> Charge:
        """Return what the ticket at a place of a client's month is charged to."""
        cast, source = self.firms.cast, self.random
        company_id = client.company_ids[0]
        if client.number == cast.without_agreement or client.customer_id is None:
            return Charge(company_id, "DoNotBill")
        if client.number == cast.unbilled and month == self.unbilled_month and place < 2:
            return self._charge_hours(client, month)
        if client.number not in (cast.unprofitable, cast.overused):
            running = [one for one in self.projects.get(client.number, ()) if one.first <= month < one.last]
            if running and source.random() < ON_PROJECT:
                return self._charge_project(source.choice(running), month)
            if source.random() < HOURLY:
                return self._charge_hours(client, month)
        if len(client.company_ids) > 1 and source.random() < AT_BRANCH:
            company_id = client.company_ids[1]
        return self._charge_agreement(client, company_id, month)

    def _charge_hours(self, client: Client, month: date) -> Charge:
        is_forgotten = client.number == self.firms.cast.unbilled and month == self.unbilled_month
        invoice = name_hours_invoice(client.number, month) if self.is_over(month) and not is_forgotten else ""
        return Charge(client.company_ids[0], "Billable", chart.ITEMS["SV-HOUR"].price, invoice=invoice)

    def _charge_project(self, project: Project, month: date) -> Charge:
        if not project.rate:
            return Charge(project.company_id, "NoCharge", project_id=project.id)
        invoice = name_project_invoice(project, month) if self.is_over(month) else ""
        return Charge(project.company_id, "Billable", project.rate, project_id=project.id, invoice=invoice)

    def _charge_agreement(self, client: Client, company_id: int, month: date) -> Charge:
        for agreement in self.agreements[client.number]:
            if (
                agreement.company_id == company_id
                and agreement.kind == "Managed Services"
                and _is_valid(agreement, month)
            ):
                return Charge(company_id, "Billable", agreement_id=agreement.id)
        return self._charge_hours(client, month)


def _is_valid(agreement: Agreement, month: date) -> bool:
    return agreement.since <= month and (agreement.until is None or agreement.until > month)


def _round_to(
    weights: Mapping[tuple[int | None, date], float], count: int, whole: float
) -> dict[tuple[int | None, date], int]:
    """Return whole numbers in proportion to weights that add up to a count."""
    exact = {key: weight * count / whole for key, weight in weights.items()}
    given = {key: int(value) for key, value in exact.items()}
    by_rest = sorted(exact, key=lambda key: (given[key] - exact[key], str(key)))
    for key in by_rest[: count - sum(given.values())]:
        given[key] += 1
    return given
