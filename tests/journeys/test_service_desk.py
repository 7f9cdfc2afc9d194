"""A day at a service desk with the tools of the work system, asked with the official client, and what may go wrong.

What was sent is looked up in the log of the simulator, for what is not sent changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.journeys.two_systems import Firm, Record, ask, list_tools
from tests.serving import served

TICKETS, TICKET = "list_all_connectwise_tickets", "get_single_connectwise_ticket_by_id"
CREATE, UPDATE = "create_a_connectwise_ticket", "update_a_connectwise_ticket_by_id"
TIME, BOARDS = "create_a_connectwise_time_entry", "list_all_connectwise_boards"
PATH = "/service/tickets"
FEW = ["id", "closedFlag", "company"]


@pytest.fixture(scope="module")
def desk(firm: Firm) -> str:
    return firm.open_url(firm.work)


@pytest.fixture
def day(firm: Firm) -> Iterator[None]:
    """What is written is put back afterwards."""
    firm.control_work("snapshot", {"name": "before the day"})
    yield
    firm.control_work("restore", {"name": "before the day"})


def list_all(url: str, **arguments: Any) -> list[Record]:
    """Every record of a list, page by page."""
    found: list[Record] = []
    cursor: dict[str, str] = {}
    while True:
        page = ask(url, TICKETS, **arguments, **cursor).value
        found += page["records"]
        if "next_cursor" not in page:
            return found
        cursor = {"next_cursor": page["next_cursor"]}


def list_sent(requests: list[Record]) -> list[tuple[str, str]]:
    return [(each["method"], each["path"].partition("/apis/3.0")[2]) for each in requests]


def test_tickets_are_found_by_filters_sets_of_filters_and_a_condition(desk):
    everything = list_all(desk, fields=FEW, limit=1000)
    company = everything[0]["company"]["id"]
    expected = {
        each["id"] for each in everything if each["company"]["id"] == company or not each["closedFlag"]
    }

    sets = list_all(desk, any_of=[{"company": company}, {"closedFlag": False}], fields=FEW, limit=1000)
    raw = list_all(desk, query=f"company/id = {company} or closedFlag = False", fields=FEW, limit=1000)
    own = list_all(desk, company=company, fields=FEW, limit=1000)

    assert {each["id"] for each in sets} == expected == {each["id"] for each in raw}
    assert len(expected) < len(everything)
    assert {each["company"]["id"] for each in own} == {company}


def test_pages_follow_one_another_to_the_end_with_each_ticket_once(firm, desk):
    count = firm.control_work("", verb="GET")["records"][PATH]
    with firm.watch_work() as requests:
        found = [each["id"] for each in list_all(desk, fields=["id"], limit=300)]

    assert len(found) == len(set(found)) == count > 300
    assert len(requests) == -(-count // 300)


def test_a_ticket_is_opened_worked_on_and_changed_in_one_field_alone(firm, desk, day):
    company = int(firm.truths.pairs[0].company_id)
    made = ask(desk, CREATE, summary="Printer is jammed", company=company).value
    entry = {"chargeToType": "ServiceTicket", "chargeToId": made["id"], "timeStart": "2026-03-02T15:00:00Z"}
    time = ask(desk, TIME, **entry, actualHours=0.5, notes="Removed the paper").value
    before = ask(desk, TICKET, id=str(made["id"])).value

    with firm.watch_work() as requests:
        changed = ask(desk, UPDATE, id=str(made["id"]), summary="Printer is jammed again").value
    after = ask(desk, TICKET, id=str(made["id"])).value

    assert (time["company"]["id"], time["ticket"]["id"], time["actualHours"]) == (company, made["id"], 0.5)
    assert before.keys() == after.keys()
    assert {name for name in after if after[name] != before[name]} <= {"summary", "_info"}
    assert after["summary"] == "Printer is jammed again"
    [patch] = [json.loads(each["body"]) for each in requests if each["method"] == "PATCH"]
    assert patch == [{"op": "replace", "path": "summary", "value": "Printer is jammed again"}]
    assert changed["changed"] == {"summary": ["Printer is jammed", "Printer is jammed again"]}
    assert "warnings" not in changed


def test_a_record_that_is_not_there_is_said_with_the_tool_that_lists(desk):
    error = ask(desk, TICKET, id="999999999").error

    assert error["code"] == "not_found"
    assert TICKETS in error["advice"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"summary": "x", "company": 999999}, "company"),
        ({"summary": "x", "company": "No such firm"}, "company"),
        ({"company": 4101}, "summary"),
        ({"summary": "x" * 101, "company": 4101}, "summary"),
        ({"summary": "x", "company": 4101, "severity": "Awful"}, "severity"),
        ({"summary": "x", "company": 4101, "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_written(firm, desk, arguments, said):
    with firm.watch_work() as requests:
        error = ask(desk, CREATE, **arguments).error

    assert error["code"] == "invalid_arguments"
    assert said in error["message"]
    assert {verb for verb, _ in list_sent(requests)} <= {"GET"}


def test_what_the_vendor_refuses_is_passed_on_in_its_words(desk, day):
    error = ask(desk, CREATE, summary="x", company=4101, status={"id": 99999}).error

    assert error["vendor_code"] == "InvalidField"
    assert "99999" in error["message"]


def test_a_role_that_may_not_is_said_with_who_can(firm, desk):
    firm.control_work("rights", {"denied": {PATH: ["GET"]}})
    try:
        error = ask(desk, TICKETS, limit=1).error
    finally:
        firm.control_work("rights", {"denied": {}})

    assert (error["code"], error["vendor_code"]) == ("forbidden", "Forbidden")
    assert "security role" in error["advice"]
    assert not ask(desk, TICKETS, limit=1).is_error


def test_keys_that_are_refused_stop_every_call_until_they_are_replaced_and_the_mapping_stays(firm, desk):
    path = f"/tenant/{firm.books['tenant_id']}/company-mapping"
    links = firm.call("GET", path)["links"]
    body = json.dumps({"code": "Unauthorized", "message": "The keys are not valid."})
    with firm.fail_once(PATH, status=401, body=body, content_type="application/json"):
        confirming = {"path": "/company/companies/count", "times": 1, "status": 401, "body": body}
        firm.control_work("faults", confirming)  # the request by which keys are tested is refused as well
        error = ask(desk, TICKETS, limit=1).error
    with firm.watch_work() as requests:
        again = ask(desk, BOARDS).error
        figures = ask(firm.open_url(firm.books), "client_profitability").value

    assert error["code"] == again["code"] == "needs_reauth"
    assert "replace the keys" in error["advice"]
    assert requests == []
    assert figures["figures"]["of"] == "whole company"
    assert {each["what"]: each["why"] for each in figures["missing"]}["work system"].startswith(
        "The work system is not connected"
    )
    firm.renew_keys(firm.work)
    assert not ask(desk, TICKETS, limit=1).is_error
    assert firm.call("GET", path)["links"] == links


@pytest.mark.parametrize("seconds", [7, 60])
def test_a_rate_limit_is_passed_through_at_once_with_how_long_to_wait(firm, desk, seconds):
    firm.control_work("throttle", {"forced": 1, "retry_after": seconds})
    with firm.watch_work() as requests:
        said = ask(desk, TICKETS, limit=1)
    firm.control_work("throttle", {"forced": 0, "retry_after": None})

    assert said.error["code"] == "rate_limited"
    assert [each["status"] for each in requests] == [429]
    assert f"{seconds} seconds" in said.text
    assert said.meta["ledgerport/ratelimit"] == {"status": 429, "retry_after": seconds}
    assert said.headers["retry-after"] == str(seconds)


def test_a_write_at_the_rate_limit_is_sent_once_and_not_again(firm, desk, day):
    count = firm.control_work("", verb="GET")["records"][PATH]
    fault = {"status": 429, "body": "{}", "headers": {"Retry-After": "5"}}
    with firm.fail_once(PATH, method="POST", **fault), firm.watch_work() as requests:
        said = ask(desk, CREATE, summary="Once", company=4101)

    assert said.error["code"] == "rate_limited"
    assert [verb for verb, _ in list_sent(requests) if verb != "GET"] == ["POST"]
    assert firm.control_work("", verb="GET")["records"][PATH] == count


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503},
        {"status": 200, "body": "[{", "content_type": "application/json"},
        {"status": 200, "body": '{"records": []}', "content_type": "application/json"},
        {"status": 200, "body": "<html>sign in</html>"},
        {"cut": True},
    ],
    ids=["500", "503 of a proxy", "cut JSON", "no list", "a page", "a connection cut"],
)
def test_a_vendor_that_answers_nothing_sensible_is_said_to(firm, desk, fault):
    with firm.fail_once(PATH, **fault), firm.watch_work() as requests:
        error = ask(desk, TICKETS, limit=1).error

    assert error["code"] == "vendor_unavailable"
    assert "Nothing was changed" in error["advice"]
    assert {verb for verb, _ in list_sent(requests)} == {"GET"}
    assert "<" not in error["message"]


def test_an_error_of_the_vendor_itself_is_said_in_its_words_and_of_a_write_that_nobody_knows(firm, desk, day):
    fault = {"status": 500, "body": '{"code":"ConnectWiseApi","message":"Out of order."}'}
    with firm.fail_once(PATH, **fault):
        read = ask(desk, TICKETS, limit=1).error
    with firm.fail_once(PATH, method="POST", **fault):
        write = ask(desk, CREATE, summary="x", company=4101).error

    assert (read["code"], write["code"]) == ("unavailable", "indeterminate")
    assert "Out of order." in read["message"]
    assert "Try again in a minute" in read["advice"]


def test_a_write_of_which_the_outcome_is_lost_is_not_said_to_have_failed(firm, desk, day):
    with firm.fail_once(PATH, method="POST", cut=True), firm.watch_work() as requests:
        error = ask(desk, CREATE, summary="Lost", company=4101).error

    assert error["code"] == "indeterminate"
    assert [verb for verb, _ in list_sent(requests) if verb != "GET"] == ["POST"]


@contextmanager
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """The address of a host that nobody should ask, and the paths that it was asked for."""
    seen: list[str] = []

    async def answer(scope, receive, send):
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"[]"})

    with served(answer) as there:
        yield f"http://127.0.0.1:{there.port}", seen


def test_a_next_page_at_another_host_is_asked_for_at_the_vendor_and_never_there(firm, desk):
    with elsewhere() as (address, seen):
        link = f'<{address}/secret?page=2&pageSize=1>; rel="next"'
        one = json.dumps([{"id": 1, "summary": "One"}])
        fault = {"status": 200, "body": one, "content_type": "application/json", "headers": {"Link": link}}
        with firm.fail_once(PATH, **fault):
            page = ask(desk, TICKETS, limit=1).value
        with firm.watch_work() as requests:
            ask(desk, TICKETS, limit=1, next_cursor=page["next_cursor"])
        redirect = {"status": 302, "body": "", "headers": {"Location": f"{address}/secret"}}
        with firm.fail_once(PATH, **redirect):
            moved = ask(desk, TICKETS, limit=1)

    assert seen == []
    assert [each["parameters"]["page"] for each in requests] == ["2"]
    assert moved.is_error


def test_a_read_only_account_has_no_tool_that_writes_whatever_its_url_allows(firm):
    account = firm.connect_work("read-only", read_only=True)
    try:
        url = firm.open_url(account, methods=["read", "write"])
        tools = list_tools(url)
        with firm.watch_work() as requests:
            refused = ask(url, CREATE, summary="x", company=4101)
            patched = ask(url, UPDATE, id="251360", summary="x")
    finally:
        firm.delete(account)

    assert TICKETS in tools
    assert [name for name, each in tools.items() if not each.annotations.read_only_hint] == []
    assert refused.is_error and patched.is_error
    assert requests == []
