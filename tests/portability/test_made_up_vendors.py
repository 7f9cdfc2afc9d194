"""Vendors that nobody wrote code for: keys, page numbers, JSON Patch, bare records, Link headers, by YAML alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from runtime.model import Account, AccountId, Credentials
from runtime.upstream.paging import find_next
from tests.portability.calling import CATALOG, call_steps
from tests.portability.harbor_server import Harbor
from tests.vendor_server import http

HERE = Path(__file__).resolve().parent
FIELDS = {"site": "pier", "public_key": "pub"}
SECRETS = {"private_key": "prv-secret", "client_id": "cid", "api_key": "k-secret"}


def run(integration, handler, *steps):
    """Answers of steps made one after another; a step is `(tool, arguments)` or a function of the last answer."""
    account = Account(AccountId("a1"), integration, "live", "Pier", "active", "pier", FIELDS, b"", 0, 0)
    return call_steps(account, Credentials(secrets=SECRETS), handler, *steps)


def value(answer):
    assert answer.error is None, answer.error.as_text()
    return json.loads(answer.text)


def next_page(name, arguments):
    return lambda answer: (name, {**arguments, "next_cursor": value(answer)["next_cursor"]})


def test_the_tools_are_named_described_and_checked_like_any_other():
    assert [tool.name for tool in CATALOG.list_tools("harbor")] == [
        "create_a_harbor_boat",
        "delete_a_harbor_boat_by_id",
        "get_single_harbor_boat_by_id",
        "list_all_harbor_berths",
        "list_all_harbor_boats",
        "update_a_harbor_boat_by_id",
    ]
    assert "query" not in CATALOG.by_name["list_all_harbor_boats"].input_schema["properties"]


def test_a_list_is_read_to_its_end_page_by_page():
    name, harbor = "list_all_harbor_boats", Harbor()

    pages, _ = run("harbor", harbor, (name, {}), next_page(name, {}), next_page(name, {}))

    assert [[each["name"] for each in value(page)["records"]] for page in pages] == [
        ["Gull", "Heron"],
        ["Ibis", "Jacana"],
        ["Kite"],
    ]
    assert "next_cursor" not in value(pages[-1])
    assert [asked["page"] for asked in harbor.asked] == ["1", "2", "3"]
    assert harbor.asked[0] == {"orderBy": "id asc", "page": "1", "pageSize": "2"}
    assert set(value(pages[0])["records"][0]) == {"id", "name", "length"}


def test_conditions_are_written_in_the_vendors_own_words_and_cannot_leave_their_quotes():
    harbor = Harbor()
    arguments = {
        "name_contains": 'a" or "1%_" = "1',
        "length_from": 9,
        "arrived_until": "2026-05-31",
        "isAtSea": True,
        "id_any_of": [1, 2],
        "order_by": "name",
        "descending": True,
    }

    run("harbor", harbor, ("list_all_harbor_boats", arguments))

    assert set(harbor.asked[0]["conditions"].split(" and ")) == {
        'name like "%a\\" or \\"1[%][_]\\" = \\"1%"',
        "length >= 9",
        "arrived <= [2026-05-31]",
        "isAtSea = true",
        "id in (1, 2)",
    }
    assert harbor.asked[0]["orderBy"].lower() == "name desc"


def test_a_record_is_entered_read_changed_and_struck():
    harbor = Harbor()

    answers, requests = run(
        "harbor",
        harbor,
        ("create_a_harbor_boat", {"name": "Loon", "length": 7.5}),
        ("get_single_harbor_boat_by_id", {"id": 6}),
        ("update_a_harbor_boat_by_id", {"id": 6, "isAtSea": True, "berth": {"id": 4}}),
        ("delete_a_harbor_boat_by_id", {"id": 6}),
        ("get_single_harbor_boat_by_id", {"id": 6}),
    )

    assert value(answers[1]) == {"id": 6, "name": "Loon", "length": 7.5}
    assert value(answers[0]) == value(answers[1]) | {"company": answers[0].company}
    assert value(answers[2])["berth"] == {"id": 4}
    assert [line.split()[0] for line, _, _ in requests] == ["POST", "GET", "PATCH", "DELETE", "GET"]
    assert sorted(json.loads(requests[2][2]), key=lambda each: each["path"]) == [
        {"op": "replace", "path": "/berth", "value": {"id": 4}},
        {"op": "replace", "path": "/isAtSea", "value": True},
    ]
    assert value(answers[3]) == {"done": True, "company": answers[3].company}
    assert answers[4].error.as_dict()["code"] == "not_found"
    assert len(set(harbor.seen_keys)) == 3


def test_a_refusal_says_what_the_vendor_said_and_what_to_do():
    answers, _ = run(
        "harbor",
        Harbor(),
        ("get_single_harbor_boat_by_id", {"id": 99}),
        ("create_a_harbor_boat", {"name": "Gull"}),
        ("create_a_harbor_boat", {"nam": "Gull"}),
    )

    missing, taken, misspelt = (answer.error.as_dict() for answer in answers)
    assert missing["message"] == (
        'There is no record with the Id "99" among boats. Harbor refused: Boat 99 is not here.'
    )
    assert (missing["advice"], missing["vendor_code"], missing["trace"]) == (
        "There is no such boat. Find it with the list. The list tool is list_all_harbor_boats.",
        "NotFound",
        "t-1",
    )
    assert taken["advice"] == "Correct the field that the message names."
    assert 'Did you mean "name"?' in misspelt["message"]


def test_a_rate_limit_is_passed_on_with_the_vendors_own_wait():
    harbor = Harbor()
    harbor.is_busy = True

    (answer,), requests = run("harbor", harbor, ("get_single_harbor_boat_by_id", {"id": 1}))

    assert answer.error.as_dict()["code"] == "rate_limited"
    assert "Wait 7 seconds" in answer.error.as_text()
    assert len(requests) == 1


def crates(line, headers, body):
    """Three crates on two pages; the Link header says where the next begins."""
    assert headers["x-api-key"] == "k-secret"
    if line.startswith("PATCH"):
        return http(200, json.dumps({"id": "7", **json.loads(body)}).encode())
    if "after=c2" in line:
        return http(
            200, b'{"items": [{"id": "3"}]}', "application/json", 'Link: </crates?after=>; rel="prev"'
        )
    link = '<https://api.quay.example/crates?x=1&after=c2%2B>; title="n"; rel="next", </crates>; rel=first'
    return http(200, b'{"items": [{"id": "1"}, {"id": "2"}]}', "application/json", f"Link: {link}")


def test_the_next_page_may_be_said_in_a_link_header():
    name, given = "list_all_quay_crates", {"owner": "Ann"}

    pages, requests = run("quay", crates, (name, given), next_page(name, given))

    assert [[each["id"] for each in value(page)["records"]] for page in pages] == [["1", "2"], ["3"]]
    assert "next_cursor" not in value(pages[1])
    assert requests[0][0] == "GET /crates?q=owner%3AAnn&count=2 HTTP/1.1"
    assert requests[1][0] == "GET /crates?q=owner%3AAnn&after=c2%2B&count=2 HTTP/1.1"


def test_an_empty_list_in_an_envelope_is_an_empty_list():
    (answer,), _ = run("quay", lambda *_: http(200, b'{"items": []}'), ("list_all_quay_crates", {}))

    assert value(answer) == {"records": [], "returned": 0}


def test_a_change_may_send_the_changed_fields_alone():
    (answer,), requests = run("quay", crates, ("update_a_quay_crate_by_id", {"id": "7", "note": "Glass."}))

    assert requests[0][0] == "PATCH /crates/7 HTTP/1.1"
    assert json.loads(requests[0][2])["note"] == "Glass."
    assert "owner" not in json.loads(requests[0][2])
    assert value(answer)["note"] == "Glass."


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ('</a?after=2>; rel="next"', "2"),
        ('</a?after=1>; rel="prev", </a?after=3>; rel="next"', "3"),
        ("</a?after=4>; rel=next", "4"),
        ('</a?after=5>; rel="last next"', "5"),
        ('</a?before=5>; rel="next"', ""),
        ('</a?after=2>; rel="nextish"', ""),
        ("", ""),
        ("<<<;;rel=next", ""),
    ],
)
def test_only_the_parameter_of_the_next_address_is_taken(link, found):
    assert find_next(link, "after") == found


def test_no_python_knows_these_vendors():
    words = re.compile(r"\b(harbor|quay|lagoon)\b", re.IGNORECASE)
    for folder in ("generator", "runtime"):
        for path in (HERE.parents[1] / folder).rglob("*.py"):
            if "simulators" in path.parts:
                continue
            assert not words.search(path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"owner": "Ann", "weight": 12.5}, "owner=Ann&weight=12.5&page=1&size=2"),
        ({"owner": "a&page=9#=ü {limit}"}, "owner=a%26page%3D9%23%3D%C3%BC%20%7Blimit%7D&page=1&size=2"),
        ({}, "page=1&size=2"),
    ],
)
def test_filters_that_are_parameters_of_their_own_add_no_other_parameter(given, sent):
    _, requests = run("cove", lambda *_: http(200, b'{"items": []}'), ("list_all_cove_anchors", given))

    assert requests[0][0] == f"GET /anchors?{sent} HTTP/1.1"
