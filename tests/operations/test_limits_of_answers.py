"""What an MCP server and a call allow of one answer, in rows and in tokens, and what is said of the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from runtime.exchange.allowance import BYTES_PER_TOKEN, LEAST_TOKENS
from runtime.model import ServerConfig
from tests import made_up
from tests.made_up_calls import BATCH, invoices, json_vendor, run, statement
from tests.operations.test_answer_budget import REPORT

LIST = made_up.tool(
    made_up.LIST.name,
    {
        **made_up.LIST.input_schema["properties"],
        "limit": {"type": "integer"},
        "format": made_up.TEXT,
        "detail": made_up.TEXT,
        "max_tokens": {"type": "integer"},
    },
    made_up.LIST.call,
    made_up.LIST.returns,
    method="list",
    listing=replace(made_up.LISTING, columns=()),
)
TOOLS = {each.name: each for each in (LIST, made_up.GET, REPORT, BATCH)}
CALLS = [{"tool": LIST.name, "arguments": {}}]


def ask(value: Any, tool: Any, arguments: dict[str, Any], **config: Any) -> tuple[Any, Any]:
    answers, server = run(
        json_vendor(value), (tool.name, arguments), config=ServerConfig(**config), tools=TOOLS, catalog=TOOLS
    )
    assert answers[0].error is None, answers[0].error
    return orjson.loads(answers[0].text), server


def report(rows: int) -> dict[str, Any]:
    cells = [{"ColData": [{"value": f"row {at}"}, {"value": "1.00"}]} for at in range(rows)]
    total = {"ColData": [{"value": "Total"}, {"value": f"{rows}.00"}]}
    section = {"Header": {"ColData": [{"value": "Income"}]}, "Rows": {"Row": cells}, "Summary": total}
    columns = {"Column": [{"ColTitle": "Account"}, {"ColTitle": "Total"}]}
    return {"Header": {"ReportName": "r"}, "Columns": columns, "Rows": {"Row": [section]}}


@pytest.mark.parametrize("arguments", [{}, {"limit": 5}, {"query": "select * from Invoice"}])
def test_no_more_records_are_asked_for_than_the_server_allows_and_the_rest_is_read_on(arguments):
    records = {"QueryResponse": {"Invoice": invoices(3)}}
    found, server = ask(records, LIST, arguments, max_rows=2)
    assert found["returned"] == 2
    assert "at most 2 records. Pass next_cursor" in found["note"]
    assert "MAX 3" in statement(server) or "MAX 2" in statement(server)
    more, server = ask(records, LIST, {**arguments, "next_cursor": found["next_cursor"]}, max_rows=2)
    assert "START 3" in statement(server)
    assert more["returned"] == 2


def test_a_query_with_a_greater_bound_of_its_own_is_bound_as_well():
    records = {"QueryResponse": {"Invoice": invoices(3)}}
    found, server = ask(records, LIST, {"query": "select * from Invoice max 5"}, max_rows=2)
    assert "MAX 2" in statement(server)
    assert found["returned"] == 2


def test_the_rows_of_a_report_are_bound_and_its_totals_stay():
    found, _ = ask(report(50), REPORT, {}, max_rows=10)
    assert found["returned"] == 10
    assert found["rows_in_all"] == 52
    assert "Rows 1 to 10 of 52." in found["note"]
    assert [row["cells"] for row in found["totals"]] == [["Total", "50.00"]]


def test_a_part_of_a_report_has_the_totals_of_all_sections_and_of_the_outermost_where_all_take_too_much():
    whole = report(50)
    [section] = whole["Rows"]["Row"]
    inner = {"Header": {"ColData": [{"value": "Inner"}]}, "Rows": {"Row": []}}
    inner["Summary"] = {"ColData": [{"value": "Total Inner"}, {"value": "7.00"}]}
    section["Rows"]["Row"].append(inner)
    found, _ = ask(whole, REPORT, {"limit": 5})
    assert [row["cells"][0] for row in found["totals"]] == ["Total Inner", "Total"]
    section["Rows"]["Row"] += [inner] * 100
    found, _ = ask(whole, REPORT, {"limit": 5}, max_answer_bytes=8_000)
    assert [row["cells"][0] for row in found["totals"]] == ["Total"]


def test_a_list_in_a_batch_is_bound_by_the_same_limits():
    item = {"BatchItemResponse": [{"bId": "1", "QueryResponse": {"Invoice": invoices(3)}}]}
    found, _ = ask(item, BATCH, {"calls": CALLS}, max_rows=2)
    assert found["results"][0]["answer"]["returned"] == 2
    calls = [{"tool": LIST.name, "arguments": {"max_tokens": 500}}]
    item = {"BatchItemResponse": [{"bId": "1", "QueryResponse": {"Invoice": invoices(3, size=900)}}]}
    found, _ = ask(item, BATCH, {"calls": calls})
    assert len(orjson.dumps(found["results"][0]["answer"])) <= 500 * BYTES_PER_TOKEN


@pytest.mark.parametrize("tokens", [500, 1_000, 4_000])
def test_the_text_of_an_answer_takes_no_more_tokens_than_the_call_allows(tokens):
    records = {"QueryResponse": {"Invoice": invoices(3, size=2_000)}}
    for how in ({}, {"format": "table"}):
        found, _ = ask(records, LIST, {"max_tokens": tokens, **how})
        assert len(orjson.dumps(found)) <= tokens * BYTES_PER_TOKEN
        assert found["returned"] >= 1
        assert found["returned"] == 3 or found["note"]


def test_a_server_bounds_the_tokens_of_every_answer_but_never_below_what_an_answer_needs():
    record = {"Invoice": {"Id": "1", "Memo": "x" * 30_000}}
    for given, right in ((3_000, 3_000), (10, LEAST_TOKENS)):
        found, _ = ask(record, made_up.GET, {"id": "1"}, max_answer_tokens=given)
        assert right * BYTES_PER_TOKEN * 0.5 < len(orjson.dumps(found)) <= right * BYTES_PER_TOKEN
        assert "Left out: Memo" in found["note"]
