"""Undo of writes, through an agent's calls to the simulator: the books are as they were before."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import (
    Conflict,
    Duplicate,
    Forbidden,
    InvalidArguments,
    InvalidRequest,
    NotFound,
    PolicyRefused,
)
from runtime.journal_filter import JournalFilter
from runtime.model import AccountId, JournalEntry, Policies
from runtime.operations.journal import Journal
from runtime.operations.undo import Asked, Undo
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_journal import WriteJournal
from runtime.simulators.quickbooks.books.store import Store
from tests.company import Company, copy_books, make_landscaper
from tests.deployment import deploy
from tests.safety.test_guarded_updates import goods, new_bill, new_invoice

WRITES = 14
"""Of one random sequence: enough for writes upon writes, and a second or two."""


class Journaled(Company):
    """A company whose writes are in a journal, and undone from it."""

    def __init__(self, store: Store, data: Path) -> None:
        super().__init__(store)
        self.here = deploy(data)
        vendor: VendorCalls = self.calls._vendor
        vendor._journal = WriteJournal(self.here.keys, self.here.stores, clock=self.here.clock)
        journal = Journal(self.here.parts(self.catalog))
        self.undo = Undo(self.here.stores, journal, self.calls, lambda: self.catalog)

    def entries(self) -> list[JournalEntry]:
        """The entries, the newest first."""
        self.here.stores.drain_journal()
        return self.here.stores.records.read_journal_entries(
            self.grant.account.id, JournalFilter(), None, 200
        )

    def revert(self, entry: JournalEntry, *, is_preview: bool = False) -> dict[str, Any]:
        """Undo an entry."""
        return self._runner.run(
            self.undo.revert(Asked(self.grant, self.tools), entry.id, is_preview=is_preview)
        )

    def balances(self) -> Any:
        """The rows of the trial balance."""
        return self.call(
            "get_quick_books_trial_balance_report", start_date="2020-01-01", end_date="2030-12-31"
        )["rows"]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Journaled]:
    found = Journaled(copy_books(make_landscaper()), tmp_path)
    yield found
    found.close()
    found.here.stores.close()


def test_a_created_bill_is_deleted_and_a_created_invoice_is_voided(company: Journaled) -> None:
    before = company.balances()
    bill, invoice = new_bill(company), new_invoice(company, 40, 60)
    assert company.balances() != before
    for entry in company.entries():
        company.revert(entry)
    assert company.balances() == before
    assert company.refused("get bills", id=bill["Id"]).code == "not_found"
    assert company.call("get invoices", id=invoice["Id"])["TotalAmt"] == 0


def test_an_update_is_put_back_with_everything_it_changed(company: Journaled) -> None:
    bill = new_bill(company)
    first, second = goods(bill)
    company.call(
        "update bills",
        id=bill["Id"],
        PrivateNote="changed",
        Line=[{"Id": first["Id"], "Amount": 45}],
        remove_lines=[second["Id"]],
    )
    company.revert(company.entries()[0])
    now = company.call("get bills", id=bill["Id"])
    assert [line["Amount"] for line in goods(now)] == [40, 60]
    assert (now["TotalAmt"], now.get("DocNumber"), now.get("PrivateNote")) == (
        100,
        bill.get("DocNumber"),
        None,
    )


def test_what_was_deleted_is_created_again_and_says_that_its_id_is_new(company: Journaled) -> None:
    bill = new_bill(company)
    before = company.balances()
    company.call("delete bills", id=bill["Id"], SyncToken=bill["SyncToken"])
    answer = company.revert(company.entries()[0])
    assert answer["record_id"] != bill["Id"]
    assert answer["note"] == f"It was created again, and its Id is new: {answer['record_id']}."
    assert company.balances() == before


def test_a_new_name_on_a_list_is_set_inactive(company: Journaled) -> None:
    customer = company.call("create customers", DisplayName="Undone", Notes="stays")
    company.revert(company.entries()[0])
    now = company.call("get customers", id=customer["Id"])
    assert (now["Active"], now["Notes"]) == (False, "stays")


def test_a_record_that_was_changed_since_is_a_conflict_that_says_where(company: Journaled) -> None:
    bill = new_bill(company)
    made = company.entries()[0]
    company.call("update bills", id=bill["Id"], PrivateNote="by somebody else")
    sent = company.count_sent("POST")
    with pytest.raises(Conflict, match="PrivateNote") as refused:
        company.revert(made)
    assert refused.value.details == {"changed_since": ["PrivateNote"]}
    assert company.count_sent("POST") == sent


def test_a_preview_says_what_would_be_sent_and_sends_nothing_but_reads(company: Journaled) -> None:
    bill = new_bill(company)
    sent = company.count_sent("POST")
    answer = company.revert(company.entries()[0], is_preview=True)
    assert answer["tool"] == "delete_a_quick_books_bill_by_id"
    assert answer["arguments"] == {"Id": bill["Id"], "SyncToken": bill["SyncToken"]}
    assert answer["dry_run"] is True
    assert company.count_sent("POST") == sent
    assert len(company.entries()) == 1


def test_an_undo_is_in_the_journal_and_is_done_once(company: Journaled) -> None:
    new_bill(company)
    made = company.entries()[0]
    company.revert(made)
    undone = company.entries()[0]
    assert (undone.kind, undone.reverts, undone.outcome) == ("revert", made.id, "done")
    with pytest.raises(Conflict, match="undone already"):
        company.revert(made)


def test_an_undo_can_be_undone(company: Journaled) -> None:
    bill = new_bill(company)
    company.call("update bills", id=bill["Id"], PrivateNote="one")
    company.revert(company.entries()[0])
    company.revert(company.entries()[0])
    assert company.call("get bills", id=bill["Id"])["PrivateNote"] == "one"


def test_what_was_refused_cannot_be_undone(company: Journaled) -> None:
    company.refused("delete bills", id="999999", SyncToken="0")
    with pytest.raises(Conflict, match="refused"):
        company.revert(company.entries()[0])


def test_an_email_that_was_sent_cannot_be_undone(company: Journaled) -> None:
    invoice = new_invoice(company, 10)
    company.call("send invoices", id=invoice["Id"], send_to="a@example.com")
    with pytest.raises(InvalidRequest, match="cannot be undone"):
        company.revert(company.entries()[0])


def test_an_undo_takes_a_tool_that_whoever_asks_has(company: Journaled) -> None:
    new_bill(company)
    name = "delete_a_quick_books_bill_by_id"
    company.tools = {each: tool for each, tool in company.tools.items() if each != name}
    sent = company.count_sent()
    with pytest.raises(Forbidden, match=name):
        company.revert(company.entries()[0])
    assert company.count_sent() == sent


def test_the_entries_of_another_account_are_not_undone(company: Journaled) -> None:
    new_bill(company)
    entry = company.entries()[0]
    company.grant = replace(company.grant, account=replace(company.grant.account, id=AccountId("other")))
    with pytest.raises(NotFound):
        company.revert(entry)


def test_a_server_that_may_not_write_an_amount_may_not_undo_into_it(company: Journaled) -> None:
    bill = new_bill(company)
    line = goods(bill)[0]
    company.call("update bills", id=bill["Id"], Line=[{"Id": line["Id"], "Amount": 1}])
    sent = company.count_sent("POST")
    policies = Policies(max_amount=Decimal(90))
    company.grant = replace(company.grant, config=replace(company.grant.config, policies=policies))
    for is_preview in (True, False):
        with pytest.raises(PolicyRefused):
            company.revert(company.entries()[0], is_preview=is_preview)
    assert company.count_sent("POST") == sent


def test_what_an_undo_sends_is_checked_before_it_is_sent(company: Journaled) -> None:
    bill = new_bill(company)
    company.call("delete bills", id=bill["Id"], SyncToken=bill["SyncToken"])
    company.call(
        "update classes",
        id=goods(bill)[0]["AccountBasedExpenseLineDetail"]["ClassRef"]["value"],
        Active=False,
    )
    sent = company.count_sent("POST")
    with pytest.raises(InvalidArguments, match="no longer in use"):
        company.revert(company.entries()[1])
    assert company.count_sent("POST") == sent


def test_two_agents_that_undo_a_write_at_once_undo_it_once(company: Journaled) -> None:
    bill = new_bill(company)
    company.call("delete bills", id=bill["Id"], SyncToken=bill["SyncToken"])
    entry, asked = company.entries()[0], Asked(company.grant, company.tools)
    sent = company.count_sent("POST")

    async def both() -> list[Any]:
        calls = (company.undo.revert(asked, entry.id) for _ in range(2))
        return await asyncio.gather(*calls, return_exceptions=True)

    found = company._runner.run(both())
    assert sorted(isinstance(each, Conflict) for each in found) == [False, True]
    assert company.count_sent("POST") == sent + 1


def test_of_two_processes_that_undo_a_write_at_once_one_does(company: Journaled) -> None:
    bill = new_bill(company)
    company.call("delete bills", id=bill["Id"], SyncToken=bill["SyncToken"])
    entry, asked = company.entries()[0], Asked(company.grant, company.tools)
    other = Undo(company.here.stores, company.undo._journal, company.calls, lambda: company.catalog)

    async def both() -> list[Any]:
        calls = (undo.revert(asked, entry.id) for undo in (company.undo, other))
        return await asyncio.gather(*calls, return_exceptions=True)

    sent = company.count_sent("POST")
    found = company._runner.run(both())
    assert sorted(isinstance(each, Conflict) for each in found) == [False, True]
    assert company.count_sent("POST") == sent + 1


def test_what_was_undone_is_undone_once_more_only_where_that_is_allowed(company: Journaled) -> None:
    bill = new_bill(company)
    company.call("delete bills", id=bill["Id"], SyncToken=bill["SyncToken"])
    deletion, asked = company.entries()[0], Asked(company.grant, company.tools)
    first = company.revert(deletion)
    with pytest.raises(Conflict) as refused:
        company.revert(deletion)
    undone = company.entries()[0]
    assert refused.value.details == {
        "reverted_by": {"id": undone.id, "outcome": "done", "record_id": first["record_id"]}
    }
    allowed = asked._replace(allow_duplicate=True)
    second = company._runner.run(company.undo.revert(allowed, deletion.id))
    assert second["record_id"] not in (bill["Id"], first["record_id"])


def numbered_bill(company: Journaled) -> dict[str, Any]:
    detail = {"AccountRef": {"value": "7"}}
    line = {
        "Amount": 12,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }
    vendor = company.list("vendors", limit=1)[0]["Id"]
    found: dict[str, Any] = company.call(
        "create bills", VendorRef={"value": vendor}, Line=[line], DocNumber="T-1"
    )
    return found


def test_a_deleted_record_with_a_twin_is_created_again_only_where_that_is_allowed(company: Journaled) -> None:
    bill = numbered_bill(company)
    company.call("delete bills", id=bill["Id"], SyncToken=bill["SyncToken"])
    deletion, asked = company.entries()[0], Asked(company.grant, company.tools)
    numbered_bill(company)
    with pytest.raises(Duplicate):
        company.revert(deletion)
    allowed = asked._replace(allow_duplicate=True)
    assert company._runner.run(company.undo.revert(allowed, deletion.id))["record_id"]


def write_at_random(company: Journaled, chance: random.Random, bills: list[str]) -> None:
    """One write: a new bill or invoice, or a change or the deletion of one of the new bills."""
    kind = chance.choice(["bill", "invoice", "update", "update", "delete"])
    if kind == "invoice":
        new_invoice(company, *(chance.randrange(1, 500) for _ in range(chance.randrange(1, 4))))
    elif kind == "bill" or not bills:
        bills.append(new_bill(company)["Id"])
    elif kind == "delete":
        bill = company.call("get bills", id=bills.pop(chance.randrange(len(bills))))
        company.call("delete bills", id=bill["Id"], SyncToken=bill["SyncToken"])
    else:
        bill = company.call("get bills", id=chance.choice(bills))
        line = chance.choice(goods(bill))
        company.call(
            "update bills", id=bill["Id"], Line=[{"Id": line["Id"], "Amount": chance.randrange(1, 900)}]
        )


@pytest.mark.parametrize("seed", range(3))
def test_undoing_any_sequence_of_writes_restores_the_trial_balance(company: Journaled, seed: int) -> None:
    chance, before, bills = random.Random(seed), company.balances(), list[str]()
    for _ in range(WRITES):
        write_at_random(company, chance, bills)
    assert company.balances() != before
    for entry in company.entries():
        company.revert(entry)
    assert company.balances() == before
