"""What the pages for people share: the frame with who is signed in, forms and their proofs, errors as pages, guesses.

`sign_in_pages`, `account_pages` and `people_pages` inherit from it; so can every other page for people who are signed
in. Each handler is wrapped by `guard`, which turns an error into the page that says it.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

import orjson
from starlette.requests import Request
from starlette.responses import Response

from runtime.deployment import Deployment
from runtime.errors import Forbidden, InternalError, InvalidRequest, LedgerportError, NotFound, TooManyGuesses
from runtime.identity.roles import may
from runtime.logs import Log, find_failing_line
from runtime.model import Account
from runtime.operations.formats import Formats, find_zone
from runtime.people import SignedIn
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import Guesses
from runtime.web.bodies import read_body
from runtime.web.connect import Show
from runtime.web.navigation import MOST_COMPANIES, find_work_tenants, show_company
from runtime.web.problem_view import describe_problem
from runtime.web.signing_in import (
    HOME,
    find_sessions,
    find_signed_in,
    lead_to_sign_in,
    read_browser,
    read_cookie,
    set_browser,
)

LONGEST_FORM = 32_768
"""Bytes. The longest form has the address to return to, of 8,000 characters, each of which may take three bytes."""
LONGEST_JSON = 65_536
"""Bytes of what a passkey answers; an attestation with a chain of certificates has some thousands."""
_MOST_FIELDS = 12
"""Fields of a form, where its page does not name another number; the largest of these has three."""
_AGAIN = "Open the page again."
THEME_COOKIE, ZONE_COOKIE = "theme", "zone"
"""Cookies of the viewer's wishes, which the script of the pages sets; they say nothing of who it is."""
CHOSEN_ZONE_COOKIE = "chosen-zone"
"""The time zone that the viewer has chosen, which counts before the one that the browser says."""
THEMES = ("light", "dark")
SIGN_OUT = "sign out"
"""The name of the form that every page of a person has."""

