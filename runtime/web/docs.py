"""What the reference pages show: every tool with its arguments, a search that works without scripts, one page each.

They are made from the catalog that is served now and say nothing of any company. Each part is rendered once for each
catalog and cached; only a search is made anew. `docs_pages` puts a part into the frame of whoever looks at it; here is
the plain frame of those who are not signed in, and of the pages as files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from generator.catalog import Catalog, Tool
from generator.reports.tool_pages import Page, build_pages
from generator.texts import cut_first_sentence
from generator.vendor import Integration
from runtime.error_codes import ERROR_CODES, ERROR_PAGES, ErrorCode
from runtime.operations.tool_search import ToolIndex
from runtime.web.static_files import StaticFiles

ROOT = "/docs"
ERRORS = ERROR_PAGES.removeprefix(f"{ROOT}/")
MOST_FOUND = 25
"""Tools on one page of results; a longer list says that the question is too wide."""
_PAGES = Path(__file__).with_name("pages")
STYLE = "ledgerport.css"
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


@dataclass(frozen=True, slots=True)
class Part:
    """The content of a page, without a frame. `key` is what it is cached under, empty for a search."""

    key: str
    title: str
    body: Markup


class Docs:
    """The pages of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._pages = build_pages(catalog)
        self._by_tool = {part.tool.name: page.key for page in self._pages.values() for part in page.tools}
        self._parts: dict[str, Part] = {}
        self._framed: dict[str, bytes] = {}
        self._links = Links(self._by_tool)
        self._files = StaticFiles()
        self._environment = Environment(
            loader=FileSystemLoader(_PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            version=catalog.version,
            first_sentence=cut_first_sentence,
            count=lambda pages, tag: sum(len(_tagged(page, tag)) for page in pages),
            methods=lambda page, tag: ", ".join(tool.method for tool in _tagged(page, tag)),
            parts=self._environment.get_template("parts.html").module,
        )

    def find_index(self, tag: str = "") -> Part | None:
        """Return the first page, or what has a tag; None for a tag there is not."""
        if tag and tag not in self._tags:
            return None
        return self._cache(f"?{tag}", lambda: self._index(self._links, tag))

    def find_search(self, query: str) -> Part:
        """Return the tools that have some words."""
        found = self._finder.search(query)
        shown = [(self._pages[self._by_tool[tool.name]], tool) for tool in found[:MOST_FOUND]]
        values = {"query": query, "found": shown, "total": len(found), "tag": "", "groups": []}
        return self._render("", query, "docs_index", self._links, **values)

    def find_resource(self, key: str) -> Part | None:
        """Return the page of a resource, `integration/resource`; None when there is none."""
        page = self._pages.get(key)
        return None if page is None else self._cache(key, lambda: self._resource(self._links, page))

    def find_errors(self) -> Part:
        """Return the page that lists the codes of errors."""
        return self._cache(ERRORS, lambda: self._errors(self._links))

    def find_error(self, code: str) -> Part | None:
        """Return the page of a code; None when there is none."""
        found = ERROR_CODES.get(code)
        return (
            None
            if found is None
            else self._cache(f"{ERRORS}/{code}", lambda: self._error(self._links, found))
        )

    def find_missing(self) -> Part:
        """Return what is shown for an address below `/docs` where there is nothing."""
        missing = lambda: self._render("!", "Not found", "docs_missing", self._links)  # noqa: E731
        return self._cache("!", missing)

    def render(self, part: Part, links: Links | None = None) -> bytes:
        """Return a part in the plain frame, for whoever is not signed in and for files."""
        if links is not None or not part.key:
            return self._frame(part, links or self._links)
        if part.key not in self._framed:
            self._framed[part.key] = self._frame(part, self._links)
        return self._framed[part.key]

    def render_files(self) -> Iterator[tuple[str, bytes]]:
        """Every page as a file, with its path, and the stylesheet."""
        top, below = Links(self._by_tool, is_served=False), Links(self._by_tool, is_served=False, up="../")
        yield STYLE, self._files.read(STYLE)
        yield "index.html", self._frame(self._index(top, ""), top)
        yield f"{ERRORS}.html", self._frame(self._errors(top), top)
        for code in ERROR_CODES.values():
            yield f"{ERRORS}/{code.code}.html", self._frame(self._error(below, code), below)
        for key, page in self._pages.items():
            yield f"{key}.html", self._frame(self._resource(below, page), below)

    @cached_property
    def _finder(self) -> ToolIndex:
        synonyms: dict[str, tuple[str, ...]] = {}
        for integration in self.catalog.integrations.values():
            synonyms |= integration.synonyms
        return ToolIndex((tool for tool in self.catalog.tools if tool.name in self._by_tool), synonyms)

    @cached_property
    def _tags(self) -> dict[str, str]:
        return {tag: about for each in self.catalog.integrations.values() for tag, about in each.tags.items()}

    def _cache(self, key: str, make: Callable[[], Part]) -> Part:
        if key not in self._parts:
            self._parts[key] = make()
        return self._parts[key]

    def _index(self, links: Links, tag: str) -> Part:
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
        values = {"query": "", "tag": tag, "meaning": self._tags.get(tag, ""), "groups": groups}
        return self._render(f"?{tag}", tag or "Tool reference", "docs_index", links, **values)

    def _resource(self, links: Links, page: Page) -> Part:
        integration = self.catalog.integrations[page.about.integration]
        return self._render(page.key, page.title, "docs_resource", links, page=page, integration=integration)

    def _errors(self, links: Links) -> Part:
        return self._render(ERRORS, "Error codes", "docs_errors", links, codes=ERROR_CODES.values())

    def _error(self, links: Links, code: ErrorCode) -> Part:
        values = {"code": code, "phrase": _phrase(code.status)}
        return self._render(f"{ERRORS}/{code.code}", code.code, "docs_error", links, **values)

    def _render(self, key: str, title: str, template: str, links: Links, **values: Any) -> Part:
        values = {"query": "", "here": links, "prose": lambda text: self._prose(text, links), **values}
        body = self._environment.get_template(f"{template}.html").render(values)
        return Part(key, title, Markup(body))  # noqa: S704  (our own template, with every value escaped)

    def _frame(self, part: Part, links: Links) -> bytes:
        style = self._files.find_address(STYLE) if links.is_served else f"{links.up}{STYLE}"
        values = {"here": links, "title": part.title, "body": part.body, "style": style}
        return self._environment.get_template("docs_frame.html").render(values).encode()

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
