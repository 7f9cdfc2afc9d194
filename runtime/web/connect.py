"""The pages of a connection: behind a connect link, where the vendor sends the person back to, and for the choice of
one of several companies.

Somebody opens a link that `connect.links` made, goes on to the vendor's consent page, and comes back to the callback.
GET shows who is to be connected and changes nothing, because link previews and scanners send it too; the button's POST
binds the link to this browser. The cookie goes to these pages only and lives as long as a link.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from generator.catalog import Catalog
from runtime.connect.authorize import Authorizations
from runtime.connect.company_choice import Choice
from runtime.connect.links import AGAIN, CALLBACK_PATH, CONNECT_PATH, STATE_SECONDS
from runtime.connect.return_urls import build_return, find_return_origin
from runtime.errors import InvalidRequest, LedgerportError
from runtime.logs import Log
from runtime.model import Account
from runtime.web.bodies import read_body

LONGEST_FORM = 1024
"""Bytes. A form has a field of 64 characters, and one for a number."""

SECRET_ADDRESS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""Of a redirect that leads on from an address which nobody else may see."""


class Show(Protocol):
    """Renders one of the pages."""

    def __call__(
        self, page: str, status: int = 200, *, form_action: str = "'none'", **values: Any
    ) -> Response:
        """Return a page as a response."""


def make_connect_routes(pages: ConnectPages) -> list[BaseRoute]:
    """Return the routes of all pages."""
    return [
        Route(CALLBACK_PATH, pages.take_answer, methods=["GET"]),
        Route(CONNECT_PATH + "/{state}", pages.look, methods=["GET"]),
        Route(CONNECT_PATH + "/{state}", pages.go_on, methods=["POST"]),
        Route(CONNECT_PATH + "/{state}/company", pages.look_at_companies, methods=["GET"]),
        Route(CONNECT_PATH + "/{state}/company", pages.choose, methods=["POST"]),
    ]


