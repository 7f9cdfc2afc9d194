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
    links = authorizations.links
    is_secure = links.redirect_uri.startswith("https:")
    cookie = "__Secure-ledgerport-connect" if is_secure else "ledgerport-connect"

    def refused(problem: LedgerportError) -> Response:
        log("not_connected", code=problem.code, vendor_code=problem.vendor_code)
        return show("not_connected", problem.status, message=problem.message, advice=problem.advice)

    def with_cookie(response: Response, browser: str) -> Response:
        response.set_cookie(
            cookie, browser, max_age=int(STATE_SECONDS), path=CONNECT_PATH, secure=is_secure, httponly=True,
            samesite="lax",
        )  # fmt: skip
        return response

    async def look(request: Request) -> Response:
        state, given = request.path_params["state"], request.cookies.get(cookie, "")
        try:
            account, address = await links.look(state, given)
        except LedgerportError as problem:
            return refused(problem)
        browser = links.browser(given)
        page = show(
            "connect", form_action=_may_lead_to(address), title=catalog().integrations[account.integration].title,
            name=account.name, action=f"{CONNECT_PATH}/{state}", proof=links.proof(state, browser),
        )  # fmt: skip
        page.headers["Referrer-Policy"] = "same-origin"
        return with_cookie(page, browser)

    async def go_on(request: Request) -> Response:
        state, browser = request.path_params["state"], request.cookies.get(cookie, "")
        try:
            address = await links.open(state, browser, await _proof(request))
        except LedgerportError as problem:
            return refused(problem)
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return with_cookie(RedirectResponse(address, 303, headers), browser)

    async def callback(request: Request) -> Response:
        if request.method != "GET":  # a HEAD from a link checker must not use up the state
            return Response(status_code=405, headers={"Allow": "GET"})
        try:
            account = await authorizations.complete(_once_each(request), request.cookies.get(cookie, ""))
        except LedgerportError as problem:
            return refused(problem)
        log("connected", account=account.id, integration=account.integration)
        title = catalog().integrations[account.integration].title
        return show("connected", title=title, company=account.company or account.name, name=account.name)

    return [
        Route(CALLBACK_PATH, callback, methods=["GET"]),
        Route(CONNECT_PATH + "/{state}", look, methods=["GET"]),
        Route(CONNECT_PATH + "/{state}", go_on, methods=["POST"]),
    ]


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
