"""The pages a person sees: those of a connection (`connect`), sign-in and people, an index, the reference (`docs`).

Called by `server`. Calls `connect.authorize` for a connection, `identity` for people. A page loads nothing but files of
ours, is framed by nobody, is stored by no cache, and sends the address it was reached at to nobody, because that may
hold a secret. Only passkeys need a script, which is a file of ours too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.connect.authorize import Authorizations
from runtime.deployment import Deployment
from runtime.logs import Log
from runtime.operations.accounts import Accounts
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import Guesses
from runtime.web.account_list_pages import AccountListPages
from runtime.web.account_pages import AccountPages
from runtime.web.approval_floor_pages import ApprovalFloorPages
from runtime.web.budget_pages import BudgetPages
from runtime.web.company_pages import CompanyServices
from runtime.web.company_routes import make_company_routes
from runtime.web.connect import ConnectPages, make_connect_routes
from runtime.web.connect_company_pages import ConnectCompanyPages
from runtime.web.connection_pages import ConnectionPages
from runtime.web.customer_links import make_link_routes
from runtime.web.docs_pages import make_docs_routes
from runtime.web.landing import find_start
from runtime.web.link_token_pages import LinkTokenPages
from runtime.web.mapping_pages import MappingPages
from runtime.web.missing_page import MissingPage
from runtime.web.navigation import (
    ACCESS_SECTIONS,
    COMPANY_SECTIONS,
    TENANT_SECTIONS,
    find_company_address,
    list_tabs,
)
from runtime.web.people_pages import PeoplePages
from runtime.web.person_pages import PageParts
from runtime.web.settings_pages import SettingsPages
from runtime.web.sign_in_pages import SignInPages
from runtime.web.signing_in import find_signed_in
from runtime.web.static_files import StaticFiles
from runtime.web.token_pages import TokenPages
from runtime.web.webhook_pages import WebhookPages

_PAGES = Path(__file__).with_name("pages")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action {form_action}; "
    "frame-ancestors 'none'"
)
_WITH_SCRIPT = "; script-src 'self'; connect-src 'self'"
"""Of the pages for somebody who is signed in, and of those on which somebody may use a passkey."""
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}

_OF_TENANTS = (SettingsPages, TokenPages, WebhookPages, BudgetPages, ApprovalFloorPages)
"""The pages of an organization. A page is added here."""


class Pages:
    """Renders the pages, with every value escaped."""

    def __init__(self, *, has_docs: bool = False) -> None:
        self.files = StaticFiles()
        self._environment = Environment(
            loader=FileSystemLoader(_PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "static": self.files.find_address,
            "parts": self._environment.get_template("parts.html").module,
            "charts": self._environment.get_template("charts.html").module,
            "address_of": find_company_address,
            "docs": has_docs,
            "COMPANY_SECTIONS": COMPANY_SECTIONS,
            "ACCESS_SECTIONS": ACCESS_SECTIONS,
            "TENANT_SECTIONS": TENANT_SECTIONS,
            "TABS": list_tabs(),
        }
        self._environment.filters |= {
            "day": format_day,
            "signed_in_by": describe_sign_in,
            "seconds": read_seconds,
        }

    def show(self, page: str, status: int = 200, *, form_action: str = "'none'", **values: Any) -> Response:
        """Return a page as a response. `form_action` is where its form may lead, as the content security policy
        says it.
        """
        text = self._environment.get_template(f"{page}.html").render(values)
        policy = _POLICY.replace("{form_action}", form_action)
        if values.get("has_passkeys") or "person" in values:
            policy += _WITH_SCRIPT
        headers = {**_HEADERS, "Content-Security-Policy": policy}
        return Response(text, status, media_type="text/html", headers=headers)


def format_day(seconds: float) -> str:
    """Return a day as people write it, in UTC: Nov 26, 2026."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%b} {moment.day}, {moment.year}"


def read_seconds(iso: str | None) -> float | None:
    """Return a time that operations answer as ISO 8601 in seconds, as pages write times; None stays None."""
    return None if iso is None else datetime.fromisoformat(iso).timestamp()


def describe_sign_in(signed_in_by: str) -> str:
    """Return by what somebody has signed in, for a page."""
    by, _, name = signed_in_by.partition(":")
    return f"with {name}" if by == "oidc" else "by a link" if by == "invitation" else f"with a {by}"


def make_missing_page(deployment: Deployment, log: Log) -> Callable[[Request], Awaitable[Response | None]]:
    """Return what answers browsers that ask for an address at which there is nothing."""
    show = Pages(has_docs=deployment.settings.docs).show
    return MissingPage(PageParts(deployment, show, log, Guesses(), ClientAddresses())).answer


def make_routes(
    deployment: Deployment,
    authorizations: Authorizations,
    log: Log,
    guesses: Guesses | None = None,
    addresses: ClientAddresses | None = None,
    services: CompanyServices | None = None,
) -> list[BaseRoute]:
    """Return the routes of the pages, with the reference pages where the settings want them."""
    catalog, docs = deployment.catalog, deployment.settings.docs
    pages = Pages(has_docs=docs)
    connections = ConnectPages(authorizations, catalog, log, pages.show)
    accounts = Accounts(deployment, authorizations.tokens)
    parts = PageParts(deployment, pages.show, log, guesses or Guesses(), addresses or ClientAddresses())

    async def index(request: Request) -> Response:
        who = await find_signed_in(request)
        if who is None:
            return pages.show("index")
        start = await find_start(deployment, request, who)
        return RedirectResponse(start, 303, {"Cache-Control": "no-store"})

    routes: list[BaseRoute] = [
        Route("/", index, methods=["GET"]),
        *pages.files.make_routes(),
        *SignInPages(parts).make_routes(),
        *AccountPages(parts).make_routes(),
        *PeoplePages(parts).make_routes(),
        *AccountListPages(parts).make_routes(),
        *ConnectCompanyPages(parts, accounts).make_routes(),
        *LinkTokenPages(parts, accounts).make_routes(),
        *(MappingPages(parts, services).make_routes() if services else ()),
        *(ConnectionPages(parts, services, accounts).make_routes() if services else ()),
        *(route for pages in _OF_TENANTS for route in pages(parts).make_routes()),
        *(make_company_routes(parts, services) if services else ()),
        *make_link_routes(connections, authorizations.customer_links),
        *make_connect_routes(connections),
    ]
    return [*routes, *(make_docs_routes(catalog, parts) if docs else ())]
