"""Which writes wait: by the header of a request, at one of several companies, by tools that call others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.approval import NO_APPROVAL
from runtime.mcp_server import discovery
from runtime.mcp_server.senders import PREFLIGHT
from runtime.operations.approval_config import FIELD, add_request_rule
from tests.mcp_server.approving import (
    CREATE,
    EVERYTHING_WAITS,
    FORM,
    INVOICE,
    LINE,
    STATUS,
    URL,
    Approving,
    read_text,
    retry,
)

NEW = {"DisplayName": "Cool Cars of Elm Street"}


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Approving]:
    """A company at which nothing waits by itself."""
    yield from opened(Approving(tmp_path, NO_APPROVAL))


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Approving]:
    """Two companies behind one address: nothing waits at the first one, everything at the second."""
    yield from opened(Approving(tmp_path, NO_APPROVAL, EVERYTHING_WAITS))


def opened(office: Approving) -> Iterator[Approving]:
    yield office
    office.close()


def call(office: Approving, tool: str, /, rule: str = "", **arguments: Any) -> Any:
    """The JSON that a call of an older client answers, with a rule in its header."""
    headers = {"ledgerport_approval": rule} if rule else {}
    result = office.post("tools/call", {"name": tool, "arguments": arguments}, **headers).result
    assert result["isError"] is False, result
    return json.loads(result["content"][0]["text"])


def list_tools(office: Approving, **headers: str) -> dict[str, Any]:
    return {tool["name"]: tool for tool in office.post("tools/list", **headers).result["tools"]}


class TestTheHeaderOfARequest:
    def test_it_has_a_write_wait(self, plain):
        said = call(plain, CREATE, "create, destroy", **NEW)
        assert (said["pending"], said["rules"]) == (True, ["request: risk create"])
        assert plain.count_written() == 0

    def test_a_request_without_it_waits_for_nothing(self, plain):
        assert call(plain, CREATE, **NEW)["DisplayName"] == NEW["DisplayName"]

    def test_it_takes_no_other_rule_away(self, both):
        both.grant = both.grant.companies[1]
        assert call(both, CREATE, "send", **NEW)["rules"] == ["mcp_server: risk create"]

    def test_several_lines_of_it_hold_together(self, plain):
        grant = add_request_rule(plain.grant, [(FIELD, b"send"), (b"accept", b"*/*"), (FIELD, b"create")])
        assert [each.risks for each in grant.config.approval] == [("send", "create")]

    def test_an_amount_holds_too(self, plain):
        assert call(plain, CREATE, "above=500", **NEW)["DisplayName"] == NEW["DisplayName"]

    def test_the_list_of_such_a_request_has_what_waiting_takes(self, plain):
        tools, without = list_tools(plain, ledgerport_approval="create"), list_tools(plain)
        assert (STATUS in tools, STATUS in without) == (True, False)
        assert "why" in tools[CREATE]["inputSchema"]["properties"]
        assert "why" not in without[CREATE]["inputSchema"]["properties"]

    @pytest.mark.parametrize(
        ("rule", "said"),
        [
            ("overwite", 'Did you mean "overwrite"?'),
            ("above=much", 'no amount in "above=much"'),
            ("above=-1", "no amount"),
            ("x" * 300, "more than 200 characters"),
        ],
    )
    def test_a_wrong_one_is_refused_with_the_nearest(self, plain, rule, said):
        response = plain.post("tools/call", {"name": CREATE, "arguments": NEW}, ledgerport_approval=rule)
        assert (response.status, response.json["error"]["code"]) == (400, -32600)
        assert said in response.json["error"]["message"]
        assert plain.count_written() == 0

    def test_a_page_may_send_it(self):
        allowed = dict(PREFLIGHT.fields)[b"access-control-allow-headers"]
        assert b"ledgerport-approval" in allowed.split(b", ")

    def test_a_change_that_it_had_wait_is_carried_out_when_it_is_approved(self, plain):
        said = call(plain, CREATE, "create", **NEW)
        plain.run(plain.approve(said["id"]))
        assert call(plain, STATUS, "create", id=said["id"])["status"] == "committed"
        assert plain.count_written() == 1


class TestSeveralCompanies:
    def test_a_write_waits_at_the_company_that_has_rules_and_at_no_other(self, both):
        first = call(both, CREATE, company="Elm Street Bakery", **NEW)
        second = call(both, CREATE, company="Oak Landscaping", **NEW)
        assert first["DisplayName"] == NEW["DisplayName"]
        assert (second["pending"], second["company"]["name"]) == (True, "Oak Landscaping")

    @pytest.mark.parametrize("named", [{}, {"company": "Oak Landscaping"}])
    def test_a_change_is_found_by_its_id_at_whichever_company_it_waits(self, both, named):
        made = call(both, CREATE, company="Oak Landscaping", **NEW)
        said = call(both, STATUS, id=made["id"], **named)
        assert (said["id"], said["company"]["name"]) == (made["id"], "Oak Landscaping")

    def test_a_change_is_not_found_at_another_company(self, both):
        made = call(both, CREATE, company="Oak Landscaping", **NEW)
        named = {"id": made["id"], "company": "Elm Street Bakery"}
        params = {"name": STATUS, "arguments": named}
        elsewhere = both.post("tools/call", params, ledgerport_approval="send").result
        assert "no such pending change" in elsewhere["content"][0]["text"]
        assert "no such pending change" in both.refuse(STATUS, id="pch_none")

    def test_every_write_takes_a_reason_also_where_it_does_not_wait(self, both):
        assert "why" in list_tools(both)[CREATE]["inputSchema"]["properties"]
        sent = call(both, CREATE, company="Elm Street Bakery", why="Asked for.", **NEW)
        waits = call(both, CREATE, company="Oak Landscaping", why="Asked for.", **NEW)
        assert (sent["DisplayName"], waits["why"]) == (NEW["DisplayName"], "Asked for.")

    def test_no_write_takes_a_reason_where_nothing_waits(self, both):
        both.grant = replace(both.grant, companies=both.grant.companies[:1])
        assert "why" not in list_tools(both)[CREATE]["inputSchema"]["properties"]
        assert "why" in both.refuse(CREATE, why="Asked for.", **NEW)

    def test_the_status_is_listed_also_where_a_request_narrows_its_tools(self, both):
        assert STATUS in list_tools(both, x_ledgerport_tags="sales")

    def test_a_client_is_led_to_the_page_of_the_company_and_comes_back_with_the_record(self, both):
        arguments = {"company": "Oak Landscaping", **NEW}
        result = both.ask(CREATE, URL, **arguments)
        page = result["inputRequests"]["approval"]["params"]["url"]
        both.run(both.approve(page.rpartition("/")[2]))
        again = retry(CREATE, arguments, result["requestState"], {"approval": {"action": "accept"}})
        assert "/company/acc-2/approvals/" in page
        assert json.loads(read_text(both.request(again, URL).result))["DisplayName"] == NEW["DisplayName"]

    def test_the_rule_of_a_request_holds_at_each_of_them(self, both):
        said = call(both, CREATE, "create", company="Elm Street Bakery", **NEW)
        assert (said["pending"], said["company"]["name"]) == (True, "Elm Street Bakery")


class TestToolsThatCallOthers:
    def test_a_write_by_discovery_waits_and_takes_its_reason_in_either_place(self, tmp_path):
        (office,) = [Approving(tmp_path, EVERYTHING_WAITS, tool_exposure="discovery")]
        inner = call(office, discovery.WRITE, name=CREATE, arguments={**NEW, "why": "Inside."})
        outer = call(office, discovery.WRITE, name=CREATE, arguments={"DisplayName": "B"}, why="Beside.")
        office.close()
        assert [each["pending"] for each in (inner, outer)] == [True, True]
        assert [each["why"] for each in (inner, outer)] == ["Inside.", "Beside."]

    def test_a_write_by_discovery_at_one_of_several_companies_waits(self, tmp_path):
        office = Approving(tmp_path, NO_APPROVAL, EVERYTHING_WAITS, tool_exposure="discovery")
        said = [
            call(office, discovery.WRITE, name=CREATE, arguments=NEW, why="Asked for.", company=company)
            for company in ("Elm Street Bakery", "Oak Landscaping")
        ]
        office.close()
        assert said[0]["DisplayName"] == NEW["DisplayName"]
        assert (said[1]["pending"], said[1]["why"]) == (True, "Asked for.")

    def test_a_short_tool_waits_and_comes_back_with_what_its_tool_answered(self, tmp_path):
        office = Approving(tmp_path, EVERYTHING_WAITS, tool_exposure="short")
        lines = [{"account_id": "7", "debit": 50}, {"account_id": "35", "credit": 50}]
        arguments = {"date": "2026-10-20", "lines": lines}
        result = office.ask("create_journal_entry", URL, **arguments)
        change_id = result["inputRequests"]["approval"]["params"]["elicitationId"]
        office.run(office.approve(change_id))
        again = retry(
            "create_journal_entry", arguments, result["requestState"], {"approval": {"action": "accept"}}
        )
        said = json.loads(read_text(office.request(again, URL).result))
        status = call(office, STATUS, id=change_id)
        office.close()
        assert said["Id"] == status["record_id"]
        assert status["status"] == "committed"

    def test_a_short_tool_that_sends_is_confirmed(self, tmp_path):
        office = Approving(tmp_path, EVERYTHING_WAITS, tool_exposure="short")
        rules = (replace(EVERYTHING_WAITS[0], risks=("destroy",)),)
        office.grant = replace(office.grant, config=replace(office.grant.config, approval=rules))
        made = call(office, INVOICE, CustomerRef={"value": "1"}, Line=[LINE])
        result = office.ask("send_invoice", FORM, invoice_id=made["Id"], email="amy@example.com")
        office.close()
        assert "Carry this out?" in result["inputRequests"]["confirm"]["params"]["message"]
