"""The business of the provider as analyses get it: books of one simulator with its reports, work of the other."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import Any

from runtime.insights.analysis import WantedReport
from runtime.insights.assembly import Reading, ReadPage
from runtime.insights.books import Books, Span
from runtime.insights.client_mapping import ClientLink, ClientMapping
from runtime.insights.record_types import Page
from runtime.insights.work_assembly import assemble_work
from runtime.insights.work_records import Work
from tests.builtin import builtin_catalog
from tests.insights.changing import replace
from tests.insights.companies import read_books
from tests.simulators.provider.business import TODAY, books_of, plan_of, records_of

PATHS = {
    "clients": "/company/companies",
    "agreements": "/finance/agreements",
    "additions": "/finance/agreements/{parentId}/additions",
    "time_entries": "/time/entries",
    "expenses": "/expense/entries",
    "products": "/procurement/products",
    "members": "/system/members",
    "projects": "/project/projects",
    "invoices": "/finance/invoices",
    "work_types": "/time/workTypes",
}
"""Where the records of each list stand."""


@cache
def read_work(seed: int) -> Work:
    """Return the work of the provider, every record."""
    rules, records = builtin_catalog().integrations["connectwise"].insights.work, records_of(seed)
    pages = tuple(
        ReadPage(name, Page(rules[name].resource, json.dumps(records[path]).encode(), ()))
        for name, path in PATHS.items()
    )
    span = Span(None, date.max)
    read = dict.fromkeys(("time_entries", "expenses", "products", "invoices"), span)
    return assemble_work(rules, Reading(TODAY, pages=pages, read=read, lists=frozenset(PATHS)))


def make_mapping(seed: int) -> ClientMapping:
    """Return the mapping that is right."""
    truths = plan_of(seed).truths
    links = [ClientLink(str(each.company_id), "linked", each.customer_id) for each in truths.pairs]
    links += [ClientLink(str(each), "not_a_client") for each in truths.not_clients]
    return ClientMapping({each.work: each for each in links})


def read_provider(seed: int, reports: tuple[WantedReport, ...], **more: Any) -> Books:
    """Return books and work of the provider, mapped."""
    books = read_books(books_of(seed), reports)
    return replace(books, **({"work": read_work(seed), "mapping": make_mapping(seed)} | more))
