"""The reference pages: all of every tool, links that lead somewhere, and fit for everybody to read."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from starlette.applications import Starlette

from generator.catalog import Catalog
from generator.compile import compile_catalog
from generator.reading.files import BUILTIN_DEFINITIONS
from generator.reports.markdown import write_pages
from runtime.commands.cli import main
from runtime.errors import SettingsError
from runtime.settings import Settings
from runtime.web.docs import Docs
from runtime.web.docs_pages import make_docs_routes
from runtime.web.routes import make_routes
from tests.builtin import builtin_catalog
from tests.deployment import deploy
from tests.web.visitors import Site

CSS = (Path(__file__).parents[2] / "runtime/web/static/ledgerport.css").read_text(encoding="utf-8")
VOID = {"meta", "input", "br", "link"}


class Html(HTMLParser):
    """What a page has: its tags, ids, links, headings, and labels of inputs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.labelled: set[str] = set()
        self.inputs: set[str] = set()
        self.open: list[str] = []
        self.feed(text)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in given.items()]
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.labelled.add(given["for"])
        if tag == "input":
            self.inputs.add(given["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return builtin_catalog()


@pytest.fixture(scope="module")
def docs(catalog: Catalog) -> Docs:
    return Docs(catalog)


@pytest.fixture(scope="module")
def pages(catalog: Catalog, docs: Docs) -> dict[str, Html]:
    keys = {f"{tool.integration}/{tool.resource}" for tool in catalog.tools}
    found = {f"/docs/{key}": docs.find_resource(key) for key in keys} | {"/docs": docs.find_index()}
    found |= {
        f"/docs?tag={tag}": docs.find_index(tag)
        for each in catalog.integrations.values()
        for tag in each.tags
    }
    found["/docs?q=create+invoice"] = docs.find_search("create invoice")
    found["/docs?q=profit+and+loss"] = docs.find_search("profit and loss")
    found["nothing found"] = docs.find_search("xyzzy")
    found["no such page"] = docs.find_missing()
    return {path: Html(docs.render(part).decode()) for path, part in found.items() if part}


def ask(catalog: Any, path: str, **headers: str) -> httpx2.Response:
    async def main() -> httpx2.Response:
        application = Starlette(routes=make_docs_routes(catalog))
        transport = httpx2.ASGITransport(app=application)
        async with httpx2.AsyncClient(transport=transport, base_url="http://ledger.test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(main())


def test_every_tool_has_its_place_with_all_its_arguments(catalog, docs, pages):
    for tool in catalog.tools:
        page = pages[f"/docs/{tool.integration}/{tool.resource}"]
        assert tool.name in page.ids
        part = docs.find_resource(f"{tool.integration}/{tool.resource}")
        assert part
        for name in tool.input_schema["properties"]:
            assert f"<code>{name}</code>" in part.body


def test_every_link_leads_somewhere(pages):
    for path, page in pages.items():
        for link in page.links:
            target, _, anchor = link.partition("#")
            if target.startswith("https://"):
                continue
            assert (target or path) in pages, (path, link)
            assert not anchor or anchor in pages[target or path].ids, (path, link)


def test_pages_can_be_read_without_eyes_and_without_a_mouse(pages):
    for path, page in pages.items():
        assert [page.tags[tag] for tag in ("h1", "header", "main", "footer", "form")] == [1] * 5, path
        assert page.links[0] == "#main"
        assert page.headings[0] == 1
        steps = zip(page.headings, page.headings[1:], strict=False)
        assert all(after - before <= 1 for before, after in steps), path
        assert len(page.ids) == len(set(page.ids)), path
        assert page.inputs <= page.labelled
        assert ("html", "lang", "en") in page.attributes


def test_pages_need_no_script_and_no_style_of_their_own(pages):
    for path, page in pages.items():
        assert not page.tags["script"], path
        assert not [name for _, name, _ in page.attributes if name == "style" or name.startswith("on")]


def colours(theme: str) -> dict[str, tuple[int, ...]]:
    found = re.findall(r"--([\w-]+):\s*light-dark\((#\w{6}), (#\w{6})\);", CSS)
    return {name: tuple(bytes.fromhex((light, dark)[theme == "dark"][1:])) for name, light, dark in found}


def brightness(colour: tuple[int, ...]) -> float:
    parts = [each / 255 for each in colour]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(theme):
    found = colours(theme)
    inks = ("text", "text-2", "text-3", "accent-text", "good", "bad", "warn")
    for ink, ground in [(ink, ground) for ink in inks for ground in ("bg", "surface", "sunken", "hover")]:
        light, dark = sorted((brightness(found[ink]), brightness(found[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_a_search_finds_tools_and_leads_to_them(catalog):
    answer = ask(lambda: catalog, "/docs?q=unpaid+invoices")
    assert answer.status_code == 200
    assert '<a href="/docs/quickbooks/invoices#list_all_quick_books_invoices">' in answer.text


def test_a_search_that_finds_nothing_says_what_to_do_next(catalog):
    answer = ask(lambda: catalog, "/docs?q=xyzzy")
    assert "No tool has these words." in answer.text
    assert 'href="/docs?q=create+invoice"' in answer.text


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", '"><b>', "{{ 7 * 7 }}", "x" * 5000, "\0", "🧾"]
)
def test_what_is_searched_for_is_shown_as_text(catalog, words):
    answer = ask(lambda: catalog, str(httpx2.URL("/docs", params={"q": words})))
    assert answer.status_code == 200
    page = Html(answer.text)
    assert not page.tags["script"]
    assert not page.tags["b"]
    assert "“49”" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/docs?tag=nope", "/docs/quickbooks", "/docs/quickbooks/nope", "/docs/nope/invoices", "/docs/x/y/z"],
)
def test_what_is_not_there_is_not_found_and_the_page_leads_on(catalog, path):
    answer = ask(lambda: catalog, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is no such page" in answer.text
    assert "/docs" in Html(answer.text).links


def test_a_stroke_at_the_end_is_no_other_page(catalog):
    assert ask(lambda: catalog, "/docs/").text == ask(lambda: catalog, "/docs").text


def test_pages_are_packed_and_not_sent_twice(catalog):
    first = ask(lambda: catalog, "/docs/quickbooks/invoices", **{"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert int(first.headers["content-length"]) < 30_000
    again = ask(lambda: catalog, "/docs/quickbooks/invoices", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_may_run_or_be_loaded(catalog):
    policy = ask(lambda: catalog, "/docs").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_new_definitions_show_at_once(catalog):
    served = [catalog]
    answers = []

    async def main() -> None:
        application = Starlette(routes=make_docs_routes(lambda: served[0]))
        transport = httpx2.ASGITransport(app=application)
        async with httpx2.AsyncClient(transport=transport, base_url="http://ledger.test") as client:
            answers.append((await client.get("/docs")).text)
            served[0] = replace(catalog, version="another")
            answers.append((await client.get("/docs")).text)

    asyncio.run(main())
    assert "version another" not in answers[0]
    assert "version another" in answers[1]


def test_a_deployment_may_leave_them_out(catalog, tmp_path):
    def paths(**variables: str) -> set[str]:
        here = deploy(tmp_path, **variables)
        made = make_routes(here.parts(catalog), here.accounts.authorizations, lambda event, **fields: None)
        return {route.path for route in made}  # type: ignore[attr-defined]

    assert "/docs" in paths()
    without = paths(LEDGERPORT_DOCS="off")
    assert not [path for path in without if path.startswith("/docs")]
    assert {"/", "/connect/callback", "/sign-in", "/account"} <= without


@pytest.mark.parametrize(("value", "is_on"), [("", True), ("on", True), ("off", False)])
def test_the_setting_is_on_or_off(tmp_path, value, is_on):
    assert Settings.load({"LEDGERPORT_DATA": str(tmp_path), "LEDGERPORT_DOCS": value}).docs is is_on
    with pytest.raises(SettingsError, match="LEDGERPORT_DOCS is 'no'; it must be on or off"):
        Settings.load({"LEDGERPORT_DATA": str(tmp_path), "LEDGERPORT_DOCS": "no"})


@pytest.mark.parametrize(("options", "first"), [((), "index.md"), (("--html",), "index.html")])
def test_a_command_writes_them(tmp_path, options, first):
    done = CliRunner().invoke(main, ["pages", "--out", str(tmp_path / "new"), *options])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "new" / first).exists()
    assert "pages are in" in done.output


def test_files_link_to_files(docs):
    made = dict(docs.render_files())
    files = {path: Html(content.decode()) for path, content in made.items() if path.endswith(".html")}
    for path, page in files.items():
        style = next(value for tag, name, value in page.attributes if (tag, name) == ("link", "href"))
        assert str((Path("/") / Path(path).parent / style).resolve())[1:] in made, path
    for path, page in files.items():
        for link in page.links:
            target, _, anchor = link.partition("#")
            if target.startswith("https://"):
                continue
            found = str((Path("/") / Path(path).parent / target).resolve())[1:] if target else path
            assert found in files, (path, link)
            assert not anchor or anchor in files[found].ids


def test_markdown_has_a_page_for_each_resource_and_links_that_lead_there(catalog, tmp_path):
    count = write_pages(catalog, tmp_path)
    files = {
        path.relative_to(tmp_path).as_posix(): path.read_text(encoding="utf-8")
        for path in tmp_path.rglob("*.md")
    }
    assert len(files) == count == len(catalog.resources) + 1
    for link in re.findall(r"\]\((\S+\.md)\)", files["index.md"]):
        assert link in files
    for tool in catalog.tools:
        assert f"`{tool.name}`" in files[f"{tool.integration}/{tool.resource}.md"]


@pytest.fixture
def layered(tmp_path: Path) -> Catalog:
    """Our definitions with a folder of an operator laid over them."""
    mine = tmp_path / "mine" / "quickbooks"
    mine.mkdir(parents=True)
    (mine / "invoices.yaml").write_text(
        "extends: invoices\nadd_tags: [sales]\nmethods:\n  delete: hidden\n"
        "  get: { add_description: Ask before you show it. }\n"
    )
    return compile_catalog((BUILTIN_DEFINITIONS, tmp_path / "mine"))


def test_what_an_operators_folder_changes_is_marked_where_it_is(layered: Catalog) -> None:
    docs = Docs(layered)
    page, index = docs.find_resource("quickbooks/invoices"), docs.find_index()
    other = docs.find_resource("quickbooks/customers")
    assert page
    assert index
    assert other
    about, *tools = page.body.split('<section class="card" id="')
    marked = {each.split('"')[0] for each in tools if "Changed by “mine”: <code>" in each}
    assert marked == {"get_single_quick_books_invoice_by_id"}
    assert "Changed by “mine”: <code>tags</code>." in about
    assert "Hidden by “mine”: <code>delete</code>." in about
    assert index.body.count("changed by mine") == 1
    assert "“mine”" not in other.body


def test_a_catalog_of_our_own_definitions_has_no_marks(catalog: Catalog) -> None:
    assert not [each for each in catalog.resources if each.layer or each.changes]


def test_somebody_who_is_signed_in_has_the_reference_in_the_frame_of_the_product(tmp_path: Path) -> None:
    async def main() -> None:
        site = Site(tmp_path)
        browser, stranger = await site.sign_in("me@example.com", "viewer"), site.open_browser()
        for path, status in (("/docs", 200), ("/docs/errors/not_found", 200), ("/docs/nope", 404)):
            mine, theirs = await browser.get(path), await stranger.get(path)
            assert (mine.status_code, theirs.status_code) == (status, status)
            assert [len(re.findall(f"<{tag}[ >]", mine.text)) for tag in ("main", "h1")] == [1, 1]
            ids = re.findall(r' id="([^"]+)"', mine.text)
            assert len(ids) == len(set(ids))
            assert 'href="/account"' in mine.text
            assert 'href="/account"' not in theirs.text
            assert mine.headers["cache-control"] == "no-store"
            for each in (mine, theirs):
                assert "'unsafe-inline'" not in each.headers["content-security-policy"]
                assert "<style" not in each.text
        await site.close()

    asyncio.run(main())


def test_a_page_that_repeats_a_search_is_not_compressed_beside_the_secrets_of_forms(tmp_path: Path) -> None:
    async def main() -> None:
        site = Site(tmp_path)
        browser = await site.sign_in("me@example.com", "viewer")
        found, index = await browser.get("/docs", params={"q": "<b>x</b>"}), await browser.get("/docs")
        assert "content-encoding" not in found.headers
        assert index.headers["content-encoding"] == "gzip"
        assert "<b>x" not in found.text
        assert "&lt;b&gt;x" in found.text
        await site.close()

    asyncio.run(main())
