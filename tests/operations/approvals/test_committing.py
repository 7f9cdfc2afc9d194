"""What is approved is carried out once, through every check again, or comes to a state that a person sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete

from runtime.approval import ApprovalRule, PendingStatus
from runtime.errors import Indeterminate, KeySpent, LedgerportError, PartlyDone, StorageUnavailable, Unchanged
from runtime.exchange.tool_answer import Answer
from runtime.jobs.runner import Jobs, make_durable_engine
from runtime.jobs.work import Task
from runtime.model import Budget, Policies
from runtime.operations.approvals.committing import DELAYS
from runtime.stores.tables import ACCOUNT
from tests.operations.approvals.conftest import OpenShop
from tests.operations.approvals.shop import EVERYTHING, Shop, make_lines, new_invoice
from tests.waiting import wait_until

HOURS = 3_600
LATER = "2026-12-31"


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop(EVERYTHING)


def propose(shop: Shop, name: str = "Someone") -> str:
    id_: str = shop.propose("create customers", DisplayName=name)["id"]
    return id_


def propose_due_date(shop: Shop) -> tuple[str, str]:
    """A change of an invoice, and the Id of that."""
    invoice = new_invoice(shop)
    return shop.propose("update invoices", id=invoice["Id"], DueDate=LATER)["id"], invoice["Id"]


def test_what_is_approved_is_sent_once_and_the_journal_says_who_approved_it_and_by_which_rule(
    shop: Shop,
) -> None:
    id_ = propose(shop)
    done = shop.carry_out(id_)
    shop.run_jobs()
    assert (done.status, done.decided_by, shop.count_writes()) == ("committed", "person-approver", 1)
    (entry,) = shop.entries()
    assert (entry.id, entry.caller, entry.client) == (done.entry_id, shop.grant.caller, "agent 7")
    assert shop.changes.journal.open(entry)[0]["approval"] == {
        "pending_change": id_,
        "approved_by": "person-approver",
        "rules": ["mcp_server: risk create"],
    }
    assert '"status":"committed"' in shop.use("get_pending_change", id=id_).text
    assert shop.list_events() == [f"pending_change.{each}" for each in ("approved", "committed", "created")]


def test_a_job_that_is_repeated_after_it_was_done_does_nothing(shop: Shop) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    commit = shop.committing.jobs[0].steps[0]
    task = Task("again", {"change": id_, "version": 2, "attempt": 0})
    for _ in range(3):
        shop.run(commit(task))
    assert (shop.find(id_).version, shop.count_writes()) == (3, 1)


def test_two_processes_that_carry_out_the_same_change_at_once_send_it_once(shop: Shop) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    commit = shop.committing.jobs[0].steps[0]
    task = Task("again", {"change": id_, "version": 2, "attempt": 0})

    async def work() -> None:
        await asyncio.gather(*(commit(task) for _ in range(4)))

    shop.run(work())
    assert shop.find(id_).status == "committed"
    assert len(shop.list("customers", DisplayName="Someone")) == 1


def test_a_record_that_moved_in_other_fields_is_merged(shop: Shop) -> None:
    id_, invoice = propose_due_date(shop)
    shop.make("update invoices", id=invoice, PrivateNote="by hand")
    assert shop.carry_out(id_).status == "committed"
    after = shop.make("get invoices", id=invoice)
    assert (after["DueDate"], after["PrivateNote"]) == (LATER, "by hand")


def test_a_record_that_moved_in_the_same_field_comes_back_as_it_is_now_and_is_approved_again(
    shop: Shop,
) -> None:
    id_, invoice = propose_due_date(shop)
    shop.make("update invoices", id=invoice, DueDate="2026-12-25")
    before = shop.count_writes()

    back = shop.carry_out(id_)

    assert (back.status, back.version, back.decided_by, shop.count_writes()) == ("waiting", 3, "", before)
    proposal = shop.read(id_)
    assert [(each.before, each.after) for each in proposal.changed] == [("Dec 25, 2026", "Dec 31, 2026")]
    assert "changed since this was proposed, in: DueDate" in proposal.notes[0].text
    assert shop.list_audit("pending_change.returned")
    assert shop.carry_out(id_).status == "committed"
    assert shop.make("get invoices", id=invoice)["DueDate"] == LATER


def test_a_record_that_was_changed_between_the_reading_and_the_sending_is_not_overwritten(shop: Shop) -> None:
    id_, invoice = propose_due_date(shop)
    shop.approve(id_)
    shop.before_next_write(lambda: shop.ask_for("update invoices", id=invoice, DueDate="2026-12-24"))
    shop.run_jobs()
    assert shop.find(id_).status == "waiting"
    assert shop.make("get invoices", id=invoice)["DueDate"] == "2026-12-24"


@pytest.mark.parametrize("tool", ["update invoices", "delete invoices", "void_a_quick_books_invoice_by_id"])
def test_a_change_of_a_record_that_was_deleted_meanwhile_fails_and_says_so(shop: Shop, tool: str) -> None:
    invoice = new_invoice(shop)
    given = {"DueDate": LATER} if tool.startswith("update") else {"SyncToken": invoice["SyncToken"]}
    id_ = shop.propose(tool, id=invoice["Id"], **given)["id"]
    shop.make("delete invoices", id=invoice["Id"], SyncToken=invoice["SyncToken"])
    before = shop.count_writes()
    done = shop.carry_out(id_)
    assert (done.status, shop.count_writes() - before) in [("failed", 0), ("failed", 1), ("waiting", 0)]
    assert "no record" in shop.read(id_).error or "changed since" in shop.read(id_).notes[0].text


def test_a_deletion_of_a_record_that_was_changed_comes_back_first(shop: Shop) -> None:
    invoice = new_invoice(shop)
    id_ = shop.propose("delete invoices", id=invoice["Id"], SyncToken=invoice["SyncToken"])["id"]
    shop.make("update invoices", id=invoice["Id"], PrivateNote="wait")
    assert shop.carry_out(id_).status == "waiting"
    assert shop.carry_out(id_).status == "committed"


def test_a_company_that_is_disconnected_meanwhile_has_the_change_wait_until_it_is_back(shop: Shop) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    shop.tokens.is_connected = False
    shop.run_jobs()
    assert (shop.find(id_).status, shop.count_writes()) == ("waiting", 0)
    assert "no longer connected" in shop.read(id_).notes[0].text
    shop.tokens.is_connected = True
    assert shop.carry_out(id_).status == "committed"


def test_a_company_that_was_removed_takes_its_changes_with_it(shop: Shop) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    with shop.records._engine.begin() as connection:
        connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == "a"))
    shop.run_jobs()
    assert (shop.records.find_pending(id_), shop.count_writes()) == (None, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda shop: shop.revoke_server(), "MCP server that proposed it has ended"),
        (lambda shop: shop.expire_server(), "MCP server that proposed it has ended"),
        (lambda shop: shop.use_up_server(), "MCP server that proposed it has ended"),
        (lambda shop: shop.change_server(methods=("read",)), "no longer among the tools"),
        (lambda shop: shop.change_server(tags=("purchases",)), "no longer among the tools"),
        (lambda shop: shop.change_account(read_only=1), "no longer among the tools"),
        (lambda shop: shop.change_account(budget='{"writes_per_month": 1}'), "budget"),
        (lambda shop: shop.change_server(budget=Budget(writes_per_month=1)), "budget"),
    ],
)
def test_what_its_proposer_may_not_do_any_more_is_not_carried_out(
    open_shop: OpenShop, change: Callable[[Shop], None], said: str
) -> None:
    shop = open_shop(EVERYTHING)
    shop.carry_out(propose(shop, "Before"))
    id_ = propose(shop)
    shop.approve(id_)
    change(shop)
    shop.run_jobs()
    assert (shop.find(id_).status, shop.count_writes()) == ("failed", 1)
    assert said in shop.read(id_).error
    assert shop.list_events().count("pending_change.failed") == 1


def test_what_an_api_token_proposed_ends_with_the_token(shop: Shop) -> None:
    token = shop.use_api_token()
    id_, other = propose(shop), propose(shop, "Other")
    assert shop.carry_out(other).status == "committed"
    shop.approve(id_)
    shop.revoke_api_token(token)
    shop.run_jobs()
    assert shop.find(id_).status == "failed"
    assert "API token that proposed it has ended" in shop.read(id_).error


@pytest.mark.parametrize("fault", [429, 503, Unchanged("It was not reached.")])
def test_a_vendor_that_is_not_there_is_asked_again_later_and_nothing_is_lost(
    shop: Shop, fault: int | Exception
) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    shop.answers.append(fault)
    shop.run_jobs()
    assert shop.find(id_).status == "approved"
    assert shop.run_jobs() == []
    shop.clock.pass_(30)
    shop.run_jobs()
    assert shop.find(id_).status == "committed"
    assert len(shop.list("customers", DisplayName="Someone")) == 1


def test_what_was_tried_often_enough_comes_back_to_the_people(shop: Shop) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    shop.answers.extend([503] * (len(DELAYS) + 1))
    for delay in (0, *DELAYS):
        shop.clock.pass_(max(delay, 30))
        shop.run_jobs()
    assert shop.find(id_).status == "waiting"
    assert f"It was tried {len(DELAYS) + 1} times" in shop.read(id_).notes[0].text
    assert shop.carry_out(id_).status == "committed"


def test_a_change_that_comes_back_too_late_ends_as_failed_and_says_why(shop: Shop) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    shop.clock.pass_(72 * HOURS)
    shop.tokens.is_connected = False
    shop.run_jobs()
    assert shop.find(id_).status == "failed"
    assert "no longer connected" in shop.read(id_).error


def test_a_change_that_comes_back_while_the_agent_asks_once_more_stays_one(shop: Shop) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    assert propose(shop) == id_
    shop.tokens.is_connected = False
    shop.run_jobs()
    assert shop.find(id_).status == "waiting"


@pytest.mark.parametrize("fault", [500, Indeterminate("The vendor did not answer in time.")])
def test_an_answer_that_is_lost_is_unclear_and_nothing_is_sent_again(
    shop: Shop, fault: int | Exception
) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    shop.answers.append(fault)
    shop.run_jobs()
    shop.clock.pass_(24 * HOURS)
    shop.run_jobs()
    assert (shop.find(id_).status, shop.count_writes()) == ("unclear", 1)
    assert '"status":"unclear"' in shop.use("get_pending_change", id=id_).text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PartlyDone("One of the two entries stands."), "unclear"),
        (KeySpent("Its first answer was lost."), "unclear"),
        (StorageUnavailable("The database is down.", reason="The database is down."), "approved"),
        (LedgerportError("Something else."), "failed"),
    ],
)
def test_each_error_comes_to_a_state_that_says_whether_it_may_stand(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, error: LedgerportError, status: PendingStatus
) -> None:
    id_ = propose(shop)

    async def answer(*_given: Any, **_more: Any) -> Answer:
        return Answer(status=0, error=error)

    monkeypatch.setattr(shop.calls, "call", answer)
    assert shop.carry_out(id_).status == status


def test_a_likely_duplicate_that_appeared_meanwhile_comes_back_and_is_booked_when_it_is_approved_again(
    shop: Shop,
) -> None:
    id_ = shop.propose("create invoices", CustomerRef={"value": "1"}, Line=make_lines(12.34))["id"]
    twin = new_invoice(shop, 12.34)
    assert shop.carry_out(id_).status == "waiting"
    assert twin["DocNumber"] in shop.read(id_).notes[0].text
    assert shop.carry_out(id_).status == "committed"


def test_the_amounts_of_a_day_are_counted_once_when_a_change_is_carried_out(open_shop: OpenShop) -> None:
    shop = open_shop(EVERYTHING, policies=Policies(max_amount_per_day=Decimal(500)))
    ids = [
        shop.propose("create invoices", CustomerRef={"value": customer}, Line=make_lines(200.5))["id"]
        for customer in "123"
    ]
    shop.approve(ids[0])
    shop.answers.append(503)
    shop.run_jobs()
    shop.clock.pass_(60)
    shop.run_jobs()
    assert [shop.find(ids[0]).status, shop.carry_out(ids[1]).status] == ["committed", "committed"]
    assert shop.carry_out(ids[2]).status == "failed"
    assert "max_amount_per_day" in shop.read(ids[2]).error


def test_a_rule_that_is_made_stricter_meanwhile_holds_for_what_waits(shop: Shop) -> None:
    id_ = propose(shop)
    shop.approve(id_)
    shop.set_rule(ApprovalRule(risks=("create",), people=("ann@shop.example",)))
    shop.run_jobs()
    assert (shop.find(id_).status, shop.count_writes()) == ("waiting", 0)
    assert ((), ("ann@shop.example",)) in shop.read(id_).approvers.rules


def test_nobody_decides_in_time_and_the_change_expires_once(shop: Shop) -> None:
    id_, decided = propose(shop), propose(shop, "Decided")
    shop.refuse(decided)
    shop.clock.pass_(72 * HOURS - 1)
    shop.run_jobs()
    assert shop.find(id_).status == "waiting"
    shop.clock.pass_(1)
    shop.run_jobs()
    assert [shop.find(each).status for each in (id_, decided)] == ["expired", "refused"]
    assert shop.list_audit("pending_change.expired")[0].actor == "ledgerport"
    assert propose(shop) != id_


@pytest.mark.parametrize("is_settled", [False, True])
def test_an_undo_that_was_sent_before_a_crash_is_not_sent_again(shop: Shop, is_settled: bool) -> None:
    new_invoice(shop, 400.25)
    entry, before = shop.entries()[0], shop.count_writes()
    id_ = shop.use("revert_change", id=entry.id, allow_duplicate=True).pending_id
    shop.approve(id_)
    shop.crash_after_next_write()
    with pytest.raises(ConnectionResetError):
        shop.run_jobs()
    if is_settled:
        shop.settle()
    shop.run(shop.committing.jobs[0].steps[0](Task("x", {"change": id_, "version": 2, "attempt": 0})))
    assert shop.find(id_).status == ("committed" if is_settled else "approved")
    assert shop.count_writes() == before + 1 + is_settled, "a settlement asks with the same key"
    assert len(shop.records.find_reverts(entry.id)) == 1


def test_the_engine_of_jobs_carries_out_what_is_approved_and_ends_what_has_expired(shop: Shop) -> None:
    done, late = propose(shop), propose(shop, "Late")
    shop.approve(done)
    shop.clock.pass_(72 * HOURS)

    def register(jobs: Jobs) -> None:
        for job in shop.committing.jobs:
            jobs.add_kind(job)

    async def work() -> None:
        stores = shop.here.stores
        jobs = Jobs(
            stores, make_durable_engine, lambda *_, **__: None, register, is_alone=True, clock=shop.clock
        )
        running = asyncio.create_task(jobs.run())
        await asyncio.to_thread(
            wait_until, lambda: [shop.find(each).status for each in (done, late)] == ["committed", "expired"]
        )
        running.cancel()
        await jobs.close()

    shop.run(work())
    assert shop.count_writes() == 1
