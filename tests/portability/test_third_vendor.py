"""A vendor of the kind that wraps, nests and counts for itself: what YAML alone says of it, and what it then gets."""

from __future__ import annotations

import json
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest

from generator.compile import check
from runtime.model import Account, AccountId, Credentials
from tests.portability.calling import CATALOG, HERE, call_steps
from tests.vendor_server import http

TOOLS = {tool.name: tool for tool in CATALOG.of("lagoon")}
ID, CONTACT = "243216c5-369e-4056-ac67-05388f86dc81", "297c2dc5-cc47-4afd-8ec8-74990b8761e9"
LIST, GET = "list_all_lagoon_invoices", "get_single_lagoon_invoice_by_id"
CREATE, UPDATE = "create_a_lagoon_invoice", "update_a_lagoon_invoice_by_id"


ACCOUNT = Account(AccountId("a1"), "lagoon", "live", "Blue", "active", "t-1", {"tenant": "t-1"}, b"", 0, 0)


def run(handler, *steps):
    """The answers of steps made one after another, and the requests that the vendor got."""
    return call_steps(ACCOUNT, Credentials(access_token="acc-ess"), handler, *steps)


def answering(value, *lines, status=200):
    return lambda *_: http(status, json.dumps(value).encode(), "application/json", *lines)


ONE = {"Invoices": [{"InvoiceID": ID, "Reference": "June"}]}


def value(answer):
    assert answer.error is None, answer.error.as_text()
    return json.loads(answer.text)


def asked(request):
    return {name: each[0] for name, each in parse_qs(urlsplit(request[0].split(" ")[1]).query).items()}


def test_the_token_is_sent_under_the_scheme_of_the_vendor_and_the_tenant_beside_it():
    _, [(_, headers, _)] = run(answering(ONE), (GET, {"id": ID}))

    assert headers["authorization"] == "Lagoon-Token acc-ess"
    assert headers["lagoon-tenant"] == "t-1"


def test_a_new_record_is_the_one_entry_of_a_list_under_its_key():
    _, [(line, _, body)] = run(answering(ONE), (CREATE, {"ContactID": CONTACT, "Reference": "June"}))

    assert line == "PUT /Invoices HTTP/1.1"
    assert json.loads(body) == {"Invoices": [{"ContactID": CONTACT, "Reference": "June"}]}


def test_a_changed_record_stands_under_a_key_and_is_named_by_the_identifier_of_its_resource():
    [answer], [(line, _, body)] = run(answering(ONE), (UPDATE, {"id": ID, "Reference": "July"}))

    assert line == f"POST /Invoices/{ID} HTTP/1.1"
    assert json.loads(body)["invoice"]["Reference"] == "July"
    assert value(answer)["InvoiceID"] == ID


def test_guids_and_dates_are_written_as_the_vendors_literals():
    arguments = {"ContactID": CONTACT, "Date_from": "2026-05-01", "Reference": 'a" OR "1'}

    _, [request] = run(answering({"Invoices": []}), (LIST, arguments))

    assert set(asked(request)["where"].split(" AND ")) == {
        f'ContactID == Guid("{CONTACT}")',
        "Date >= DateTime(2026, 05, 01)",
        'Reference == "a\\" OR \\"1"',
    }


def test_what_is_no_guid_is_refused_before_anything_is_sent():
    [answer], requests = run(answering(ONE), (LIST, {"ContactID": 'x") OR Guid("y'}))

    assert answer.error is not None
    assert requests == []


def pages(line, headers, body):
    """Three invoices on two pages; the answer says where the next begins."""
    if "cursor=c%2F2" in line:
        return http(200, b'{"Invoices": [{"InvoiceID": "3"}], "meta": {}}')
    return http(200, b'{"Invoices": [{"InvoiceID": "1"}, {"InvoiceID": "2"}], "meta": {"next": "c/2"}}')


def test_the_next_page_begins_at_the_cursor_in_the_body():
    answers, requests = run(
        pages, (LIST, {}), lambda last: (LIST, {"next_cursor": value(last)["next_cursor"]})
    )

    assert [[each["InvoiceID"] for each in value(page)["records"]] for page in answers] == [["1", "2"], ["3"]]
    assert "next_cursor" not in value(answers[1])
    assert "cursor" not in asked(requests[0])
    assert asked(requests[1])["cursor"] == "c/2"


def test_what_is_left_of_a_quota_is_what_the_vendor_says():
    [answer], _ = run(
        answering(ONE, "X-MinLimit-Remaining: 7\r\nX-DayLimit-Remaining: 4000"), (GET, {"id": ID})
    )

    assert answer.limits.remaining == (7, 4000)
    assert answer.limits.as_dict()["counted_by"] == "vendor"
    assert dict(answer.limits.fields())[b"ratelimit-remaining"] == b"7"


@pytest.mark.parametrize("line", ["X-MinLimit-Remaining: many", "X-MinLimit-Remaining: -1", "X-Other: 1"])
def test_a_quota_that_is_not_said_is_counted_here(line):
    [answer], _ = run(answering(ONE, line), (GET, {"id": ID}))

    assert answer.limits.remaining == (59, 4999)


def test_a_used_up_quota_says_how_long_to_wait():
    [answer], _ = run(answering(ONE, "X-MinLimit-Remaining: 0"), (GET, {"id": ID}))

    assert answer.limits.retry_after == 60


REFUSED = {
    "ErrorNumber": 10,
    "Message": "A validation exception occurred",
    "Elements": [{"ValidationErrors": [{"Message": "Reference is too long"}]}],
}


def test_a_code_above_the_messages_is_that_of_each():
    [answer], _ = run(answering(REFUSED, status=400), (CREATE, {"ContactID": CONTACT}))

    assert answer.error.as_dict()["vendor_code"] == "10"
    assert answer.error.advice == "Correct what the message names."
    assert "Reference is too long" in answer.error.message


def test_an_absent_record_is_named_by_its_identifier():
    missing = {"ErrorNumber": 404, "Message": "Not here"}

    [answer], _ = run(answering(missing, status=404), (GET, {"id": ID}))

    assert answer.error.code == "not_found"
    assert ID in answer.error.message


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (
            "invoice",
            "identifier: InvoiceID",
            "identifier: InvoiceId",
            'no field "InvoiceId" to name a record by',
        ),
        ("integration", "scheme: Lagoon-Token", 'scheme: "a b"', "must be letters, digits and hyphens"),
        ("integration", '"{path}[]"', '"{path}[0]"', "must be a key, with [] behind it for a list"),
        ("integration", "{year}, {month}", "{years}, {month}", "{years} is filled by nothing"),
        ("integration", 'Guid("{value}")', 'Guid("{year}")', "{year} is filled by nothing"),
        ("integration", "  lookup: { request: GET /connections }\n", "", "auth.lookup has to be given"),
        (
            "integration",
            "from: lookup.0.tenantId",
            "from: token.tenant",
            "No field of the account takes its answer",
        ),
        ("integration", "https://api.", "https://{tenant}.", "is not known before the account is looked up"),
        ("integration", "GET /connections", '"GET /{tenant}"', "must be GET and a path without placeholders"),
        (
            "invoice",
            "  get:\n",
            "  get:\n    wrap: invoice\n",
            "Only a record can stand under a key of the body, and this method sends none",
        ),
    ],
)
def test_a_definition_that_cannot_work_is_refused(tmp_path, file, before, after, said):
    shutil.copytree(HERE / "lagoon", tmp_path / "lagoon")
    path = tmp_path / "lagoon" / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    assert said in "\n".join(map(str, check([tmp_path])))
