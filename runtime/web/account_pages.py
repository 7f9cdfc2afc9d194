"""The page of a person's own account: who he or she is here, passkeys, and the browsers that are signed in.

Called by `routes`. A passkey is added by the script of the page; everything else works without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.identity.passkeys import Passkeys
from runtime.people import SignedIn
from runtime.web.person_pages import (
    CHOSEN_ZONE_COOKIE,
    THEME_COOKIE,
    THEMES,
    PageParts,
    PersonPages,
    answer_json,
    read_theme,
    refuse_stranger,
    reply_json,
    require_person,
)
from runtime.web.signing_in import (
    ACCOUNT_PATH,
    SIGN_IN_PATH,
    find_sessions,
    find_signed_in,
    read_cookie,
    remove_session,
)

ADD_PASSKEY, REMOVE_PASSKEY, SIGN_OUT_EVERYWHERE = "add passkey", "remove passkey", "sign out everywhere"
FORMATS = "formats"
"""The names of the forms of the page."""
_WISH_SECONDS = 365 * 86_400
"""A year, as long as the script of the pages has the same cookies last."""
_CONTINENTS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)
"""Of the IANA database: what begins otherwise is an alias of a zone that begins so, or an offset without rules."""


class AccountPages(PersonPages):
    """The account of whoever is signed in."""

    def __init__(self, parts: PageParts) -> None:
        super().__init__(parts)
        self._passkeys = Passkeys(parts.deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of this page."""
        return [
            Route(ACCOUNT_PATH, self.look, methods=["GET"]),
            Route(ACCOUNT_PATH + "/passkeys/options", self.ask_passkey, methods=["POST"]),
            Route(ACCOUNT_PATH + "/passkeys", self.add_passkey, methods=["POST"]),
            Route(ACCOUNT_PATH + "/passkeys/remove", self.remove_passkey, methods=["POST"]),
            Route(ACCOUNT_PATH + "/formats", self.choose_formats, methods=["POST"]),
            Route(ACCOUNT_PATH + "/sign-out-everywhere", self.sign_out_everywhere, methods=["POST"]),
        ]

    @require_person
    async def look(self, request: Request, who: SignedIn) -> Response:
        """Show who is signed in, and by what he or she may sign in."""
        return await self.show(
            request,
            who,
            "account",
            session=who.session,
            passkeys=await self._passkeys.list_all(who.person.id),
            has_passkeys=self._passkeys.is_possible(),
            browsers=await find_sessions(request).count(who.person.id),
            forms={
                "add": ADD_PASSKEY,
                "remove": REMOVE_PASSKEY,
                "everywhere": SIGN_OUT_EVERYWHERE,
                "formats": FORMATS,
            },
            zones=list_zones(),
            chosen_zone=request.cookies.get(CHOSEN_ZONE_COOKIE, ""),
            chosen_theme=read_theme(request),
            is_chosen="chosen" in request.query_params,
        )

    @require_person
    async def choose_formats(self, request: Request, _who: SignedIn) -> Response:
        """Have the browser remember a time zone and a theme; what is no such thing is the browser's own."""
        values = await self.check_form(request, FORMATS)
        zone, theme = values.get("zone", ""), values.get("theme", "")
        response = RedirectResponse(f"{ACCOUNT_PATH}?chosen=1#formats", 303)
        _set_wish(request, response, CHOSEN_ZONE_COOKIE, zone if zone in list_zones() else "")
        _set_wish(request, response, THEME_COOKIE, theme if theme in THEMES else "")
        return response

    @answer_json
    async def ask_passkey(self, request: Request, sent: Mapping[str, Any]) -> Response:
        """Answer what a browser needs to make a passkey."""
        who = await self._check(request, sent)
        return reply_json(await self._passkeys.begin_adding(who, read_cookie(request)))

    @answer_json
    async def add_passkey(self, request: Request, sent: Mapping[str, Any]) -> Response:
        """Store a passkey that a browser has made."""
        who = await self._check(request, sent)
        name = str(sent.get("name") or "")
        await self._passkeys.add(who, read_cookie(request), sent.get("credential"), name)
        self._log("passkey_added", person=who.person.id)
        return reply_json({"location": ACCOUNT_PATH})

    @require_person
    async def remove_passkey(self, request: Request, who: SignedIn) -> Response:
        """Forget a passkey."""
        values = await self.check_form(request, REMOVE_PASSKEY)
        await self._passkeys.remove(who, values.get("passkey", ""))
        self._log("passkey_removed", person=who.person.id)
        return RedirectResponse(ACCOUNT_PATH, 303)

    @require_person
    async def sign_out_everywhere(self, request: Request, who: SignedIn) -> Response:
        """End all sessions of the person, this one included."""
        await self.check_form(request, SIGN_OUT_EVERYWHERE)
        await find_sessions(request).end_all(who.person.id)
        self._log("signed_out_everywhere", person=who.person.id)
        return remove_session(request, RedirectResponse(SIGN_IN_PATH, 303))

    async def _check(self, request: Request, sent: Mapping[str, Any]) -> SignedIn:
        """Return who asks by script. Raises Forbidden without a session and the proof of the page."""
        who = await find_signed_in(request)
        if who is None:
            raise refuse_stranger()
        find_sessions(request).check_proof(read_cookie(request), ADD_PASSKEY, str(sent.get("proof") or ""))
        return who


@lru_cache(maxsize=1)
def list_zones() -> tuple[str, ...]:
    """Return the time zones that a person chooses from: UTC, and one for each city of the IANA database."""
    cities = (each for each in available_timezones() if each.partition("/")[0] in _CONTINENTS and "/" in each)
    return ("UTC", *sorted(cities))


def _set_wish(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie that the script of the pages may read; an empty value removes it."""
    if value:
        is_secure = find_sessions(request).is_secure
        response.set_cookie(name, value, max_age=_WISH_SECONDS, path="/", secure=is_secure, samesite="lax")
    else:
        response.delete_cookie(name, path="/", samesite="lax")
