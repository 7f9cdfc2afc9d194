"""A vendor of the kind that wraps, nests and counts for itself: what YAML alone says of it, and what it then gets."""

from __future__ import annotations

import base64
import json
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest

from generator.compile import check
from runtime.model import Account, AccountId, Credentials
from runtime.upstream import query
from tests.portability.calling import CATALOG, HERE, call_steps, changed_definitions
from tests.vendor_server import http

TOOLS = {tool.name: tool for tool in CATALOG.list_tools("lagoon")}
ID, CONTACT = "243216c5-369e-4056-ac67-05388f86dc81", "297c2dc5-cc47-4afd-8ec8-74990b8761e9"
LIST, GET = "list_all_lagoon_invoices", "get_single_lagoon_invoice_by_id"
ATTACH = "attach_a_lagoon_invoice_by_id"
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
    assert dict(answer.limits.write_fields())[b"ratelimit-remaining"] == b"7"


@pytest.mark.parametrize("line", ["X-MinLimit-Remaining: many", "X-MinLimit-Remaining: -1", "X-Other: 1"])
def test_a_quota_that_is_not_said_is_counted_here(line):
    [answer], _ = run(answering(ONE, line), (GET, {"id": ID}))

    assert answer.limits.remaining == (59, 4999)


def test_a_used_up_quota_says_how_long_to_wait():
    [answer], _ = run(answering(ONE, "X-MinLimit-Remaining: 0"), (GET, {"id": ID}))

    assert answer.limits.retry_after == 60


LOOKUP = "  lookup: { request: GET /connections, name: 0.tenantName }\n"
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


def test_a_field_inside_another_is_filtered_by_its_path_and_under_a_name_of_its_own():
    arguments = {"customer_id": CONTACT, "Name": "Ann", "ContactID": ID}

    _, [request] = run(answering({"Invoices": []}), (LIST, arguments))

    assert set(asked(request)["where"].split(" AND ")) == {
        f'ContactID == Guid("{ID}")',
        f'Contact.ContactID == Guid("{CONTACT}")',
        'Contact.Name == "Ann"',
    }


def test_what_stands_between_the_names_of_a_path_is_a_fact_of_the_language(tmp_path):
    catalog = changed_definitions(
        tmp_path, "lagoon", ('  and: " AND "', '  and: " AND "\n  path_separator: "/"')
    )
    language, listing = catalog.integrations["lagoon"].query_language, catalog.by_name[LIST].listing

    assert query.join_conditions(language, listing, {"Name": "Ann"}) == 'Contact/Name == "Ann"'


@pytest.mark.parametrize(
    ("moment", "literal"),
    [
        ("2026-05-01T10:00:00Z", "DateTime(2026, 05, 01, 10, 00, 00)"),
        ("2026-05-01T00:30:07+02:00", "DateTime(2026, 04, 30, 22, 30, 07)"),
        ("2026-12-31T23:30:00.250-01:00", "DateTime(2027, 01, 01, 00, 30, 00)"),
    ],
)
def test_a_moment_is_written_in_utc_whatever_its_offset(moment, literal):
    _, [request] = run(answering({"Invoices": []}), (LIST, {"UpdatedUTC_from": moment}))

    assert asked(request)["where"] == f"UpdatedUTC >= {literal}"


def test_a_moment_that_the_literal_cannot_hold_is_refused_before_anything_is_sent():
    [answer], requests = run(answering(ONE), (LIST, {"UpdatedUTC_from": "2026-12-31T23:59:60Z"}))

    assert answer.error.code == "invalid_arguments"
    assert requests == []


DATED = (
    rb'{"Invoices": [{"InvoiceID": "1", "Due": "\/Date(1518685950940+0000)\/", "Total": 100.00,'
    rb' "Lines": [{"On": "/Date(-1000)/", "/Date(0)/": "see /Date(0)/"}], "Odd": "/Date(99999999999999999)/",'
    rb' "Quoted": "\"/Date(0)/\"", "Early": "/Date(1518685950940+1330)/", "Bad": "/Date(0+2500)/",'
    rb' "Off": "/Date(0+0175)/"}]}'
)
READ = (
    '{"InvoiceID":"1","Due":"2018-02-15T09:12:30.940Z","Total":100.00,'
    '"Lines":[{"On":"1969-12-31T23:59:59Z","/Date(0)/":"see /Date(0)/"}],"Odd":"/Date(99999999999999999)/",'
    '"Quoted":"\\"/Date(0)/\\"","Early":"2018-02-15T22:42:30.940+13:30","Bad":"/Date(0+2500)/","Off":"/Date(0+0175)/"}'
)


def test_dates_of_the_vendors_own_form_are_passed_on_as_iso_8601_and_what_is_none_as_it_is():
    answers, _ = run(lambda *_: http(200, DATED), (GET, {"id": ID}), (LIST, {}), (LIST, {"fields": ["Due"]}))

    assert answers[0].text == READ
    assert READ in answers[1].text
    assert value(answers[2])["records"] == [{"Due": "2018-02-15T09:12:30.940Z"}]


def test_a_file_is_the_body_itself_with_its_media_type():
    content = b"%PDF-1.7\n\x00\xff/Date(0)/"
    arguments = {"id": ID, "file_name": "a b.pdf", "content": base64.b64encode(content).decode()}

    [answer], [(line, headers, body)] = run(answering({"Attachments": [{"Id": "9"}]}), (ATTACH, arguments))

    assert value(answer) == {"Id": "9", "company": answer.company}
    assert line == f"PUT /Invoices/{ID}/Attachments/a%20b.pdf HTTP/1.1"
    assert (headers["content-type"], headers["content-length"]) == ("application/pdf", str(len(content)))
    assert body == content


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"content": base64.b64encode(bytes(1001)).decode()},
            "The file is too large: it comes to 1,001 bytes",
        ),
        ({"file_name": "a.exe"}, "takes files of these kinds only: csv, pdf"),
        ({"media_type": "image/png"}, "does not fit a name that ends in"),
        ({"content": "not base64!"}, "is not base64"),
    ],
)
def test_a_file_that_the_vendor_would_refuse_is_not_sent(more, said):
    arguments = {"id": ID, "file_name": "a.csv", "content": "YSxi", **more}

    [answer], requests = run(answering(ONE), (ATTACH, arguments))

    assert said in answer.error.as_text()
    assert requests == []


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (
            "integration",
            "(?P<milliseconds>-?[0-9]+)",
            "-?[0-9]+",
            'one group named "milliseconds" or "seconds"',
        ),
        ("integration", "?P<milliseconds>", "?P<moment>", 'one group named "milliseconds" or "seconds"'),
        ("integration", "(?P<milliseconds>", "((?P<milliseconds>", "This is not a pattern"),
        ("integration", "{hour}", "{hours}", "{hours} is filled by nothing"),
        ("integration", '{month}, {day})"', '{month}, {hour})"', "{hour} is filled by nothing"),
        (
            "invoice",
            "filter_name: customer_id",
            "filter_name: Name",
            'Give one of their fields a "filter_name"',
        ),
        ("invoice", "file: content", "file: contents", 'The file takes "contents"'),
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
        (
            "integration",
            "  lookup: { request: GET /connections, name: 0.tenantName }\n",
            "",
            "auth.lookup has to be given",
        ),
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
