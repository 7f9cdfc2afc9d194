"""This call sends that request: conditions, pages, patches and credentials of ConnectWise PSA, by YAML alone."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.connectwise.calling import answering, knowing, read, run, sent, without_lookups
from tests.vendor_server import http

TICKETS, COMPANIES = "list_all_connectwise_tickets", "list_all_connectwise_companies"
TICKET, ADDITION = "update_a_connectwise_ticket_by_id", "update_a_connectwise_addition_by_id"
CONDITIONS = {
    "the Id of a reference": ({"company": 4101}, "company/id = 4101"),
    "true as the vendor writes it": ({"closedFlag": True}, "closedFlag = True"),
    "false as the vendor writes it": ({"closedFlag": False}, "closedFlag = False"),
    "the name of a status": ({"status_name": "New"}, 'status/name = "New"'),
    "several Ids": ({"board_any_of": [1, 2]}, "board/id in (1, 2)"),
    "part of a text": ({"summary_contains": "printer"}, 'summary contains "printer"'),
    "a quote in a text": ({"summary_contains": 'a "b" c'}, "summary contains 'a \"b\" c'"),
    "a bracket in a text": ({"summary": "[urgent]"}, 'summary = "[[]urgent]"'),
    "a moment in UTC": (
        {"lastUpdated_from": "2026-05-01T02:00:00+02:00"},
        "lastUpdated >= [2026-05-01T00:00:00Z]",
    ),
    "filters joined": (
        {"company": 4101, "closedFlag": False},
        "company/id = 4101 and closedFlag = False",
    ),
    "a text in any of some fields": ({"search": "x"}, '(summary contains "x")'),
    "sets of filters": (
        {"company": 1, "any_of": [{"status_name": "New"}, {"priority": 3, "closedFlag": False}]},
        'company/id = 1 and ((status/name = "New") or (priority/id = 3 and closedFlag = False))',
    ),
    "a raw condition alone": ({"query": "id > 5 or id = 2"}, "(id > 5 or id = 2)"),
    "a raw condition beside a filter": (
        {"company": 1, "query": "id > 5 or id = 2"},
        "company/id = 1 and (id > 5 or id = 2)",
    ),
}


@pytest.mark.parametrize(("arguments", "condition"), CONDITIONS.values(), ids=list(CONDITIONS))
def test_filters_are_one_condition_in_the_words_of_the_vendor(arguments, condition):
    _, [request] = run(answering([]), (TICKETS, arguments))

    assert sent(request)[:3] == (
        "GET",
        "/service/tickets",
        {"conditions": condition, "orderBy": "id asc", "pageSize": "50"},
    )


def test_an_or_over_several_fields_is_one_call():
    _, [request] = run(answering([]), (COMPANIES, {"search": "Orchard"}))

    assert sent(request)[2]["conditions"] == '(name contains "Orchard" or identifier contains "Orchard")'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"query": "company/id = 1) or (id > 0"}, "a bracket without the other one"),
        ({"query": "(id = 1"}, "a bracket without the other one"),
        ({"query": 'summary = "a'}, "a quote that is not closed"),
        ({"query": "summary = 'it\"s' and id = \""}, "a quote that is not closed"),
        ({"query": "select * from Ticket"}, "cannot have"),
        ({"query": "id = 1 order by id"}, "order_by"),
        ({"query": "contact is null"}, "contact = null"),
        ({"query": 'lastUpdated > "2026-05-31"'}, "square brackets"),
        ({"query": "x" * 30_001}, "at most 30,000"),
        ({"summary_contains": "a \" and a '"}, "both kinds of quote"),
        ({"any_of": [{"colour": "red"}]}, "colour"),
    ],
)
def test_what_would_not_be_understood_or_reach_beyond_itself_is_not_sent(arguments, said):
    [answer], requests = run(answering([]), (TICKETS, arguments))

    assert said in answer.error.as_text()
    assert requests == []


def test_a_bracket_inside_a_text_of_a_raw_condition_is_none():
    _, [request] = run(answering([]), (TICKETS, {"query": 'summary contains ") or ("'}))

    assert sent(request)[2]["conditions"] == '(summary contains ") or (")'


def test_conditions_on_entries_and_on_own_fields_are_parameters_of_their_own():
    steps = [
        ("list_all_connectwise_contacts", {"childConditions": 'communicationItems/value = "a@b.example"'}),
        (COMPANIES, {"customFieldConditions": 'caption="Tier" AND value="Gold"'}),
    ]
    _, [contacts, companies] = run(answering([]), *steps)

    assert sent(contacts)[2]["childConditions"] == 'communicationItems/value = "a@b.example"'
    assert sent(companies)[2]["customFieldConditions"] == 'caption="Tier" AND value="Gold"'


def test_the_keys_the_company_and_the_client_id_are_sent_as_headers():
    _, [(_, headers, _)] = run(answering([]), (TICKETS, {}))

    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"mspco+publickey:privatekey"
    assert headers["clientid"] == "c-1"
    assert headers["accept"] == "application/json"


def pages(line: str, *_: Any) -> bytes:
    """Three tickets on two pages, as the Link header says."""
    if "page=2" in line:
        return http(200, b'[{"id": 3}]', "application/json", 'Link: <https://x.example/?page=1>; rel="first"')
    link = (
        'Link: <https://x.example/?conditions=a&page=2>; rel="next", <https://x.example/?page=2>; rel="last"'
    )
    return http(200, b'[{"id": 1}, {"id": 2}]', "application/json", link)


def test_the_next_page_is_that_of_the_link_header_with_the_same_conditions():
    arguments = {"company": 1, "limit": 2}

    answers, requests = run(
        pages,
        (TICKETS, arguments),
        lambda last: (TICKETS, {**arguments, "next_cursor": read(last)["next_cursor"]}),
    )

    assert [[each["id"] for each in read(page)["records"]] for page in answers] == [[1, 2], [3]]
    assert "next_cursor" not in read(answers[1])
    first, second = (sent(each)[2] for each in requests)
    assert second == {**first, "page": "2"}


def test_the_hours_of_all_pages_are_added_up():
    def entries(line: str, *_: Any) -> bytes:
        if "page=2" in line:
            return http(200, b'[{"id": 2, "actualHours": 0.25}]')
        link = 'Link: <https://x.example/?page=2>; rel="next"'
        return http(200, b'[{"id": 1, "actualHours": 1.5}]', "application/json", link)

    [answer], _ = run(entries, ("list_all_connectwise_time_entries", {"sum": ["actualHours"]}))

    assert read(answer)["sums"]["actualHours"]["sum"] == 1.75


STORED = {
    "id": 250001,
    "summary": "Printer",
    "owner": {"id": 310, "identifier": "Old", "name": "Old One"},
    "customFields": [
        {"id": 5, "caption": "Tier", "value": "Gold"},
        {"id": 6, "caption": "Floor", "value": None},
    ],
    "_info": {"lastUpdated": "2026-09-01T00:00:00Z"},
}


def change(arguments: dict[str, Any], **after: Any) -> tuple[Any, list[Any]]:
    """The answer of an update of the stored ticket, and the requests of it."""
    handler = knowing(answering(STORED, {**STORED, **after}))
    [answer], requests = run(handler, (TICKET, {"id": 250001, **arguments}))
    return answer, without_lookups(requests)


def test_an_update_sends_what_was_named_and_says_what_changed():
    new = {"id": 311, "identifier": "New", "name": "New One"}

    answer, [before, patch] = change({"owner": {"id": 311}}, owner=new)

    assert before[:2] == ("GET", "/service/tickets/250001")
    assert patch[:2] == ("PATCH", "/service/tickets/250001")
    assert patch[3] == [{"op": "replace", "path": "owner", "value": {"id": 311}}]
    assert read(answer)["changed"] == {"owner": [STORED["owner"], new]}


def test_a_field_of_the_companys_own_is_sent_with_the_others_as_they_are_stored():
    after = [{**STORED["customFields"][0], "value": "Silver"}, STORED["customFields"][1]]

    answer, [_, patch] = change({"customFields": [{"id": 5, "value": "Silver"}]}, customFields=after)

    assert patch[3] == [{"op": "replace", "path": "customFields", "value": after}]
    assert read(answer)["unchanged_lines"] == 1


def test_what_is_cleared_is_null_and_nothing_else_is_sent():
    _, [_, patch] = change({"clear": ["summary"]}, summary=None)

    assert patch[3] == [{"op": "replace", "path": "summary", "value": None}]


def test_what_was_sent_and_did_not_change_is_a_warning():
    answer, _ = change({"summary": "Scanner"})

    assert "summary" in str(read(answer)["warnings"])


def test_a_dry_run_sends_nothing_but_the_read():
    answer, requests = change({"summary": "Scanner", "dry_run": True})

    assert [verb for verb, *_ in requests] == ["GET"]
    assert read(answer)["changed"] == {"summary": ["Printer", "Scanner"]}


def test_what_stands_under_another_record_is_found_through_it_and_the_path_is_no_field():
    arguments = {"agreement_id": 702, "id": 8101, "quantity": 42}

    stored, after = {"id": 8101, "quantity": 40}, {"id": 8101, "quantity": 42}

    _, requests = run(knowing(answering(stored, after)), (ADDITION, arguments))

    read_first, patch = without_lookups(requests)
    assert read_first[1] == patch[1] == "/finance/agreements/702/additions/8101"
    assert patch[3] == [{"op": "replace", "path": "quantity", "value": 42}]


def test_a_new_record_is_sent_as_it_is_given():
    given = {"summary": "Printer", "company": {"id": 4101}}

    handler = knowing(answering({"id": 1, **given}, status=201))

    [answer], requests = run(handler, ("create_a_connectwise_ticket", given))

    assert without_lookups(requests) == [("POST", "/service/tickets", {}, given)]
    assert read(answer)["id"] == 1


def test_a_client_is_found_by_its_name():
    def answer(line: str, *_: Any) -> bytes:
        found = [{"id": 4101, "name": "Example Orchard Clinic", "identifier": "Orchard"}]
        return http(200, json.dumps(found if "/company/companies" in line else []).encode())

    _, requests = run(answer, (TICKETS, {"company": "Example Orchard Clinic"}))

    assert sent(requests[-1])[2]["conditions"] == "company/id = 4101"


REFUSALS = {
    "a field that is missing": (
        400,
        {
            "code": "InvalidObject",
            "message": "contact object is invalid",
            "errors": [
                {
                    "code": "MissingRequiredField",
                    "message": "The firstName field is required.",
                    "resource": "contact",
                    "field": "firstName",
                }
            ],
        },
        "invalid",
        "The firstName field is required.",
    ),
    "a condition on what is no field": (
        400,
        {"code": "ApiFindCondition", "message": "colour is not a recognized name.", "errors": None},
        "invalid",
        "colour is not a recognized name.",
    ),
    "a record that is not there": (
        404,
        {"code": "NotFound", "message": "Ticket 9 not found"},
        "not_found",
        "9",
    ),
    "a role that does not allow it": (
        403,
        {"code": "Forbidden", "message": "No rights."},
        "forbidden",
        "No rights.",
    ),
    "a limit that was reached": (
        429,
        {"error": "ConnectWiseAPI", "message": "Too many requests"},
        "rate_limited",
        "7 seconds",
    ),
}


@pytest.mark.parametrize(("status", "body", "code", "said"), REFUSALS.values(), ids=list(REFUSALS))
def test_a_refusal_says_what_the_vendor_said_and_what_to_do(status, body, code, said):
    [answer], _ = run(
        answering(body, status=status, lines=("Retry-After: 7",)),
        ("get_single_connectwise_ticket_by_id", {"id": 9}),
    )

    assert answer.error.code == code
    assert said in answer.error.as_text()


def test_a_refusal_that_is_no_json_is_still_said():
    text = b"Cannot route. Codebase/company is invalid"

    [answer], _ = run(lambda *_: http(400, text, "text/plain"), (TICKETS, {}))

    assert answer.status == 400
    assert "Cannot route. Codebase/company is invalid" in answer.error.as_text()


def test_a_record_that_is_not_there_is_not_referred_to():
    [answer], requests = run(
        answering([]), ("create_a_connectwise_ticket", {"summary": "x", "company": {"id": 9}})
    )

    assert 'company is "9"' in answer.error.as_text()
    assert {sent(each)[0] for each in requests} == {"GET"}


def test_the_name_of_a_client_becomes_its_number_in_a_new_record():
    def answer(line: str, *_: Any) -> bytes:
        is_list = line.startswith("GET /company/companies")
        return http(200, json.dumps([{"id": 4101, "name": "Orchard"}] if is_list else {"id": 1}).encode())

    _, requests = run(answer, ("create_a_connectwise_ticket", {"summary": "x", "company": "Orchard"}))

    assert sent(requests[-1])[3] == {"summary": "x", "company": {"id": 4101}}
