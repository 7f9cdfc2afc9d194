"""The card of what waits: which tools name it, where it is read, and that it needs nothing but its host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp_types import methods

from runtime.approval import ApprovalRule
from runtime.mcp_server.cards import pending_change
from runtime.mcp_server.toolset import Toolsets
from runtime.model import ServerConfig
from runtime.operations.approvals.status import STATUS_TOOL
from tests.builtin import builtin_catalog
from tests.mcp_server.companies import NAMES, Office, make_grants
from tests.mcp_server.stand import MODERN, REVISIONS, TOKEN, Response, Stand, make_grant, shake

RULE = (ApprovalRule(risks=("overwrite", "destroy")),)
UI = "io.modelcontextprotocol/ui"
NETWORK = re.compile(
    r"url\((?!/)|@import|<link|<img|<base|<form|<iframe|\bsrc=|\bhref=|fetch\(|XMLHttp|WebSocket|import\("
)
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|\bon[a-z]+=\"|style=\""
)


def make_stand(**config: Any) -> Stand:
    return Stand(grants={TOKEN: make_grant(**config)})


def read(stand: Stand, revision: str, uri: str = pending_change.URI) -> Response:
    headers = {"mcp-name": uri} if revision == MODERN else {}
    return stand.post("resources/read", {"uri": uri}, revision=revision, headers=headers)


def greet(stand: Stand, revision: str) -> dict[str, Any]:
    if revision == MODERN:
        return stand.post("server/discover", revision=revision).result
    return stand.post("initialize", shake(revision), revision=revision).result


def list_cards(**config: Any) -> dict[str, Any]:
    """What each listed tool of the whole catalog has as its card."""
    toolset = Toolsets(has_journal=True).select(builtin_catalog(), "quickbooks", ServerConfig(**config))
    shown = {name: json.loads(tool.wire) for name, tool in toolset.listed_tools.items()}
    return {name: each.get("_meta", {}).get("ui") for name, each in shown.items()}


@pytest.mark.parametrize("exposure", ["full", "auto", "discovery", "short"])
def test_every_write_and_the_tool_for_what_waits_name_the_card_where_writes_may_wait(exposure: str) -> None:
    toolset = Toolsets(has_journal=True).select(
        builtin_catalog(), "quickbooks", ServerConfig(tool_exposure=exposure, approval=RULE)
    )
    named = list_cards(tool_exposure=exposure, approval=RULE)
    wanted = {name for name, tool in toolset.listed_tools.items() if not tool.is_read_only} | {STATUS_TOOL}

    assert STATUS_TOOL in named
    assert {name for name, card in named.items() if card} == wanted
    assert all(card == {"resourceUri": pending_change.URI} for card in named.values() if card)


@pytest.mark.parametrize("exposure", ["full", "auto", "discovery", "short"])
def test_no_tool_names_a_card_where_no_write_waits(exposure: str) -> None:
    assert not any(list_cards(tool_exposure=exposure).values())


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_extension_is_declared_in_the_capabilities_where_writes_may_wait(revision: str) -> None:
    assert greet(make_stand(approval=RULE), revision)["capabilities"]["extensions"] == {UI: {}}
    assert "extensions" not in greet(make_stand(), revision)["capabilities"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_card_is_read_as_html_that_may_connect_to_nothing(revision: str) -> None:
    result = read(make_stand(approval=RULE), revision).result
    methods.validate_server_result("resources/read", revision, result)
    (content,) = result["contents"]

    assert (content["uri"], content["mimeType"]) == (pending_change.URI, "text/html;profile=mcp-app")
    assert content["text"].startswith("<!doctype html>")
    assert not any(content["_meta"]["ui"]["csp"].values())
    assert set(content["_meta"]["ui"]["csp"]) == {
        "connectDomains", "resourceDomains", "frameDomains", "baseUriDomains",
    }  # fmt: skip


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_card_is_listed_with_the_same_rules_as_it_is_read(revision: str) -> None:
    stand = make_stand(approval=RULE)
    result = stand.post("resources/list", revision=revision).result
    methods.validate_server_result("resources/list", revision, result)
    (listed,) = result["resources"]

    assert listed["uri"] == pending_change.URI
    assert listed["_meta"] == read(stand, revision).result["contents"][0]["_meta"]
    assert stand.post("resources/templates/list", revision=revision).result["resourceTemplates"] == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_there_is_no_card_where_no_write_waits(revision: str) -> None:
    stand = make_stand()

    assert stand.post("resources/list", revision=revision).result["resources"] == []
    assert read(stand, revision).code == read(stand, revision, "ui://ledgerport/another").code != 0
    assert "error" in read(stand, revision).json


def test_the_newest_revision_may_cache_the_card_for_everybody() -> None:
    result = read(make_stand(approval=RULE), MODERN).result

    assert (result["ttlMs"], result["cacheScope"]) == (3_600_000, "public")


def test_the_card_loads_nothing_and_makes_no_markup_of_what_it_shows() -> None:
    html = pending_change.load_card()

    assert NETWORK.findall(html.replace("/url\\(/i.test", "")) == []
    assert MARKUP.findall(html) == []
    assert len(html.encode()) < 20_000


class TestSeveralCompanies:
    """An address at which writes wait at one company and not at another."""

    @pytest.fixture
    def office(self, tmp_path: Path) -> Iterator[Office]:
        waiting, free = make_grants(NAMES[:2], tool_exposure="discovery")
        rules = replace(waiting.config, approval=RULE)
        office = Office(tmp_path, (replace(waiting, config=rules), free))
        yield office
        office.close()

    def test_every_listed_write_takes_a_reason_and_names_the_card(self, office: Office) -> None:
        tools = {each["name"]: each for each in office.post("tools/list").result["tools"]}

        for name in ("call_write_tool", "revert_change"):
            assert "why" in tools[name]["inputSchema"]["properties"], name
            assert tools[name]["_meta"]["ui"] == {"resourceUri": pending_change.URI}, name
            assert tools[name]["_meta"]["ledgerport/risk"] in ("medium", "high"), name
        assert "ui" in tools[STATUS_TOOL]["_meta"]
        assert tools["search_tools"]["_meta"] == {"ledgerport/risk": "low"}
        assert office.post("resources/read", {"uri": pending_change.URI}).result["contents"]

    @pytest.mark.parametrize("company", NAMES[:2])
    def test_a_reason_is_taken_by_the_tool_for_writes_and_by_the_write_itself(
        self, office: Office, company: str
    ) -> None:
        arguments = {"id": "2", "Notes": "Late"}
        write = "update_a_quick_books_customer_by_id"

        assert office.read(write, **arguments, company=company, why="Asked")
        outer = {"name": write, "arguments": arguments | {"Notes": "Later"}, "why": "Asked"}
        assert office.read("call_write_tool", **outer, company=company)
        inner = {"name": write, "arguments": arguments | {"Notes": "Latest", "why": "Asked"}}
        assert office.read("call_write_tool", **inner, company=company)
