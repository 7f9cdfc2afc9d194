"""A write that waits has passed every check, is stored once, and sends nothing to the vendor but reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from runtime.approval import ApprovalRule, PendingChange
from runtime.errors import Duplicate, Forbidden, InvalidArguments, KeyReused, NotFound, PolicyRefused
from runtime.model import Policies
from runtime.stores.pending_steps import PendingFilter
from tests.operations.approvals.conftest import OpenShop
from tests.operations.approvals.shop import (
    EVERYTHING,
    REQUESTER,
    Shop,
    make_decider,
    make_lines,
    new_invoice,
    refused_with,
)

BATCH = "run_a_quick_books_batch"
NEW = "create_a_quick_books_customer"
DAY = 24 * 3_600


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop(EVERYTHING)


def list_stored(shop: Shop) -> list[PendingChange]:
    found: list[PendingChange] = shop.records.list_pending_changes(PendingFilter(("a",)), None, 100)
    return found


def make_rows(*names: str) -> list[dict[str, Any]]:
    return [{"tool": NEW, "arguments": {"DisplayName": name}} for name in names]


def test_a_write_that_waits_is_stored_says_what_it_would_do_and_sends_nothing_but_reads(shop: Shop) -> None:
    invoice = new_invoice(shop)
    before = shop.count_writes()
    said = shop.propose("update invoices", id=invoice["Id"], DueDate="2026-12-31", why="She asked for it.")
    assert (said["pending"], said["status"], said["why"]) == (True, "waiting", "She asked for it.")
    assert said["says"].endswith("due date Dec 20, 2026 → Dec 31, 2026")
    assert said["changed"] == [{"field": "Due date", "before": "Dec 20, 2026", "after": "Dec 31, 2026"}]
    assert said["approve_at"].endswith(f"/company/a/approvals/{said['id']}")
    assert (shop.count_writes(), shop.entries()[1:]) == (before, [])
    (stored,) = list_stored(shop)
    assert (stored.requested_by, stored.client, stored.record_id) == (REQUESTER, "agent 7", invoice["Id"])
    assert stored.expires_at == shop.clock() + 3 * DAY
    assert b"2026-12-31" not in stored.sealed


def test_nothing_of_a_change_is_read_from_the_vendor_while_it_waits(shop: Shop) -> None:
    id_ = shop.propose("create customers", DisplayName="Waits")["id"]
    before = shop.count_sent()
    for _ in range(3):
        shop.clock.pass_(DAY / 2)
        shop.run_jobs()
        shop.use("get_pending_change", id=id_)
    shop.run(shop.decisions.list_part(PendingFilter(("a",))))
    assert shop.run(shop.decisions.count_waiting("a")) == 1
    assert shop.count_sent() == before


@pytest.mark.parametrize(
    ("tool", "arguments", "error"),
    [
        ("create invoices", {"CustomerRef": "none of them", "Line": make_lines(1)}, InvalidArguments),
        ("create invoices", {"CustomerRef": {"value": "1"}, "Lines": []}, InvalidArguments),
        ("create invoices", {"CustomerRef": {"value": "1"}, "Line": make_lines(901)}, PolicyRefused),
        ("update invoices", {"id": "987654", "DueDate": "2026-12-31"}, Exception),
    ],
)
def test_what_a_check_refuses_is_not_stored(
    open_shop: OpenShop, tool: str, arguments: dict[str, Any], error: type[Exception]
) -> None:
    shop = open_shop(EVERYTHING, policies=Policies(max_amount=Decimal(900)))
    assert isinstance(shop.refused(tool, **arguments), error)
    assert (list_stored(shop), shop.count_writes()) == ([], 0)


def test_a_likely_duplicate_is_refused_before_it_waits_and_waits_where_it_is_meant(shop: Shop) -> None:
    new_invoice(shop, 70)
    wanted = {"CustomerRef": {"value": "1"}, "Line": make_lines(70)}
    assert isinstance(shop.refused("create invoices", **wanted), Duplicate)
    assert list_stored(shop) == []
    id_ = shop.propose("create invoices", **wanted, allow_duplicate=True)["id"]
    assert shop.carry_out(id_).status == "committed"


def test_a_dry_run_stores_nothing(shop: Shop) -> None:
    answer = shop.answer("create customers", DisplayName="Only looked at", dry_run=True)
    assert (answer.pending_id, answer.error, list_stored(shop)) == ("", None, [])


def test_the_same_call_again_is_the_same_waiting_change_with_a_key_and_without(shop: Shop) -> None:
    first = [shop.propose("create customers", key, DisplayName="Once")["id"] for key in ("", "", "k", "k")]
    assert set(first) == {first[0]}
    keyed = [shop.propose("create customers", "other", DisplayName=name)["id"] for name in ("Two", "Two")]
    assert keyed[0] == keyed[1] != first[0]
    assert len(list_stored(shop)) == 2


def test_the_same_call_again_is_the_change_that_is_being_carried_out(shop: Shop) -> None:
    id_ = shop.propose("create customers", DisplayName="Once")["id"]
    shop.approve(id_)
    again = shop.propose("create customers", DisplayName="Once")
    assert (again["id"], again["status"]) == (id_, "approved")


def test_a_repeat_under_its_key_says_what_became_of_the_change(shop: Shop) -> None:
    id_ = shop.propose("create customers", "k", DisplayName="Once")["id"]
    shop.refuse(id_, reason="We have them already.")
    again = shop.propose("create customers", "k", DisplayName="Once")
    assert (again["id"], again["status"]) == (id_, "refused")
    assert again["refused_because"] == "We have them already."


def test_the_record_that_a_change_has_made_does_not_refuse_its_repeat_under_its_key(shop: Shop) -> None:
    given: dict[str, Any] = {"CustomerRef": {"value": "1"}, "Line": make_lines(10.25), "DocNumber": "K-1"}
    id_ = shop.propose("create invoices", "k", **given)["id"]
    assert shop.carry_out(id_).status == "committed"
    again = shop.propose("create invoices", "k", **given)
    assert (again["id"], again["status"]) == (id_, "committed")
    assert shop.answer("create invoices", "other", **given).error.code == "duplicate"


def test_a_key_of_another_call_is_refused_and_nothing_is_stored(shop: Shop) -> None:
    shop.propose("create customers", "k", DisplayName="One")
    assert isinstance(shop.answer("create customers", "k", DisplayName="Other").error, KeyReused)
    assert isinstance(shop.answer(BATCH, "k", calls=make_rows("Other", "More")).error, KeyReused)
    assert len(list_stored(shop)) == 1


def test_a_repeat_of_what_was_sent_before_a_rule_held_does_not_wait(open_shop: OpenShop) -> None:
    shop = open_shop(None)
    first = shop.answer("create customers", "k", DisplayName="Sent at once")
    shop.set_rule(EVERYTHING)
    again = shop.answer("create customers", "k", DisplayName="Sent at once")
    assert (again.pending_id, again.error) == ("", None)
    assert '"Sent at once"' in again.text and '"Sent at once"' in first.text
    assert len(shop.list("customers", DisplayName="Sent at once")) == 1


def test_each_row_of_a_batch_waits_by_itself_and_equal_rows_are_as_many(shop: Shop) -> None:
    rows = [
        {"tool": "create_a_quick_books_invoice", "arguments": {"CustomerRef": {"value": "1"}, "Line": make_lines(7)}}
        for _ in range(2)
    ]  # fmt: skip
    for row in rows:
        row["arguments"]["allow_duplicate"] = True  # type: ignore[index]
    said = shop.propose(BATCH, calls=make_rows("One", "Two") + rows)
    ids = [each["id"] for each in said["changes"]]
    assert len(set(ids)) == 4
    assert len({shop.find(id_).batch for id_ in ids}) == 1
    assert [
        each["id"] for each in shop.propose(BATCH, calls=make_rows("One", "Two") + rows)["changes"]
    ] == ids
    shop.refuse(ids[1])
    for id_ in (ids[0], *ids[2:]):
        assert shop.carry_out(id_).status == "committed"
    assert shop.list("customers", DisplayName="Two") == []


def test_a_batch_of_which_one_row_is_wrong_stores_none(shop: Shop) -> None:
    rows = [*make_rows("One"), {"tool": NEW, "arguments": {"No such field": 1}}]
    assert isinstance(shop.refused(BATCH, calls=rows), InvalidArguments)
    assert list_stored(shop) == []


def test_rows_that_need_nobody_wait_with_the_one_that_does(open_shop: OpenShop) -> None:
    shop = open_shop(ApprovalRule(risks=("overwrite",), roles=("owner",)))
    invoice = new_invoice(shop)
    update = {"id": invoice["Id"], "PrivateNote": "later"}
    rows = [*make_rows("One"), {"tool": "update_a_quick_books_invoice_by_id", "arguments": update}]
    first, second = shop.propose(BATCH, calls=rows)["changes"]
    assert first["rules"] == second["rules"] == ["mcp_server: risk overwrite"]
    assert shop.read(first["id"]).approvers.rules == ((("owner",), ()),)


def test_a_file_cannot_wait(shop: Shop) -> None:
    error = shop.refused("upload_a_quick_books_file", FileName="a.txt", content="aGVsbG8=")
    assert isinstance(error, Forbidden)
    assert "cannot wait" in error.message
    assert (list_stored(shop), shop.count_writes()) == ([], 0)


def test_undoing_a_change_waits_and_is_carried_out(shop: Shop) -> None:
    invoice = new_invoice(shop, 400.25)
    shop.make("update invoices", id=invoice["Id"], DueDate="2026-12-31")
    entry, before = shop.entries()[0], shop.count_writes()
    answer = shop.use("revert_change", id=entry.id, why="It was wrong.")
    assert shop.read(answer.pending_id).called == "revert_change"
    assert shop.count_writes() == before
    done = shop.carry_out(answer.pending_id)
    assert (done.status, done.entry_id) == ("committed", shop.entries()[0].id)
    assert shop.make("get invoices", id=invoice["Id"])["DueDate"] == "2026-12-20"
    assert shop.count_writes() == before + 1


def test_a_reversal_with_its_correction_waits_as_one_change_that_says_both(shop: Shop) -> None:
    lines = [make_entry_line("Debit", "7"), make_entry_line("Credit", "35")]
    entry = shop.make("create journal_entries", Line=lines, TxnDate="2026-11-01")
    right = {"Line": [line | {"Amount": 13.5} for line in lines], "TxnDate": "2026-11-02"}
    answer = shop.use("reverse_record", id=entry["Id"], corrected=right)
    (stored,) = list_stored(shop)
    assert [each for each in shop.read(stored.id).warnings if each.startswith("In the same step")] == [
        "In the same step: Create journal entry, 13.50 USD."
    ]
    assert shop.carry_out(answer.pending_id).status == "committed"
    assert [each.kind for each in shop.entries()[:2]] == ["correct", "reverse"]


def make_entry_line(side: str, account: str) -> dict[str, Any]:
    detail = "JournalEntryLineDetail"
    return {
        "Amount": 12.5,
        "DetailType": detail,
        detail: {"PostingType": side, "AccountRef": {"value": account}},
    }


def test_deleting_voiding_and_sending_by_email_wait_and_are_carried_out(shop: Shop) -> None:
    deleted, voided, sent = (new_invoice(shop, amount) for amount in (10.5, 20.5, 30.5))
    calls = [
        ("delete invoices", {"id": deleted["Id"], "SyncToken": deleted["SyncToken"]}),
        ("void_a_quick_books_invoice_by_id", {"id": voided["Id"], "SyncToken": voided["SyncToken"]}),
        ("send_a_quick_books_invoice_by_id", {"id": sent["Id"]}),
    ]
    for tool, arguments in calls:
        id_ = shop.propose(tool, **arguments)["id"]
        assert shop.carry_out(id_).status == "committed", shop.read(id_).notes
    assert shop.make("get invoices", id=voided["Id"])["TotalAmt"] == 0
    assert refused_with(lambda: shop.make("get invoices", id=deleted["Id"])).code == "not_found"


def test_what_is_taken_off_a_record_is_taken_off_when_it_is_carried_out(open_shop: OpenShop) -> None:
    shop = open_shop()
    invoice = new_invoice(shop, 40.5, 60.5, CustomerMemo={"value": "hello"})
    last = [line["Id"] for line in invoice["Line"] if "Id" in line][1]
    id_ = shop.propose("update invoices", id=invoice["Id"], remove_lines=[last], clear=["CustomerMemo"])["id"]
    assert shop.carry_out(id_).status == "committed"
    after = shop.make("get invoices", id=invoice["Id"])
    assert (after["TotalAmt"], after.get("CustomerMemo")) == (40.5, None)


def test_names_are_resolved_before_a_change_waits_and_amounts_go_out_as_they_were_given(shop: Shop) -> None:
    id_ = shop.propose("create invoices", CustomerRef="Amy's Bird Sanctuary", Line=make_lines(12.34))["id"]
    assert shop.read(id_).resolved[0]["name"] == "Amy's Bird Sanctuary"
    done = shop.carry_out(id_)
    made = shop.make("get invoices", id=done.record_id)
    assert (made["CustomerRef"]["value"], made["TotalAmt"]) == ("1", 12.34)


def test_how_a_change_stands_is_said_to_whoever_asked_for_it_and_to_nobody_else(shop: Shop) -> None:
    id_ = shop.propose("create customers", DisplayName="Mine")["id"]
    assert '"status":"waiting"' in shop.use("get_pending_change", id=id_).text
    shop.grant = shop.add_server("2" * 32, EVERYTHING)
    assert isinstance(refused_with(lambda: shop.use("get_pending_change", id=id_)), NotFound)


def test_who_let_an_agent_by_oauth_or_made_its_server_is_who_asked(open_shop: OpenShop) -> None:
    shop = open_shop(EVERYTHING, made_by="person-ann")
    id_ = shop.propose("create customers", DisplayName="Mine")["id"]
    assert shop.find(id_).requested_by == "person-ann"
    assert isinstance(refused_with(lambda: shop.approve(id_, make_decider("ann"))), Forbidden)


def test_staging_says_who_asked_in_the_audit_and_makes_an_event_and_the_job_that_ends_it(shop: Shop) -> None:
    id_ = shop.propose("create customers", DisplayName="Mine")["id"]
    (noted,) = shop.list_audit("pending_change.created")
    assert (noted.actor, noted.subject) == (shop.grant.caller, id_)
    assert shop.list_events() == ["pending_change.created"]
    due = shop.records.list_due_jobs(shop.clock() + 4 * DAY, shop.clock(), 10)
    assert {job.name for job in due} == {"expire_pending_change", "announce_pending_changes"}
