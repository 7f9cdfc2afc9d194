"""Header fields that narrow the tools of one request: what they leave, and what cannot be read."""

from __future__ import annotations

import pytest

from runtime.errors import InvalidRequest
from runtime.operations.narrowing import MOST_NAMES, Narrowing, narrow, read_narrowing
from tests.mcp_server.stand import TOOLS

EVERY = {tool.name: tool for tool in TOOLS}
READONLY, NAMES, TAGS = b"x-ledgerport-readonly", b"x-ledgerport-tools", b"x-ledgerport-tags"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], Narrowing()),
        ([(READONLY, b"true")], Narrowing(is_readonly=True)),
        ([(READONLY, b" False ")], Narrowing()),
        ([(NAMES, b"b, a,b"), (b"accept", b"x")], Narrowing(tools=("a", "b"))),
        ([(TAGS, b"sales")], Narrowing(tags=("sales",))),
    ],
)
def test_what_the_fields_of_a_request_say(lines, expected):
    assert read_narrowing(lines) == expected


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([(READONLY, b"yes")], "X-Ledgerport-Readonly is true or false"),
        ([(READONLY, b"")], "X-Ledgerport-Readonly is true or false"),
        ([(NAMES, b"")], "X-Ledgerport-Tools is one name or up to"),
        ([(NAMES, b"a,,b")], "X-Ledgerport-Tools is one name or up to"),
        ([(TAGS, b",".join([b"a"] * (MOST_NAMES + 1)))], "X-Ledgerport-Tags is one name or up to"),
        ([(NAMES, b"a"), (NAMES, b"b")], "X-Ledgerport-Tools must be given once"),
    ],
)
def test_a_value_that_cannot_be_read_is_an_error_and_not_the_whole_toolset(lines, said):
    with pytest.raises(InvalidRequest, match=said):
        read_narrowing(lines)


@pytest.mark.parametrize(
    ("narrowing", "left"),
    [
        (
            Narrowing(is_readonly=True),
            ["list_all_invoices", "get_single_invoice_by_id", "list_all_customers"],
        ),
        (Narrowing(tools=("void_an_invoice_by_id",)), ["void_an_invoice_by_id"]),
        (Narrowing(tags=("crm",)), ["list_all_customers"]),
        (
            Narrowing(is_readonly=True, tools=("list_all_invoices", "create_an_invoice")),
            ["list_all_invoices"],
        ),
        (Narrowing(tools=("list_all_invoices", "list_all_customers"), tags=("crm",)), ["list_all_customers"]),
    ],
)
def test_the_fields_leave_what_all_of_them_name(narrowing, left):
    assert list(narrow(EVERY, narrowing, TOOLS)) == left


def test_a_tool_that_the_filter_of_the_server_has_taken_away_does_not_come_back():
    own = {"list_all_customers": EVERY["list_all_customers"]}

    assert list(narrow(own, Narrowing(tools=tuple(EVERY)), TOOLS)) == ["list_all_customers"]
    with pytest.raises(InvalidRequest, match="leave no tool"):
        narrow(own, Narrowing(tools=("list_all_invoices",)), TOOLS)


@pytest.mark.parametrize(
    ("narrowing", "said"),
    [
        (Narrowing(tools=("list_all_invoces",)), "which is no tool. Did you mean .list_all_invoices.?"),
        (Narrowing(tags=("sale",)), "which no tool has. Did you mean .sales.?"),
    ],
)
def test_an_unknown_name_is_said_with_the_nearest(narrowing, said):
    with pytest.raises(InvalidRequest, match=said):
        narrow(EVERY, narrowing, TOOLS)
