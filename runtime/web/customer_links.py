"""The page behind a link token, at which a platform's customer begins to connect a company.

GET says what will be connected and changes nothing; the button's POST begins the connection in this browser and leads
on to the vendor. What follows is the same as for any connection (`connect`).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.connect.customer_links import LINK_PATH, CustomerLinks
from runtime.errors import LedgerportError
from runtime.web.connect import SECRET_ADDRESS, ConnectPages, read_form


def make_link_routes(pages: ConnectPages, links: CustomerLinks) -> list[BaseRoute]:
    """Return the routes of the page."""
    page = LinkPage(pages, links)
    return [
        Route(LINK_PATH + "/{secret}", page.look, methods=["GET"]),
        Route(LINK_PATH + "/{secret}", page.go_on, methods=["POST"]),
    ]


class LinkPage:
    """The page. It shows what `ConnectPages` shows where something is wrong."""

    def __init__(self, pages: ConnectPages, links: CustomerLinks) -> None:
        self._pages, self._links = pages, links

    async def look(self, request: Request) -> Response:
        """Show what will be connected."""
        secret = request.path_params["secret"]
        try:
            link, integration, account = await self._links.look(secret)
        except LedgerportError as problem:
            return self._pages.refuse(problem)
        return self._pages.show_form(
            request,
            secret,
            f"{LINK_PATH}/{secret}",
            (self._links.find_address(integration), link.redirect_uri),
            title=integration.title,
            name=account.name if account else link.name,
            company=account.company if account else "",
            is_read_only=link.is_read_only,
            returns_to=urlsplit(link.redirect_uri).netloc,
        )

    async def go_on(self, request: Request) -> Response:
        """Begin the connection and lead on to the vendor."""
        browser = self._pages.read_browser(request)
        try:
            form = await read_form(request)
            address = await self._links.open(request.path_params["secret"], browser, form.get("proof", ""))
        except LedgerportError as problem:
            return self._pages.refuse(problem)
        return self._pages.set_cookie(RedirectResponse(address, 303, SECRET_ADDRESS), browser)
