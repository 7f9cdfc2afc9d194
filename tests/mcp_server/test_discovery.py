"""Four tools in place of all: what they find, what they call, and that they open no endpoint."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from mcp_types import methods

from generator.stages.lint_hosts import find_orders, find_refused, find_wrong_hints
from runtime.errors import RateLimited
from runtime.exchange.tool_answer import Answer
from runtime.upstream.limits import note_refusal
from tests.mcp_server.stand import (
    GUIDANCE,
    LIMITS,
    MODERN,
    REVISIONS,
    TOKEN,
    TOOLS,
    FakeCalls,
    Stand,
    make_grant,
    make_tool,
    shake,
)

every_revision = pytest.mark.parametrize("revision", REVISIONS)


def stand(**config: Any) -> Stand:
    return Stand(grants={TOKEN: make_grant(tool_exposure="discovery", **config)})


def call(here: Stand, name: str, arguments: dict[str, Any], revision: str = MODERN, **meta: Any) -> Any:
    params = {"name": name, "arguments": arguments, **({"_meta": meta} if meta else {})}
    return here.post("tools/call", params, revision=revision)


def text(answer: Any) -> str:
    return answer.result["content"][0]["text"]


def value(answer: Any) -> Any:
    assert answer.result["isError"] is False, text(answer)
    return json.loads(text(answer))


class TestTheList:
    @every_revision
    def test_three_tools_are_listed_in_every_revision(self, revision):
        result = stand().post("tools/list", revision=revision).result
        methods.validate_server_result("tools/list", revision, result)
        assert [tool["name"] for tool in result["tools"]] == [
            "search_tools",
            "get_tool_schema",
            "call_read_tool",
            "call_write_tool",
        ]

    def test_a_server_without_the_switch_lists_all(self):
        assert len(Stand().post("tools/list").result["tools"]) == len(TOOLS)

    @pytest.mark.parametrize(
        ("filter", "hints"),
        [
            ({}, (False, True, False)),
            ({"methods": ("create",)}, (False, False, False)),
            ({"methods": ("delete",)}, (False, True, True)),
        ],
    )
    def test_the_tool_that_writes_is_as_dangerous_as_what_it_can_call(self, filter, hints):
        by_name = {tool["name"]: tool for tool in stand(**filter).post("tools/list").result["tools"]}
        said = by_name["call_write_tool"]["annotations"]
        assert (said["readOnlyHint"], said["destructiveHint"], said["idempotentHint"]) == hints
        assert said["openWorldHint"] is False
        for name in ("search_tools", "get_tool_schema", "call_read_tool"):
            hints = by_name[name]["annotations"]
            assert (hints["readOnlyHint"], hints["destructiveHint"], hints["openWorldHint"]) == (
                True,
                False,
                False,
            )

    def test_where_nothing_writes_no_tool_that_writes_is_listed(self):
        listed = [tool["name"] for tool in stand(methods=("read",)).post("tools/list").result["tools"]]
        assert listed == ["search_tools", "get_tool_schema", "call_read_tool"]

    def test_no_host_refuses_what_is_shown(self):
        for tool in stand().post("tools/list").result["tools"]:
            assert [*find_refused(tool["inputSchema"])] == []
            assert [*find_orders(tool)] == []
            assert [*find_wrong_hints(tool, tool["name"], "POST")] == []

    def test_it_reaches_the_open_world_when_a_tool_does(self):
        here = stand()
        here.catalog = here.catalog.__class__(
            "2", here.catalog.integrations, (*TOOLS, make_tool("send_it", "send"))
        )
        tools = here.post("tools/list").result["tools"]
        assert tools[3]["annotations"]["openWorldHint"] is True

    def test_a_client_is_found_how_to_find_tools_before_anything_else(self):
        said = stand().post("initialize", shake("2025-11-25")).result["instructions"]
        assert said.startswith("Not all tools are listed")
        assert said.endswith(GUIDANCE)


class TestSearching:
    @every_revision
    def test_words_find_tools_best_first(self, revision):
        answer = call(stand(), "search_tools", {"query": "create invoice"}, revision)
        methods.validate_server_result("tools/call", revision, answer.result)
        assert value(answer)["tools"][0] == {
            "name": "create_an_invoice",
            "about": "Create an invoice.",
            "risk": "create",
            "required": [],
            "tags": ["sales"],
        }

    def test_without_words_the_resources_are_found_with_their_tools(self):
        found = value(call(stand(), "search_tools", {}))
        assert found["resources"][0] == {
            "resource": "customers",
            "tags": ["crm"],
            "tools": ["list_all_customers"],
        }
        assert (found["returned"], found["found"]) == (2, 2)

    def test_tags_narrow_both(self):
        assert value(call(stand(), "search_tools", {"tags": ["crm"]}))["found"] == 1
        found = value(call(stand(), "search_tools", {"query": "list", "tags": ["crm"]}))
        assert [tool["name"] for tool in found["tools"]] == ["list_all_customers"]

    def test_only_what_the_filter_leaves_is_found(self):
        here = stand(methods=("read",))
        found = value(call(here, "search_tools", {"query": "create delete void update invoice", "limit": 50}))
        assert {tool["risk"] for tool in found["tools"]} == {"read"}
        browsed = value(call(here, "search_tools", {}))
        assert {name for each in browsed["resources"] for name in each["tools"]} == {
            "list_all_invoices",
            "get_single_invoice_by_id",
            "list_all_customers",
        }

    def test_a_long_answer_is_found_in_parts(self):
        here, names, cursor = stand(), [], None
        while cursor is not None or not names:
            arguments = {"query": "invoice", "limit": 2} | ({"next_cursor": cursor} if cursor else {})
            part = value(call(here, "search_tools", arguments))
            names += [tool["name"] for tool in part["tools"]]
            cursor = part.get("next_cursor")
        assert sorted(names) == sorted(tool.name for tool in TOOLS if "invoice" in tool.name)

    def test_a_limit_may_be_written_with_a_fraction_of_zero(self):
        assert value(call(stand(), "search_tools", {"query": "invoice", "limit": 2.0}))["returned"] == 2

    def test_a_small_budget_is_stored(self):
        part = value(call(stand(max_answer_bytes=200), "search_tools", {"query": "invoice"}))
        assert part["returned"] < part["found"]
        assert part["next_cursor"] == str(part["returned"])

    def test_nothing_found_says_what_to_do(self):
        found = value(call(stand(), "search_tools", {"query": "xyzzy"}))
        assert (found["tools"], found["found"]) == ([], 0)
        assert "without query" in found["advice"]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"qurey": "x"}, 'Did you mean "query"?'),
            ({"query": 7.5}, "must be a text"),
            ({"query": "x" * 201}, "query"),
            ({"limit": 0}, "limit"),
            ({"limit": 51}, "limit"),
            ({"next_cursor": "x"}, "next_cursor"),
            ({"next_cursor": "9999999"}, "next_cursor"),
            ({"tags": 7.5}, "must be a text"),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, said):
        answer = call(stand(), "search_tools", arguments)
        assert answer.result["isError"] is True
        assert said in text(answer)


class TestReadingASchema:
    def test_a_tool_is_found_as_a_full_list_has_it(self):
        listed = {tool["name"]: tool for tool in Stand().post("tools/list").result["tools"]}
        names = ["list_all_customers", "void_an_invoice_by_id"]
        found = value(call(stand(), "get_tool_schema", {"names": names}))
        as_listed = [{key: value for key, value in listed[name].items() if key != "_meta"} for name in names]
        assert found == {"tools": as_listed}

    def test_a_name_that_is_not_known_gets_the_nearest_one(self):
        found = value(call(stand(), "get_tool_schema", {"names": ["list_all_customers", "create_a_invoice"]}))
        assert [tool["name"] for tool in found["tools"]] == ["list_all_customers"]
        assert (
            found["unknown"] == 'There is no tool "create_a_invoice" here. Did you mean "create_an_invoice"?'
        )

    def test_no_known_name_is_an_error(self):
        answer = call(stand(), "get_tool_schema", {"names": ["list_all_custmers"]})
        assert answer.result["isError"] is True
        assert 'Did you mean "list_all_customers"?' in text(answer)
        assert answer.result["_meta"]["ledgerport/error"]["code"] == "not_found"

    @pytest.mark.parametrize("names", [[], ["a"] * 6, [True], [1.5]])
    def test_one_to_five_names_are_taken(self, names):
        assert call(stand(), "get_tool_schema", {"names": names}).result["isError"] is True

    def test_what_does_not_fit_is_named(self):
        names = ["list_all_customers", "list_all_invoices"]
        found = value(call(stand(max_answer_bytes=10), "get_tool_schema", {"names": names}))
        assert len(found["tools"]) == 1
        assert "list_all_invoices" in found["note"]


class TestCalling:
    @every_revision
    def test_the_answer_is_that_of_the_tool_called_by_its_own_name(self, revision):
        arguments = {"id": "1"}
        here = stand()
        inner = {"name": "get_single_invoice_by_id", "arguments": arguments}
        by_call = call(here, "call_write_tool", inner, revision)
        by_name = Stand().post("tools/call", inner, revision=revision)
        assert (by_call.body, by_call.headers) == (by_name.body, by_name.headers)
        assert here.calls.made == [("get_single_invoice_by_id", arguments)]
        assert here.lines[0]["tool"] == "get_single_invoice_by_id"

    def test_arguments_may_be_left_out(self):
        here = stand()
        value(call(here, "call_write_tool", {"name": "list_all_invoices"}))
        assert here.calls.made == [("list_all_invoices", {})]

    def test_a_listed_name_may_be_called_by_itself_too(self):
        here = stand()
        value(call(here, "create_an_invoice", {"id": "1"}))
        assert here.calls.made == [("create_an_invoice", {"id": "1"})]

    def test_a_former_name_is_called_read_and_described_as_the_tool_of_today(self):
        for here in (Stand(), stand()):
            tools = tuple(replace(tool, former_names=(f"old_{tool.name}",)) for tool in TOOLS)
            here.catalog = replace(here.catalog, tools=tools)
            value(call(here, "old_create_an_invoice", {"id": "1"}))
            assert here.calls.made == [("old_create_an_invoice", {"id": "1"})]
        value(call(here, "call_write_tool", {"name": "old_create_an_invoice"}))
        assert here.calls.made[-1] == ("old_create_an_invoice", {})
        asked = {"names": ["old_list_all_customers", "list_all_customers"]}
        found = value(call(here, "get_tool_schema", asked))
        assert [tool["name"] for tool in found["tools"]] == ["list_all_customers"]
        assert "unknown" not in found

    def test_the_key_of_a_repeated_write_is_passed_on(self):
        here = stand()
        call(here, "call_write_tool", {"name": "create_an_invoice"}, **{"ledgerport/idempotency-key": "k1"})
        assert here.calls.keys == ["k1"]

    def test_a_malformed_key_of_a_write_is_refused(self):
        here = stand()
        answer = call(
            here,
            "call_write_tool",
            {"name": "create_an_invoice"},
            **{"ledgerport/idempotency-key": "x" * 256},
        )
        assert answer.code == -32602
        assert here.calls.made == []

    def test_a_hidden_tool_answers_as_one_that_never_was(self):
        here = stand(methods=("read",))
        hidden = call(here, "call_write_tool", {"name": "void_an_invoice_by_id", "arguments": {"id": "1"}})
        absent = call(here, "call_write_tool", {"name": "melt_an_invoice_by_id", "arguments": {"id": "1"}})
        assert hidden.result["isError"] is True
        assert hidden.body == absent.body.replace(b"melt_", b"void_")
        by_name = call(here, "void_an_invoice_by_id", {"id": "1"})
        assert by_name.result["isError"] is True
        assert by_name.body == call(here, "melt_an_invoice_by_id", {"id": "1"}).body.replace(
            b"melt_", b"void_"
        )
        assert here.calls.made == []

    def test_the_tool_that_reads_calls_no_other(self):
        here = stand()
        answer = call(here, "call_read_tool", {"name": "create_an_invoice", "arguments": {"id": "1"}})
        assert answer.result["isError"] is True
        assert "Call it with call_write_tool." in text(answer)
        assert here.calls.made == []
        value(call(here, "call_read_tool", {"name": "get_single_invoice_by_id", "arguments": {"id": "1"}}))
        assert here.calls.made == [("get_single_invoice_by_id", {"id": "1"})]

    @pytest.mark.parametrize("arguments", ['{"id": "1"}', {"id": "1"}])
    def test_arguments_may_be_the_json_text_that_is_shown_or_an_object(self, arguments):
        here = stand()
        value(call(here, "call_read_tool", {"name": "get_single_invoice_by_id", "arguments": arguments}))
        assert here.calls.made == [("get_single_invoice_by_id", {"id": "1"})]

    def test_the_three_do_not_call_themselves(self):
        here = stand()
        for name in ("call_write_tool", "search_tools"):
            assert call(here, "call_write_tool", {"name": name, "arguments": {}}).result["isError"] is True
        assert here.calls.made == []

    def test_they_are_unknown_where_everything_is_listed(self):
        for name in ("search_tools", "get_tool_schema", "call_write_tool"):
            answer = call(Stand(grants={TOKEN: make_grant(tool_exposure="full")}), name, {})
            assert answer.result["isError"] is True
            assert text(answer) == f'There is no tool "{name}" here. List the tools to see their names.'

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({}, '"name" is missing'),
            ({"name": "list_all_invoices", "args": {}}, 'Did you mean "arguments"?'),
            ({"name": "list_all_invoices", "arguments": "[]"}, "must be an object"),
            ({"name": "list_all_invoices", "arguments": "{"}, "must be an object"),
        ],
    )
    def test_a_call_that_is_badly_written_is_not_made(self, arguments, said):
        here = stand()
        answer = call(here, "call_write_tool", arguments)
        assert answer.result["isError"] is True
        assert said in text(answer)
        assert here.calls.made == []


class TestRateLimits:
    @every_revision
    @pytest.mark.parametrize("name", ["search_tools", "get_tool_schema", "call_read_tool", "call_write_tool"])
    def test_every_answer_says_how_the_company_stands(self, name, revision):
        arguments = {"get_tool_schema": {"names": ["list_all_invoices"]}, "call_write_tool": {"name": "x"}}
        answer = call(stand(), name, arguments.get(name, {}), revision)
        assert answer.header("ratelimit-remaining") == "499"
        assert answer.result["_meta"]["ledgerport/ratelimit"]["remaining"] == 499

    def test_a_refusal_is_passed_on_in_the_style_of_the_server(self):
        error = RateLimited("Reached.", retry_after=37)
        for style, status in (("tool_result", 200), ("http_429", 429)):
            grant = make_grant(tool_exposure="discovery", rate_limit_style=style)
            calls = FakeCalls(Answer(error=error, limits=note_refusal(LIMITS, 37)))
            here = Stand(grants={TOKEN: grant}, calls=calls)
            answer = call(here, "call_write_tool", {"name": "list_all_invoices"})
            assert (answer.status, answer.header("retry-after")) == (status, "37")


def test_a_search_is_logged_as_a_call():
    here = stand()
    call(here, "search_tools", {"query": "x"})
    assert (here.lines[0]["event"], here.lines[0]["tool"], here.lines[0]["error"]) == (
        "tool_call",
        "search_tools",
        None,
    )
