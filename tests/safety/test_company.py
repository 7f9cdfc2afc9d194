"""The wrong company guard: which names of a company are its own, and what never reaches the vendor."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from generator.catalog import Tool
from generator.stages.company_argument import DESCRIPTION
from runtime.errors import OtherCompany
from runtime.exchange.members import add_members
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server.results import COMPANY_KEY, build_meta
from runtime.safety.company import describe_company, drop_company, refuse_other_company
from tests.builtin import builtin_catalog
from tests.made_up import GET, UPDATE
from tests.made_up_calls import ACCOUNT, BATCH, WRITE, json_vendor, run

PINNED = replace(
    UPDATE,
    takes_company=True,
    schema=orjson.dumps(
        {
            **UPDATE.input_schema,
            "properties": {**UPDATE.input_schema["properties"], "company": {"type": "string"}},
        }
    ),
)
TOOLS = {PINNED.name: PINNED, BATCH.name: BATCH, GET.name: GET}
ANSWER = json_vendor({"Invoice": {"Id": "7"}})


@pytest.mark.parametrize("named", ["42", "Acme", " acme ", "ACME", "a1"])
def test_a_write_for_this_company_is_sent_without_the_argument(named):
    [answer], server = run(ANSWER, (WRITE[0], {**WRITE[1], "company": named}), tools=TOOLS, catalog=TOOLS)

    assert answer.error is None
    assert orjson.loads(server.requests[0][2]) == {"Id": "7", "SyncToken": "1"}
    assert "company" not in server.requests[0][0]


@pytest.mark.parametrize("named", ["43", "Acme 2", ""])
def test_a_write_for_another_company_is_refused_and_nothing_is_sent(named):
    [answer], server = run(ANSWER, (WRITE[0], {**WRITE[1], "company": named}), tools=TOOLS, catalog=TOOLS)

    assert answer.error.code == "other_company"
    assert "Company: Acme (42)." in answer.error.message
    assert answer.error.company == {"id": "42", "name": "Acme"}
    assert server.requests == []


def test_the_company_that_is_meant_takes_the_place_of_no_field_of_the_account():
    placed = replace(PINNED, call=replace(PINNED.call, path="/companies/{company}/invoice"))
    account = replace(ACCOUNT, fields={"company": "own"})
    call = (placed.name, {**WRITE[1], "company": "Acme"})
    tools = {placed.name: placed}
    [answer], server = run(ANSWER, call, tools=tools, catalog=tools, accounts=(account,))

    assert answer.error is None
    assert server.requests[0][0].split()[1].startswith("/companies/own/invoice")


def test_one_write_of_a_batch_for_another_company_stops_the_batch():
    calls = [
        {"tool": PINNED.name, "arguments": dict(WRITE[1])},
        {"tool": PINNED.name, "arguments": {**WRITE[1], "company": "43"}},
    ]
    [answer], server = run(ANSWER, (BATCH.name, {"calls": calls}), tools=TOOLS, catalog=TOOLS)

    assert answer.error.code == "other_company"
    assert server.requests == []


def test_a_batch_for_another_company_is_refused_as_a_whole():
    batch = replace(
        BATCH,
        takes_company=True,
        schema=orjson.dumps({"type": "object", "properties": {"calls": {}, "company": {}}, "required": []}),
    )
    tools = {**TOOLS, batch.name: batch}
    calls = {"calls": [{"tool": PINNED.name, "arguments": dict(WRITE[1])}], "company": "43"}
    [answer], server = run(ANSWER, (batch.name, calls), tools=tools, catalog=tools)

    assert (answer.error.code, server.requests) == ("other_company", [])


def test_every_answer_of_a_write_names_the_company_and_of_a_read_none():
    [written, read], _ = run(ANSWER, WRITE, (GET.name, {"id": "7"}), tools=TOOLS, catalog=TOOLS)

    assert written.company == {"id": "42", "name": "Acme"}
    assert orjson.loads(written.text)["company"] == {"id": "42", "name": "Acme"}
    assert (read.company, "company" in orjson.loads(read.text)) == (None, False)


def test_a_field_of_the_vendor_that_is_called_company_is_no_pin():
    other = replace(PINNED, takes_company=False)

    refuse_other_company(ACCOUNT, other, {"company": "43"})
    assert drop_company(other, {"company": "43"}) == {"company": "43"}
    with pytest.raises(OtherCompany):
        refuse_other_company(ACCOUNT, PINNED, {"company": "43"})


def test_a_company_is_named_with_what_is_known_of_it():
    assert describe_company(replace(ACCOUNT, name="")) == {"id": "42"}
    assert describe_company(replace(ACCOUNT, company="")) == {"name": "Acme"}
    assert describe_company(replace(ACCOUNT, company="", name="")) == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{}", '{"company":{"id":"42"}}'),
        ('{"Id":"1"}', '{"Id":"1","company":{"id":"42"}}'),
        ('{"company":"Ours"}', '{"company":"Ours"}'),
        ("", ""),
    ],
)
def test_the_answer_stays_one_json_text_and_a_field_of_the_vendor_stays_itself(text, named):
    assert add_members(text, {"company": {"id": "42"}}) == named
    assert add_members(text, {"company": {}}) == text


def test_every_tool_that_changes_something_takes_the_company_but_those_with_such_a_field_of_the_vendor():
    def is_right(tool: Tool) -> bool:
        described = tool.input_schema["properties"].get("company", {}).get("description", "")
        is_ours = described.startswith(DESCRIPTION)
        return tool.takes_company is is_ours is (not tool.is_read_only and (is_ours or not described))

    wrong = [tool.name for tool in builtin_catalog().tools if not is_right(tool)]

    assert wrong == []


def test_the_result_of_a_write_has_the_company_for_programs_as_well():
    meta = build_meta(Answer("{}", company={"id": "42", "name": "Acme"}))

    assert meta[COMPANY_KEY] == {"id": "42", "name": "Acme"}
    assert COMPANY_KEY not in build_meta(Answer("{}"))
