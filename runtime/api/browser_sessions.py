"""Who asks by the session of a browser, and whether a page of somebody else's has the browser ask.

Called by `session_endpoints`, and by `routes` for what a person alone may do. A request by cookie that changes
something is JSON besides, which no form of another page can send.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from runtime.errors import Forbidden, Unauthorized
from runtime.identity.sessions import Sessions
from runtime.people import SignedIn


class BrowserSessions:
    """Reads the cookies of sessions. One for the process."""

    def __init__(self, sessions: Sessions, public_url: str) -> None:
        self._sessions, self.public_url = sessions, public_url

    def has_cookie(self, request: Request) -> bool:
        """Return whether a request comes with the cookie of a session, whatever it is worth."""
        return self._sessions.cookie_name in request.cookies

    async def find(self, request: Request) -> SignedIn:
        """Return who is signed in. Raises Unauthorized, which says where to sign in."""
        who = await self._sessions.find(request.cookies.get(self._sessions.cookie_name, ""))
        if who is None:
            raise Unauthorized(
                "Nobody is signed in here, or the session has ended.",
                advice=f"Sign in at {self.public_url}/sign-in, and send the cookie of that session.",
            )
        return who

    def check_page(self, request: Request) -> None:
        """Raise Forbidden for a request that a page of somebody else's has the browser send."""
        origin = request.headers.get("origin", "")
        site = request.headers.get("sec-fetch-site", "same-origin")
        if (origin and origin != _origin_of(self.public_url)) or site not in ("same-origin", "none"):
            raise Forbidden(
                "Pages of other sites may not use the session of this browser.",
                advice=f"Send this from a page of {self.public_url}, or from a program.",
            )


def _origin_of(public_url: str) -> str:
    parts = urlsplit(public_url)
    return f"{parts.scheme}://{parts.netloc}"
