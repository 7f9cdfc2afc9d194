"""Rotation, uses, networks and limits of MCP servers in the management API."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from runtime.model import McpServerId
from runtime.operations.answers import format_time
from runtime.operations.server_tokens import LONGEST_OVERLAP_SECONDS, MISUSE_SECONDS, ServerTokens
from runtime.stores.server_use import UseCount
from tests.api.harness import ApiHarness
from tests.api.test_audit import entries
from tests.deployment import NOON, HandClock, have_events_stored


@pytest.fixture
def harness(tmp_path: Path) -> ApiHarness:
    return ApiHarness(tmp_path, HandClock())


def make(harness: ApiHarness, **more: Any) -> tuple[str, dict[str, Any]]:
    """A server and the path of it."""
    account = harness.account()
    made = harness.ask("POST", f"/integrated-account/{account}/mcp", json={"name": "Agent", **more})
    assert made.status_code == 201, made.text
    return f"/integrated-account/{account}/mcp/{made.json()['id']}", made.json()


def is_open(harness: ApiHarness, token: str) -> bool:
    stores, clock = harness.here.stores, harness.here.clock
    return stores.look_up.find_grant(harness.here.keys.hash_token(token), clock()) is not None


def test_a_rotation_shows_a_new_url_once_and_the_one_before_works_through_the_overlap(
    harness: ApiHarness,
) -> None:
    path, made = make(harness)
    rotated = harness.ask("POST", path + "/rotate", json={"overlap_seconds": 90})
    assert rotated.status_code == 200
    new = rotated.json()
    assert new["url"].endswith(f"/mcp/{new['token']}")
    assert new["token"] != made["token"]
    assert new["id"] == made["id"]
    assert new["previous_token_expires_at"] == format_time(NOON + 90)
    shown = harness.ask("GET", path).json()
    assert "token" not in shown
    assert shown["previous_token_expires_at"] == new["previous_token_expires_at"]
    harness.here.clock.pass_(89.999)
    assert [is_open(harness, each["token"]) for each in (made, new)] == [True, True]
    harness.here.clock.pass_(0.001)
    assert [is_open(harness, each["token"]) for each in (made, new)] == [False, True]


def test_a_rotation_without_a_body_ends_the_url_at_once(harness: ApiHarness) -> None:
    path, made = make(harness)
    new = harness.ask("POST", path + "/rotate").json()
    assert new["previous_token_expires_at"] is None
    assert [is_open(harness, each["token"]) for each in (made, new)] == [False, True]


def test_no_secret_of_a_rotation_is_in_the_audit(harness: ApiHarness) -> None:
    path, made = make(harness)
    new = harness.ask("POST", path + "/rotate", json={"overlap_seconds": 60}).json()
    written = repr(entries(harness))
    assert made["token"] not in written
    assert new["token"] not in written


@pytest.mark.parametrize("seconds", [-1, LONGEST_OVERLAP_SECONDS + 1, "60", 1.5, None])
def test_an_overlap_that_cannot_be_is_refused(harness: ApiHarness, seconds: Any) -> None:
    path, made = make(harness)
    refused = harness.ask("POST", path + "/rotate", json={"overlap_seconds": seconds})
    assert refused.status_code == 400
    assert is_open(harness, made["token"])


def test_a_server_of_another_account_or_none_is_not_rotated(harness: ApiHarness) -> None:
    path, made = make(harness)
    elsewhere = f"/integrated-account/{harness.account()}/mcp/{made['id']}"
    answers = [harness.ask("POST", each + "/rotate") for each in (elsewhere, path[:-1] + "x")]
    assert [each.status_code for each in answers] == [404, 404]
    assert is_open(harness, made["token"])


def test_the_token_before_is_shown_to_end_with_the_server(harness: ApiHarness) -> None:
    end = format_time(NOON + 100)
    path, _ = make(harness, expires_at=end)
    new = harness.ask("POST", path + "/rotate", json={"overlap_seconds": 500}).json()
    assert new["previous_token_expires_at"] == end


def test_uses_and_the_last_of_them_are_shown_with_each_server(harness: ApiHarness) -> None:
    path, made = make(harness)
    assert (made["uses"], made["last_used_at"]) == (0, None)
    harness.here.stores.add_uses([UseCount(McpServerId(made["id"]), 3, NOON)])
    (listed,) = harness.ask("GET", path.rpartition("/")[0]).json()["result"]
    for shown in (listed, harness.ask("GET", path).json()):
        assert (shown["uses"], shown["last_used_at"], shown["used_up_at"]) == (3, format_time(NOON), None)


def test_a_limit_that_is_reached_is_shown_and_a_higher_one_opens_the_server_again(
    harness: ApiHarness,
) -> None:
    path, made = make(harness, config={"max_uses": 1})
    assert harness.here.stores.records.take_use(McpServerId(made["id"]), 1, NOON)
    shown = harness.ask("GET", path).json()
    assert (shown["uses"], shown["used_up_at"]) == (1, format_time(NOON))
    assert not is_open(harness, made["token"])
    changed = harness.ask("PATCH", path, json={"config": {"max_uses": 2}}).json()
    assert changed["used_up_at"] is None
    assert is_open(harness, made["token"])


def test_networks_are_stored_in_their_one_form_and_what_is_none_is_refused(harness: ApiHarness) -> None:
    path, made = make(harness, config={"networks": ["203.0.113.7", "2001:DB8::/32"]})
    assert made["config"]["networks"] == ["203.0.113.7/32", "2001:db8::/32"]
    refused = harness.ask("PATCH", path, json={"config": {"networks": ["203.0.113.7/24"]}})
    assert refused.status_code == 400
    assert "Write 203.0.113.0/24" in refused.json()["advice"]
    assert harness.ask("PATCH", path, json={"config": {"networks": []}}).json()["config"]["networks"] == []


def test_misuse_is_noted_in_the_audit_once_an_hour_for_each_address(harness: ApiHarness) -> None:
    have_events_stored(harness.here.stores)
    _, made = make(harness)
    here, found = (
        harness.here,
        harness.here.stores.look_up.find_grant(harness.here.keys.hash_token(made["token"]), NOON),
    )
    tokens = ServerTokens(here.parts(), here.mcp_servers)
    assert [tokens.note_misuse(found, each) for each in ("192.0.2.1", "192.0.2.1", "192.0.2.2")] == [  # type: ignore[arg-type]
        True,
        False,
        True,
    ]
    here.clock.pass_(MISUSE_SECONDS)
    assert tokens.note_misuse(found, "192.0.2.1")  # type: ignore[arg-type]
    here.stores.close()
    noted = [each for each in entries(harness) if each.action == "mcp_server.misused"]
    assert [each.details["address"] for each in noted] == ["192.0.2.1", "192.0.2.2", "192.0.2.1"]
    assert {(each.actor, each.subject) for each in noted} == {("nobody", made["id"])}
    with sqlite3.connect(here.stores.path) as database:
        rows = database.execute(
            "SELECT data FROM event WHERE type = 'mcp_server.misused' ORDER BY at"
        ).fetchall()
    database.close()
    assert [json.loads(row[0])["address"] for row in rows] == ["192.0.2.1", "192.0.2.2", "192.0.2.1"]
