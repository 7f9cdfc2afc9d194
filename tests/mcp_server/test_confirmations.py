"""A client of 2026-07-28 that has forms has its user confirm what cannot be taken back, where it does not wait."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mcp_types import ElicitResult

from runtime.approval import ApprovalRule
from runtime.mcp_server.changes import REVERT
from runtime.mcp_server.request_states import CONFIRM_SECONDS
from runtime.model import McpServerId, Policies
from tests.mcp_server.approving import (
    BOTH,
    CHANGES_WAIT,
    CREATE,
    DELETE,
    FORM,
    INVOICE,
    LINE,
    URL,
    Approving,
    read_text,
    retry,
)

SEND, CHANGE = "send_a_quick_books_invoice_by_id", "update_a_quick_books_invoice_by_id"
CONFIRMED = {"confirm": {"action": "accept", "content": {"confirm": True}}}
DECLINED = [
    {"confirm": {"action": "decline"}},
    {"confirm": {"action": "cancel"}},
    {"confirm": {"action": "accept"}},
    {"confirm": {"action": "accept", "content": {"confirm": False}}},
    {"confirm": {"action": "accept", "content": {"confirm": "true"}}},
]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Approving]:
    found = Approving(tmp_path, CHANGES_WAIT)
    yield found
    found.close()


def set_approval(office: Approving, *rules: ApprovalRule) -> None:
    """Have other rules hold at the company."""
    office.grant = replace(office.grant, config=replace(office.grant.config, approval=rules))


def add_invoice(office: Approving, amount: int = 120) -> dict[str, Any]:
    """Make an invoice, and return what deletes it."""
    made = office.read(INVOICE, CustomerRef={"value": "1"}, Line=[{**LINE, "Amount": amount}])
    office.client.sent.clear()
    return {"id": made["Id"], "SyncToken": made["SyncToken"]}


def ask_to_delete(office: Approving) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments of a deletion, and the result that has it confirmed."""
    arguments = add_invoice(office)
    return arguments, office.ask(DELETE, FORM, **arguments)


def test_a_deletion_is_confirmed_in_a_form_before_anything_is_sent(office):
    _, result = ask_to_delete(office)

    params = result["inputRequests"]["confirm"]["params"]
    assert params["mode"] == "form"
    assert params["message"].startswith("Elm Street Bakery: Delete invoice ")
    assert "120.00 USD. Carry this out?" in params["message"]
    assert params["requestedSchema"]["required"] == ["confirm"]
    assert params["requestedSchema"]["properties"]["confirm"]["type"] == "boolean"
    assert office.count_written() == 0


def test_the_sdk_comes_back_with_the_record_once_its_user_has_confirmed(office):
    asked = []

    async def confirm(params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"confirm": True})

    result = office.call_by_sdk(confirm, DELETE, **add_invoice(office))

    assert json.loads(result.content[0].text)["status"] == "Deleted"
    assert (len(asked), office.count_written()) == (1, 1)


@pytest.mark.parametrize("responses", DECLINED)
def test_nothing_is_sent_unless_the_user_says_yes(office, responses):
    arguments, result = ask_to_delete(office)

    again = retry(DELETE, arguments, result["requestState"], responses)
    said = json.loads(read_text(office.request(again, FORM).result))

    assert said["sent"] is False
    assert "did not confirm" in said["note"]
    assert office.count_written() == 0


def test_a_retry_whose_user_was_not_asked_asks_again(office):
    arguments, result = ask_to_delete(office)

    again = office.request(retry(DELETE, arguments, result["requestState"]), FORM).result

    assert again["resultType"] == "input_required"
    assert office.count_written() == 0


def test_a_confirmed_call_that_is_replayed_is_carried_out_once(office):
    arguments, result = ask_to_delete(office)
    again = retry(DELETE, arguments, result["requestState"], CONFIRMED)

    answers = [office.request(dict(again), FORM).result for _ in range(3)]

    assert {json.loads(read_text(each))["status"] for each in answers} == {"Deleted"}
    assert len({url for _, verb, url in office.client.sent if verb == "POST"}) == 1  # one key for the vendor


def test_a_key_of_the_client_stays_the_key_of_its_call(office):
    arguments, meta = add_invoice(office), {"ledgerport/idempotency-key": "one"}
    asked = office.request({"name": DELETE, "arguments": arguments, "_meta": dict(meta)}, FORM).result
    again = retry(DELETE, arguments, asked["requestState"], CONFIRMED)

    other = office.request({**again, "_meta": {"ledgerport/idempotency-key": "two"}}, FORM)
    same = office.request({**again, "_meta": dict(meta)}, FORM).result

    assert other.status == 400
    assert json.loads(read_text(same))["status"] == "Deleted"


