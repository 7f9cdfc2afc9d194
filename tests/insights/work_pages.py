"""Rules of a made-up work system, and pages of its records. Used by the tests of what is made of such records."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from generator.insight_rules import WorkRules
from runtime.insights.assembly import Reading, ReadPage
from runtime.insights.record_types import Page
from runtime.insights.work_assembly import assemble_work
from runtime.insights.work_records import Work

RULES = {
    "clients": WorkRules(
        "firms",
        {"id": (("id",),), "name": (("name",),), "domain": (("web", "host"),)},
        flags={"inactive": ((("gone",), (True,)),)},
    ),
    "agreements": WorkRules(
        "contracts",
        {
            "id": (("id",),),
            "client": (("firm", "id"),),
            "amount": (("fee",),),
            "months": (("cycle",),),
            "end": (("stopped",), ("ends",)),
            "limit": (("covers",),),
            "limit_unit": (("unit",),),
        },
        {"months": {"Quarterly": "3"}, "limit_unit": {"Hours": "hours"}},
        {"unlimited": ((("no_limit",), (True,)),), "cancelled": ((("state",), ("stopped",)),)},
    ),
    "time_entries": WorkRules(
        "hours",
        {
            "id": (("id",),),
            "client": (("firm", "id"),),
            "day": (("from",),),
            "hours": (("worked",),),
            "cost": (("cost",),),
        },
        flags={"unbillable": ((("bill",), ("No", "Free")),), "billed": ((("state",), ("billed",)),)},
    ),
    "members": WorkRules(
        "people",
        {"id": (("id",),), "first_name": (("first",),), "last_name": (("last",),), "cost": (("cost",),)},
    ),
    "invoices": WorkRules(
        "forms",
        {"id": (("id",),), "kind": (("type",),), "total": (("total",),)},
        {"kind": {"Contract": "agreement"}},
    ),
}


def read_work(**lists: list[dict[str, Any]]) -> Work:
    """Return the work that records make, each list as one page."""
    pages = tuple(
        ReadPage(name, Page(RULES[name].resource, json.dumps(records).encode(), ()))
        for name, records in lists.items()
    )
    return assemble_work(RULES, Reading(date(2026, 10, 31), pages=pages, lists=frozenset(lists)))
