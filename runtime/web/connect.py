"""The pages of a connection: the one behind a connect link, and the one that the vendor sends the person back to.

Before it: somebody opens a link that `connect.links` made. After it: the vendor's consent page, then the callback.
GET shows who is to be connected and changes nothing, because link previews and scanners send it too; the button's POST
binds the link to this browser. The cookie goes to these pages only and lives as long as a link.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from generator.catalog import Catalog
from runtime.connect.authorize import Authorizations
from runtime.connect.links import AGAIN, CALLBACK_PATH, CONNECT_PATH, STATE_SECONDS
from runtime.errors import InvalidRequest, LedgerportError
from runtime.logs import Log
from runtime.model import Account

LONGEST_FORM = 1024
"""Bytes. The form has one field of 64 characters."""


class Show(Protocol):
    """Renders one of the pages."""

    def __call__(
        self, page: str, status: int = 200, *, form_action: str = "'none'", **values: str
    ) -> Response:
        """Return a page as a response."""


def make_connect_routes(
    authorizations: Authorizations, catalog: Callable[[], Catalog], log: Log, show: Show
) -> list[BaseRoute]:
    """Return the routes of both pages."""
    return _ConnectPages(authorizations, catalog, log, show).routes()


class _ConnectPages:
    """Answers for both pages."""

    def __init__(
        self, authorizations: Authorizations, catalog: Callable[[], Catalog], log: Log, show: Show
    ) -> None:
        self._authorizations = authorizations
        self._links = authorizations.links
        self._catalog = catalog
        self._log = log
        self._show = show
        self._is_secure = self._links.redirect_uri.startswith("https:")
        self._cookie = "__Secure-ledgerport-connect" if self._is_secure else "ledgerport-connect"

    def routes(self) -> list[BaseRoute]:
        return [
            Route(CALLBACK_PATH, self.callback, methods=["GET"]),
            Route(CONNECT_PATH + "/{state}", self.look, methods=["GET"]),
            Route(CONNECT_PATH + "/{state}", self.go_on, methods=["POST"]),
        ]

    async def look(self, request: Request) -> Response:
        state, given = request.path_params["state"], request.cookies.get(self._cookie, "")
        try:
            account, address = await self._links.look(state, given)
        except LedgerportError as problem:
            return self._refuse(problem)
        browser = self._links.browser(given)
        page = self._show(
            "connect", form_action=_may_lead_to(address), title=self._title(account), name=account.name,
            action=f"{CONNECT_PATH}/{state}", proof=self._links.proof(state, browser),
        )  # fmt: skip
        page.headers["Referrer-Policy"] = "same-origin"
        return self._with_cookie(page, browser)

    async def go_on(self, request: Request) -> Response:
        state, browser = request.path_params["state"], request.cookies.get(self._cookie, "")
        try:
            address = await self._links.open(state, browser, await _proof(request))
        except LedgerportError as problem:
            return self._refuse(problem)
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return self._with_cookie(RedirectResponse(address, 303, headers), browser)

    async def callback(self, request: Request) -> Response:
        if request.method != "GET":  # a HEAD from a link checker must not use up the state
            return Response(status_code=405, headers={"Allow": "GET"})
        try:
            browser = request.cookies.get(self._cookie, "")
            account = await self._authorizations.complete(_once_each(request), browser)
        except LedgerportError as problem:
            return self._refuse(problem)
        self._log("connected", account=account.id, integration=account.integration)
        company = account.company or account.name
        return self._show("connected", title=self._title(account), company=company, name=account.name)

    def _title(self, account: Account) -> str:
        return self._catalog().integrations[account.integration].title

    def _refuse(self, problem: LedgerportError) -> Response:
        self._log("not_connected", code=problem.code, vendor_code=problem.vendor_code)
        return self._show("not_connected", problem.status, message=problem.message, advice=problem.advice)

    def _with_cookie(self, response: Response, browser: str) -> Response:
        response.set_cookie(
            self._cookie, browser, max_age=int(STATE_SECONDS), path=CONNECT_PATH, secure=self._is_secure,
            httponly=True, samesite="lax",
        )  # fmt: skip
        return response


def _may_lead_to(address: str) -> str:
    """Where the form may lead, for the content security policy.

    Browsers apply it to the redirects that follow as well, and a vendor may send the person on to a sign-in page
    elsewhere: any https address, and the vendor's own where that is a simulator on this machine.
    """
    parts = urlsplit(address)
    return "'self' https:" if parts.scheme == "https" else f"'self' https: {parts.scheme}://{parts.netloc}"


async def _proof(request: Request) -> str:
    """Return the one field of the form. Raises InvalidRequest for anything that the page does not send."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LONGEST_FORM:
            raise InvalidRequest("This form is too large.", advice=AGAIN)
    found = parse_qsl(content.decode("ascii", "replace"), max_num_fields=4) if content.count(b"&") < 4 else []
    return next((value for name, value in found if name == "proof"), "")


def _once_each(request: Request) -> dict[str, str]:
    """Return the query, each name once: two states or codes would be read differently by different readers."""
    values = dict(request.query_params)
    if len(values) != len(request.query_params.multi_items()):
        raise InvalidRequest("The answer of the vendor names something twice.", advice=AGAIN)
    return values
