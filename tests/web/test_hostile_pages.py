"""Hostile names in all that can be named, on every page and in every file for people: text everywhere, never code."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx2
import openpyxl
import pypdfium2
import pytest

from tests.identity.authorization import ADDRESS
from tests.web.hostile_site import COMPUTED, FORMULA, LINK, MARKUP, opened_hostile

LOADED = {
    ("link", "href"),
    ("use", "href"),
    ("form", "action"),
    ("button", "formaction"),
    ("input", "formaction"),
}
"""Attributes whose address a browser loads, or sends a form to, beside each `src`."""
SENT = ("src", "srcset", "data", "poster", "hx-get", "hx-post", "hx-put", "hx-delete", "hx-push-url")
SAFE_SCHEMES = ("", "http", "https", "mailto")
NUMBER = re.compile(r"-?[\d,]+(\.\d+)?%?")
NAMED = {
    "account", "person", "email", "invited", "server", "token", "webhook", "delivery", "program", "passkey", "link",
    "saved", "hook", "pause", "run", "client", "notes", "tool", "logged", "audit", "q", "says", "why", "warning",
    "effect", "similar", "approved", "finding", "dismissal",
}  # fmt: skip
"""What a page shows by the name that it was given."""
NO_FILES = {"json", "file", "export.pdf"}
"""What a report, a query or a run is no file of."""


class Elements(HTMLParser):
    """The elements of a page with their attributes, and all of its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str]]]] = []
        self.texts: list[str] = []
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = [(name, value or "") for name, value in attrs]
        self.found.append((tag, given))
        self.texts += [value for _, value in given]
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._inside in ("script", "style") and data.strip():
            self.found.append((f"{self._inside} with content", []))


@cache
def visit(start: str) -> Mapping[str, httpx2.Response]:
    """Every page and file for people by its address, where names begin with a text."""

    async def begin(data: Path) -> dict[str, httpx2.Response]:
        async with opened_hostile(data, start) as site:
            return {each: await site.get(each) for each in site.list_addresses()}

    with TemporaryDirectory() as data:
        return asyncio.run(begin(Path(data)))


def list_pages(start: str) -> dict[str, httpx2.Response]:
    return {
        address: answer
        for address, answer in visit(start).items()
        if "html" in answer.headers.get("content-type", "")
    }


def list_files(start: str, ending: str) -> dict[str, bytes]:
    return {
        address: answer.content
        for address, answer in visit(start).items()
        if answer.status_code == 200 and urlsplit(address).path.endswith(ending)
    }


def list_code(elements: Elements) -> list[str]:
    """What a browser would run of a page, or take for an element, that is none of ours."""
    wrong = []
    for tag, given in elements.found:
        names = [name for name, _ in given]
        values = dict(given)
        if (
            " " in tag
            or tag in ("style", "iframe", "object", "embed", "base")
            or re.search(r"[^a-z0-9-]", tag)
        ):
            wrong.append(f"element {tag}")
        if tag == "script" and not values.get("src", "").startswith("/static/"):
            wrong.append("script that is no file of ours")
        if tag == "img" and not values.get("src", "").startswith("/static/"):
            wrong.append("image that is none of ours")
        if len(names) != len(set(names)):
            wrong.append(f"{tag} with an attribute twice: {names}")
        for name, value in given:
            if name.startswith(("on", "hx-on")) or name in ("style", "srcdoc"):
                wrong.append(f"{tag} {name}")
            if re.search(r"[^a-z0-9:-]", name, re.IGNORECASE):
                wrong.append(f"attribute {name}")
            is_address = name in ("href", "xlink:href", *SENT) or name.endswith("action")
            if is_address and urlsplit(value.strip()).scheme.lower() not in SAFE_SCHEMES:
                wrong.append(f"{tag} {name} {value}")
    return wrong


