"""The business of the provider for tests: plans and what both simulators make of them, each made once."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import Any

from runtime.simulators.connectwise.firm import build_records
from runtime.simulators.provider.making import make_plan
from runtime.simulators.provider.plan import Parameters, Plan
from runtime.simulators.quickbooks import companies
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from tests.simulators.quickbooks.conftest import NOON

TODAY = date(2026, 11, 20)
SEEDS = (1, 2, 3, 4, 5)
REALM = companies.BUSINESSES["provider"].realm
Body = dict[str, Any]


@cache
def plan_of(seed: int) -> Plan:
    return make_plan(Parameters(TODAY, seed))


@cache
def records_of(seed: int) -> dict[str, list[Body]]:
    return build_records(plan_of(seed))


@cache
def books_of(seed: int) -> Store:
    """The books of a seed; nobody changes them."""
    store = Store(":memory:", Clock(frozen=NOON))
    companies.make_company(store, "provider", seed)
    return store


@cache
def list_customers(seed: int) -> list[Body]:
    """Return the customers of the books of a seed, as the service answers them."""
    rows = books_of(seed).execute("select body from records where entity = 'Customer' order by id")
    return [json.loads(body) for (body,) in rows.fetchall()]
