"""The pages a person sees: those of a connection (`connect`), a plain index, and the reference pages (`docs`).

Called by `server`. Calls `connect.authorize` for a connection. A page takes no script, loads nothing, is framed by
nobody, is stored by no cache, and sends the address it was reached at to nobody, because that holds the vendor's code.
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
from runtime.connect.authorize import Authorizations
from runtime.logs import Log
from runtime.web.connect import ConnectPages, make_connect_routes
from runtime.web.customer_links import make_link_routes
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
            "form-action {form_action}; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }

    def show(self, page: str, status: int = 200, *, form_action: str = "'none'", **values: Any) -> Response:
        """Return a page as a response. `form_action` is where its form may lead, as the content security policy
        says it.
        """
        text = self._environment.get_template(f"{page}.html").render(values)
        headers = {name: value.replace("{form_action}", form_action) for name, value in self._headers.items()}
        return Response(text, status, media_type="text/html", headers=headers)


def make_routes(
    authorizations: Authorizations, catalog: Callable[[], Catalog], log: Log, *, docs: bool = True
) -> list[BaseRoute]:
    """Return the routes of the pages, with the reference pages when `docs`."""
    pages = Pages()
    connections = ConnectPages(authorizations, catalog, log, pages.show)

    async def index(_request: Request) -> Response:
        return pages.show("index", docs=docs)

    routes: list[BaseRoute] = [
        Route("/", index, methods=["GET"]),
        *make_link_routes(connections, authorizations.customer_links),
        *make_connect_routes(connections),
    ]
    return [*routes, *(make_docs_routes(catalog) if docs else ())]
