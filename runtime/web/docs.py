"""The reference pages at `/docs`: every tool with its arguments, a search that works without scripts, one page each.

They are made from the catalog that is served now and say nothing of any company, so nobody has to sign in. A page is
rendered once for each catalog, in a thread, and cached; only a search is made anew. `Docs.files` has the same as files.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from generator.catalog import Catalog, Tool
from generator.reports.tool_pages import Page, build_pages
from generator.texts import cut_first_sentence
from generator.vendor import Integration
from runtime.error_codes import ERROR_CODES, ERROR_PAGES, ErrorCode
from runtime.operations.tool_search import LONGEST_QUERY, ToolIndex

ROOT = "/docs"
ERRORS = ERROR_PAGES.removeprefix(f"{ROOT}/")
MOST_FOUND = 25
"""Tools on one page of results; a longer list says that the question is too wide."""
_PAGES = Path(__file__).with_name("pages")
_STYLE = (_PAGES / "docs.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}
_NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")


@dataclass(frozen=True, slots=True)
class Links:
    """Where pages are: on a server, or as files, where `up` leads from the page to the index."""

    by_tool: dict[str, str]
    is_served: bool = True
    up: str = ""

    @property
    def searches(self) -> bool:
        """Whether there is somebody to search and filter."""
        return self.is_served

    @property
    def index(self) -> str:
        """The first page."""
        return ROOT if self.is_served else f"{self.up}index.html"

    def link_page(self, page: Page) -> str:
        """Return the page of a resource."""
        return self._at(page.key)

    def link_tool(self, tool: Tool) -> str:
        """Return a tool on the page of its resource."""
        return f"{self._at(self.by_tool[tool.name])}#{tool.name}"

    def link_errors(self) -> str:
        """Return the page that lists the codes of errors."""
        return self._at(ERRORS)

    def link_error(self, code: ErrorCode) -> str:
        """Return the page of a code."""
        return self._at(f"{ERRORS}/{code.code}")

    def _at(self, key: str) -> str:
        return f"{ROOT}/{key}" if self.is_served else f"{self.up}{key}.html"


class Docs:
    """The pages of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._pages = build_pages(catalog)
        self._by_tool = {part.tool.name: page.key for page in self._pages.values() for part in page.tools}
        self._cached: dict[str, bytes] = {}
        self._environment = Environment(
            loader=FileSystemLoader(_PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            style=Markup(_STYLE),  # noqa: S704  (our own file)
            version=catalog.version,
            first_sentence=cut_first_sentence,
            count=lambda pages, tag: sum(len(_tagged(page, tag)) for page in pages),
            methods=lambda page, tag: ", ".join(tool.method for tool in _tagged(page, tag)),
        )

    def render_index(self, tag: str = "") -> bytes | None:
        """Return the first page, or what has a tag; None for a tag there is not."""
        if tag and tag not in self._tags:
            return None
        return self._cache(f"?{tag}", lambda: self._index(Links(self._by_tool), tag))

    def search(self, query: str) -> bytes:
        """Return the tools that have some words."""
        found = self._finder.search(query)
        shown = [(self._pages[self._by_tool[tool.name]], tool) for tool in found[:MOST_FOUND]]
        links = Links(self._by_tool)
        return self._render(
            "docs_index", links, query=query, found=shown, total=len(found), tag="", groups=[]
        )

    def render_resource(self, key: str) -> bytes | None:
        """Return the page of a resource, `integration/resource`; None when there is none."""
        page = self._pages.get(key)
        return None if page is None else self._cache(key, lambda: self._resource(Links(self._by_tool), page))

    def render_errors(self) -> bytes:
        """Return the page that lists the codes of errors."""
        return self._cache(ERRORS, lambda: self._errors(Links(self._by_tool)))

    def render_error(self, code: str) -> bytes | None:
        """Return the page of a code; None when there is none."""
        found = ERROR_CODES.get(code)
        key = f"{ERRORS}/{code}"
        return None if found is None else self._cache(key, lambda: self._error(Links(self._by_tool), found))

    def render_missing(self) -> bytes:
        """Return what is shown for an address below `/docs` where there is nothing."""
        return self._cache("", lambda: self._render("docs_missing", Links(self._by_tool), query=""))

    def render_files(self) -> Iterator[tuple[str, bytes]]:
        """Every page as a file, with its path."""
        yield "index.html", self._index(Links(self._by_tool, is_served=False), "")
        yield f"{ERRORS}.html", self._errors(Links(self._by_tool, is_served=False))
        for code in ERROR_CODES.values():
            links = Links(self._by_tool, is_served=False, up="../")
            yield f"{ERRORS}/{code.code}.html", self._error(links, code)
        for key, page in self._pages.items():
            yield f"{key}.html", self._resource(Links(self._by_tool, is_served=False, up="../"), page)

    @cached_property
    def _finder(self) -> ToolIndex:
        synonyms: dict[str, tuple[str, ...]] = {}
        for integration in self.catalog.integrations.values():
            synonyms |= integration.synonyms
        return ToolIndex((tool for tool in self.catalog.tools if tool.name in self._by_tool), synonyms)

    @cached_property
    def _tags(self) -> dict[str, str]:
        return {tag: about for each in self.catalog.integrations.values() for tag, about in each.tags.items()}

    def _cache(self, key: str, make: Callable[[], bytes]) -> bytes:
        if key not in self._cached:
            self._cached[key] = make()
        return self._cached[key]

    def _index(self, links: Links, tag: str) -> bytes:
        groups: list[tuple[Integration, list[Page]]] = [
            (
                integration,
                [
                    page
                    for page in self._pages.values()
                    if page.about.integration == integration.name and _tagged(page, tag)
                ],
            )
            for integration in self.catalog.integrations.values()
        ]
        meaning = self._tags.get(tag, "")
        return self._render("docs_index", links, query="", tag=tag, meaning=meaning, groups=groups)

    def _resource(self, links: Links, page: Page) -> bytes:
        integration = self.catalog.integrations[page.about.integration]
        return self._render("docs_resource", links, query="", page=page, integration=integration)

    def _errors(self, links: Links) -> bytes:
        return self._render("docs_errors", links, query="", codes=ERROR_CODES.values())

    def _error(self, links: Links, code: ErrorCode) -> bytes:
        return self._render("docs_error", links, query="", code=code, phrase=_phrase(code.status))

    def _render(self, template: str, links: Links, **values: Any) -> bytes:
        values |= {"here": links, "prose": lambda text: self._prose(text, links)}
        return self._environment.get_template(f"{template}.html").render(values).encode()

    def _prose(self, text: str, links: Links) -> Markup:
        """Prose, escaped, with every name of a tool leading to it."""
        pieces, end = [], 0
        for found in _NAME.finditer(text):
            tool = self.catalog.by_name.get(found[0])
            if tool is None or tool.name not in self._by_tool:
                continue
            name, target = escape(found[0]), escape(links.link_tool(tool))
            pieces += [escape(text[end : found.start()]), f'<a href="{target}"><code>{name}</code></a>']
            end = found.end()
        return Markup("".join([*pieces, escape(text[end:])]))  # noqa: S704  (every piece is escaped)


def _phrase(status: int) -> str:
    """Return a status with its phrase; what it means when there is none of ours."""
    return f"{status} {HTTPStatus(status).phrase}" if status else "the vendor's own"


def _tagged(page: Page, tag: str) -> list[Tool]:
    return [part.tool for part in page.tools if not tag or tag in part.tool.tags]


def make_docs_routes(catalog: Callable[[], Catalog]) -> list[BaseRoute]:
    """Return the routes of the reference pages."""
    return _DocsPages(catalog).routes()


class _DocsPages:
    """Answers with the pages of the catalog that is served now."""

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        self._catalog = catalog
        self._made: Docs | None = None

    def routes(self) -> list[BaseRoute]:
        return [
            Route(ROOT, self.index, methods=["GET"]),
            Route(ROOT + "/", self.index, methods=["GET"]),
            Route(ERROR_PAGES, self.errors, methods=["GET"]),
            Route(ERROR_PAGES + "/{code}", self.error, methods=["GET"]),
            Route(ROOT + "/{key:path}", self.resource, methods=["GET"]),
        ]

    async def index(self, request: Request) -> Response:
        query = request.query_params.get("q", "").strip()[:LONGEST_QUERY]
        if query:
            return await self._show(request, lambda here: here.search(query))
        tag = request.query_params.get("tag", "")
        return await self._show(request, lambda here: here.render_index(tag))

    async def errors(self, request: Request) -> Response:
        return await self._show(request, Docs.render_errors)

    async def error(self, request: Request) -> Response:
        return await self._show(request, lambda here: here.render_error(request.path_params["code"]))

    async def resource(self, request: Request) -> Response:
        return await self._show(request, lambda here: here.render_resource(request.path_params["key"]))

    async def _show(self, request: Request, page: Callable[[Docs], bytes | None]) -> Response:
        found, missing = await asyncio.to_thread(self._render, page)
        return _reply(request, found) if found else Response(missing, 404, _HEADERS, "text/html")

    def _render(self, page: Callable[[Docs], bytes | None]) -> tuple[bytes | None, bytes]:
        here = self._docs()
        found = page(here)
        return found, b"" if found else here.render_missing()

    def _docs(self) -> Docs:
        catalog, made = self._catalog(), self._made
        if made is None or made.catalog is not catalog:
            made = self._made = Docs(catalog)
        return made


def _reply(request: Request, page: bytes) -> Response:
    headers = dict(_HEADERS)
    tag = headers["ETag"] = f'W/"{zlib.crc32(page):08x}-{len(page)}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        page = _packed(page)
    return Response(page, headers=headers, media_type="text/html")


@lru_cache(maxsize=128)
def _packed(page: bytes) -> bytes:
    return zlib.compress(page, 6, 31)
