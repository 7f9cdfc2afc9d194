"""The pages a person sees: where the vendor sends them back to, a plain index, and the reference pages (`docs`).

Before it: the vendor's consent page. After it: `connect.authorize` finishes the connection. A page takes no script,
loads nothing, is framed by nobody, is kept by no cache, and tells the address it was reached at to nobody, because
that holds the vendor's code.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from generator.catalog import Catalog
from runtime.connect.authorize import CALLBACK_PATH, Authorizations
from runtime.errors import InvalidRequest, LedgerportError
from runtime.logs import Log
from runtime.web.docs import make_docs_routes

_PAGES = Path(__file__).with_name("pages")


class Pages:
    """Renders the pages, with every value escaped."""

    def __init__(self) -> None:
        style = (_PAGES / "style.css").read_text(encoding="utf-8")
        self._environment = Environment(
            loader=FileSystemLoader(_PAGES), autoescape=True, undefined=StrictUndefined
        )
        self._environment.globals["style"] = Markup(style)  # noqa: S704  (our own file)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }

    def show(self, page: str, status: int = 200, **values: Any) -> Response:
        """A page as a response."""
        text = self._environment.get_template(f"{page}.html").render(values)
        return Response(text, status, media_type="text/html", headers=self._headers)


def make_routes(
    authorizations: Authorizations, catalog: Callable[[], Catalog], log: Log, *, docs: bool = True
) -> list[BaseRoute]:
    """The routes of the pages, with the reference pages when `docs`."""
    pages = Pages()

    async def index(_request: Request) -> Response:
        return pages.show("index", docs=docs)

    async def callback(request: Request) -> Response:
        if request.method != "GET":  # a HEAD from a link checker must not use up the state
            return Response(status_code=405, headers={"Allow": "GET"})
        try:
            account = await authorizations.complete(_once_each(request))
        except LedgerportError as problem:
            log("not_connected", code=problem.code, vendor_code=problem.vendor_code)
            return pages.show("not_connected", problem.status, message=problem.message, advice=problem.advice)
        log("connected", account=account.id, integration=account.integration)
        title = catalog().integrations[account.integration].title
        return pages.show(
            "connected", title=title, company=account.company or account.name, name=account.name
        )

    routes: list[BaseRoute] = [
        Route("/", index, methods=["GET"]),
        Route(CALLBACK_PATH, callback, methods=["GET"]),
    ]
    return [*routes, *(make_docs_routes(catalog) if docs else ())]


def _once_each(request: Request) -> dict[str, str]:
    """The query, each name once: two states or codes would be read differently by different readers."""
    values = dict(request.query_params)
    if len(values) != len(request.query_params.multi_items()):
        raise InvalidRequest("The answer of the vendor names something twice.", advice="Ask for a new link.")
    return values
