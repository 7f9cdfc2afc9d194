"""What the pages for people share: the frame with who is signed in, forms and their proofs, errors as pages, guesses.

`sign_in_pages`, `account_pages` and `people_pages` inherit from it; so can every other page for people who are signed
in. Each handler is wrapped by `guard`, which turns an error into the page that says it.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response

from runtime.deployment import Deployment
from runtime.errors import Forbidden, InvalidRequest, LedgerportError, NotFound, TooManyGuesses
from runtime.logs import Log
from runtime.people import SignedIn
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import Guesses
from runtime.web.bodies import read_body
from runtime.web.connect import Show
from runtime.web.signing_in import (
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
"""Fields of a form; ours have up to five, and a page of others may have some more."""
_AGAIN = "Open the page again."
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

    def show(self, request: Request, who: SignedIn, page: str, status: int = 200, **values: Any) -> Response:
        """Return a page for somebody who is signed in; its forms get their proofs with `prove(name of the form)`."""
        cookie, sessions = read_cookie(request), find_sessions(request)
        return self._parts.show(
            page,
            status,
            form_action="'self'",
            person=who.person,
            members=who.members,
            path=request.url.path,
            prove=lambda form: sessions.make_proof(cookie, form),
            **values,
        )

    def show_stranger(
        self, request: Request, page: str, form_action: str = "'self'", **values: Any
    ) -> Response:
        """Return a page for somebody who is not signed in: its forms are bound to the browser by a cookie."""
        browser, sessions = read_browser(request), find_sessions(request)
        shown = self._parts.show(
            page, form_action=form_action, prove=lambda form: sessions.make_proof(browser, form), **values
        )
        return set_browser(request, shown, browser)

    async def check_form(self, request: Request, form: str) -> dict[str, str]:
        """Return the fields of a form of somebody who is signed in. Raises Forbidden without its proof."""
        values = await read_form(request)
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

    def refuse(self, request: Request, problem: LedgerportError, who: SignedIn | None = None) -> Response:
        """Return the page that says what is wrong."""
        self._log("page_refused", page=_name_page(request), code=problem.code)
        values = {"message": problem.message, "advice": problem.advice}
        if who is None:
            return _with_wait(self._parts.show("problem", problem.status, home="/sign-in", **values), problem)
        return _with_wait(
            self.show(request, who, "problem", problem.status, home="/account", **values), problem
        )


def guard(handler: H) -> H:
    """Return a handler of a page that anybody may open, whose errors become pages."""

    @functools.wraps(handler)
    async def answer(pages: PersonPages, request: Request) -> Response:
        try:
            return await handler(pages, request)
        except LedgerportError as problem:
            return pages.refuse(request, problem)

    return answer  # type: ignore[return-value]


def require_person(
    handler: Callable[[Any, Request, SignedIn], Awaitable[Response]],
) -> Callable[[Any, Request], Awaitable[Response]]:
    """Return a handler of a page for people who are signed in; whoever is not is led to sign in, and back."""

    @functools.wraps(handler)
    async def answer(pages: PersonPages, request: Request) -> Response:
        try:
            who = await find_signed_in(request)
        except LedgerportError as problem:
            return pages.refuse(request, problem)
        if who is None:
            return lead_to_sign_in(request)
        try:
            return await handler(pages, request, who)
        except LedgerportError as problem:
            return pages.refuse(request, problem, who)

    return answer


def answer_json(
    handler: Callable[[Any, Request, Mapping[str, Any]], Awaitable[Response]],
) -> Callable[[Any, Request], Awaitable[Response]]:
    """Return a handler for a script of our own pages: it takes and answers JSON, also for an error."""

    @functools.wraps(handler)
    async def answer(pages: PersonPages, request: Request) -> Response:
        try:
            return await handler(pages, request, await read_json(request))
        except LedgerportError as problem:
            pages._log("page_refused", page=_name_page(request), code=problem.code)
            said = {"code": problem.code, "message": problem.message, "advice": problem.advice}
            return _with_wait(reply_json(said, problem.status), problem)

    return answer


def reply_json(content: Mapping[str, Any], status: int = 200) -> Response:
    """Return JSON that no cache stores."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(orjson.dumps(dict(content)), status, headers, "application/json")


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form. Raises InvalidRequest for one that is larger than any page sends."""
    content = await read_body(request, LONGEST_FORM, _AGAIN)
    if content.count(b"&") >= _MOST_FIELDS:
        raise InvalidRequest("This form has more fields than any page sends.", advice=_AGAIN)
    return dict(reversed(parse_qsl(content.decode("ascii", "replace"), max_num_fields=_MOST_FIELDS)))


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object that a script of ours has sent. Raises InvalidRequest for anything else."""
    try:
        found = orjson.loads(await read_body(request, LONGEST_JSON, _AGAIN))
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise InvalidRequest("This is no JSON object.", advice=_AGAIN)
    return found


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