@pytest.mark.parametrize("start", [FORMULA, LINK])
def test_no_hostile_name_is_an_element_an_attribute_or_an_address_of_any_page(start: str) -> None:
    wrong = {
        address: found
        for address, page in list_pages(start).items()
        if (found := list_code(Elements(page.text)))
    }
    assert wrong == {}
    assert not [address for address, page in list_pages(start).items() if COMPUTED in page.text]


@pytest.mark.parametrize("start", [FORMULA, LINK])
def test_every_kind_of_hostile_name_is_shown_as_the_text_that_it_is(start: str) -> None:
    texts = "\n".join(text for page in list_pages(start).values() for text in Elements(page.text).texts)
    shown = set(re.findall(re.escape(MARKUP[:20]) + r"[^\n]*? of-(\w+)", texts))
    assert NAMED - shown == set()


@pytest.mark.parametrize("start", [FORMULA, LINK])
def test_every_page_of_the_deployment_opens_and_none_fails(start: str) -> None:
    answers = visit(start)
    assert {address: each.status_code for address, each in answers.items() if each.status_code >= 500} == {}
    plain = {address: each.status_code for address, each in answers.items() if "alert" not in address}
    failed = {urlsplit(address).path for address, status in plain.items() if status not in (200, 303)}
    assert {each.rpartition("/")[2] for each in failed} <= NO_FILES
    opened = [each for each in answers.values() if each.status_code == 200]
    assert {each.headers["x-content-type-options"] for each in opened} == {"nosniff"}


@pytest.mark.parametrize("start", [FORMULA, LINK])
def test_no_page_loads_or_sends_anything_elsewhere_or_may_run_what_is_written_in_it(start: str) -> None:
    wrong = []
    for address, page in list_pages(start).items():
        policy = page.headers["content-security-policy"]
        if "unsafe" in policy or "*" in policy or "default-src 'none'" not in policy:
            wrong.append((address, policy))
        for tag, given in Elements(page.text).found:
            loaded = [value for name, value in given if name in SENT or (tag, name) in LOADED]
            wrong += [(address, value) for value in loaded if not is_ours(value)]
    assert wrong == []


def is_ours(address: str) -> bool:
    """Whether an address is of this server."""
    parts = urlsplit(address)
    return address.startswith(f"{ADDRESS}/") or (not parts.scheme and not parts.netloc)


@pytest.mark.parametrize("start", [FORMULA, LINK])
def test_no_cell_of_any_csv_file_is_a_formula(start: str) -> None:
    files = {**list_files(start, "/csv"), **list_files(start, ".csv")}
    cells = [
        (address, cell)
        for address, content in files.items()
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))
        for cell in row
    ]
    assert {urlsplit(each).path.rsplit("/", 2)[1] for each in files} >= {
        "journal",
        "calls",
        "1" * 32,
        "2" * 32,
    }
    assert [
        each for each in cells if each[1].startswith(tuple("=+-@\t\r\n")) and not NUMBER.fullmatch(each[1])
    ] == []
    assert any(MARKUP[:20] in cell for _, cell in cells)


@pytest.mark.parametrize("start", [FORMULA, LINK])
def test_no_cell_of_any_workbook_is_a_formula_or_a_link(start: str) -> None:
    files = {**list_files(start, "/xlsx"), **list_files(start, ".xlsx")}
    cells = [
        (address, cell)
        for address, content in files.items()
        for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert len(files) >= 5
    assert [(address, cell.value) for address, cell in cells if cell.data_type == "f" or cell.hyperlink] == []
    assert any(MARKUP[:20] in str(cell.value) for _, cell in cells)


@pytest.mark.parametrize("start", [FORMULA, LINK])
def test_a_pdf_has_the_names_as_text_and_does_nothing(start: str) -> None:
    files = list_files(start, "/pdf")
    texts = [
        page.get_textpage().get_text_range()
        for content in files.values()
        for page in pypdfium2.PdfDocument(content)
    ]
    assert any("<img src=x" in text for text in texts)
    for content in files.values():
        assert not re.search(rb"/(JavaScript|Launch|URI|SubmitForm|AcroForm)\b", content)
