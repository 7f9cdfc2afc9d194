"""The pages by which people come in and go: sign-in, the answer of an issuer, invitations, sign-out.

Called by `routes`. A link in a mail changes nothing when it is looked at, because programs look at links too: its
button does. Wrong links and sign-ins that fail count as guesses. Nobody is led to another site but the issuer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import Forbidden, InvalidRequest
from runtime.identity.passkeys import Passkeys
from runtime.identity.people import INVITATION_PATH, People, refuse_link
from runtime.identity.sign_ins import CALLBACK_PATH, SignIns
from runtime.people import Person
from runtime.web.person_pages import SIGN_OUT, PageParts, PersonPages, answer_json, guard, reply_json
from runtime.web.signing_in import (
    HOME,
    SIGN_IN_PATH,
    choose_return,
    find_sessions,
    find_signed_in,
    forget_return,
    note_return,
    read_browser,
    read_cookie,
    read_return,
    remove_session,
    set_browser,
    set_session,
)

SIGN_IN = "sign in"
"""The name of the forms of the sign-in page."""
_NOT_STORED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class SignInPages(PersonPages):
    """The pages before anybody is signed in."""

    def __init__(self, parts: PageParts) -> None:
        super().__init__(parts)
        self._people, self.sign_ins = People(parts.deployment), SignIns(parts.deployment)
        self._passkeys = Passkeys(parts.deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages."""
        return [
            Route(SIGN_IN_PATH, self.look, methods=["GET"]),
            Route(SIGN_IN_PATH + "/with/{name}", self.lead_on, methods=["POST"]),
            Route(CALLBACK_PATH + "/{name}", self.take_answer, methods=["GET"]),
            Route(SIGN_IN_PATH + "/passkey/options", self.ask_passkey, methods=["POST"]),
            Route(SIGN_IN_PATH + "/passkey", self.take_passkey, methods=["POST"]),
            Route(INVITATION_PATH + "/{secret}", self.look_at_invitation, methods=["GET"]),
            Route(INVITATION_PATH + "/{secret}", self.accept_invitation, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
        ]

    @guard
    async def look(self, request: Request) -> Response:
        """Show how to sign in; whoever is signed in goes on."""
        back = choose_return(request.query_params.get("return_to", HOME))
        if await find_signed_in(request) is not None:
            return RedirectResponse(back, 303, _NOT_STORED)
        origins = self.sign_ins.list_origins()
        shown = self.show_stranger(
            request,
            "sign_in",
            form_action=" ".join(["'self'", "https:", *origins])
            if self.sign_ins.list_issuers()
            else "'self'",
            issuers=self.sign_ins.list_issuers(),
            has_passkeys=self._passkeys.is_possible(),
            back=urlencode({"return_to": back}),
            form=SIGN_IN,
        )
        return note_return(request, shown, back)

    @guard
    async def lead_on(self, request: Request) -> Response:
        """Lead to an issuer of identities."""
        await self.check_stranger_form(request, SIGN_IN)
        back = choose_return(request.query_params.get("return_to", HOME))
        browser = read_browser(request)
        address = await self.sign_ins.begin(request.path_params["name"], browser, back)
        return set_browser(request, RedirectResponse(address, 303, _NOT_STORED), browser)

    @guard
    async def take_answer(self, request: Request) -> Response:
        """Take the answer of an issuer, and sign its person in."""
        if request.method != "GET":  # a HEAD from a link checker must not use up the state
            return Response(status_code=405, headers={"Allow": "GET"})
        values = dict(request.query_params)
        if len(values) != len(request.query_params.multi_items()):
            raise InvalidRequest(
                "The answer names something twice.", advice="Begin again at the sign-in page."
            )
        try:
            found = await self.sign_ins.finish(request.path_params["name"], values, read_browser(request))
        except (InvalidRequest, Forbidden):
            await self.note_guess(request)
            raise
        return await self._begin(request, found.person, found.signed_in_by, found.return_to)

    @answer_json
    async def ask_passkey(self, request: Request, sent: Mapping[str, Any]) -> Response:
        """Answer what a browser needs to use a passkey."""
        browser = self._check(request, sent)
        return reply_json(await self._passkeys.begin_signing_in(browser))

    @answer_json
    async def take_passkey(self, request: Request, sent: Mapping[str, Any]) -> Response:
        """Sign in whoever has used a passkey."""
        browser = self._check(request, sent)
        try:
            person = await self._passkeys.sign_in(browser, sent.get("credential"))
        except (InvalidRequest, Forbidden):
            await self.note_guess(request)
            raise
        back = choose_return(request.query_params.get("return_to", HOME))
        cookie = await self._sign_in(request, person, "passkey")
        return set_session(request, reply_json({"location": back}), cookie)

    @guard
    async def look_at_invitation(self, request: Request) -> Response:
        """Show what a link is for; nothing is changed."""
        found = await self._people.find_invitation(request.path_params["secret"])
        if found is None:
            await self.note_guess(request)
            raise refuse_link()
        who = await find_signed_in(request)
        return self.show_stranger(
            request,
            "invitation",
            invitation=found,
            signed_in_as=who.person.email if who else "",
            action=_address_invitation(request),
            form=_name_invitation(found.id),
        )

    @guard
    async def accept_invitation(self, request: Request) -> Response:
        """Use up a link, and sign in whom it lets in."""
        secret = request.path_params["secret"]
        found = await self._people.find_invitation(secret)
        if found is None:
            await self.note_guess(request)
            raise refuse_link()
        await self.check_stranger_form(request, _name_invitation(found.id))
        who = await find_signed_in(request)
        person = await self._people.accept(secret, who.person.id if who else None)
        self._log("invitation_used", person=person.id, tenant=found.tenant_id)
        back = choose_return(request.query_params.get("return_to", HOME))
        if who is not None and who.person.id == person.id:
            return forget_return(request, RedirectResponse(back, 303, _NOT_STORED))
        return forget_return(request, await self._begin(request, person, "invitation", back))

    @guard
    async def sign_out(self, request: Request) -> Response:
        """End the session of this browser."""
        await self.check_form(request, SIGN_OUT)
        await find_sessions(request).end(read_cookie(request))
        return remove_session(request, RedirectResponse(SIGN_IN_PATH, 303, _NOT_STORED))

    def _check(self, request: Request, sent: Mapping[str, Any]) -> str:
        """Return the browser that a script runs in. Raises Forbidden without the proof of its page."""
        browser = read_browser(request)
        find_sessions(request).check_proof(browser, SIGN_IN, str(sent.get("proof") or ""))
        return browser

    async def _begin(self, request: Request, person: Person, by: str, back: str) -> Response:
        """Sign a person in, and lead back to where the browser was."""
        cookie = await self._sign_in(request, person, by)
        return set_session(request, RedirectResponse(choose_return(back), 303, _NOT_STORED), cookie)

    async def _sign_in(self, request: Request, person: Person, by: str) -> str:
        """Return the cookie of a new session; the one that the browser had ends."""
        sessions = find_sessions(request)
        await sessions.end(read_cookie(request))
        cookie = await sessions.begin(person.id, by)
        self._log("signed_in", person=person.id, by=by)
        return cookie


def _address_invitation(request: Request) -> str:
    """Return where the form of an invitation is sent: with the page to return to, where the browser came from one."""
    back = choose_return(request.query_params.get("return_to") or read_return(request))
    return request.url.path + (f"?{urlencode({'return_to': back})}" if back != HOME else "")


def _name_invitation(invitation_id: str) -> str:
    return f"invitation {invitation_id}"
