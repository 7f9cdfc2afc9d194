"""The journal for people: what each write says, what it changed, filters, files, undo from the page, the check."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from runtime.errors import Indeterminate, LedgerportError
from runtime.operations.formats import MINUS
from runtime.operations.journal_views import JournalViews, Wanted
from tests.operations.test_undo import goods, new_bill, new_invoice
from tests.web.books_site import BooksSite
from tests.web.visitors import submit

EVIL = "=cmd|'/c calc'!A1 <script>alert(\"x\")</script>{{ 41 * 271 }}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BooksSite]:
    found = BooksSite(tmp_path)
    yield found
    found.end()


def look(site: BooksSite, path: str = "/journal", role: str = "owner", **headers: str) -> Any:
    """What a page of the company answers to somebody who is signed in."""

    async def visit() -> Any:
        browser = await site.visit(role, f"{role}@shop.example")
        return await browser.get(site.base + path, headers=headers)

    return site.run(visit())


def read(page: Any) -> str:
    """The text of a page, without its tags."""
    assert page.status_code == 200, page.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def write_two(site: BooksSite) -> tuple[dict[str, Any], dict[str, Any]]:
    """A customer and an invoice for it, made by the agent."""
    customer = site.call("create customers", DisplayName="Swift Cars")
    item = site.company.list("items", limit=1)[0]
    detail = {"ItemRef": {"value": item["Id"]}}
    line = {"Amount": 300, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    made = site.call(
        "create invoices", CustomerRef={"value": customer["Id"]}, DocNumber="X-1042", Line=[line]
    )
    return customer, made


def test_a_write_is_listed_in_names_with_who_made_it_its_amount_and_that_it_can_be_undone(
    site: BooksSite,
) -> None:
    write_two(site)
    page = look(site)
    shown = read(page)
    assert "Create invoice X-1042, Swift Cars Month-end · Claude 300.00 Done can be undone" in shown
    assert "Create customer Swift Cars Month-end · Claude Done can be undone" in shown
    assert "2 of 2 entries" in shown
    assert "2 writes" in shown


def test_each_caller_is_named_and_one_that_was_deleted_says_so(site: BooksSite) -> None:
    agent = site.company.grant
    token = site.here.api_tokens.create("Night job", ["admin"])["id"]
    person = site.run(site.visit()) and site.run(site.find("anna@shop.example"))
    for number, who in enumerate(
        (
            {"server_id": site.server_id, "client": "Claude"},
            {"api_token_id": token, "client": "curl"},
            {"api_token_id": "command_line", "client": ""},
            {"person_id": person.id, "client": "page"},
            {"server_id": "0123456789abcdef", "client": "Cursor"},
            {"person_id": "nobody-at-all", "client": "page"},
        )
    ):
        site.company.grant = site.make_grant(**who)
        site.call("create customers", DisplayName=f"Customer {number}")
    site.company.grant = agent
    shown = read(look(site))
    for number, who in enumerate(
        (
            "Month-end · Claude",
            "Night job · curl",
            "Command line",
            "anna anna@shop.example",
            "deleted server (01234567) · Cursor",
            "former person (nobody-a)",
        )
    ):
        assert f"Create customer Customer {number} {who} Done" in shown


def test_each_outcome_is_said_and_only_what_was_done_can_be_undone(site: BooksSite) -> None:
    customer = site.call("create customers", DisplayName="Swift Cars")
    assert site.company.refused("create customers", DisplayName="Swift Cars").code == "duplicate"
    lost: Any = site.company.client
    send = lost.send

    async def lose(*_given: Any) -> Any:
        raise Indeterminate("The answer was lost.")

    lost.send = lose
    with pytest.raises(LedgerportError):
        site.call("create customers", DisplayName="Lost")
    lost.send = send
    site.call("update customers", id=customer["Id"], Notes="x")
    shown = read(look(site))
    assert "Create customer Swift Cars Month-end · Claude Refused" in shown
    assert "Create customer Lost Month-end · Claude Outcome unknown" in shown
    assert "Update customer Swift Cars Month-end · Claude Done can be undone" in shown
    for state, count in (("done", 2), ("refused", 1), ("unknown", 1), ("undone", 0), ("open", 0)):
        assert look(site, f"/journal?state={state}").text.count('<details class="entry">') == count, state


def test_an_entry_shows_what_an_update_changed_line_by_line_and_the_error_of_a_refused_one(
    site: BooksSite,
) -> None:
    bill = new_bill(site.company)
    first, second = goods(bill)
    changes = {"Line": [{"Id": first["Id"], "Amount": 45}], "remove_lines": [second["Id"]]}
    site.call("update bills", id=bill["Id"], PrivateNote="New memo", **changes)
    entry = site.entries()[0]
    page = look(site, f"/journal/{entry.id}")
    shown = read(page)
    for change in (
        "Private note empty + New memo",
        f"Amount {MINUS} 40.00 + 45.00",
        "Line 2 removed",
        "Total amt",
    ):
        assert change in shown
    assert f"<code>{entry.vendor_key}</code>" in page.text
    assert f"/company/{site.account.id}/bills/{bill['Id']}" in page.text
    part = look(site, f"/journal/{entry.id}", **{"hx-request": "true"})
    assert "New memo" in part.text
    assert "<html" not in part.text
    assert site.company.refused("update bills", id=bill["Id"], VendorRef={"value": "99999"}) is not None


def test_an_undo_from_the_page_restores_the_books_and_stands_in_the_journal_as_the_person(
    site: BooksSite,
) -> None:
    bill = new_bill(site.company)
    first, _ = goods(bill)
    site.call("update bills", id=bill["Id"], Line=[{"Id": first["Id"], "Amount": 45}])
    entry = site.entries()[0]

    async def undo() -> tuple[Any, Any, Any]:
        browser = await site.visit()
        address = f"{site.base}/journal/{entry.id}/undo"
        question = await browser.get(address)
        assert len(site.entries()) == 2  # nothing was done yet
        done = await submit(browser, question, address)
        shown = await browser.get(done.headers["location"])
        return question, done, shown

    question, done, shown = site.run(undo())
    assert f"Amount {MINUS} 45.00 + 40.00" in read(question)
    assert done.status_code == 303
    assert "It is undone." in read(shown)
    now = site.company.call("get bills", id=bill["Id"])
    assert now["TotalAmt"] == bill["TotalAmt"]
    made = site.entries()[0]
    anna = site.run(site.find("anna@shop.example"))
    assert (made.caller, made.client, made.kind, made.reverts) == (
        f"person:{anna.id}",
        "page",
        "revert",
        entry.id,
    )
    listed = read(look(site))
    assert "Undo: Update bill" in listed
    assert "anna anna@shop.example 100.00 Done can be undone" in listed
    assert look(site, "/journal?state=undone").text.count('<details class="entry">') == 1
    again = look(site, f"/journal/{entry.id}/undo")
    assert "It was undone." in read(again)
    assert [call.call.tool for call in site.run(site.list_calls())][:1] == ["update_a_quick_books_bill_by_id"]


def test_a_record_that_was_changed_since_is_not_undone_and_the_page_says_in_what(site: BooksSite) -> None:
    bill = new_bill(site.company)
    site.call("update bills", id=bill["Id"], PrivateNote="one")
    entry = site.entries()[0]
    site.call("update bills", id=bill["Id"], PrivateNote="two")
    page = look(site, f"/journal/{entry.id}/undo")
    assert page.status_code == 409
    assert "The record was changed since this write, in: PrivateNote" in page.text
    assert "<button" not in page.text.partition("<main")[2]


def test_an_undo_without_the_proof_of_its_form_is_refused(site: BooksSite) -> None:
    new_invoice(site.company, 40)
    entry = site.entries()[0]

    async def forge() -> Any:
        browser = await site.visit()
        return await browser.post(f"{site.base}/journal/{entry.id}/undo", data={"proof": "0" * 64})

    assert site.run(forge()).status_code == 403
    assert len(site.entries()) == 1


def test_filters_narrow_the_list_and_the_exports_have_the_same_entries(site: BooksSite) -> None:
    customer, _ = write_two(site)
    site.company.grant = site.make_grant(server_id="another", client="Cursor")
    site.call("update customers", id=customer["Id"], Notes="x")
    day = datetime.fromtimestamp(site.clock(), UTC).date()
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    wanted = {
        "": 3,
        "?client=Cursor": 1,
        "?caller=mcp_server:another": 1,
        "?tool=create_a_quick_books_invoice": 1,
        f"?record={customer['Id']}": 2,
        "?q=swift+cars": 3,
        "?q=300.00": 1,
        "?q=x-1042&client=Claude": 1,
        "?q=nothing+like+it": 0,
        f"?from={day}&to={day}": 3,
        f"?from={after}": 0,
        f"?to={before}": 0,
    }
    for query, count in wanted.items():
        listed = look(site, f"/journal{query}").text
        ids = re.findall(r"/journal/([0-9a-f-]{36})\">Open", listed)
        table = list(
            csv.DictReader(io.StringIO(look(site, f"/journal/export.csv{query}").content.decode("utf-8-sig")))
        )
        assert (len(ids), [each["Entry"] for each in table]) == (count, ids), query


def test_an_unknown_filter_is_said_beside_its_field_and_nothing_is_listed(site: BooksSite) -> None:
    write_two(site)
    page = look(site, "/journal?from=yesterday&q=swift")
    assert 'aria-invalid="true"' in page.text
    assert "Give it as a date" in page.text
    assert 'value="swift"' in page.text
    assert "Create customer" not in page.text
    assert look(site, "/journal/export.csv?from=yesterday").status_code == 303
    assert look(site, "/journal?cursor=nonsense").status_code == 400


def test_pages_lead_to_the_end_and_no_entry_is_shown_twice(site: BooksSite) -> None:
    views = JournalViews(site.parts)
    for number in range(7):
        site.call("create customers", DisplayName=f"Customer {number}")
    seen, cursor = list[str](), ""
    for _ in range(4):
        part = views.list_part(site.account, Wanted(), cursor, 2)
        seen += [each.entry.id for each in part.rows]
        cursor = part.next_cursor
        assert part.total == 7
    assert cursor == ""
    assert seen == [each.id for each in site.entries()]


def test_a_workbook_has_the_figures_and_no_text_in_it_is_a_formula(site: BooksSite) -> None:
    write_two(site)
    site.call("create customers", DisplayName=EVIL[:90].replace(":", ""))
    answer = look(site, "/journal/export.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    head = next(at for at, row in enumerate(rows) if row[0] == "Time")
    table = [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :]]
    assert [each["Total amount"] for each in table] == [None, 300, None]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert str(table[0]["Record number or name"]).lstrip("'").startswith("=cmd")


def test_hostile_names_are_harmless_on_every_page(site: BooksSite) -> None:
    name = EVIL.replace(":", "")[:90]
    site.company.grant = site.make_grant(
        server_id="<script>alert(1)</script>", client="<img src=x onerror=1>"
    )
    customer = site.call("create customers", DisplayName=name)
    site.call("update customers", id=customer["Id"], Notes="<b>bold</b> {{ 41 * 271 }}")
    entry = site.entries()[0]
    for path in (
        "/journal",
        f"/journal/{entry.id}",
        f"/journal/{entry.id}/undo",
        "/journal?q=<script>",
        "/calls",
    ):
        page = look(site, path)
        assert page.status_code == 200
        for bad in ("<script>alert", "<img src=x", "<b>bold", "11111"):
            assert bad not in page.text.replace("script src", ""), (path, bad)
        assert " style=" not in page.text


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_may_not_see_the_journal_sees_nothing_of_it(site: BooksSite, role: str) -> None:
    write_two(site)
    entry = site.entries()[0]
    for path in ("", f"/{entry.id}", f"/{entry.id}/undo", "/export.csv", "/export.xlsx", "/check", "/heads"):
        page = look(site, f"/journal{path}", role)
        assert page.status_code == 403
        assert "Swift Cars" not in page.text


def test_whose_role_may_not_use_tools_reads_the_journal_and_undoes_nothing(site: BooksSite) -> None:
    write_two(site)
    entry = site.entries()[0]
    with site.here.stores.records._engine.begin() as connection:
        connection.execute(text("UPDATE tenant SET tools_role = 'admin'"))
    page = look(site, f"/journal/{entry.id}", "billing_admin")
    assert "Your role may not use tools that write." in page.text
    assert look(site, f"/journal/{entry.id}/undo", "billing_admin").status_code == 403
    assert look(site, f"/journal/{entry.id}/undo", "admin").status_code == 200


def test_an_entry_of_another_company_is_not_found(site: BooksSite) -> None:
    write_two(site)
    assert look(site, "/journal/0b1e6d5e-3803-45da-a84f-b2d317b6cb9a").status_code == 404


def test_the_check_says_that_a_journal_is_whole_and_reports_one_that_was_tampered_with(
    site: BooksSite,
) -> None:
    write_two(site)
    site.entries()
    assert "The journal is whole. All 4 links are as stored." in read(look(site, "/journal/check?run=1"))
    head = look(site, "/journal/heads")
    assert head.headers["content-disposition"] == 'attachment; filename="journal-head.jsonl"'
    query = {"run": "1", "heads": head.text}

    async def compare() -> Any:
        browser = await site.visit()
        return await browser.get(f"{site.base}/journal/check", params=query)

    assert "the exported head is among them" in read(site.run(compare()))
    with site.here.stores.records._engine.begin() as connection:
        connection.execute(text("UPDATE journal SET tool = 'another' WHERE seq = 1"))
    shown = read(look(site, "/journal/check?run=1"))
    assert "The journal is not as it was stored." in shown
    assert "1 It was changed, or does not follow the link that is before it." in shown
    wrong = look(site, "/journal/check?run=1&heads=nonsense")
    assert "This is no exported head of a journal." in wrong.text
    assert ">nonsense<" in wrong.text


def test_an_empty_journal_says_what_will_be_there(site: BooksSite) -> None:
    assert "No writes yet" in look(site).text


def test_a_list_takes_the_same_number_of_queries_whatever_its_length(site: BooksSite) -> None:
    from sqlalchemy import event

    views, sent = JournalViews(site.parts), list[str]()
    engine: Any = site.here.stores.records._reading
    counts = []
    for number in range(6):
        site.call("create customers", DisplayName=f"Customer {number}")
        site.entries()
        if number in (0, 5):
            sent.clear()
            inner = getattr(engine, "_engine", None) or engine
            event.listen(inner, "before_cursor_execute", _note := (lambda *given: sent.append(given[2])))
            views.list_part(site.account, Wanted())
            event.remove(inner, "before_cursor_execute", _note)
            counts.append(len(sent))
    assert counts[0] == counts[1] > 0
