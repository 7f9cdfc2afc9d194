"""Records of the work system in an analysis of the books lead to their pages, for people who may see them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runtime.insight_values import StoredMapping, name_mapping, name_mapping_owner
from runtime.model import AccountId, AuditEntry
from runtime.operations.company_mapping.links import CompanyMapping, Link, write_mapping
from tests.deployment import NOON
from tests.web.analysis_answers import CLIENTS, make_answer
from tests.web.analysis_company import AnalysisCalls, Desk, look

WORK = AccountId("work-1")
AUDIT = AuditEntry(NOON, "tests", "account.created", WORK)
RUN = "/client_profitability?run=1"


def answer(*records: str) -> AnalysisCalls:
    """Calls whose answer names some records as evidence."""
    made = make_answer(CLIENTS, evidence=["invoices:12", *records])
    return AnalysisCalls({"client_profitability": made})


def connect_work(desk: Desk, *, is_lapsed: bool = False) -> None:
    """Map the books with a work system, whose connection may have lapsed since."""
    records = desk.here.records
    desk.here.set_status(desk.company, "active")
    books = records.find_account(AccountId(desk.company))
    assert books is not None
    status = "needs_reauth" if is_lapsed else "active"
    records.add_account(
        replace(books, id=WORK, integration="connectwise", company="desk", status=status), AUDIT
    )
    link = Link("2", "Acme", "1", "Acme", "linked", "exact", 100, "The names are the same.", "anna", NOON)
    id_, content = name_mapping(WORK, books.id), write_mapping(CompanyMapping(1, {"2": link}))
    sealed = desk.here.runtime.deployment.keys.seal(content, name_mapping_owner(id_))
    mapping = StoredMapping(id_, books.tenant_id, WORK, books.id, 1, sealed, NOON, NOON)
    assert records.save_mapping(mapping, AUDIT)


def test_a_record_of_the_work_system_leads_to_its_page(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        connect_work(desk)
        page = await desk.get(RUN)

        assert f'<a href="/company/{WORK}/agreements/7">Agreement 7</a>' in page.text
        assert f'<a href="/company/{desk.company}/invoices/12">Invoice 12</a>' in page.text
        assert "work/" not in page.text

    look(tmp_path, story, answer("work/agreements:7"))


def test_without_a_mapping_it_leads_nowhere(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(RUN)

        assert "<li>agreements:7</li>" in page.text
        assert f"/company/{desk.company}/agreements" not in page.text

    look(tmp_path, story, answer("work/agreements:7"))


def test_the_records_of_a_work_system_whose_connection_lapsed_lead_nowhere(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        connect_work(desk, is_lapsed=True)
        page = await desk.get(RUN)

        assert page.status_code == 200
        assert f"/company/{WORK}/agreements" not in page.text

    look(tmp_path, story, answer("work/agreements:7"))


@pytest.mark.parametrize(
    "record",
    ["work/", "work/:", "work/agreements:", "work/nothing:7", "work/agreements:" + "7" * 400],
    ids=range(5),
)
def test_what_names_no_record_of_it_leads_nowhere(tmp_path: Path, record: str) -> None:
    async def story(desk: Desk) -> None:
        connect_work(desk)
        page = await desk.get(RUN)

        assert page.status_code == 200
        assert f"/company/{WORK}/" not in page.text

    look(tmp_path, story, answer(record))


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "W" * 4_000, "A\x00B\x1b[31m\u202eC\nD"])
def test_a_hostile_name_of_a_client_is_text(tmp_path: Path, name: str) -> None:
    client = {**CLIENTS["clients"][0], "name": name, "in_work_system": [name]}
    calls = AnalysisCalls({"client_profitability": make_answer({**CLIENTS, "clients": [client]})})

    async def story(desk: Desk) -> None:
        connect_work(desk)
        page = await desk.get(RUN)

        assert page.status_code == 200
        assert "<img" not in page.text
        assert not set("\x00\x1b\u202e") & set(page.text)
        assert "W" * 2_001 not in page.text

    look(tmp_path, story, calls)


def test_an_id_cannot_lead_out_of_the_page_of_a_record(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        connect_work(desk)
        page = await desk.get(RUN)

        assert f'href="/company/{WORK}/agreements/..%2F..%2F%22%3E%3Cb%3E"' in page.text
        assert "<b>&#" not in page.text

    look(tmp_path, story, answer('work/agreements:../../"><b>'))
