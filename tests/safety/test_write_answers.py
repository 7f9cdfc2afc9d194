"""A write is no read, and a field that is as good as another tool is shown only where that tool is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from generator.catalog import Catalog, select
from runtime.errors import InvalidArguments
from runtime.safety.write_answers import acknowledge, refuse_no_change
from tests.builtin import builtin_catalog
from tests.safety.calling import talk

ALWAYS = ("Id", "SyncToken")
RECORD = {
    "Id": "1",
    "SyncToken": "4",
    "Name": "Ada",
    "Salary": 90_000,
    "Active": True,
    "Address": {"City": "Rome", "Line1": "Via Appia 1"},
    "Line": [{"Id": "7", "Amount": 5, "Note": "secret"}, {"Id": "8", "Amount": 6}],
}
LINK = "https://files.example/1?sig=secret"
FILE = {
    "Id": "1",
    "SyncToken": "0",
    "FileName": "id.png",
    "TempDownloadUri": LINK,
    "FileAccessUri": LINK,
    "ThumbnailFileAccessUri": LINK,
    "ThumbnailTempDownloadUri": LINK,
}
CAPABILITIES = {name for name, value in FILE.items() if value == LINK}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return builtin_catalog()


def ask(catalog, tools, reply, name, arguments, **config):
    found = []

    async def script(call, server):
        found.append((await call(name, arguments), list(server.requests)))

    talk(catalog.integrations["quickbooks"], tools, reply, script, **config)
    return found[0]


def filtered(catalog, methods=(), tags=()):
    return {tool.name: tool for tool in select(catalog.tools, methods, tags)}


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({}, {}),
        ({"Name": "Ada"}, {"Name": "Ada"}),
        ({"Name": None, "Salary": None, "Address": None, "Line": None}, {}),
        ({"Name": "", "Salary": 0, "Active": "", "Address": "", "Line": ""}, {}),
        ({"Address": {}}, {"Address": {}}),
        ({"Address": {"City": "Rome", "Line1": None}}, {"Address": {"City": "Rome"}}),
        ({"Address": []}, {}),
        ({"Line": []}, {"Line": []}),
        ({"Line": [{}]}, {"Line": [{"Id": "7"}]}),
        ({"Line": [{"Amount": 5, "Note": None}]}, {"Line": [{"Id": "7", "Amount": 5}]}),
        ({"Line": ["x"] * 9}, {"Line": [{"Id": "7"}, {"Id": "8"}]}),
        ({"Line": {"0": {"Note": "secret"}}}, {}),
    ],
)
def test_of_a_blind_write_its_record_its_version_and_what_was_sent_are_shown(sent, shown):
    assert acknowledge(RECORD, sent, ALWAYS) == {"Id": "1", "SyncToken": "4", **shown}


def test_what_is_no_record_or_too_deep_is_not_shown():
    deep: dict = {}
    for _ in range(3000):
        deep = {"a": deep}
    assert acknowledge([RECORD], [RECORD], ALWAYS) == {}
    assert len(json.dumps(acknowledge(deep, deep, ALWAYS))) < 400
    assert acknowledge({"Id": {"a": "b"}}, {}, ALWAYS) == {}


class TestBlindWrites:
    UPDATE = "update_a_quick_books_employee_by_id"

    @pytest.mark.parametrize(
        "arguments",
        [
            {"Gender": "Male"},
            {"sparse": True, "GivenName": "A", "PrimaryAddr": {}, "PrimaryPhone": {"FreeFormNumber": ""}},
        ],
    )
    def test_an_update_shows_nothing_else_to_a_server_that_may_only_update(self, catalog, arguments):
        record = {
            "Id": "55",
            "SyncToken": "4",
            "GivenName": "Canary",
            "Gender": "Female",
            "PrimaryAddr": {"City": "Canary"},
        }
        tools = filtered(catalog, ["update"])
        given = {"id": "55", "SyncToken": "4", **arguments}
        reply = {"Employee": record}
        answer, _ = ask(catalog, tools, lambda line, body: reply, self.UPDATE, given)
        assert answer.error is None
        assert "Canary" not in answer.text
        found = json.loads(answer.text)
        assert found.get("record", found)["SyncToken"] == "4"
        assert not {"changed", "lines", "worked_out"} & found.keys()
        seen, _ = ask(catalog, catalog.by_name, lambda line, body: reply, self.UPDATE, given)
        assert "Canary" in seen.text

    def test_no_write_of_any_kind_shows_a_record_to_a_server_that_cannot_read_it(self, catalog):
        shown = []
        for tool in catalog.tools:
            if tool.is_read_only or tool.returns.kind != "record" or not tool.read_by:
                continue
            arguments = _least(tool)
            version = arguments.get("SyncToken", "1")
            record = {"Id": "1", "SyncToken": version, "Canary": "canary", "Deep": {"Canary": "canary"}}
            value: object = record
            for step in reversed(tool.returns.path):
                value = [value] if step.isdigit() else {step: value}
            for reply in ({tool.name: tool}, catalog.by_name):
                answer, _ = ask(catalog, reply, lambda line, body, value=value: value, tool.name, arguments)
                if answer.error or ("canary" in answer.text) is (reply is not catalog.by_name):
                    shown.append((tool.name, len(reply), answer.error))
        assert shown == []

    def test_nor_does_a_call_of_a_batch(self, catalog):
        names = ("run_a_quick_books_batch", self.UPDATE)
        tools = {name: catalog.by_name[name] for name in names}
        record = {"Id": "55", "SyncToken": "4", "GivenName": "Canary"}

        def reply(line, body):
            if "/batch" in line:
                return {"BatchItemResponse": [{"bId": "1", "Employee": record}]}
            return {"Employee": record}

        change = {"id": "55", "SyncToken": "4", "FamilyName": "B"}
        calls = {"calls": [{"tool": self.UPDATE, "arguments": change}]}
        answer, _ = ask(catalog, tools, reply, "run_a_quick_books_batch", calls)
        assert json.loads(answer.text)["results"][0]["answer"] == {"record": {"Id": "55", "SyncToken": "4"}}

    def test_a_server_that_lists_or_queries_the_record_sees_the_whole_answer(self, catalog):
        for more in ("list_all_quick_books_employees", "query_quick_books"):
            tools = {name: catalog.by_name[name] for name in (self.UPDATE, more)}
            change = {"id": "55", "SyncToken": "3", "sparse": True, "FamilyName": "B"}
            answer, _ = ask(
                catalog, tools, lambda line, body: {"Employee": {"Id": "55", "X": 1}}, self.UPDATE, change
            )
            assert json.loads(answer.text) == {"Id": "55", "X": 1, "company": answer.company}


class TestNothingToChange:
    def test_every_update_that_names_a_record_alone_is_refused_and_nothing_is_sent(self, catalog):
        updates = [tool for tool in catalog.tools if tool.changing]
        assert len(updates) > 30
        passed = []
        for tool in updates:
            own = tool.input_schema["properties"]
            only = {name: each for name, each in _least(tool).items() if name not in tool.changing}
            for more in ({}, {"sparse": True}, {"sparse": False}):
                arguments = only | {name: value for name, value in more.items() if name in own}
                answer, requests = ask(catalog, catalog.by_name, lambda line, body: {}, tool.name, arguments)
                if answer.error is None or requests:
                    passed.append(tool.name)
        assert passed == []

    def test_it_says_what_to_do_in_a_batch_and_for_read_only_fields_too(self, catalog):
        only = {"id": "55", "SyncToken": "3", "MetaData": {}, "domain": "QBO"}
        name = "update_a_quick_books_employee_by_id"
        calls = {"calls": [{"tool": name, "arguments": only}]}
        for tool, arguments in ((name, only), ("run_a_quick_books_batch", calls)):
            answer, requests = ask(catalog, catalog.by_name, lambda line, body: {}, tool, arguments)
            assert "there is nothing to change" in answer.error.message
            assert not requests

    def test_a_tool_that_does_something_without_arguments_passes(self, catalog):
        void = catalog.by_name["void_a_quick_books_invoice_by_id"]
        refuse_no_change(void, {"id": "1", "SyncToken": "0"})
        with pytest.raises(InvalidArguments):
            refuse_no_change(replace(void, changing=("Note",)), {"id": "1", "SyncToken": "0"})


def answering(reply: dict[str, Any]) -> Callable[[str, Any], Any]:
    """Return a vendor that answers a read of the file with it, whatever it answers otherwise."""
    return lambda line, _body: {"Attachable": FILE} if line.startswith("GET /attachable/1") else reply


class TestFilesNeedTheirTool:
    OPENER = "get_a_quick_books_file_link_by_id"

    def calls(self):
        change = {"id": "1", "SyncToken": "0", "Note": "x"}
        one, many = {"Attachable": FILE}, {"QueryResponse": {"Attachable": [FILE, FILE]}}
        query = "select * from Attachable"
        changed = {"entities": ["Attachable"], "changed_since": "2026-11-20T12:00:00Z"}
        batch = "run_a_quick_books_batch"
        upload = {"content": "YQ==", "FileName": "id.png", "ContentType": "image/png"}
        of_list = {"calls": [{"tool": "list_all_quick_books_attachables", "arguments": {"fields": ["*"]}}]}
        of_update = {"calls": [{"tool": "update_a_quick_books_attachable_by_id", "arguments": change}]}
        return [
            ("get_single_quick_books_attachable_by_id", {"id": "1"}, one),
            ("list_all_quick_books_attachables", {"fields": ["*"]}, many),
            ("list_all_quick_books_attachables", {"fields": sorted(CAPABILITIES)}, many),
            ("list_all_quick_books_attachables", {"query": f"select TempDownloadUri {query[9:]}"}, many),
            ("query_quick_books", {"query": query}, many),
            (
                "get_quick_books_changes",
                changed,
                {"CDCResponse": [{"QueryResponse": [many["QueryResponse"]]}]},
            ),
            ("create_a_quick_books_attachable", {"Note": "x"}, one),
            ("update_a_quick_books_attachable_by_id", change, one),
            ("delete_a_quick_books_attachable_by_id", {"id": "1", "SyncToken": "0"}, one),
            ("upload_a_quick_books_file", upload, {"AttachableResponse": [one]}),
            (batch, of_list, {"BatchItemResponse": [{"bId": "1", **many}]}),
            (batch, of_update, {"BatchItemResponse": [{"bId": "1", **one}]}),
        ]

    def test_no_answer_has_a_link_to_a_file_where_the_tool_that_answers_links_is_left_out(self, catalog):
        without = {name: tool for name, tool in catalog.by_name.items() if name != self.OPENER}
        for name, arguments, reply in self.calls():
            for config in ({}, {"show_sensitive": True}):
                answer, _ = ask(catalog, without, answering(reply), name, arguments, **config)
                assert answer.error is None, (name, answer.error)
                assert "files.example" not in answer.text, name
                assert not any(f'"{each}":' in answer.text for each in CAPABILITIES), name

    def test_where_the_tool_is_there_they_are_shown(self, catalog):
        for name, arguments, reply in self.calls():
            answer, _ = ask(catalog, catalog.by_name, answering(reply), name, arguments)
            assert "files.example" in answer.text, name

    def test_names_that_a_vendor_writes_in_another_case_or_with_escapes_are_no_gap(self, catalog):
        without = {name: tool for name, tool in catalog.by_name.items() if name != self.OPENER}
        text = json.dumps({"Attachable": FILE})
        for body in (
            text.replace("TempDownloadUri", "tempdownloaduri").replace("AccessUri", "ACCESSURI"),
            text.replace("Uri", "\\u0055ri"),
            f"<?xml version='1.0'?><R><Attachable><TempDownloadUri>{LINK}</TempDownloadUri></Attachable></R>",
        ):
            reply = f"HTTP/1.1 200 X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            answer, _ = ask(
                catalog,
                without,
                lambda line, body, r=reply: r,
                "get_single_quick_books_attachable_by_id",
                {"id": "1"},
            )
            assert answer.error is None
            assert "files.example" not in answer.text


class TestToolsThatReachEveryRecord:
    def test_no_narrower_tag_and_no_method_of_writing_lets_them_through(self, catalog):
        wide = {"query_quick_books", "get_quick_books_changes", "run_a_quick_books_batch"}
        assert {tool.name for tool in catalog.tools if "anything" in tool.tags} == wide
        for tag in catalog.integrations["quickbooks"].tags:
            if tag != "anything":
                inside = set(filtered(catalog, (), [tag]))
                assert not inside & {"query_quick_books", "get_quick_books_changes"}, tag
                assert not inside & wide or tag == "destructive", tag
        for method in ("create", "update", "delete", "write", "void", "send", "download"):
            assert not set(filtered(catalog, [method])) & wide, method

    def test_a_batch_calls_only_tools_of_its_own_server(self, catalog):
        tools = filtered(catalog, (), ["destructive"])
        calls = {"calls": [{"tool": "list_all_quick_books_employees"}]}
        calls["calls"][0]["arguments"] = {}  # type: ignore[assignment]
        answer, requests = ask(catalog, tools, lambda line, body: {}, "run_a_quick_books_batch", calls)
        assert "There is no tool" in answer.error.message
        assert not requests


def _least(tool):
    """Arguments that a tool takes: those of its example, else the required ones and something that it changes."""
    schema = tool.input_schema
    if tool.examples:
        return dict(tool.examples[0].arguments)
    made = {name: _value(schema["properties"][name]) for name in schema["required"]}
    if tool.changing and not made.keys() & set(tool.changing):
        name = next(name for name in tool.changing if "enum" not in schema["properties"][name])
        made[name] = _value(schema["properties"][name])
    return made


def _value(shape):
    if "enum" in shape:
        return shape["enum"][0]
    if shape["type"] == "string":
        return {"date": "2026-01-31", "date-time": "2026-01-31T09:30:00Z"}.get(shape.get("format", ""), "1")
    if shape["type"] == "object":
        return {name: _value(shape["properties"][name]) for name in shape.get("required", ())}
    if shape["type"] == "array":
        return [_value(shape["items"])]
    return {"number": 1, "integer": 1, "boolean": True}[shape["type"]]
