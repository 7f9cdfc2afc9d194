"""Who approved a write, and by which rule it had waited: on pages, in files, for programs and agents, in the audit."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.approval import ApprovedChange
from runtime.exchange.allowance import PLAIN, Allowance
from runtime.mcp_server.changes import RECENT, Changes, Space
from runtime.model import AuditEntry
from runtime.operations.audit_log import SENTENCES
from runtime.operations.journal import Journal
from runtime.stores.record_base import note as store
from tests.deployment import NOON
from tests.web.books_site import BooksSite
from tests.web.test_journal_pages import look, read
from tests.web.test_settings_pages import add_company, run
from tests.web.visitors import HERE, Site

RULES = ("mcp_server: risk create", "tenant: above 100, it is <b>300.00</b>")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BooksSite]:
    found = BooksSite(tmp_path)
    yield found
    found.end()


def write_both(site: BooksSite) -> str:
    """A write that Berta approved, and one that did not wait; returns the entry of the first."""
    site.run(site.visit("owner", "berta@shop.example"))
    berta = site.run(site.find("berta@shop.example"))
    site.call("create customers", DisplayName="Plain")
    plain = site.company.grant
    site.company.grant = replace(plain, approved=ApprovedChange("pch_1", berta.id, RULES))
    site.call("create customers", DisplayName="Approved")
    site.company.grant = plain
    return str(site.entries()[0].id)


def test_the_page_of_an_entry_says_who_approved_it_and_by_which_rules_it_waited(site: BooksSite) -> None:
    entry_id = write_both(site)

    page = look(site, f"/journal/{entry_id}")
    other = read(look(site, f"/journal/{site.entries()[1].id}"))

    shown = read(page)
    assert "Approved by berta " in shown
    assert "It waited by mcp_server: risk create tenant: above 100, it is <b>300.00</b>" in shown
    assert f'href="{site.base}/approvals/pch_1"' in page.text and "<b>300.00</b>" not in page.text
    assert "Approved by" not in other
    assert "Approved" in read(look(site, "/journal?q=berta"))


def test_a_file_of_the_journal_has_who_approved(site: BooksSite) -> None:
    write_both(site)

    rows = list(csv.reader(io.StringIO(look(site, "/journal/export.csv").text.lstrip("\ufeff"))))

    head = next(row for row in rows if "Approved by" in row)
    at = [head.index(name) for name in ("Approved by", "Waited by", "Pending change")]
    approved, plain = rows[rows.index(head) + 1 : rows.index(head) + 3]
    assert [approved[each] for each in at] == ["berta", "; ".join(RULES), "pch_1"]
    assert [plain[each] for each in at] == ["", "", ""]


def test_programs_and_agents_read_who_approved(site: BooksSite) -> None:
    entry_id = write_both(site)
    berta = site.run(site.find("berta@shop.example"))
    journal = Journal(site.parts)
    changes = Changes(journal, site.services.undo, None)  # type: ignore[arg-type]
    tools = {each.name: each for each in site.company.catalog.list_tools(site.account.integration)}

    whole = journal.get(site.account.id, entry_id)
    answer = site.run(changes.answer(site.company.grant, tools, RECENT, {}, Space(PLAIN, Allowance(32_000))))

    assert whole["approval"] == {
        "pending_change": "pch_1",
        "approved_by": {"id": berta.id, "name": "berta"},
        "rules": list(RULES),
    }
    assert journal.get(site.account.id, site.entries()[1].id)["approval"] is None
    first, second = json.loads(answer.text)["changes"]
    assert first["approved"] == {"by": "berta", "rules": list(RULES), "id": "pch_1"}
    assert "approved" not in second


def test_the_audit_log_has_every_step_in_words_with_the_person(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("me@example.com", "owner")
        me = await site.find("me@example.com")
        account = add_company(site)
        steps = [each for each in SENTENCES if each.startswith("pending_change.")]
        for step in steps:
            about = {
                "integrated_account_id": account,
                "tool": "create_it",
                "rules": ["mcp_server: risk create"],
            }
            note(site, AuditEntry(NOON, me.id, step, "pch_1", about))
        note(
            site,
            AuditEntry(NOON, "mcp_server:gone", steps[0], "pch_2", {"integrated_account_id": account}),
        )
        shown = (await browser.get(f"/tenant/{HERE}/settings/audit?kind=pending_change")).text
        assert len(steps) == 8
        for step in steps:
            assert SENTENCES[step] in shown
        assert "me@example.com" in shown and "Shop" in shown
        assert "Somebody who has left" not in shown and "MCP server deleted server (gone)" in shown

    run(tmp_path, story)


def note(site: Site, entry: Any) -> None:
    with site.here.stores.records._engine.begin() as connection:
        store(connection, entry)
