"""Who asks for a page: the session behind a cookie, and the page that whoever has none is led to.

Called by every page for people who are signed in. The application has the sessions as `app.state.sessions`.
"""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from runtime.identity.sessions import Sessions
from runtime.people import SignedIn

SIGN_IN_PATH = "/sign-in"


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
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(
        f"{SIGN_IN_PATH}?{urlencode({'return_to': back})}", 303, {"Cache-Control": "no-store"}
    )
