"""The routes of the pages of companies. A page is added by one line here."""

from __future__ import annotations

from starlette.routing import BaseRoute

from runtime.web.call_log_pages import CallLogPages
from runtime.web.company_pages import CompanyServices
from runtime.web.journal_pages import JournalPages
from runtime.web.person_pages import PageParts
from runtime.web.record_pages import RecordPages

_PAGES = (JournalPages, CallLogPages, RecordPages)
"""In the order in which addresses are looked at: a record may have any address below that of its company."""


def make_company_routes(parts: PageParts, services: CompanyServices) -> list[BaseRoute]:
    """Return the routes of all pages of companies."""
    return [route for pages in _PAGES for route in pages(parts, services).make_routes()]
