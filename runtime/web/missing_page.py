"""The page of an address at which there is nothing, for browsers; programs are answered by `api.routes`, as JSON.

Called by `api.routes`, to which `server.app` gives it.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from runtime.errors import LedgerportError, NotFound
from runtime.web.person_pages import PersonPages
from runtime.web.signing_in import find_signed_in


class MissingPage(PersonPages):
    """Answers browsers that ask for an address which nothing serves, in the frame for whoever is signed in."""

    async def answer(self, request: Request) -> Response | None:
        """Return the page; None for a program, and for another method than GET."""
        if request.method not in ("GET", "HEAD") or not wants_page(request):
            return None
        problem = NotFound(
            "There is nothing at this address.",
            advice="It may have been misspelt, or belong to something that was deleted.",
        )
        try:
            who = await find_signed_in(request)
        except LedgerportError:
            who = None
        return await self.refuse(request, problem, who)


def wants_page(request: Request) -> bool:
    """Whether a browser asks: it names HTML before anything else (RFC 9110 §12.5.1)."""
    return request.headers.get("accept", "").lstrip().lower().startswith("text/html")
