"""Short tools at an address of several companies: each takes a company, and reads answer for several at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.reports.token_estimate import count_tokens
from runtime.mcp_server.several import GrantToolsets
from tests.builtin import builtin_catalog
from tests.mcp_server.companies import NAMES, Office, make_grants, unite

ELM, OAK, ASH = NAMES


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    found = Office(tmp_path, make_grants(tool_exposure="short"))
    yield found
    found.close()


def call(office: Office, name: str, **arguments: Any) -> dict[str, Any]:
    return office.post("tools/call", {"name": name, "arguments": arguments}).result


def value_of(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("isError"), result
    return json.loads(result["content"][0]["text"])


def test_the_short_tools_alone_are_listed_each_with_a_company(office: Office) -> None:
    tools = {tool["name"]: tool for tool in office.post("tools/list").result["tools"]}

    assert set(tools) == {each.name for each in builtin_catalog().short}
    without = [name for name, tool in tools.items() if "company" not in tool["inputSchema"]["properties"]]
    assert without == ["list_connections"]


def test_the_list_takes_less_than_3500_tokens_with_the_company_of_each() -> None:
    grant = unite(make_grants(tool_exposure="short"))
    toolset = GrantToolsets(has_journal=True).select(builtin_catalog(), grant)
    assert sum(count_tokens(tool.wire) for tool in toolset.listed_tools.values()) < 3_500


def test_a_short_read_reaches_the_company_that_it_names(office: Office) -> None:
    answer = value_of(call(office, "search_customers", query="diner", company=OAK))

    assert answer["company"]["name"] == OAK
    assert {account for account, _verb, _url in office.client.sent} == {"acc-2"}


def test_a_short_read_without_a_company_says_that_it_was_the_default(office: Office) -> None:
    assert value_of(call(office, "get_company_info"))["company"]["name"] == ELM


def test_a_short_read_of_all_companies_has_a_part_for_each(office: Office) -> None:
    answer = value_of(call(office, "query_books", query="select * from Customer maxresults 1", company="all"))

    assert [part["company"]["name"] for part in answer["companies"]] == [ELM, OAK, ASH]
    assert all(part["ok"] for part in answer["companies"])


def test_a_short_write_takes_exactly_one_company_and_writes_there(office: Office) -> None:
    refused = call(office, "record_payment", customer_id="1", amount=5, company="all")
    assert refused["isError"]
    assert office.client.sent == []

    made = call(office, "record_payment", customer_id="1", amount=5, company=ASH)

    assert not made["isError"], made
    assert {account for account, verb, _url in office.client.sent if verb == "POST"} == {"acc-3"}


def test_a_short_tool_that_a_company_leaves_out_is_refused_there(office: Office) -> None:
    grants = list(office.grant.companies)
    grants[1] = replace(grants[1], config=replace(grants[1].config, methods=("read",)))
    office.grant = unite(tuple(grants))

    refused = call(office, "record_payment", customer_id="1", amount=5, company=OAK)

    assert refused["isError"]
    assert "record_payment is not open to this access at the company Oak" in refused["content"][0]["text"]
    assert office.client.sent == []
