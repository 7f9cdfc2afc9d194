"""A call from a grant to the vendor and back, against a vendor that answers well or badly."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from generator.catalog import Call, Catalog, Listing, Part, Returns
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from runtime.upstream.paging import make_cursor
from tests.made_up import LIST, TEXT, TOOLS, VENDOR, tool
from tests.vendor_server import Vendor, http, vendor

ACCOUNT = Account(
    AccountId("a1"), "acme", "production", "Acme", "active", "42", {"company_id": "42"}, b"", 0, 0
)
GRANT = Grant(ACCOUNT, ServerConfig())
NAMELESS = replace(ACCOUNT, company="")
THROTTLED = (
    b'<R><Fault type="SERVICE"><Error code="3001"><Message>ThrottleExceeded</Message></Error></Fault></R>'
)


class FixedTokens:
    """Credentials that are renewed once when they are refused."""

    def __init__(self) -> None:
        self.access_token = "old"

    async def fresh(self, account):
        return Credentials(access_token=self.access_token, refresh_token="r")

    async def invalidate(self, account, access_token):
        assert access_token == self.access_token
        self.access_token = "new"


def run(
    handler, *calls, timeout=30, per_account=10, budget=100_000, config=None, tools=TOOLS
) -> tuple[list[Answer], Vendor]:
    """The answers of calls `(tool name, arguments)` made one after another, and the vendor that got them."""

    async def main():
        async with vendor(handler) as server:
            client = VendorClient(timeout_seconds=timeout, per_account=per_account)
            maker = Calls(
                catalog=lambda: Catalog("1", {"acme": VENDOR}, tuple(TOOLS.values())),
                vendor=VendorCalls(
                    client=client,
                    tokens=FixedTokens(),
                    hot=MemoryHotState(),
                    base_url=lambda integration, account: server.url,
                    clock=lambda: 1000.0,
                ),
                max_answer_bytes=budget,
            )
            grant = replace(GRANT, config=config or ServerConfig())
            answers = [await maker.call(grant, tools, name, arguments) for name, arguments in calls]
            await client.close()
            return answers, server

    return asyncio.run(main())


def json_vendor(value, status=200):
    return lambda line, headers, body: http(status, orjson.dumps(value))


def statement(server: Vendor, at: int = -1) -> str:
    return parse_qs(urlsplit(server.requests[at][0].split()[1]).query)["query"][0]


def invoices(count: int, first: int = 1, size: int = 50):
    return [
        {"Id": str(each), "Balance": 10 + each, "Line": ["x" * size]} for each in range(first, first + count)
    ]


GET_NAME, LIST_NAME = "get_single_acme_invoice_by_id", "list_all_acme_invoices"
UPDATE_NAME, PDF_NAME = "update_a_acme_invoice_by_id", "download_a_acme_invoice_pdf_by_id"


def test_a_get_answers_the_record_alone():
    [answer], server = run(json_vendor({"Invoice": {"Id": "7", "Balance": 12.5}}), (GET_NAME, {"id": "7"}))
    assert json.loads(answer.text) == {"Id": "7", "Balance": 12.5}
    assert server.requests[0][1]["authorization"] == "Bearer old"
    assert answer.limits.remaining == (499, 9)


def test_a_list_shows_its_columns_and_asks_for_one_more_than_it_shows():
    [answer], server = run(
        json_vendor({"QueryResponse": {"Invoice": invoices(2)}}), (LIST_NAME, {"limit": 2})
    )
    assert json.loads(answer.text) == {
        "records": [{"Id": "1", "Balance": 11}, {"Id": "2", "Balance": 12}],
        "returned": 2,
    }
    assert statement(server) == "SELECT * FROM Invoice  ORDER Id ASC START 1 MAX 3"


def test_a_cursor_reads_on_where_the_page_ended():
    [first], _ = run(json_vendor({"QueryResponse": {"Invoice": invoices(3)}}), (LIST_NAME, {"limit": 2}))
    cursor = json.loads(first.text)["next_cursor"]
    [second], server = run(
        json_vendor({"QueryResponse": {"Invoice": invoices(1, 3)}}),
        (LIST_NAME, {"limit": 2, "next_cursor": cursor}),
    )
    assert statement(server).endswith("START 3 MAX 3")
    assert json.loads(second.text) == {"records": [{"Id": "3", "Balance": 13}], "returned": 1}


def test_a_cursor_of_another_call_is_an_error():
    [first], _ = run(json_vendor({"QueryResponse": {"Invoice": invoices(3)}}), (LIST_NAME, {"limit": 2}))
    cursor = json.loads(first.text)["next_cursor"]
    answers, server = run(
        json_vendor({}),
        (LIST_NAME, {"limit": 2, "DocNumber": "x", "next_cursor": cursor}),
        (LIST_NAME, {"next_cursor": "made up"}),
    )
    assert [answer.error.code for answer in answers] == ["invalid_arguments"] * 2
    assert not server.requests


def test_an_answer_over_its_budget_says_so_and_leads_on():
    [answer], _ = run(
        json_vendor({"QueryResponse": {"Invoice": invoices(5, size=3_000)}}),
        (LIST_NAME, {"limit": 5, "fields": ["*"]}),
        budget=8_000,
    )
    said = json.loads(answer.text)
    assert said["returned"] == len(said["records"]) == 2
    assert "Only 2 of the 5 records" in said["note"]
    _, server = run(
        json_vendor({"QueryResponse": {"Invoice": []}}),
        (LIST_NAME, {"limit": 5, "fields": ["*"], "next_cursor": said["next_cursor"]}),
    )
    assert "START 3 " in statement(server)


@pytest.mark.parametrize(
    ("names", "note"),
    [
        (["Id", "Balence"], 'No record of this page has "Balence". Did you mean "Balance"?'),
        (["Line.Amount"], 'No record of this page has "Line.Amount". Did you mean "Line"?'),
        (["Terms"], 'No record of this page has "Terms".'),
        (["*", "Id"], None),
    ],
)
def test_a_field_that_no_record_has_is_said(names, note):
    [answer], _ = run(
        json_vendor({"QueryResponse": {"Invoice": invoices(2)}}), (LIST_NAME, {"fields": names})
    )
    said = json.loads(answer.text)
    assert said.get("note") == note
    assert said["returned"] == 2


def test_a_tool_that_is_not_there_is_said_with_the_one_that_was_meant():
    [nearly, other], server = run(json_vendor({}), (GET_NAME + "s", {"id": "7"}), ("y" * 200, {}))
    assert nearly.error.message == f'There is no tool "{GET_NAME}s" here. Did you mean "{GET_NAME}"?'
    assert other.error.message == f'There is no tool "{"y" * 80}" here.'
    assert (nearly.status, nearly.error.status, server.requests) == (0, 404, [])


def test_a_field_of_one_record_alone_is_shown_without_a_word():
    records = [{"Id": "1"}, {"Id": "2", "Memo": "x"}]
    [answer, none], _ = run(
        json_vendor({"QueryResponse": {"Invoice": records}}),
        (LIST_NAME, {"fields": ["Memo"]}),
        (LIST_NAME, {"fields": [f"x{number}" for number in range(50)]}),
    )
    assert json.loads(answer.text) == {"records": [{}, {"Memo": "x"}], "returned": 2}
    assert json.loads(none.text)["note"].count("No record") == 5


def test_a_raw_query_is_sent_as_written_and_answered_whole():
    query = "select * from Invoice where Balance > '0' max 2"
    [answer], server = run(
        json_vendor({"QueryResponse": {"Invoice": invoices(2)}}), (LIST_NAME, {"query": query})
    )
    assert statement(server) == "select * from Invoice where Balance > '0' START 1 MAX 2"
    said = json.loads(answer.text)
    assert said["records"] == invoices(2)
    assert "next_cursor" in said


def test_a_count_answers_the_total():
    [answer], _ = run(
        json_vendor({"QueryResponse": {"totalCount": 6}}),
        (LIST_NAME, {"query": "select count(*) from Invoice"}),
    )
    assert json.loads(answer.text) == {"total": 6, "records": []}


def test_a_raw_query_cannot_stand_beside_typed_filters():
    [answer], server = run(json_vendor({}), (LIST_NAME, {"query": "select * from Invoice", "DocNumber": "1"}))
    assert 'Argument "query" cannot stand beside DocNumber.' in answer.error.message
    assert not server.requests


def test_wrong_arguments_are_all_named_and_nothing_is_sent():
    [answer], server = run(
        json_vendor({}),
        (UPDATE_NAME, {"id": 7.5, "DueDat": "x", "Line": [{"Amount": "ten"}], "DueDate": "31/12/2026"}),
    )
    for part in (
        'Argument "id" must be a text, but is 7.5.',
        'Argument "DueDat" is not known. Did you mean "DueDate"?',
        'Argument "Line[0].Amount" must be a number, but is "ten".',
        'Argument "DueDate" must be a date written YYYY-MM-DD, but is "31/12/2026". Write 2026-12-31.',
        'Argument "SyncToken" is missing.',
    ):
        assert part in answer.error.message
    assert not server.requests
    assert answer.limits.remaining == (500, 10)


def test_a_record_that_was_read_can_be_sent_back():
    [answer], server = run(
        json_vendor({"Invoice": {"Id": "7"}}),
        (
            UPDATE_NAME,
            {"id": "7", "Id": "7", "SyncToken": "1", "MetaData": {"x": 1}, "DueDate": "2026-12-31"},
        ),
    )
    assert answer.error is None
    assert orjson.loads(server.requests[0][2]) == {"Id": "7", "SyncToken": "1", "DueDate": "2026-12-31"}
    assert "requestid=" in server.requests[0][0]


def test_two_ids_that_differ_are_refused():
    [answer], _ = run(json_vendor({}), (UPDATE_NAME, {"id": "7", "Id": "8", "SyncToken": "1"}))
    assert "name two different records" in answer.error.message


def test_a_file_retains_its_bytes_and_gets_a_safe_name():
    [answer], _ = run(lambda *_: http(200, b"%PDF-1.4\xff", "application/pdf"), (PDF_NAME, {"id": "7/../8"}))
    assert (answer.file.content, answer.file.name) == (b"%PDF-1.4\xff", "invoice-7-..-8.pdf")


def test_a_refusal_for_too_many_calls_says_how_long_to_wait():
    [answer, after], _ = run(
        lambda *_: http(429, THROTTLED, "application/xml", "Retry-After: 37"),
        (GET_NAME, {"id": "7"}),
        (GET_NAME, {}),
    )
    assert answer.status == answer.error.status == 429
    assert answer.error.as_text() == (
        "Acme Books rate limit reached (429). 0 of 500 requests left in 60 seconds, resets in 37 s. "
        "Wait 37 seconds, then retry the same call."
    )
    assert dict(answer.limits.fields())[b"retry-after"] == b"37"
    assert after.error.code == "invalid_arguments"


def test_a_refused_access_token_is_renewed_once():
    def handler(line, headers, body):
        if headers["authorization"] == "Bearer old":
            return http(401, b'{"fault": {"error": [{"code": "3200", "message": "expired"}]}}')
        return http(200, b'{"Invoice": {"Id": "7"}}')

    [answer], server = run(handler, (GET_NAME, {"id": "7"}))
    assert json.loads(answer.text) == {"Id": "7"}
    assert len(server.requests) == 2


READ, WRITE = (GET_NAME, {"id": "7"}), (UPDATE_NAME, {"id": "7", "SyncToken": "1"})


async def slow(line, headers, body):
    await asyncio.sleep(5)
    return b""


@pytest.mark.parametrize(
    ("handler", "read_code", "write_code", "words"),
    [
        (slow, "vendor_timeout", "indeterminate", "no answer within 0.3 seconds"),
        (
            lambda *_: http(200, b"<html><body>Maintenance", "text/html"),
            "vendor_unavailable",
            "indeterminate",
            "text/html",
        ),
        (
            lambda *_: b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\nX-Close: 1\r\n\r\n{"Invoice": ',
            "vendor_unavailable",
            "indeterminate",
            "broke off",
        ),
        (lambda *_: http(200, b'{"Invoice": {"Id"'), "vendor_unavailable", "indeterminate", "cannot be read"),
        (
            lambda *_: http(503, b"<html>nginx</html>", "text/html"),
            "vendor_unavailable",
            "vendor_unavailable",
            "503",
        ),
        (lambda *_: http(502, b"", "text/html"), "vendor_unavailable", "indeterminate", "502"),
        (lambda *_: b"", "vendor_unavailable", "indeterminate", "broke off"),
        (lambda *_: b"nonsense\r\n\r\n", "vendor_unavailable", "indeterminate", "broke off"),
    ],
)
def test_a_vendor_that_fails_is_said_apart_from_one_that_may_have_obeyed(
    handler, read_code, write_code, words
):
    [read, write], _ = run(handler, READ, WRITE, timeout=0.3 if handler is slow else 30)
    assert (read.error.code, write.error.code) == (read_code, write_code)
    assert words in read.error.message


def test_a_request_that_is_sent_twice_has_the_time_of_one():
    async def hangs_up_late(line, headers, body):
        await asyncio.sleep(0.2)
        return b""

    [answer], _ = run(hangs_up_late, READ, timeout=0.3)
    assert answer.error.code == "vendor_timeout"


def test_a_vendor_that_is_down_was_sent_nothing():
    async def main():
        client = VendorClient(timeout_seconds=1, per_account=1)
        from runtime.upstream.client import VendorRequest

        with pytest.raises(Exception) as caught:
            await client.send(VendorRequest("POST", "http://127.0.0.1:9/x", changes_data=True), "a")
        await client.close()
        return caught.value

    error = asyncio.run(main())
    assert error.code == "vendor_unavailable"
    assert "nothing was sent" in error.message


def test_one_company_cannot_take_all_connections():
    async def main():
        async with vendor(slow) as server:
            client = VendorClient(timeout_seconds=0.3, per_account=2)
            from runtime.upstream.client import VendorRequest

            sends = [client.send(VendorRequest("GET", server.url), "a") for _ in range(3)]
            sends.append(client.send(VendorRequest("GET", server.url), "b"))
            results = await asyncio.gather(*sends, return_exceptions=True)
            await client.close()
            return [each.code for each in results]

    assert asyncio.run(main()) == ["vendor_timeout", "vendor_timeout", "rate_limited", "vendor_timeout"]


def test_a_list_that_comes_whole_is_cut_into_pages_here():
    whole = replace(LIST, call=Call("GET", "/kinds"), listing=Listing(entity="Invoice", is_whole=True))
    answers, _ = run(
        json_vendor({"QueryResponse": {"Invoice": invoices(5)}}),
        (LIST_NAME, {"limit": 2}),
        tools={LIST_NAME: whole},
    )
    seen, cursor = json.loads(answers[0].text)["records"], json.loads(answers[0].text)["next_cursor"]
    while cursor:
        [answer], _ = run(
            json_vendor({"QueryResponse": {"Invoice": invoices(5)}}),
            (LIST_NAME, {"limit": 2, "next_cursor": cursor}),
            tools={LIST_NAME: whole},
        )
        seen += json.loads(answer.text)["records"]
        cursor = json.loads(answer.text).get("next_cursor")
    assert seen == invoices(5)


def test_any_entity_is_read_where_the_definition_says_so():
    anything = replace(
        LIST, listing=Listing(entity="*", raw_query=True), returns=Returns("records", ("QueryResponse", "*"))
    )
    [answer, empty], _ = run(
        json_vendor({"QueryResponse": {"startPosition": 1, "Bill": [{"Id": "1"}], "maxResults": 1}}),
        (LIST_NAME, {"query": "select * from bill"}),
        (LIST_NAME, {}),
        tools={LIST_NAME: anything},
    )
    assert json.loads(answer.text)["records"] == [{"Id": "1"}]
    assert empty.error.code == "invalid_arguments"


UPLOAD = tool(
    "upload_a_file",
    {"content": TEXT, "FileName": TEXT, "ContentType": TEXT, "Note": TEXT},
    Call(
        "POST",
        "{origin}/upload",
        body="parts",
        body_arguments=(("Note", "Note"), ("FileName", "FileName")),
        parts=(
            Part("meta", fields=("Note", "FileName")),
            Part("file", content="content", file_name="FileName", media_type="ContentType"),
        ),
    ),
    Returns("record", ("Uploads", "0", "File")),
    required=["content"],
    risk="create",
)


def test_a_file_goes_out_in_parts_and_its_record_comes_back():
    [answer, bad], server = run(
        json_vendor({"Uploads": [{"File": {"Id": "9"}}]}),
        (
            "upload_a_file",
            {"content": "aGk=", "FileName": 'a"\r\nb.txt', "ContentType": "text/plain", "Note": "n"},
        ),
        ("upload_a_file", {"content": "not base64!"}),
        tools={"upload_a_file": UPLOAD},
    )
    assert json.loads(answer.text) == {"Id": "9"}
    line, headers, body = server.requests[0]
    assert line.startswith("POST /upload?")
    boundary = headers["content-type"].split("boundary=")[1].encode()
    parts = body.split(b"--" + boundary)
    assert parts[1].endswith(b'\r\n\r\n{"Note":"n","FileName":"a\\" b.txt"}\r\n')
    assert b'filename="a%22 b.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n' in parts[2]
    assert bad.error.message == (
        "upload_a_file was not called: Argument \"content\" is not base64: it has '!' as character 11."
    )


BATCH = tool(
    "run_a_batch",
    {"calls": {"type": "array", "items": {"type": "object"}}},
    Call("POST", "/batch", body="record", body_arguments=(("calls", "calls"),)),
    Returns("batch"),
    required=["calls"],
    risk="destroy",
)


def test_a_batch_says_what_became_of_each_call():
    def handler(line, headers, body):
        items = orjson.loads(body)["BatchItemRequest"]
        assert items == [
            {"bId": "1", "operation": "update", "Invoice": {"Id": "7", "SyncToken": "1"}},
            {"bId": "2", "Query": "SELECT * FROM Invoice  ORDER Id ASC START 1 MAX 3"},
            {"bId": "3", "operation": "update", "Invoice": {"Id": "8", "SyncToken": "1"}},
        ]
        answers = [
            {"bId": "2", "QueryResponse": {"Invoice": invoices(3)}},
            {"bId": "1", "Fault": {"Error": [{"code": "5010", "Message": "Stale"}]}},
        ]
        return http(200, orjson.dumps({"BatchItemResponse": answers}))

    calls = [
        {"tool": UPDATE_NAME, "arguments": {"id": "7", "SyncToken": "1"}},
        {"tool": LIST_NAME, "arguments": {"limit": 2}},
        {"tool": UPDATE_NAME, "arguments": {"id": "8", "SyncToken": "1"}},
    ]
    [answer], _ = run(handler, ("run_a_batch", {"calls": calls}), tools={**TOOLS, "run_a_batch": BATCH})
    first, second, third = json.loads(answer.text)["results"]
    assert first["error"]["code"] == "conflict"
    assert second["answer"]["returned"] == 2
    assert "next_cursor" in second["answer"]
    assert "may have been done or not" in third["error"]["message"]


def test_a_tool_is_called_by_the_name_that_it_had_before_also_in_a_batch():
    tools = {GET_NAME: replace(TOOLS[GET_NAME], former_names=("read_an_invoice",))}
    [answer], server = run(
        json_vendor({"Invoice": {"Id": "7"}}), ("read_an_invoice", {"id": "7"}), tools=tools
    )
    assert json.loads(answer.text) == {"Id": "7"}
    assert len(server.requests) == 1

    renamed = replace(TOOLS[UPDATE_NAME], former_names=("change_an_invoice",))
    calls = [{"tool": "change_an_invoice", "arguments": {"id": "7", "SyncToken": "1"}}]
    reply = {"BatchItemResponse": [{"bId": "1", "Invoice": {"Id": "7"}}]}
    [answer], _ = run(
        json_vendor(reply),
        ("run_a_batch", {"calls": calls}),
        tools={UPDATE_NAME: renamed, "run_a_batch": BATCH},
    )
    assert UPDATE_NAME in answer.text


def test_a_batch_is_no_way_around_a_filter():
    calls = [
        {"tool": UPDATE_NAME, "arguments": {"id": "7", "SyncToken": "1"}},
        {"tool": LIST_NAME, "arguments": {}},
    ]
    [answer], server = run(
        json_vendor({}), ("run_a_batch", {"calls": calls}), tools={LIST_NAME: LIST, "run_a_batch": BATCH}
    )
    assert f'calls[0]: There is no tool "{UPDATE_NAME}" here.' in answer.error.message
    assert not server.requests


@pytest.mark.parametrize(
    "other",
    [
        replace(LIST, call=replace(LIST.call, query=(("level", "{level}"),))),
        replace(LIST, call=replace(LIST.call, query=(*LIST.call.query, ("level", "{level}")))),
        replace(TOOLS[UPDATE_NAME], returns=Returns("record")),
    ],
)
def test_a_tool_that_a_batch_could_not_say_whole_is_called_by_itself(other):
    arguments = {"id": "7", "SyncToken": "1"} if other.method == "update" else {}
    calls = [{"tool": other.name, "arguments": arguments}]
    [answer], server = run(
        json_vendor({}),
        ("run_a_batch", {"calls": calls}),
        tools={other.name: other, "run_a_batch": BATCH},
    )
    assert "cannot stand in a batch; call it by itself" in answer.error.message
    assert not server.requests


def test_figures_come_back_as_the_vendor_wrote_them():
    body = b'{"Invoice": {"Id": "7", "Total": 1200.50, "Rate": 1e2, "Big": 12345678901234567890.12}, "time": "now"}'
    [answer], _ = run(lambda *_: http(200, body), READ)
    assert answer.text == '{"Id": "7", "Total": 1200.50, "Rate": 1e2, "Big": 12345678901234567890.12}'


@pytest.mark.parametrize(
    "body",
    [b'{"Invoice": null, "x": 1}', b'{"Invoice": "\xff"}', b'{"x": 1}', b"[1]", b'{"Invoice": {"Id": "7"'],
)
def test_an_answer_of_another_shape_is_said_or_refused(body):
    [answer], _ = run(lambda *_: http(200, body), READ)
    assert (answer.error is not None) or json.loads(answer.text) == json.loads(body)


REPORT = replace(TOOLS[GET_NAME], returns=Returns("behaviour", behaviour="quickbooks.report_rows"))

PAGED = tool(
    "a_report",
    {"id": TEXT, "next_cursor": TEXT},
    Call("GET", "/reports/{id}"),
    REPORT.returns,
    required=["id"],
)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"ok"', b"{}", b'{"QueryResponse": null}', b"<p>down</p>"]
)
@pytest.mark.parametrize("name", [LIST_NAME, "a_report"])
def test_a_success_that_holds_no_list_is_not_said_as_an_empty_one(name, body):
    arguments = {"id": "7"} if name == "a_report" else {}
    [answer], _ = run(lambda *_: http(200, body), (name, arguments), tools={**TOOLS, "a_report": REPORT})
    assert answer.error.code == "vendor_unavailable"


def test_a_list_of_nothing_is_said_as_one():
    [answer], _ = run(json_vendor({"QueryResponse": {}}), (LIST_NAME, {}))
    assert json.loads(answer.text) == {"records": [], "returned": 0}


@pytest.mark.parametrize("came", [[{"Id": "1"}], [1], {"Id": "1"}])
def test_records_under_another_name_are_no_list_of_nothing(came):
    value = {"QueryResponse": {"InvoiceTxn": came, "startPosition": 1, "maxResults": 1}}
    [answer], _ = run(json_vendor(value), (LIST_NAME, {}))
    assert answer.error.code == "vendor_unavailable"
    assert '"InvoiceTxn" where "Invoice" was expected' in answer.error.message


@pytest.mark.parametrize(
    "place",
    [
        {"startPosition": 1, "maxResults": 0, "totalCount": 0, "warnings": []},
        {"Invoice": None, "other": [1]},
        {"Invoice": [], "other": [1]},
        {"hints": [{"text": "none"}]},
    ],
)
def test_a_list_of_nothing_may_have_something_known_beside_it(place, monkeypatch):
    known = replace(VENDOR, pagination=replace(VENDOR.pagination, beside=("hints",)))
    monkeypatch.setattr("tests.operations.test_calls.VENDOR", known)
    [answer], _ = run(json_vendor({"QueryResponse": place}), (LIST_NAME, {}))
    assert json.loads(answer.text)["records"] == []


def test_a_batch_says_of_each_list_what_came_in_place_of_its_records():
    value = {"BatchItemResponse": [{"bId": "1", "QueryResponse": {"InvoiceTxn": [{"Id": "1"}]}}]}
    called = ("run_a_batch", {"calls": [{"tool": LIST_NAME}]})
    [answer], _ = run(json_vendor(value), called, tools={**TOOLS, "run_a_batch": BATCH})
    assert "InvoiceTxn" in json.loads(answer.text)["results"][0]["error"]["message"]


def test_a_success_without_a_word_is_done_only_when_its_status_says_so():
    [read, write], _ = run(lambda *_: http(204, b""), READ, WRITE)
    assert (read.error.code, write.text) == ("vendor_unavailable", '{"done":true}')
    [read, write], _ = run(lambda *_: http(200, b""), READ, WRITE)
    assert (read.error.code, write.error.code) == ("vendor_unavailable", "indeterminate")


def test_a_batch_that_only_reads_has_changed_nothing_when_its_answer_is_lost():
    calls = [{"tool": LIST_NAME, "arguments": {}}]
    called = ("run_a_batch", {"calls": calls})
    [answer], _ = run(slow, called, tools={**TOOLS, "run_a_batch": BATCH}, timeout=0.3)
    assert answer.error.code == "vendor_timeout"


@pytest.mark.parametrize("position", ["x", "-5/0/0", "²/0/0", "1/2", "1/x/0", "1/0/0/0", "9" * 5000 + "/0/0"])
def test_a_cursor_that_was_made_up_by_who_knows_how_is_an_error(position):
    cursor = make_cursor(LIST_NAME, {}, position)
    row = make_cursor("a_report", {"id": "7"}, position)
    answers, _ = run(
        json_vendor({"Header": {}}),
        (LIST_NAME, {"next_cursor": cursor}),
        ("a_report", {"id": "7", "next_cursor": row}),
        tools={**TOOLS, "a_report": PAGED},
    )
    assert [answer.error.code for answer in answers] == ["invalid_arguments"] * 2


def test_a_query_for_more_than_a_page_holds_is_read_on_with_a_cursor():
    [answer], server = run(
        json_vendor({"QueryResponse": {"Invoice": invoices(5)}}),
        (LIST_NAME, {"query": "select * from Invoice max 5000"}),
    )
    assert statement(server).endswith("MAX 5")
    assert "next_cursor" in json.loads(answer.text)


@pytest.mark.parametrize(
    ("name", "arguments", "is_in_thread"),
    [
        (UPDATE_NAME, {"id": "7", "SyncToken": "1", "Line": [{"Amount": 1}] * 900}, True),
        (UPDATE_NAME, {"id": "7", "SyncToken": "1", "Line": "[" + '{"Amount": 1},' * 2_000 + "{}]"}, True),
        (UPDATE_NAME, {"id": "7", "SyncToken": "1"}, False),
        ("run_a_batch", {"calls": [{"tool": LIST_NAME, "arguments": {"DocNumber": "x"}}] * 400}, True),
    ],
)
def test_many_arguments_are_checked_in_a_thread(name, arguments, is_in_thread, monkeypatch):
    seen = []
    own = ArgumentChecker.checked

    def watched(*given):
        seen.append(threading.get_ident())
        return own(*given)

    monkeypatch.setattr(ArgumentChecker, "checked", watched)
    run(json_vendor({"Invoice": {"Id": "7"}}), (name, arguments), tools={**TOOLS, "run_a_batch": BATCH})
    assert (threading.get_ident() not in seen[-1:]) == is_in_thread


def test_the_nearest_name_of_an_unknown_tool_is_looked_for_in_a_thread(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "runtime.operations.calls.unknown_tool_message",
        lambda *given: str(seen.append(threading.get_ident()) or ""),
    )
    [answer], _ = run(json_vendor({}), ("unknown", {}))
    assert answer.error.code == "not_found"
    assert threading.get_ident() not in seen


def test_arguments_that_are_nested_without_end_are_refused():
    deep: list = []
    for _ in range(900):
        deep = [deep]
    [answer], _ = run(json_vendor({}), (LIST_NAME, {"limit": deep}))
    assert "nested too deeply" in answer.error.message


def test_accounts_whose_company_is_not_known_are_counted_apart():
    async def main():
        async with vendor(json_vendor({"Invoice": {"Id": "7"}})) as server:
            client = VendorClient(timeout_seconds=1, per_account=2)
            maker = Calls(
                catalog=lambda: Catalog("1", {"acme": VENDOR}, tuple(TOOLS.values())),
                vendor=VendorCalls(
                    client=client,
                    tokens=FixedTokens(),
                    hot=MemoryHotState(),
                    base_url=lambda integration, account: server.url,
                    clock=lambda: 1000.0,
                ),
                max_answer_bytes=1000,
            )
            accounts = [NAMELESS, replace(NAMELESS, id=AccountId("a2"))]
            found = [await maker.call(Grant(each, ServerConfig()), TOOLS, *READ) for each in accounts]
            await client.close()
            return [answer.limits.remaining for answer in found]

    assert asyncio.run(main()) == [(499, 9), (499, 9)]
