"""The reference pages at `/docs`, for anybody: in the frame of the product for those who are signed in, or a plain one.

Called by `routes`. `docs` renders what is shown, once for each catalog, in a thread; only a search is made anew. In the
plain frame nothing runs. A page that repeats what was searched for is not compressed for somebody who is signed in,
because its forms have secrets, and the length of a compressed page would say something of them.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from generator.catalog import Catalog
from runtime.error_codes import ERROR_PAGES
from runtime.errors import LedgerportError
from runtime.operations.tool_search import LONGEST_QUERY
from runtime.people import SignedIn
from runtime.web.docs import ROOT, Docs, Part
from runtime.web.person_pages import PageParts, PersonPages
from runtime.web.signing_in import find_signed_in

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding, Cookie",
}
_FAST = 1
"""The level of compression for one viewer: 0.8 ms for the largest page, a seventh of its length (measured here)."""


def make_docs_routes(catalog: Callable[[], Catalog], parts: PageParts | None = None) -> list[BaseRoute]:
    """Return the routes of the reference pages; without `parts` nobody is signed in."""
    return DocsPages(catalog, PersonPages(parts) if parts else None).make_routes()


class DocsPages:
    """Answers with the pages of the catalog that is served now."""

    def __init__(self, catalog: Callable[[], Catalog], people: PersonPages | None) -> None:
        self._catalog, self._people = catalog, people
        self._made: Docs | None = None

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages."""
        return [
            Route(ROOT, self.look, methods=["GET"]),
            Route(ROOT + "/", self.look, methods=["GET"]),
            Route(ERROR_PAGES, self.look_at_errors, methods=["GET"]),
            Route(ERROR_PAGES + "/{code}", self.look_at_error, methods=["GET"]),
            Route(ROOT + "/{key:path}", self.look_at_resource, methods=["GET"]),
        ]

    async def look(self, request: Request) -> Response:
        """Show the index, what has a tag, or what a search finds."""
        query = request.query_params.get("q", "").strip()[:LONGEST_QUERY]
        if query:
            return await self._show(request, lambda here: here.find_search(query))
        tag = request.query_params.get("tag", "")
        return await self._show(request, lambda here: here.find_index(tag))

    async def look_at_errors(self, request: Request) -> Response:
        """Show the codes of errors."""
        return await self._show(request, Docs.find_errors)

    async def look_at_error(self, request: Request) -> Response:
        """Show one code of an error."""
        return await self._show(request, lambda here: here.find_error(request.path_params["code"]))

    async def look_at_resource(self, request: Request) -> Response:
        """Show a resource with its tools."""
        return await self._show(request, lambda here: here.find_resource(request.path_params["key"]))

    async def _show(self, request: Request, find: Callable[[Docs], Part | None]) -> Response:
        who = await _find_viewer(request) if self._people else None
        part, page, status = await asyncio.to_thread(self._find, find, is_plain=who is None)
        if who is None or self._people is None:
            return reply(request, page, status)
        return await _show_signed_in(self._people, request, who, part, status)

    def _find(self, find: Callable[[Docs], Part | None], *, is_plain: bool) -> tuple[Part, bytes, int]:
        here = self._docs()
        found = find(here)
        part = here.find_missing() if found is None else found
        return part, here.render(part) if is_plain else b"", 404 if found is None else 200

    def _docs(self) -> Docs:
        catalog, made = self._catalog(), self._made
        if made is None or made.catalog is not catalog:
            made = self._made = Docs(catalog)
        return made


async def _find_viewer(request: Request) -> SignedIn | None:
    """Return who is signed in; nobody while that cannot be found out, for the reference needs no database."""
    try:
        return await find_signed_in(request)
    except LedgerportError:
        return None


async def _show_signed_in(
    people: PersonPages, request: Request, who: SignedIn, part: Part, status: int
) -> Response:
    shown = await people.show(request, who, "docs", status, section="docs", title=part.title, body=part.body)
    if part.key and "gzip" in request.headers.get("accept-encoding", ""):
        shown.body = zlib.compress(bytes(shown.body), _FAST, 31)
        shown.headers["Content-Encoding"] = "gzip"
        shown.headers["Content-Length"] = str(len(shown.body))
    return shown


def reply(request: Request, page: bytes, status: int = 200) -> Response:
    """Return a page that is the same for everybody, which a browser need not be sent twice."""
    headers = dict(_HEADERS)
    if status != 200:
        return Response(page, status, headers, "text/html")
    tag = headers["ETag"] = f'W/"{zlib.crc32(page):08x}-{len(page)}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        page = _compress(page)
    return Response(page, headers=headers, media_type="text/html")


@lru_cache(maxsize=128)
def _compress(page: bytes) -> bytes:
    return zlib.compress(page, 6, 31)
