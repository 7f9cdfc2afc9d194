"""A request that narrows its tools is answered as by a server that was made with that filter."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.errors import InvalidRequest
from runtime.mcp_server.toolset import MOST_NARROWED, Toolsets
from runtime.model import ServerConfig
from runtime.operations.narrowing import Narrowing
from tests.builtin import builtin_catalog
from tests.mcp_server.stand import TOKEN, TOOLS, Stand, make_catalog, make_grant

READS = tuple(sorted({tool.method for tool in TOOLS if tool.is_read_only}))
CASES = [
    ({"x-ledgerport-readonly": "true"}, {"methods": READS}),
    ({"x-ledgerport-tags": "crm"}, {"tags": ("crm",)}),
    ({"x-ledgerport-tags": "crm, sales"}, {"tags": ("crm", "sales")}),
    ({"x-ledgerport-tools": "void_an_invoice_by_id"}, {"methods": ("void",)}),
    ({"x-ledgerport-readonly": "true", "x-ledgerport-tags": "sales"}, {"methods": READS, "tags": ("sales",)}),
    ({"x-ledgerport-readonly": "false"}, {}),
]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("tools/list", {}),
    (
        "initialize",
        {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    ),
    *(("tools/call", {"name": tool.name, "arguments": {"id": "1"}}) for tool in TOOLS),
    ("tools/call", {"name": "get_tool_schema", "arguments": {"names": ["void_an_invoice_by_id"]}}),
    ("tools/call", {"name": "search_tools", "arguments": {"query": "invoice"}}),
    (
        "tools/call",
        {"name": "call_write_tool", "arguments": {"name": "void_an_invoice_by_id", "arguments": {}}},
    ),
]


@pytest.mark.parametrize("exposure", ["full", "discovery"])
@pytest.mark.parametrize(("headers", "config"), CASES)
def test_a_narrowed_request_equals_a_server_made_with_that_filter(headers, config, exposure):
    narrowed = Stand(grants={TOKEN: make_grant(tool_exposure=exposure)})
    made = Stand(grants={TOKEN: make_grant(tool_exposure=exposure, **config)})

    for method, params in CALLS:
        ours, theirs = narrowed.post(method, params, headers=headers), made.post(method, params)
        assert (ours.status, ours.json) == (theirs.status, theirs.json), (method, params)


def test_every_tool_of_discovery_sees_the_narrowed_set():
    toolsets, catalog = Toolsets(), builtin_catalog()
    config = ServerConfig(tool_exposure="discovery")

    narrowed = toolsets.narrow(catalog, "quickbooks", config, Narrowing(is_readonly=True))
    assert narrowed.discovery is not None
    assert all(tool.is_read_only for tool in narrowed.tools.values())
    assert narrowed.tools.keys() < toolsets.select(catalog, "quickbooks", config).tools.keys()


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"x-ledgerport-readonly": "1"}, "true or false"),
        ({"x-ledgerport-tools": "list_all_invoces"}, "list_all_invoices"),
        ({"x-ledgerport-tags": ""}, "one name or up to"),
    ],
)
def test_what_cannot_be_read_is_a_bad_request_and_no_tool_is_called(headers, said):
    stand = Stand()
    answer = stand.post("tools/call", {"name": "void_an_invoice_by_id", "arguments": {}}, headers=headers)

    assert answer.status == 400
    assert said in answer.json["error"]["message"]
    assert stand.calls.made == []


def test_a_stranger_learns_nothing_by_the_fields():
    answer = Stand().post(
        "tools/list", token="not-a-token-that-is-known", headers={"x-ledgerport-tools": "x"}
    )

    assert answer.status == 404


def test_narrowed_toolsets_are_cached_and_never_push_out_those_of_servers():
    toolsets, catalog = Toolsets(), make_catalog()
    own = toolsets.select(catalog, "books", ServerConfig())
    first = toolsets.narrow(catalog, "books", ServerConfig(), Narrowing(tools=(TOOLS[0].name,)))
    assert toolsets.narrow(catalog, "books", ServerConfig(), Narrowing(tools=(TOOLS[0].name,))) is first

    names = [tool.name for tool in TOOLS]
    for at in range(2 * MOST_NARROWED):
        chosen = tuple(name for bit, name in enumerate(names) if at + 3 >> bit & 1)
        toolsets.narrow(catalog, "books", ServerConfig(), Narrowing(tools=chosen))

    assert toolsets.select(catalog, "books", ServerConfig()) is own
    assert len(toolsets._narrowed) == MOST_NARROWED


RECENT, REVERT = "list_recent_changes", "revert_change"


@pytest.mark.parametrize("exposure", ["full", "discovery"])
@pytest.mark.parametrize(
    ("narrowing", "listed", "has_others"),
    [
        (Narrowing(is_readonly=True), {RECENT}, True),
        (Narrowing(tags=("sales",)), {RECENT, REVERT}, True),
        (Narrowing(tools=(RECENT,)), {RECENT}, False),
        (Narrowing(tools=(RECENT, REVERT)), {RECENT, REVERT}, False),
        (Narrowing(is_readonly=True, tools=(RECENT, REVERT)), {RECENT}, False),
        (Narrowing(tools=(RECENT, "get_single_quick_books_bill_by_id")), {RECENT}, True),
        (Narrowing(tools=("get_single_quick_books_bill_by_id",)), set(), True),
    ],
)
def test_a_narrowed_request_has_the_tools_of_the_journal_that_it_leaves(
    narrowing, listed, has_others, exposure
):
    catalog, config = builtin_catalog(), ServerConfig(tool_exposure=exposure)

    narrowed = Toolsets(has_journal=True).narrow(catalog, "quickbooks", config, narrowing)

    assert set(narrowed.changes) == listed
    assert bool(narrowed.tools) == has_others
    assert set(narrowed.listed_tools) >= listed


def test_a_tool_of_the_journal_that_was_named_shows_what_the_server_may_read():
    catalog, config = builtin_catalog(), ServerConfig(methods=("get",))

    narrowed = Toolsets(has_journal=True).narrow(catalog, "quickbooks", config, Narrowing(tools=(RECENT,)))

    assert narrowed.shown_by == Toolsets().select(catalog, "quickbooks", config).tools


def test_only_undoing_in_a_request_that_may_only_read_leaves_no_tool():
    with pytest.raises(InvalidRequest, match="leave no tool"):
        Toolsets(has_journal=True).narrow(
            builtin_catalog(), "quickbooks", ServerConfig(), Narrowing(is_readonly=True, tools=(REVERT,))
        )
