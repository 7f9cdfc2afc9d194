"""A client of 2026-07-28 that can open a page is led to the one at which a change that waits is decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp_types import ElicitResult

from runtime.mcp_server.request_states import APPROVAL_SECONDS
from runtime.model import McpServerId
from tests.mcp_server.approving import (
    BOTH,
    CREATE,
    EVERYTHING_WAITS,
    FORM,
    STATUS,
    UPDATE,
    URL,
    Approving,
    read_text,
    retry,
)

NEW = {"DisplayName": "Cool Cars of Elm Street"}
ACCEPTED = {"approval": {"action": "accept"}}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Approving]:
    found = Approving(tmp_path, EVERYTHING_WAITS)
    yield found
    found.close()


def propose(office: Approving, **arguments: Any) -> tuple[dict[str, Any], str]:
    """Have a change wait; return what its client is to ask, and its state."""
    result = office.ask(CREATE, URL, **(arguments or NEW))
    return result["inputRequests"]["approval"]["params"], result["requestState"]


def test_a_write_that_waits_leads_the_user_to_its_page_and_says_what_it_would_do(office):
    params, _ = propose(office)

    change_id = params["elicitationId"]
    assert params["mode"] == "url"
    assert params["url"] == f"{office.here.settings.public_url}/company/acc-1/approvals/{change_id}"
    assert "Cool Cars of Elm Street" in params["message"]
    assert office.count_written() == 0


@pytest.mark.parametrize("capabilities", [{}, {"elicitation": {}}, FORM])
def test_a_client_that_opens_no_pages_gets_the_ordinary_answer(office, capabilities):
    result = office.request({"name": CREATE, "arguments": NEW}, capabilities).result

    said = json.loads(read_text(result))
    assert (said["pending"], said["status"]) == (True, "waiting")
    assert said["approve_at"].endswith(said["id"])


def test_a_client_of_an_older_revision_reads_the_page_in_the_text(office):
    result = (
        office.call(CREATE, **NEW, requestState="x").result if False else office.call(CREATE, **NEW).result
    )

    assert "/approvals/pch_" in result["content"][0]["text"]
    assert "resultType" not in result


def test_the_sdk_comes_back_with_the_record_when_the_change_was_approved_meanwhile(office):
    async def decide(params: Any) -> ElicitResult:
        await office.approve(params.url.rpartition("/")[2])
        return ElicitResult(action="accept")

    result = office.call_by_sdk(decide, CREATE, **NEW)

    record = json.loads(result.content[0].text)
    assert (record["DisplayName"], result.is_error) == (NEW["DisplayName"], False)
    assert (office.count_written(), office.count_proposals()) == (1, 1)


def test_the_sdk_comes_back_with_the_refusal(office):
    async def decide(params: Any) -> ElicitResult:
        await office.refuse_change(params.url.rpartition("/")[2])
        return ElicitResult(action="accept")

    said = json.loads(office.call_by_sdk(decide, CREATE, **NEW).content[0].text)

    assert (said["status"], said["refused_because"]) == ("refused", "Not this month.")
    assert office.count_written() == 0


@pytest.mark.parametrize("action", ["accept", "decline", "cancel"])
def test_what_a_client_says_approves_and_proposes_nothing(office, action):
    async def decide(_params: Any) -> ElicitResult:
        return ElicitResult(action=action)

    said = json.loads(office.call_by_sdk(decide, CREATE, **NEW).content[0].text)

    assert (said["pending"], said["status"]) == (True, "waiting")
    assert (office.count_written(), office.count_proposals()) == (0, 1)


def test_a_retry_without_what_the_user_said_has_how_the_change_stands(office):
    _, state = propose(office)

    said = json.loads(read_text(office.request(retry(CREATE, NEW, state), URL).result))

    assert (said["status"], office.count_proposals()) == ("waiting", 1)


def test_several_writes_of_one_call_lead_to_the_list_and_a_retry_says_how_each_stands(office):
    calls = [{"tool": CREATE, "arguments": {"DisplayName": name}} for name in ("One Ltd", "Two Ltd")]
    batch = next(tool.name for tool in office.catalog.tools if tool.returns.kind == "batch")
    result = office.ask(batch, URL, calls=calls)
    params = result["inputRequests"]["approval"]["params"]
    office.run(office.approve(params["elicitationId"]))

    again = retry(batch, {"calls": calls}, result["requestState"], ACCEPTED)
    said = json.loads(read_text(office.request(again, URL).result))

    assert params["url"].endswith("/company/acc-1/approvals")
    assert sorted(each["status"] for each in said["changes"]) == ["committed", "waiting"]
    assert (said["pending"], office.count_proposals()) == (True, 2)


def broken(state: str) -> str:
    """The state with one character changed in its middle."""
    middle = len(state) // 2
    return state[:middle] + ("A" if state[middle] != "A" else "B") + state[middle + 1 :]


class TestAStateThatIsNotItsCalls:
    def refuse(self, office: Approving, params: dict[str, Any]) -> str:
        """The text of a refusal, before which nothing was proposed or sent."""
        before = office.count_proposals()
        response = office.request(params, BOTH)
        error = response.json["error"]
        assert (response.status, error["code"]) == (400, -32602)
        assert (office.count_proposals(), office.count_written()) == (before, 0)
        return str(error["message"])

    @pytest.mark.parametrize(
        "forge", [broken, lambda state: state[:-8], lambda _: "x", lambda _: "é", lambda s: s * 99]
    )
    def test_a_forged_one_is_refused(self, office, forge):
        _, state = propose(office)
        assert "was changed" in self.refuse(office, retry(CREATE, NEW, forge(state), ACCEPTED))

    def test_one_with_other_arguments_is_refused(self, office):
        _, state = propose(office)
        other = {"DisplayName": "Somebody else"}
        assert "the tool or its arguments" in self.refuse(office, retry(CREATE, other, state, ACCEPTED))

    def test_one_of_another_tool_is_refused(self, office):
        _, state = propose(office)
        assert "the tool or its arguments" in self.refuse(office, retry(UPDATE, NEW, state, ACCEPTED))

    def test_one_of_another_mcp_server_is_refused(self, office):
        _, state = propose(office)
        office.grant = replace(office.grant, server_id=McpServerId("f" * 32))
        assert "another MCP server" in self.refuse(office, retry(CREATE, NEW, state, ACCEPTED))

    def test_one_that_has_expired_is_refused_and_says_where_its_change_is(self, office):
        params, state = propose(office)
        office.here.clock.pass_(APPROVAL_SECONDS)
        said = self.refuse(office, retry(CREATE, NEW, state, ACCEPTED))
        assert f"{STATUS} has how {params['elicitationId']} stands" in said

    def test_what_the_user_said_is_nothing_without_it(self, office):
        params = {"name": CREATE, "arguments": NEW, "inputResponses": ACCEPTED}
        assert "without the requestState" in self.refuse(office, params)

    @pytest.mark.parametrize("responses", [[], {"approval": []}, {"approval": {"action": "approve"}}])
    def test_what_is_no_response_is_refused(self, office, responses):
        _, state = propose(office)
        assert "accept, decline, cancel" in self.refuse(office, retry(CREATE, NEW, state, responses))


def test_an_approved_change_is_carried_out_once_however_often_its_call_is_sent_again(office):
    params, state = propose(office)
    office.run(office.approve(params["elicitationId"]))

    answers = [office.request(retry(CREATE, NEW, state, ACCEPTED), URL).result for _ in range(3)]

    assert {json.loads(read_text(each))["DisplayName"] for each in answers} == {NEW["DisplayName"]}
    assert office.count_written() == 1


def test_the_reason_of_an_agent_is_part_of_its_call(office):
    arguments = {**NEW, "why": "The customer wrote."}
    params, state = propose(office, **arguments)

    said = json.loads(read_text(office.request(retry(CREATE, arguments, state, ACCEPTED), URL).result))

    assert (said["id"], said["why"]) == (params["elicitationId"], "The customer wrote.")


def test_a_change_is_shown_to_no_other_mcp_server_of_its_company(office):
    params, _ = propose(office)
    office.grant = replace(office.grant, server_id=McpServerId("f" * 32))

    assert "no such pending change" in office.refuse(STATUS, id=params["elicitationId"])
