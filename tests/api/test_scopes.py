"""What API tokens with scopes may do: nothing but what their scopes say, at the management API and the MCP endpoint."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runtime.api.operation import Operation
from runtime.api.table import TABLE
from runtime.errors import Forbidden
from runtime.keys.crypto import Keys
from runtime.model import ApiToken, ApiTokenId, Grant, ServerConfig
from runtime.operations.scopes import SCOPES, check_scope, may_use
from runtime.server.app import Runtime
from runtime.settings import Settings
from runtime.stores.opening import bring_up_to_date
from tests.api.harness import ApiHarness
from tests.deployment import TOOLS, HandClock
from tests.made_up_calls import ACCOUNT
from tests.stores.released import make_released

CALL = ["tools:call"]


@pytest.fixture
def harness(tmp_path: Path) -> ApiHarness:
    return ApiHarness(tmp_path, HandClock())


def bound_token(harness: ApiHarness, account: str) -> dict[str, Any]:
    body = {"name": "agent", "scopes": CALL, "integrated_account_id": account}
    made = harness.ask("POST", "/api-token", json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def ask_with(harness: ApiHarness, token: str, operation: Operation, account: str) -> Any:
    path = operation.path.format(
        id=account, mcp_id="m", entry_id="e", tool=TOOLS[0].name, token_id="t", tenant_id="t",
        webhook_id="w", delivery_id="d", link_id="l", change_id="c",
    )  # fmt: skip
    more: dict[str, Any] = {} if operation.method in ("GET", "DELETE") else {"json": {}}
    return harness.ask(operation.method, path, headers={"Authorization": f"Bearer {token}"}, **more)


def test_each_operation_names_the_scope_it_needs_and_only_probes_are_public() -> None:
    assert [each.path for each in TABLE if each.is_public] == ["/healthz", "/readyz"]
    assert {each.persons for each in TABLE if each.scope is None and not each.is_public} == {"only"}
    assert {each.scope for each in TABLE if each.scope is not None} <= SCOPES.keys()
    expected = {
        "accounts:read": {"list_accounts", "get_account", "read_usage", "list_link_tokens"},
        "accounts:write": {
            "create_account",
            "delete_account",
            "change_account",
            "connect_account",
            "disconnect_account",
            "replace_keys",
            "test_account",
            "create_link_token",
            "revoke_link_token",
        },
        "mcp:read": {"list_mcp_servers", "get_mcp_server"},
        "mcp:write": {"create_mcp_server", "change_mcp_server", "delete_mcp_server", "rotate_mcp_server"},
        "tools:call": {"list_tools", "call_tool"},
        "journal:read": {
            "list_journal",
            "get_journal_entry",
            "list_pending_changes",
            "get_pending_change",
        },
        "log:read": {"list_calls"},
        "metrics:read": {"read_metrics"},
    }
    for scope, names in expected.items():
        assert {each.handler.__name__ for each in TABLE if each.scope == scope} == names
    assert {each.path.split("/")[1] for each in TABLE if each.is_for_all_tenants} == {"metrics", "tenant"}


@pytest.mark.parametrize(
    "operation", [each for each in TABLE if each.scope], ids=lambda each: each.handler.__name__
)
def test_a_token_bound_to_an_account_may_list_and_call_its_tools_and_nothing_else(
    harness: ApiHarness, operation: Operation
) -> None:
    mine, other = harness.account(), harness.account()
    token = bound_token(harness, mine)["token"]
    before = [each.id for each in harness.here.stores.records.list_accounts(None, 10)]
    found = [ask_with(harness, token, operation, account) for account in (mine, other, "never-was")]
    if operation.scope == "tools:call":
        assert [each.status_code for each in found] == [200, 404, 404]
        assert found[1].content == found[2].content
        assert found[1].json()["message"] == harness.ask("GET", "/integrated-account/x").json()["message"]
    else:
        assert [each.status_code for each in found] == [403] * 3
        assert f"needs the scope {operation.scope} and has tools:call" in found[0].json()["message"]
    assert [each.id for each in harness.here.stores.records.list_accounts(None, 10)] == before


@pytest.mark.parametrize(
    "operation", [each for each in TABLE if each.scope], ids=lambda each: each.handler.__name__
)
def test_a_token_without_a_scope_may_do_nothing(harness: ApiHarness, operation: Operation) -> None:
    account = harness.account()
    with sqlite3.connect(harness.here.stores.path) as database:
        database.execute("UPDATE api_token SET scopes = ''")
    database.close()
    refused = ask_with(harness, harness.token, operation, account)
    assert refused.status_code == 403
    assert "has none" in refused.json()["message"]


def test_a_new_token_shows_its_scopes_and_account_and_has_admin_when_nothing_is_said(
    harness: ApiHarness,
) -> None:
    account = harness.account()
    made = bound_token(harness, account)
    assert (made["scopes"], made["integrated_account_id"]) == (CALL, account)
    plain = harness.ask("POST", "/api-token", json={"name": "platform"}).json()
    assert (plain["scopes"], plain["integrated_account_id"]) == (["admin"], None)
    listed = harness.ask("GET", "/api-token").json()["result"]
    assert sorted(each["scopes"] for each in listed) == [["admin"], ["admin"], CALL]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"scopes": CALL}, "bound to one integrated account"),
        ({"scopes": CALL, "integrated_account_id": "never-was"}, "no such integrated account"),
        ({"scopes": ["admin"], "integrated_account_id": "ACCOUNT"}, "cannot be bound"),
        ({"integrated_account_id": "ACCOUNT"}, "cannot be bound"),
        ({"scopes": ["admin", "tools:call"], "integrated_account_id": "ACCOUNT"}, "cannot be combined"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tools:all"]}, "scopes"),
        ({"scopes": "admin"}, "scopes"),
    ],
)
def test_scopes_that_do_not_fit_together_make_no_token(
    harness: ApiHarness, body: dict[str, Any], said: str
) -> None:
    account = harness.account()
    given = {name: account if value == "ACCOUNT" else value for name, value in body.items()}
    refused = harness.ask("POST", "/api-token", json={"name": "x", **given})
    assert refused.status_code == 400
    assert said in refused.json()["message"]
    assert len(harness.ask("GET", "/api-token").json()["result"]) == 1


def test_an_account_that_is_deleted_takes_the_tokens_bound_to_it_along(harness: ApiHarness) -> None:
    mine, other = harness.account(), harness.account()
    gone, stays = bound_token(harness, mine), bound_token(harness, other)
    harness.ask("DELETE", f"/integrated-account/{mine}")
    for made, status in ((gone, 401), (stays, 200)):
        headers = {"Authorization": f"Bearer {made['token']}"}
        assert harness.ask("GET", f"/integrated-account/{other}/tools", headers=headers).status_code == status


def test_a_url_that_wants_an_api_token_takes_those_of_its_account_and_admin(harness: ApiHarness) -> None:
    mine, other = harness.account(), harness.account()
    settings = Settings.load({"LEDGERPORT_DATA": str(harness.here.settings.data)})
    runtime = Runtime(settings, log=lambda event, **fields: None)
    account = harness.here.accounts.find(mine)
    grant = Grant(account, ServerConfig(require_api_token_auth=True))
    tokens = [harness.token, *(bound_token(harness, each)["token"] for each in (mine, other)), "lpa_unknown"]
    taken = [asyncio.run(runtime.is_api_token(each, grant)) for each in tokens]
    assert taken == [True, True, False, False]
    runtime.stores.close()


def test_a_scope_without_an_account_is_good_for_none() -> None:
    token = ApiToken(ApiTokenId("t"), "x", 0.0, None, ("tools:call",), None)
    assert not may_use(token, "tools:call", ACCOUNT)
    with pytest.raises(Forbidden, match="needs the scope tools:call"):
        check_scope(token, "tools:call")


def test_the_tokens_of_before_scopes_can_still_do_everything(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        make_released(old, 1)
        old.execute(
            "INSERT INTO api_token (id, token_hash, name, created_at) VALUES ('t1', x'00', 'old', 1.0)"
        )
    bring_up_to_date(path, 2.0, Keys(bytes(32)))
    with closing(sqlite3.connect(path, isolation_level=None)) as new:
        new.execute(
            "INSERT INTO api_token (id, token_hash, name, created_at) VALUES ('t2', x'01', 'new', 1.0)"
        )
        found = new.execute("SELECT id, scopes, account_id FROM api_token ORDER BY id").fetchall()
    assert found == [("t1", "admin", None), ("t2", "", None)]
