"""The projects of clients, for a fee or by the hour. Called by `making`, after `contracts`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from runtime.simulators.provider import chart
from runtime.simulators.provider.clients import Firms
from runtime.simulators.provider.days import add_months, end_month
from runtime.simulators.provider.parties import Client, Customer
from runtime.simulators.provider.plan import Parameters, Project

CLIENTS_A_PROJECT = 3
"""One project for so many clients in a year."""
BUDGETS = (0.8, 1.2, 1.6, 2.0)
"""Hours of a project against the work of its client in a month."""
SUB_CUSTOMER_EVERY = 4
"""Which project of so many has a sub-customer of its own in the books."""


def make_projects(
    parameters: Parameters, firms: Firms, months: Sequence[date], hours: float
) -> tuple[tuple[Project, ...], tuple[Customer, ...]]:
    """Return the projects in the order of their ids, and the sub-customers that some of them have."""
    source = random.Random(f"{parameters.seed}/projects")  # noqa: S311 (repeatable on purpose)
    able = [client for client in firms.clients if _may_have_project(client, firms)]
    count = max(3, round(parameters.clients / CLIENTS_A_PROJECT * len(months) / 12))
    made: list[Project] = []
    more: list[Customer] = []
    for place in range(count):
        client = able[place % len(able)]
        project = _make_project(source, place, client, months, hours)
        if place % SUB_CUSTOMER_EVERY == 1:
            sub = _make_sub_customer(project, client, firms, len(more))
            more.append(sub)
            project = replace(project, customer_id=sub.id)
        made.append(project)
    return tuple(made), tuple(more)


def _may_have_project(client: Client, firms: Firms) -> bool:
    cast = firms.cast
    special = (cast.unprofitable, cast.overused, cast.without_agreement, cast.ended, cast.unbilled)
    return client.customer_id is not None and bool(client.company_ids) and client.number not in special


def _make_project(
    source: random.Random, place: int, client: Client, months: Sequence[date], hours: float
) -> Project:
    length = source.choice((1, 2, 3))
    first = source.choice(months[: max(1, len(months) - 2)])
    last = end_month(add_months(first, length - 1))
    budget = max(8, round(hours * source.choice(BUDGETS)))
    hour = chart.ITEMS["SV-PROJECT"].price
    is_fixed = place % 2 == 0
    name = f"{chart.PROJECTS[place % len(chart.PROJECTS)]} {first.year}-{place + 1}"
    fee, rate = (budget * hour, 0) if is_fixed else (0, hour)
    company, customer = client.company_ids[0], str(client.customer_id)
    return Project(330 + place, name, company, client.number, customer, fee, rate, budget * 60, first, last)


def _make_sub_customer(project: Project, client: Client, firms: Firms, place: int) -> Customer:
    above = next(one for one in firms.customers if one.id == client.customer_id)
    id = str(101 + len(firms.customers) + place)
    return Customer(id, project.name, client.number, above.place, parent=above.id)
