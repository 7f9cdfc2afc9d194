"""`dry_run`: what would be sent, and what is found in it; the vendor gets nothing but reads."""

from __future__ import annotations

import orjson

from tests.builtin import builtin_catalog
from tests.safety.calling import talk

CATALOG = builtin_catalog()
QUICKBOOKS = CATALOG.integrations["quickbooks"]
SALES = "SalesItemLineDetail"
LINE = {"DetailType": SALES, "Amount": 7, SALES: {"ItemRef": {"value": "1"}, "Qty": 2, "UnitPrice": 3}}
INVOICE = {"CustomerRef": {"value": "5"}, "Line": [LINE]}


def dry(tool: str, arguments: dict, reply=lambda line, body: {}, **config) -> dict:
    """The answer of a dry run, to which the vendor was sent nothing but reads."""
    answers = []

    async def script(call, server):
        answer = await call(tool, {"dry_run": True, **arguments} if "more" not in arguments else arguments)
        assert answer.error is None, answer.error
        answers.append(orjson.loads(answer.text))
        assert [line for line, _, _ in server.requests if not line.startswith("GET ")] == []

    talk(QUICKBOOKS, CATALOG.by_name, reply, script, **config)
    return answers[0]


def test_every_tool_that_writes_takes_dry_run_and_no_tool_that_reads_does():
    wrong = [
        tool.name
        for tool in CATALOG.tools
        if ("dry_run" in tool.input_schema["properties"]) == tool.is_read_only
    ]
    assert wrong == []


def test_dry_run_is_never_sent():
    named = [
        tool.name
        for tool in CATALOG.tools
        if "dry_run" in orjson.dumps([tool.call.query, tool.call.body_arguments, tool.call.path]).decode()
    ]
    assert named == []


def test_a_create_answers_its_request_and_the_findings():
    answer = dry("create_a_quick_books_invoice", INVOICE)
    assert answer["dry_run"] is True
    assert answer["request"] == {"method": "POST", "path": "/invoice?minorversion=75", "body": INVOICE}
    assert [each["argument"] for each in answer["findings"]] == ["Line[0].Amount"]
    assert answer["warnings"] == []


def test_a_warning_is_no_error():
    arguments = {"CustomerRef": {"value": "5"}, "Line": [{"DetailType": SALES, "Amount": 7, SALES: {}}]}
    answer = dry("create_a_quick_books_invoice", {**arguments, "CurrencyRef": {"value": "EUR"}})
    assert answer["findings"] == []
    assert [each["argument"] for each in answer["warnings"]] == ["ExchangeRate"]


def test_it_may_stand_under_more():
    answer = dry("create_a_quick_books_invoice", {**INVOICE, "more": {"dry_run": True}})
    assert answer["dry_run"] is True


def test_a_batch_answers_the_requests_of_all_its_calls_and_where_findings_are():
    calls = [
        {"tool": "list_all_quick_books_items", "arguments": {}},
        {"tool": "create_a_quick_books_invoice", "arguments": INVOICE},
    ]
    answer = dry("run_a_quick_books_batch", {"calls": calls})
    assert answer["request"]["path"] == "/batch?minorversion=75"
    assert len(answer["request"]["body"]["BatchItemRequest"]) == 2
    assert answer["findings"][0]["argument"] == "calls[1].Line[0].Amount"


def test_a_call_inside_a_batch_cannot_be_dry_by_itself():
    async def script(call, server):
        inside = {"tool": "create_a_quick_books_invoice", "arguments": {**INVOICE, "dry_run": True}}
        answer = await call("run_a_quick_books_batch", {"calls": [inside]})
        assert "dry_run is an argument of the batch" in answer.error.message
        assert server.requests == []

    talk(QUICKBOOKS, CATALOG.by_name, lambda line, body: {}, script)


def test_without_dry_run_an_error_stops_the_write():
    async def script(call, server):
        answer = await call("create_a_quick_books_invoice", {**INVOICE, "dry_run": False})
        assert answer.error.code == "invalid_arguments"
        assert "Qty 2 times UnitPrice 3 is 6.00" in answer.error.message
        assert all(line.startswith("GET ") for line, _, _ in server.requests)

    talk(QUICKBOOKS, CATALOG.by_name, lambda line, body: {}, script)


def test_a_stored_value_that_is_filled_in_is_masked():
    stored = {"Vendor": {"Id": "5", "SyncToken": "1", "DisplayName": "A", "TaxIdentifier": "123-45-6789"}}
    arguments = {"id": "5", "SyncToken": "1", "DisplayName": "B", "TaxIdentifier": "•••"}
    answer = dry("update_a_quick_books_vendor_by_id", arguments, lambda line, body: stored)
    assert answer["request"]["body"]["TaxIdentifier"] == "•••"
    assert "6789" not in str(answer)


def test_what_the_caller_sent_is_shown_whatever_is_stored_so_that_no_guess_is_confirmed():
    stored = {"Vendor": {"Id": "5", "SyncToken": "1", "DisplayName": "A", "TaxIdentifier": "123-45-6789"}}
    guess = {"id": "5", "SyncToken": "1", "PrintOnCheckName": "123-45-6789"}
    answer = dry("update_a_quick_books_vendor_by_id", guess, lambda line, body: stored)
    assert answer["request"]["body"]["PrintOnCheckName"] == "123-45-6789"
    assert answer["request"]["body"]["TaxIdentifier"] == "•••"


def test_what_is_stored_is_masked_in_the_calls_of_a_batch():
    stored = {"Vendor": {"Id": "5", "SyncToken": "1", "DisplayName": "A", "TaxIdentifier": "123-45-6789"}}
    inside = {"id": "5", "SyncToken": "1", "DisplayName": "B"}
    calls = [{"tool": "update_a_quick_books_vendor_by_id", "arguments": inside}]
    answer = dry("run_a_quick_books_batch", {"calls": calls}, lambda line, body: stored)
    assert answer["request"]["body"]["BatchItemRequest"][0]["Vendor"]["TaxIdentifier"] == "•••"


def test_a_file_is_named_and_not_shown():
    answer = dry("upload_a_quick_books_file", {"content": "aGk=", "FileName": "a.txt"})
    assert answer["request"]["file"] == {"name": "a.txt", "bytes": 2}
    assert "aGk" not in str(answer)
