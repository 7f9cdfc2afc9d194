"""The pages of the explorer over the books of a simulated company: queries, files, tools, writes, history, roles."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Awaitable, Callable
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pytest
from sqlalchemy import func, select, update

from runtime.model import AuditEntry
from runtime.operations.explorer.history import History
from runtime.people import Role
from runtime.safety.once import Once
from runtime.stores.explorer_tables import EXPLORER_RUN
from runtime.stores.purge_records import RUNS_STORED_SECONDS
from runtime.stores.tables import ACCOUNT
from tests.company import Company, copy_books, make_landscaper
from tests.deployment import HandClock
from tests.identity.authorization import Place, opened

HOSTILE = "=cmd|'/c calc'!A1<script>alert(1)</script>{{7*7}}"
OPEN_INVOICES = "select DocNumber, CustomerRef, DueDate, Balance from Invoice where Balance > '0'"


class Visitor:
    """Somebody who is signed in, at the explorer of a company."""

    def __init__(self, here: Place, company: str, browser: dict[str, str]) -> None:
        self.here, self.browser, self.base = here, browser, f"/company/{company}/explorer"

    async def open(self, path: str = "") -> httpx2.Response:
        address = path if path.startswith("/company") else self.base + path
        return await self.here.client.get(address, headers=self.browser)

    async def send(self, path: str, page: httpx2.Response, **values: str) -> httpx2.Response:
        """Send the form of a page that leads to a path, with its own proof."""
        form = re.search(
            rf'<form[^>]* action="{re.escape(self.base + path)}"[^>]*>(.*?)</form>', page.text, re.DOTALL
        )
        assert form is not None, f"no form leads to {path}"
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1]))
        texts = dict(re.findall(r'<textarea name="([^"]+)" hidden>(.*?)</textarea>', form[1], re.DOTALL))
        fields = {name: unescape(value) for name, value in (hidden | texts).items()}
        return await self.here.client.post(self.base + path, data=fields | values, headers=self.browser)

    async def run(self, query: str) -> str:
        """The address of what a query comes to."""
        sent = await self.send("", await self.open(), query=query)
        assert sent.status_code == 303, sent.text
        return str(sent.headers["location"])

    async def see(self, query: str, view: str = "") -> httpx2.Response:
        return await self.open(await self.run(query) + view)


Story = Callable[[Visitor, Company], Awaitable[None]]


def visit(data: Path, story: Story, role: Role = "owner") -> None:
    """Have somebody with a role visit the explorer of the demo company."""

    async def begin() -> None:
        company = Company(copy_books(make_landscaper()))
        async with opened(data) as here:
            here.runtime.calls = company.calls
            company.calls._vendor._once = Once(here.runtime.keys, here.runtime.stores)
            account = add_company(here)
            browser = await here.sign_in(here.add_person("anna@shop.example", role))
            await story(Visitor(here, account, browser), company)
        await company.client.http.aclose()

    asyncio.run(begin())


def add_company(here: Place, name: str = "Shop") -> str:
    account = here.add_company(name)
    with here.records._engine.begin() as connection:
        connection.execute(update(ACCOUNT).values(fields=json.dumps({"realm_id": "1"}), status="active"))
    return account


def read_files(folder: Path) -> bytes:
    """Everything that is in files there."""
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def read_cells(page: httpx2.Response) -> list[list[str]]:
    """The texts of the cells of each row of the first table of results."""
    body = page.text.split("<tbody>")[1].split("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        for row in rows
    ]


def test_a_query_is_shown_as_a_table_whose_references_lead_to_their_records(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        page = await visitor.see(OPEN_INVOICES)
        assert page.status_code == 200
        heads = re.findall(r'<a class="sort" href="[^"]*">(\w+)</a>', page.text)
        assert heads == ["DocNumber", "CustomerRef", "DueDate", "Balance"]
        assert re.search(r'/customers/\d+">', page.text)
        assert re.search(r'/invoices/\d+">', page.text)
        assert "Rows 1 to 50 of " in page.text
        assert "GET /query?" in page.text
        assert "select%20DocNumber" not in str(page.url)

    visit(tmp_path, story)


def test_a_query_that_is_wrong_is_explained_and_nothing_is_sent(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        start = await visitor.open()
        page = await visitor.send("", start, query="select DocNumber\nfrom Invoice\nwhere Balence > '0'")
        assert page.status_code == 400
        assert "Line 3: Invoice has no field" in unescape(page.text)
        assert '<span class="squiggle">Balence</span>' in page.text
        assert company.count_sent() == 0
        assert "where Balence &gt;" in page.text
        assert "Replace with Balance and run" in page.text
        fixed = re.findall(r'<textarea name="query" hidden>(.*?)</textarea>', page.text, re.DOTALL)
        ran = await visitor.send("", page, query=unescape(fixed[0]))
        assert ran.status_code == 303

    visit(tmp_path, story)


def test_pages_go_on_to_the_end_and_back(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        count = int(
            re.findall(r"[\d,]+", (await visitor.see("select count(*) from Bill")).text.split("count-of")[1])[
                0
            ]
        )
        address = await visitor.run("select Id from Bill")
        seen: list[str] = []
        page = await visitor.open(f"{address}?rows=20")
        while True:
            seen += [row[0] for row in read_cells(page)]
            following = re.search(r'rel="next" href="([^"]+)"', page.text)
            if following is None:
                break
            page = await visitor.open(unescape(following[1]))
        before = re.search(r'rel="prev" href="([^"]+)"', page.text)
        assert before is not None
        last_but_one = await visitor.open(unescape(before[1]))
        assert len(seen) == len(set(seen)) == count > 40
        assert [row[0] for row in read_cells(last_but_one)] == seen[
            (count - 1) // 20 * 20 - 20 : (count - 1) // 20 * 20
        ]
        assert f"of {count}" in page.text

    visit(tmp_path, story)


def test_all_rows_can_be_read_at_once(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        page = await visitor.see("select Id, TotalAmt from Invoice", "?all=1")
        rows = read_cells(page)
        assert len(rows) > 100
        assert f"Rows 1 to {len(rows)} of {len(rows)}" in page.text

    visit(tmp_path, story)


def test_a_column_sorts_all_rows_where_the_vendor_does_and_else_says_that_it_does_not(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        address = await visitor.run("select Id, DueDate, CustomerRef from Invoice")
        latest = await visitor.open(f"{address}?sort=DueDate&desc=1")
        dates = [row[1] for row in read_cells(latest)]
        assert dates == sorted(dates, reverse=True)
        assert "ORDERBY%20DueDate%20DESC" in company.client.requests[0].url
        assert 'aria-sort="descending"' in latest.text
        by_name = await visitor.open(f"{address}?sort=CustomerRef")
        names = [row[2].split(" Id ")[0].casefold() for row in read_cells(by_name)]
        assert names == sorted(names)
        assert "among the rows of this page only" in by_name.text

    visit(tmp_path, story)


def test_a_number_of_records_that_the_query_asks_for_is_not_passed(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        address = await visitor.run("select Id from Invoice maxresults 7")
        page = await visitor.open(address)
        file = await visitor.open(f"{address}/export.csv")
        assert len(read_cells(page)) == 7
        assert 'rel="next"' not in page.text
        assert len(file.text.splitlines()) == 8

    visit(tmp_path, story)


def test_files_have_every_row_with_the_numbers_of_the_vendor(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        address = await visitor.run("select * from Invoice")
        answer = await company.ask("list invoices", "", limit=1000, fields=["Id", "TotalAmt", "Balance"])
        expected = {
            each["Id"]: (each["TotalAmt"], each["Balance"])
            for each in json.loads(answer.text, parse_float=Decimal)["records"]
        }
        text = await visitor.open(f"{address}/export.csv")
        rows = list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"))))
        assert {row["Id"]: (Decimal(row["TotalAmt"]), Decimal(row["Balance"])) for row in rows} == expected
        assert "attachment" in text.headers["content-disposition"]
        book = await visitor.open(f"{address}/export.xlsx")
        page = openpyxl.load_workbook(io.BytesIO(book.content)).active
        cells = [list(row) for row in page.iter_rows(values_only=True)]
        head = next(at for at, row in enumerate(cells) if "TotalAmt" in row)
        at = {name: cells[head].index(name) for name in ("Id", "TotalAmt", "Balance")}
        found = {
            row[at["Id"]]: tuple(Decimal(str(row[at[n]])) for n in ("TotalAmt", "Balance"))
            for row in cells[head + 1 :]
        }
        assert found == expected

    visit(tmp_path, story)


def test_hostile_names_are_harmless_in_cells_and_in_files(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        made = await company.ask("create customers", "", DisplayName=HOSTILE.replace(":", ""))
        assert made.error is None
        address = await visitor.run("select Id, DisplayName from Customer orderby Id desc")
        page, file = await visitor.open(address), await visitor.open(f"{address}/export.csv")
        assert "<script>alert(1)" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
        assert "{{7*7}}" in page.text
        row = next(
            each for each in csv.reader(io.StringIO(file.content.decode("utf-8-sig"))) if "alert" in each[1]
        )
        assert row[1].startswith("'=cmd")

    visit(tmp_path, story)


def test_a_query_with_markup_is_shown_as_text(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        text = "select * from Invoice where DocNumber = '</textarea><script>alert(1)</script>'"
        page = await visitor.see(text)
        wrong = await visitor.open("?query=%3C/textarea%3E%3Cscript%3Ealert(1)%3C/script%3E")
        history = await visitor.open("/history")
        for shown in (page, wrong, history):
            assert shown.status_code == 200
            assert "<script>alert" not in shown.text

    visit(tmp_path, story)


def test_completion_answers_for_a_place(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        address = f"{visitor.base}/complete"
        asked = {"query": "select Bal from Invoice", "at": "10"}
        found = (await visitor.here.client.post(address, data=asked, headers=visitor.browser)).json()
        assert (found["start"], found["end"], found["options"][0]["text"]) == (7, 10, "Balance")
        for at in ("", "x", "-1", "9" * 40):
            answer = await visitor.here.client.post(
                address, data={"query": "sel", "at": at}, headers=visitor.browser
            )
            assert answer.status_code == 200
        assert company.count_sent() == 0

    visit(tmp_path, story)


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_may_not_see_the_books_sees_nothing_of_the_explorer(tmp_path: Path, role: Role) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        for path in ("", "/history", "/tools", "/tools/query_quick_books"):
            assert (await visitor.open(path)).status_code == 403
        sent = await visitor.here.client.post(
            f"{visitor.base}/complete", data={"at": "0"}, headers=visitor.browser
        )
        assert sent.status_code == 403
        assert company.count_sent() == 0

    visit(tmp_path, story, role)


def test_a_form_without_its_proof_is_refused(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        for path in ("", "/saved", "/saved/delete", "/history/forget", "/tools/query_quick_books"):
            sent = await visitor.here.client.post(
                visitor.base + path, data={"query": OPEN_INVOICES}, headers=visitor.browser
            )
            assert sent.status_code == 403, path
        assert company.count_sent() == 0

    visit(tmp_path, story)


def test_history_is_ones_own_and_can_be_forgotten(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        address = await visitor.run(OPEN_INVOICES)
        here = visitor.here
        other = await here.sign_in(here.add_person("bert@shop.example", "owner"))
        assert "Balance" in (await visitor.open("/history")).text
        theirs = Visitor(here, visitor.base.split("/")[2], other)
        assert "from Invoice" not in (await theirs.open("/history")).text
        assert (await theirs.open(address)).status_code == 404
        assert (await theirs.open(f"{address}/export.csv")).status_code == 404
        await visitor.send("/history/forget", await visitor.open("/history"))
        assert "from Invoice" not in (await visitor.open("/history")).text
        assert (await visitor.open(address)).status_code == 404

    visit(tmp_path, story)


def test_a_run_of_one_company_is_none_of_another(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        run = (await visitor.run(OPEN_INVOICES)).rpartition("/")[2]
        other = visitor.here.add_company("Farm")
        assert (await visitor.open(f"/company/{other}/explorer/runs/{run}")).status_code == 404

    visit(tmp_path, story)


def test_a_saved_query_is_ones_own_or_shared(tmp_path: Path) -> None:
    async def save(visitor: Visitor, name: str, **more: str) -> None:
        asked = await visitor.send("", await visitor.open(), query=OPEN_INVOICES, act="save")
        done = await visitor.send("/saved", asked, name=name, **more)
        assert done.status_code == 303

    async def story(visitor: Visitor, company: Company) -> None:
        await save(visitor, "My <b>own</b>")
        await save(visitor, "Ours", shared="yes")
        here = visitor.here
        colleague = await here.sign_in(here.add_person("bert@shop.example", "billing_admin"))
        theirs = Visitor(here, visitor.base.split("/")[2], colleague)
        mine, seen = (await visitor.open("/history")).text, await theirs.open("/history")
        assert "My &lt;b&gt;own&lt;/b&gt;" in mine
        assert "Ours" in seen.text
        assert "My &lt;b&gt;" not in seen.text
        id_ = re.search(r"\?saved=([0-9a-f]{32})", seen.text)
        assert id_ is not None
        assert "Balance &gt; &#39;0&#39;" in (await theirs.open(f"?saved={id_[1]}")).text
        assert "/saved/delete" not in seen.text
        assert company.count_sent() == 0

    visit(tmp_path, story)


def test_a_saved_query_needs_a_name_and_what_was_entered_stays(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        asked = await visitor.send("", await visitor.open(), query=OPEN_INVOICES, act="save")
        again = await visitor.send("/saved", asked, name="x" * 81)
        assert again.status_code == 400
        assert "1 to 80 characters" in again.text
        assert "x" * 81 in again.text
        assert "from Invoice" in again.text

    visit(tmp_path, story)


def test_a_tool_that_reads_runs_at_once_and_is_in_the_history(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        path = "/tools/list_all_quick_books_customers"
        sent = await visitor.send(path, await visitor.open(path), **{"a.limit": "5"})
        page = await visitor.open(sent.headers["location"])
        assert page.status_code == 200
        assert len(read_cells(page)) == 5
        assert "list_all_quick_books_customers" in page.text
        history = await visitor.open("/history")
        assert "{&#34;limit&#34;:5}" in history.text
        run = sent.headers["location"].rpartition("/")[2]
        assert 'value="5"' in (await visitor.open(f"{path}?run={run}")).text

    visit(tmp_path, story)


def test_a_report_is_shown_as_a_table_and_as_a_file(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        tools = await visitor.open("/tools?q=balance+sheet")
        name = re.search(r"/tools/([a-z_]*balance_sheet[a-z_]*)\"", tools.text)
        assert name is not None
        path = f"/tools/{name[1]}"
        sent = await visitor.send(path, await visitor.open(path))
        page = await visitor.open(sent.headers["location"])
        file = await visitor.open(sent.headers["location"] + "/export.csv")
        assert 'class="table report"' in page.text
        assert "TOTAL ASSETS" in page.text.upper()
        assert "TOTAL ASSETS" in file.text.upper()

    visit(tmp_path, story)


def test_a_form_that_is_wrong_is_shown_again_with_what_was_entered(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        path = "/tools/create_a_quick_books_invoice"
        page = await visitor.send(
            path, await visitor.open(path), **{"a.Line": "[{", "a.PrivateNote": "A <note>"}
        )
        assert page.status_code == 400
        assert "This is no JSON" in page.text
        assert "This is needed." in page.text
        assert "A &lt;note&gt;" in page.text
        assert 'aria-invalid="true"' in page.text
        assert company.count_sent() == 0

    visit(tmp_path, story)


def test_a_write_is_asked_about_first_and_made_once_however_often_it_is_sent(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        path = "/tools/create_a_quick_books_customer"
        asked = await visitor.send(path, await visitor.open(path), **{"a.DisplayName": "Ann & <Sons>"})
        assert asked.status_code == 200
        assert "Nothing has been sent yet" in asked.text
        assert company.count_sent("POST") == 0
        first = await visitor.send(f"{path}/write", asked)
        second = await visitor.send(f"{path}/write", asked)
        assert (first.status_code, second.status_code) == (303, 303)
        assert first.headers["location"] == second.headers["location"]
        assert company.count_sent("POST") == 1
        done = await visitor.open(first.headers["location"])
        assert "It is written." in done.text
        assert "Ann &amp; &lt;Sons&gt;" in done.text
        assert company.count_sent("POST") == 1
        assert "create_a_quick_books_customer" not in (await visitor.open("/history")).text

    visit(tmp_path, story)


def test_an_update_shows_what_changes_before_anything_is_sent(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        path = "/tools/update_a_quick_books_customer_by_id"
        asked = await visitor.send(path, await visitor.open(path), **{"a.id": "1", "a.Notes": "Pays late"})
        assert asked.status_code == 200
        assert "What changes" in asked.text
        assert "Pays late" in asked.text
        assert company.count_sent("POST") == 0

    visit(tmp_path, story)


def test_a_write_that_fails_says_why_and_can_be_sent_again(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        path = "/tools/create_a_quick_books_customer"
        asked = await visitor.send(
            path, await visitor.open(path), **{"a.DisplayName": "Amy's Bird Sanctuary"}
        )
        failed = asked if asked.status_code != 200 else await visitor.send(f"{path}/write", asked)
        assert failed.status_code >= 400
        assert 'role="alert"' in failed.text
        assert "Amy&#39;s Bird Sanctuary" in failed.text

    visit(tmp_path, story)


def test_who_may_not_write_sees_the_form_and_cannot_send_it(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        visitor.here.set_tools_role("owner")
        path = "/tools/create_a_quick_books_customer"
        page = await visitor.open(path)
        assert "not send it" in page.text
        sent = await visitor.send(path, page, **{"a.DisplayName": "Ann"})
        assert sent.status_code == 403
        assert company.count_sent() == 0

    visit(tmp_path, story, "billing_admin")


def test_a_role_that_loses_the_right_between_the_question_and_the_answer_writes_nothing(
    tmp_path: Path,
) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        path = "/tools/create_a_quick_books_customer"
        asked = await visitor.send(path, await visitor.open(path), **{"a.DisplayName": "Ann"})
        visitor.here.set_tools_role("owner")
        sent = await visitor.send(f"{path}/write", asked)
        assert sent.status_code == 403
        assert company.count_sent("POST") == 0

    visit(tmp_path, story, "admin")


def test_a_write_goes_out_under_the_name_of_the_person(tmp_path: Path) -> None:
    async def story(visitor: Visitor, company: Company) -> None:
        path = "/tools/create_a_quick_books_customer"
        asked = await visitor.send(path, await visitor.open(path), **{"a.DisplayName": "Ann"})
        callers: list[str] = []
        call = company.calls.call

        async def note(grant: Any, *given: Any, **more: Any) -> Any:
            callers.append(grant.caller)
            return await call(grant, *given, **more)

        company.calls.call = note  # type: ignore[method-assign]
        await visitor.send(f"{path}/write", asked)
        assert callers == ["person:person-anna@shop.example"]

    visit(tmp_path, story)


def test_what_was_asked_is_stored_sealed_and_goes_with_its_company(tmp_path: Path) -> None:
    async def story(visitor: Visitor, _company: Company) -> None:
        await visitor.run("select * from Customer where DisplayName = 'Secret Name'")
        assert b"Secret Name" not in read_files(tmp_path)
        records = visitor.here.records
        entry = AuditEntry(0.0, "tests", "account.deleted", "x")
        records.delete_account(visitor.base.split("/")[2], entry)
        with records._reading.begin() as connection:
            assert connection.execute(select(func.count()).select_from(EXPLORER_RUN)).scalar_one() == 0

    visit(tmp_path, story)


def test_the_oldest_runs_make_place_for_new_ones_and_what_is_old_is_purged(tmp_path: Path) -> None:
    async def begin() -> None:
        clock = HandClock()
        async with opened(tmp_path, clock) as here:
            person, history = here.add_person("anna@shop.example"), History(here.runtime.deployment)
            account = here.records.find_account(here.add_company("Shop"))
            for at in range(102):
                clock.now += 1
                await history.add_run(account, person, "query", "query_quick_books", query=f"q{at}")
            runs = await history.list_runs(account, person)
            assert [runs[0].query, runs[-1].query, len(runs)] == ["q101", "q2", 100]
            clock.now += RUNS_STORED_SECONDS + 1
            here.records.purge(clock())
            assert await history.list_runs(account, person) == []

    asyncio.run(begin())
