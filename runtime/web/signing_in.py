"""Who asks for a page: the session behind a cookie, and the page that whoever has none is led to.

Called by every page for people who are signed in. The application has the sessions as `app.state.sessions`
(`api.routes.make_application`), so that a page needs nothing but its request.
"""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from runtime.identity.sessions import Sessions
from runtime.people import SESSION_IDLE_SECONDS, SignedIn

SIGN_IN_PATH = "/sign-in"
HOME = "/"
"""Where a person is led who has come from nowhere: it leads on to a company (`landing`)."""
ACCOUNT_PATH = "/account"
LONGEST_RETURN = 8_000
"""Characters. The address at which a person allows a client has its redirect URI and a state in it; as much of both as
is accepted fits, and any proxy passes on an address of this length.
"""
_RETURN_COOKIE = "ledgerport-return"
_LONGEST_REMEMBERED = 3_500
"""Characters: what a browser stores in one cookie, less its name and attributes. A longer address is not remembered."""
_REMEMBERED_SECONDS = 3_600
"""An hour: whoever is led to sign in and has no invitation yet asks for one and opens it."""
_INVITATIONS = "/invitation"
"""Where alone the cookie is sent."""
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path of this deployment: no scheme, no second slash, no backslash, nothing that is no printable ASCII."""


def find_sessions(request: Request) -> Sessions:
    """Return the sessions of the application that a request came to."""
    return cast("Sessions", request.app.state.sessions)


def read_cookie(request: Request) -> str:
    """Return the cookie of the session; empty without one."""
    return request.cookies.get(find_sessions(request).cookie_name, "")


async def find_signed_in(request: Request) -> SignedIn | None:
    """Return who asks; None when nobody is signed in. Raises StorageUnavailable."""
    return await find_sessions(request).find(read_cookie(request))


def lead_to_sign_in(request: Request) -> Response:
    """Return the redirect to the page that signs in, which leads back to what was asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = choose_return(asked) if request.method in ("GET", "HEAD") else HOME
    return RedirectResponse(
        f"{SIGN_IN_PATH}?{urlencode({'return_to': back})}", 303, {"Cache-Control": "no-store"}
    )


def choose_return(asked: str) -> str:
    """Return where to lead a browser after sign-in: what was asked for if it is a path of ours, else the start."""
    return asked if len(asked) <= LONGEST_RETURN and _OWN_PATH.fullmatch(asked) else HOME


def note_return(request: Request, response: Response, back: str) -> Response:
    """Return a response that has its browser remember where to return to when it opens an invitation."""
    if back != HOME and len(back) <= _LONGEST_REMEMBERED:
        response.set_cookie(
            _RETURN_COOKIE, back, max_age=_REMEMBERED_SECONDS, path=_INVITATIONS, httponly=True, samesite="lax",
            secure=find_sessions(request).is_secure,
        )  # fmt: skip
    return response


def read_return(request: Request) -> str:
    """Return where the browser was when it was led to sign in; empty when it was nowhere."""
    return request.cookies.get(_RETURN_COOKIE, "")


def forget_return(request: Request, response: Response) -> Response:
    """Return a response that has its browser forget where it was."""
    if read_return(request):
        response.delete_cookie(_RETURN_COOKIE, path=_INVITATIONS, httponly=True, samesite="lax")
    return response


def set_session(request: Request, response: Response, cookie: str) -> Response:
    """Return a response that signs its browser in."""
    sessions = find_sessions(request)
    return _set(sessions, response, sessions.cookie_name, cookie)


def set_browser(request: Request, response: Response, browser: str) -> Response:
    """Return a response that gives a browser its name, before anybody is signed in there."""
    sessions = find_sessions(request)
    return _set(sessions, response, sessions.browser_cookie_name, browser)


def read_browser(request: Request) -> str:
    """Return the name of the browser, made where it has none."""
    sessions = find_sessions(request)
    return sessions.identify_browser(request.cookies.get(sessions.browser_cookie_name, ""))


def remove_session(request: Request, response: Response) -> Response:
    """Return a response that takes the cookie of the session from its browser."""
    sessions = find_sessions(request)
    response.delete_cookie(
        sessions.cookie_name, path="/", secure=sessions.is_secure, httponly=True, samesite="lax"
    )
    return response


def _set(sessions: Sessions, response: Response, name: str, value: str) -> Response:
    response.set_cookie(
        name, value, max_age=int(SESSION_IDLE_SECONDS), path="/", secure=sessions.is_secure, httponly=True,
        samesite="lax",
    )  # fmt: skip
    return response