class ConnectPages:
    """The pages of a connection. Each turns an error into the page that says it."""

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

    async def look(self, request: Request) -> Response:
        """Show who is to be connected."""
        state, given = self._who(request)
        try:
            account, address = await self._links.look(state, given)
        except LedgerportError as problem:
            return self.refuse(problem)
        browser = self._links.identify_browser(given)
        page = self._form_page(
            "connect", account, state, browser, f"{CONNECT_PATH}/{state}", _may_lead_to(address)
        )
        return self.set_cookie(page, browser)

    async def go_on(self, request: Request) -> Response:
        """Bind the link to the browser and lead on to the vendor."""
        state, browser = self._who(request)
        try:
            address = await self._links.open(state, browser, (await read_form(request)).get("proof", ""))
        except LedgerportError as problem:
            return self.refuse(problem)
        return self.set_cookie(RedirectResponse(address, 303, SECRET_ADDRESS), browser)

    async def take_answer(self, request: Request) -> Response:
        """Take the vendor's answer."""
        if request.method != "GET":  # a HEAD from a link checker must not use up the state
            return Response(status_code=405, headers={"Allow": "GET"})
        try:
            values = _once_each(request)
            account = await self._authorizations.complete(values, self.read_browser(request))
        except LedgerportError as problem:
            return await self._go_back(request, self.refuse(problem), problem)
        if isinstance(account, Choice):  # on an address of its own: this one has the vendor's code in it
            return RedirectResponse(_companies_of(values["state"]), 303, SECRET_ADDRESS)
        return await self._go_back(request, self._connected(account))

    async def look_at_companies(self, request: Request) -> Response:
        """Show the companies that the consent covers."""
        state, browser = self._who(request)
        try:
            choice = await self._authorizations.read_choice(state, browser)
        except LedgerportError as problem:
            return self.refuse(problem)
        return self._form_page(
            "choose",
            choice.account,
            state,
            browser,
            _companies_of(state),
            await self._list_targets(state, browser),
            companies=choice.companies,
        )

    async def choose(self, request: Request) -> Response:
        """Connect the company that the person chose."""
        state, browser = self._who(request)
        try:
            form = await read_form(request)
            proof, chosen = form.get("proof", ""), form.get("company", "")
            account = await self._authorizations.choose(state, browser, proof, chosen)
        except LedgerportError as problem:
            return await self._go_back(request, self.refuse(problem), problem)
        return await self._go_back(request, self._connected(account))

    def read_browser(self, request: Request) -> str:
        """Return what the cookie says; empty without one."""
        return request.cookies.get(self._cookie, "")

    def show_form(
        self, request: Request, secret: str, action: str, leads_to: Sequence[str], **values: Any
    ) -> Response:
        """Return the page of a link token, whose form may lead to these addresses."""
        browser = self._links.identify_browser(self.read_browser(request))
        shown = self._show(
            "link", form_action=_may_lead_to(*leads_to), action=action,
            proof=self._links.make_proof(secret, browser), host=urlsplit(self._links.redirect_uri).netloc, **values,
        )  # fmt: skip
        shown.headers["Referrer-Policy"] = "same-origin"
        return self.set_cookie(shown, browser)

    async def _go_back(
        self, request: Request, page: Response, problem: LedgerportError | None = None
    ) -> Response:
        """Return the redirect to where the platform wants the browser in the end; the page where it wants it nowhere.

        It says the account, and the code of an error; the state of the link leads there only in its own browser.
        """
        state = request.path_params.get("state") or request.query_params.get("state", "")
        found = await self._links.find_return(state, self.read_browser(request))
        if found is None:
            return page if problem is None else await self._refuse_answer(problem, state)
        account_id, url = found
        said = {"status": "error", "error": problem.code} if problem else {"status": "connected"}
        address = build_return(url, **said, integrated_account_id=account_id)
        return RedirectResponse(address, 303, SECRET_ADDRESS)

    async def _refuse_answer(self, problem: LedgerportError, state: str) -> Response:
        """Return the page that says what went wrong; whoever came by a link token can open that again."""
        link = await self._links.find_link(state)
        if link is not None and link.used_at is None:
            problem.advice = "Open the link that you were sent again: it still works."
        return self.refuse(problem)

    async def _list_targets(self, state: str, browser: str) -> str:
        """Return where the choice of a company may lead, for the content security policy: it covers redirects."""
        found = await self._links.find_return(state, browser)
        return f"'self' {find_return_origin(found[1])}" if found else "'self'"

    def _who(self, request: Request) -> tuple[str, str]:
        """Return the state in the address, and what the cookie says."""
        return request.path_params["state"], self.read_browser(request)

    def _title(self, account: Account) -> str:
        return self._catalog().integrations[account.integration].title

    def _connected(self, account: Account) -> Response:
        self._log("connected", account=account.id, integration=account.integration)
        company = account.company or account.name
        return self._show("connected", title=self._title(account), company=company, name=account.name)

    def refuse(self, problem: LedgerportError) -> Response:
        """Return the page that says what went wrong."""
        self._log("not_connected", code=problem.code, vendor_code=problem.vendor_code)
        return self._show("not_connected", problem.status, message=problem.message, advice=problem.advice)

    def _form_page(
        self,
        page: str,
        account: Account,
        state: str,
        browser: str,
        action: str,
        form_action: str,
        **more: Any,
    ) -> Response:
        """Return a page whose form only this browser can send. Its origin has to be known when the form arrives."""
        shown = self._show(
            page, form_action=form_action, title=self._title(account), name=account.name, action=action,
            proof=self._links.make_proof(state, browser), **more,
        )  # fmt: skip
        shown.headers["Referrer-Policy"] = "same-origin"
        return shown

    def set_cookie(self, response: Response, browser: str) -> Response:
        """Return a response that gives a browser its name."""
        response.set_cookie(
            self._cookie, browser, max_age=int(STATE_SECONDS), path=CONNECT_PATH, secure=self._is_secure,
            httponly=True, samesite="lax",
        )  # fmt: skip
        return response


def _companies_of(state: str) -> str:
    return f"{CONNECT_PATH}/{state}/company"


def _may_lead_to(*addresses: str) -> str:
    """Where the form may lead, for the content security policy.

    Browsers apply it to the redirects that follow as well, and a vendor may send the person on to a sign-in page
    elsewhere: any https address, and those of these addresses that are on this machine.
    """
    parts = [urlsplit(address) for address in addresses]
    here = [f"{each.scheme}://{each.netloc}" for each in parts if each.scheme == "http"]
    return " ".join(["'self' https:", *dict.fromkeys(here)])


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form. Raises TooLarge for one that is larger than any page sends."""
    content = await read_body(request, LONGEST_FORM, AGAIN)
    found = parse_qsl(content.decode("ascii", "replace"), max_num_fields=4) if content.count(b"&") < 4 else []
    return dict(reversed(found))


def _once_each(request: Request) -> dict[str, str]:
    """Return the query, each name once: two states or codes would be read differently by different readers."""
    values = dict(request.query_params)
    if len(values) != len(request.query_params.multi_items()):
        raise InvalidRequest("The answer of the vendor names something twice.", advice=AGAIN)
    return values