Handler = Callable[[Any, Request], Awaitable[Response]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class PageParts:
    """What pages for people are made of."""

    deployment: Deployment
    show: Show
    log: Log
    guesses: Guesses
    addresses: ClientAddresses


class PersonPages:
    """Shows pages to people, signed in or not."""

    def __init__(self, parts: PageParts) -> None:
        self._deployment, self._log = parts.deployment, parts.log
        self._parts = parts

    async def show(
        self,
        request: Request,
        who: SignedIn,
        page: str,
        status: int = 200,
        *,
        account: Account | None = None,
        **values: Any,
    ) -> Response:
        """Return a page for somebody who is signed in; its forms get their proofs with `prove(name of the form)`.

        `account` is the company that the page is of, where it is of one. A page that htmx asks for is answered without
        its frame where it has a block `part`.
        """
        cookie, sessions = read_cookie(request), find_sessions(request)
        accounts = await self._list_navigated(who, account)
        return self._parts.show(
            page,
            status,
            form_action="'self'",
            person=who.person,
            members=who.members,
            path=request.url.path,
            theme=read_theme(request),
            account=account,
            companies=[show_company(each, account) for each in accounts],
            work_tenants=find_work_tenants(accounts, who, self._deployment.catalog()),
            may_see_books=any(may(each.role, "see_journal") for each in who.members),
            prove=lambda form: sessions.make_proof(cookie, form),
            **{"section": "", "waiting": 0, "formats": self.make_plain_formats(request), **values},
        )

    def make_plain_formats(self, request: Request) -> Formats:
        """Return how a page writes times that is of no company."""
        return Formats(zone=read_zone(request), now=self._deployment.clock())

    async def _list_navigated(self, who: SignedIn, account: Account | None) -> list[Account]:
        """Return the first companies that the person can choose from; the one that is shown is among them."""
        stores = self._deployment.stores
        found = await stores.read(lambda: stores.records.list_for_person(who.person.id, MOST_COMPANIES))
        if account is not None and all(each.id != account.id for each in found):
            return [account, *found]
        return found

    def show_stranger(
        self, request: Request, page: str, form_action: str = "'self'", **values: Any
    ) -> Response:
        """Return a page for somebody who is not signed in: its forms are bound to the browser by a cookie."""
        browser, sessions = read_browser(request), find_sessions(request)
        shown = self._parts.show(
            page,
            form_action=form_action,
            theme=read_theme(request),
            prove=lambda form: sessions.make_proof(browser, form),
            **values,
        )
        return set_browser(request, shown, browser)

    async def check_form(
        self, request: Request, form: str, most_fields: int = _MOST_FIELDS, longest: int = LONGEST_FORM
    ) -> dict[str, str]:
        """Return the fields of a form of somebody who is signed in. Raises Forbidden without its proof."""
        values = await read_form(request, most_fields, longest)
        find_sessions(request).check_proof(read_cookie(request), form, values.get("proof", ""))
        return values

    async def check_stranger_form(self, request: Request, form: str) -> dict[str, str]:
        """Return the fields of a form of a browser in which nobody is signed in. Raises Forbidden without its proof."""
        values = await read_form(request)
        find_sessions(request).check_proof(read_browser(request), form, values.get("proof", ""))
        return values

    async def note_guess(self, request: Request) -> None:
        """Count a wrong link or a sign-in that failed. Raises TooManyGuesses for an address that sends many."""
        peer = request.client.host if request.client else ""
        address = self._parts.addresses.find(peer, request.headers.raw)
        if wait := await self._parts.guesses.note(address):
            raise TooManyGuesses(wait)

    async def refuse(self, request: Request, error: Exception, who: SignedIn | None = None) -> Response:
        """Return the page that says what is wrong, without its frame where that cannot be shown either.

        An error that nothing expected is logged, and answered as a failure of the server.
        """
        problem = self._find_problem(request, error)
        values = describe_problem(request, problem)
        if who is not None:
            try:
                shown = await self.show(request, who, "problem", problem.status, home=HOME, **values)
            except Exception:  # noqa: BLE001  (what failed may be what the frame needs)
                shown = self._parts.show("problem", problem.status, home=HOME, **values)
        else:
            shown = self._parts.show("problem", problem.status, home="/sign-in", **values)
        return _with_wait(shown, problem)

    def _find_problem(self, request: Request, error: Exception) -> LedgerportError:
        """Return an error as one of ours, and log it."""
        page = _name_page(request)
        if isinstance(error, LedgerportError):
            self._log("page_refused", page=page, code=error.code)
            return error
        self._log("page_failed", page=page, error=type(error).__name__, at=find_failing_line(error))
        return InternalError()


def guard(handler: H) -> H:
    """Return a handler of a page that anybody may open, whose errors become pages."""

    @functools.wraps(handler)
    async def answer(pages: PersonPages, request: Request) -> Response:
        try:
            return await handler(pages, request)
        except Exception as error:  # noqa: BLE001  (`refuse` logs what was not expected)
            return await pages.refuse(request, error)

    return answer  # type: ignore[return-value]


def require_person(
    handler: Callable[[Any, Request, SignedIn], Awaitable[Response]],
) -> Callable[[Any, Request], Awaitable[Response]]:
    """Return a handler of a page for people who are signed in; whoever is not is led to sign in, and back."""

    @functools.wraps(handler)
    async def answer(pages: PersonPages, request: Request) -> Response:
        try:
            who = await find_signed_in(request)
        except Exception as error:  # noqa: BLE001  (as above)
            return await pages.refuse(request, error)
        if who is None:
            return lead_to_sign_in(request)
        try:
            return await handler(pages, request, who)
        except Exception as error:  # noqa: BLE001  (`refuse` logs what was not expected)
            return await pages.refuse(request, error, who)

    return answer


def answer_json(
    handler: Callable[[Any, Request, Mapping[str, Any]], Awaitable[Response]],
) -> Callable[[Any, Request], Awaitable[Response]]:
    """Return a handler for a script of our own pages: it takes and answers JSON, also for an error."""

    @functools.wraps(handler)
    async def answer(pages: PersonPages, request: Request) -> Response:
        try:
            return await handler(pages, request, await read_json(request))
        except Exception as error:  # noqa: BLE001  (as above)
            problem = pages._find_problem(request, error)
            said = {"code": problem.code, "message": problem.message, "advice": problem.advice}
            return _with_wait(reply_json(said, problem.status), problem)

    return answer


def reply_json(content: Mapping[str, Any], status: int = 200) -> Response:
    """Return JSON that no cache stores."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(orjson.dumps(dict(content)), status, headers, "application/json")


async def read_form(
    request: Request, most_fields: int = _MOST_FIELDS, longest: int = LONGEST_FORM
) -> dict[str, str]:
    """Return the fields of a form. Raises InvalidRequest for one that is larger than its page sends."""
    content = await read_body(request, longest, _AGAIN)
    if content.count(b"&") >= most_fields:
        raise InvalidRequest("This form has more fields than any page sends.", advice=_AGAIN)
    return dict(reversed(parse_qsl(content.decode("ascii", "replace"), max_num_fields=most_fields)))


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object that a script of ours has sent. Raises InvalidRequest for anything else."""
    try:
        found = orjson.loads(await read_body(request, LONGEST_JSON, _AGAIN))
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise InvalidRequest("This is no JSON object.", advice=_AGAIN)
    return found


def read_theme(request: Request) -> str:
    """Return the theme that the viewer has chosen; empty for the browser's own."""
    theme = request.cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""


def read_zone(request: Request) -> tzinfo:
    """Return the time zone of the viewer: the one that was chosen, else the browser's; UTC without either."""
    chosen = request.cookies.get(CHOSEN_ZONE_COOKIE) or request.cookies.get(ZONE_COOKIE, "")
    return find_zone(unquote(chosen))


def refuse_stranger() -> Forbidden:
    """Return the error for a script whose person is not signed in any more."""
    return Forbidden("You are not signed in any more.", advice="Sign in, and try again.")


def refuse_missing() -> NotFound:
    """Return the error for what is not there."""
    return NotFound("There is nothing at this address.")


def _name_page(request: Request) -> str:
    """Return the name of a page's handler: its address may have a secret in it."""
    return str(getattr(request.scope.get("endpoint"), "__name__", ""))


def _with_wait(response: Response, problem: LedgerportError) -> Response:
    if wait := getattr(problem, "retry_after", None):
        response.headers["Retry-After"] = str(wait)
    return response