def test_what_was_carried_out_under_the_key_of_a_client_is_not_asked_about_again(office):
    arguments, meta = add_invoice(office), {"ledgerport/idempotency-key": "one"}
    first = {"name": DELETE, "arguments": arguments}
    office.request({**first, "_meta": dict(meta)}, {})

    repeat = office.request({**first, "_meta": dict(meta)}, FORM).result

    assert json.loads(read_text(repeat))["status"] == "Deleted"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda office, arguments: (arguments | {"id": "1"}, None), "the tool or its arguments"),
        (lambda office, arguments: (office.here.clock.pass_(CONFIRM_SECONDS), None), "has expired"),
    ],
    ids=["of other arguments", "that has expired"],
)
def test_a_state_that_is_not_of_this_call_is_refused(office, change, said):
    arguments, result = ask_to_delete(office)
    changed = change(office, arguments)[0]

    again = retry(DELETE, changed or arguments, result["requestState"], CONFIRMED)
    response = office.request(again, FORM)

    assert (response.status, response.json["error"]["code"]) == (400, -32602)
    assert said in response.json["error"]["message"]
    assert office.count_written() == 0


def test_a_state_of_another_mcp_server_is_refused(office):
    arguments, result = ask_to_delete(office)
    office.grant = replace(office.grant, server_id=McpServerId("f" * 32))

    response = office.request(retry(DELETE, arguments, result["requestState"], CONFIRMED), FORM)

    assert response.status == 400
    assert office.count_written() == 0


def test_a_state_of_a_change_that_waits_confirms_nothing(office):
    set_approval(office, ApprovalRule(risks=("destroy",)))
    arguments = add_invoice(office)
    state = office.ask(DELETE, URL, **arguments)["requestState"]

    said = json.loads(read_text(office.request(retry(DELETE, arguments, state, CONFIRMED), BOTH).result))

    assert said["status"] == "waiting"
    assert office.count_written() == 0


def test_what_waits_for_a_person_is_not_confirmed_as_well(office):
    set_approval(office, ApprovalRule(risks=("destroy",)))

    result = office.request({"name": DELETE, "arguments": add_invoice(office)}, FORM).result

    assert json.loads(read_text(result))["status"] == "waiting"


@pytest.mark.parametrize("capabilities", [{}, URL])
def test_a_client_that_cannot_ask_its_user_is_not_held_up(office, capabilities):
    result = office.request({"name": DELETE, "arguments": add_invoice(office)}, capabilities).result

    assert json.loads(read_text(result))["status"] == "Deleted"


def test_a_client_of_an_older_revision_is_not_held_up(office):
    assert office.read(DELETE, **add_invoice(office))["status"] == "Deleted"


def test_what_is_no_risk_to_confirm_is_sent_at_once(office):
    result = office.request({"name": CREATE, "arguments": {"DisplayName": "New Ltd"}}, FORM).result

    assert json.loads(read_text(result))["DisplayName"] == "New Ltd"


def test_a_server_without_rules_confirms_nothing(office):
    set_approval(office)

    result = office.request({"name": DELETE, "arguments": add_invoice(office)}, FORM).result

    assert json.loads(read_text(result))["status"] == "Deleted"


def test_what_a_policy_refuses_is_not_asked_about(office):
    arguments = add_invoice(office)
    policies = Policies(max_amount=Decimal(100))
    office.grant = replace(office.grant, config=replace(office.grant.config, policies=policies))

    result = office.request({"name": DELETE, "arguments": arguments}, FORM).result

    assert result["isError"] is True
    assert office.count_written() == 0


def test_a_record_that_changed_since_it_was_confirmed_is_asked_about_again(office):
    arguments = {"id": add_invoice(office)["id"], "send_to": "amy@example.com"}
    first = office.ask(SEND, FORM, **arguments)
    set_approval(office)
    office.read(CHANGE, id=arguments["id"], Line=[{"Id": "1", "Amount": 900}])
    set_approval(office, *CHANGES_WAIT)
    office.client.sent.clear()

    again = office.request(retry(SEND, arguments, first["requestState"], CONFIRMED), FORM).result

    assert again["resultType"] == "input_required"
    assert "900.00 USD" in again["inputRequests"]["confirm"]["params"]["message"]
    assert office.count_written() == 0


def test_an_invoice_is_sent_under_one_key_however_often_its_confirmation_is_replayed(office):
    arguments = {"id": add_invoice(office)["id"], "send_to": "amy@example.com"}
    state = office.ask(SEND, FORM, **arguments)["requestState"]

    answers = [office.request(retry(SEND, arguments, state, CONFIRMED), FORM).result for _ in range(2)]

    assert [each["isError"] for each in answers] == [False, False]
    assert len({url for _, verb, url in office.client.sent if verb == "POST"}) == 1


def test_an_undo_is_confirmed_as_what_it_does_and_carried_out_once(office):
    add_invoice(office, 20)
    (entry, *_) = office.read("list_recent_changes", limit=1)["changes"]
    arguments = {"id": entry["id"]}
    result = office.ask(REVERT, FORM, **arguments)
    again = retry(REVERT, arguments, result["requestState"], CONFIRMED)

    first = office.request(dict(again), FORM).result
    second = office.request(dict(again), FORM).result

    assert "invoice" in result["inputRequests"]["confirm"]["params"]["message"].lower()
    assert json.loads(read_text(first))["reverts"] == entry["id"]
    assert (second["isError"], "used already" in read_text(second)) == (True, True)
