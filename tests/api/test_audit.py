"""The audit: one entry for each administrative change, which says who made it and what it changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from runtime.api.table import TABLE
from runtime.events import Event
from runtime.model import AuditEntry
from tests.api.harness import ApiHarness
from tests.api.test_journal import write
from tests.deployment import HandClock
from tests.proposed import make_change, store_change

CONFIG = {"methods": ["read"], "tags": [], "require_api_token_auth": False, "show_sensitive": False}
CONFIG |= {
    "policies": {},
    "approval": {},
    "budget": {},
    "rate_limit_style": "tool_result",
    "max_answer_bytes": 0,
    "tool_exposure": "auto",
}
CONFIG |= {"max_rows": 0, "max_answer_tokens": 0, "untrusted_text": "plain", "time_zone": "UTC"}
CONFIG |= {"networks": [], "max_uses": 0}


@pytest.fixture
def harness(tmp_path: Path) -> ApiHarness:
    return ApiHarness(tmp_path, HandClock())


def entries(harness: ApiHarness) -> list[AuditEntry]:
    """Everything in the audit, from the oldest on."""
    with sqlite3.connect(harness.here.stores.path) as database:
        rows = database.execute(
            "SELECT at, actor, action, subject, details FROM audit ORDER BY id"
        ).fetchall()
    database.close()
    return [AuditEntry(*row[:4], orjson.loads(row[4])) for row in rows]


def account(harness: ApiHarness) -> str:
    return harness.account()


def server(harness: ApiHarness) -> str:
    owner = harness.account()
    body = {"name": "Agent", "config": {"methods": ["read"]}}
    made = harness.ask("POST", f"/integrated-account/{owner}/mcp", json=body).json()
    return f"{owner}/mcp/{made['id']}"


def bound_token(harness: ApiHarness) -> str:
    body = {"name": "t", "scopes": ["tools:call"], "integrated_account_id": harness.account()}
    found: str = harness.ask("POST", "/api-token", json=body).json()["id"]
    return found


def link_token(harness: ApiHarness) -> str:
    found: str = harness.ask("POST", "/link-token", json={"integration": "books"}).json()["id"]
    return found


HOOK = "https://nowhere.invalid/s3cret"


def webhook(harness: ApiHarness) -> str:
    found: str = harness.ask("POST", "/webhook", json={"url": HOOK}).json()["id"]
    return found


def delivery(harness: ApiHarness) -> str:
    made, records = webhook(harness), harness.here.stores.records
    records.add_event(Event("account.connected", 1.0, {}))
    records.dispatch_events(1.0)
    (found,) = records.list_deliveries(made, None, 1)
    return f"{made}/deliveries/{found.id}"


def nothing(_harness: ApiHarness) -> str:
    return ""


Case = tuple[Callable[[ApiHarness], str], str, Any, str, dict[str, Any]]
CHANGES: dict[str, Case] = {
    "create_account": (
        nothing,
        "/integrated-account",
        {"name": "Shop", "integration": "books"},
        "account.created",
        {"name": "Shop", "integration": "books", "environment": "production", "status": "connecting"},
    ),
    "delete_account": (
        account,
        "/integrated-account/{made}",
        None,
        "account.deleted",
        {"name": "Shop", "integration": "books", "mcp_servers": 0, "api_tokens": 0},
    ),
    "change_account": (
        account,
        "/integrated-account/{made}",
        {"budget": {"reads_per_month": 5}},
        "account.changed",
        {"changes": {"budget": {"before": {}, "after": {"reads_per_month": 5}}}},
    ),
    "connect_account": (
        account,
        "/integrated-account/{made}/connect",
        None,
        "account.connect_started",
        {"name": "Shop", "integration": "books"},
    ),
    "disconnect_account": (
        account,
        "/integrated-account/{made}/disconnect",
        None,
        "account.disconnected",
        {"name": "Shop", "integration": "books", "status": "connecting", "mcp_servers": 0},
    ),
    "create_link_token": (
        nothing,
        "/link-token",
        {"integration": "books", "tenant_id": "acme", "name": "Shop"},
        "link_token.created",
        {"tenant_id": "acme", "integrated_account_id": None, "name": "Shop", "read_only": False},
    ),
    "revoke_link_token": (link_token, "/link-token/{made}", None, "link_token.revoked", {}),
    "create_mcp_server": (
        account,
        "/integrated-account/{made}/mcp",
        {"name": "Agent", "config": {"methods": ["read"]}, "expires_at": "2030-01-31T17:00:00Z"},
        "mcp_server.created",
        {"name": "Agent", "config": CONFIG, "expires_at": "2030-01-31T17:00:00.000Z"},
    ),
    "change_mcp_server": (
        server,
        "/integrated-account/{made}",
        {"name": "Agent", "config": {"tags": ["crm"]}, "expires_at": "2030-01-31T17:00:00Z"},
        "mcp_server.changed",
        {
            "changes": {
                "config.tags": {"before": [], "after": ["crm"]},
                "expires_at": {"before": None, "after": "2030-01-31T17:00:00.000Z"},
            }
        },
    ),
    "rotate_mcp_server": (
        server,
        "/integrated-account/{made}/rotate",
        {"overlap_seconds": 0},
        "mcp_server.rotated",
        {"previous_token_expires_at": "2027-01-15T08:01:00.000Z"},
    ),
    "delete_mcp_server": (
        server,
        "/integrated-account/{made}",
        None,
        "mcp_server.deleted",
        {"name": "Agent", "config": CONFIG, "expires_at": None},
    ),
    "create_webhook": (
        nothing,
        "/webhook",
        {"url": HOOK, "types": ["account.connected"]},
        "webhook.created",
        {"host": "nowhere.invalid", "types": ["account.connected"], "tenant_id": None, "status": "enabled"},
    ),
    "change_webhook": (
        webhook,
        "/webhook/{made}",
        {"types": ["account.connected"]},
        "webhook.changed",
        {"changes": {"types": {"before": [], "after": ["account.connected"]}}},
    ),
    "delete_webhook": (
        webhook,
        "/webhook/{made}",
        None,
        "webhook.deleted",
        {"host": "nowhere.invalid", "types": [], "tenant_id": None, "status": "enabled"},
    ),
    "rotate_webhook_secret": (webhook, "/webhook/{made}/rotate-secret", None, "webhook.secret_rotated", {}),
    "test_webhook": (webhook, "/webhook/{made}/test", None, "webhook.tested", {}),
    "resend_delivery": (delivery, "/webhook/{made}/resend", None, "webhook.resent", {}),
    "change_tenant": (
        nothing,
        "/tenant/customer-1",
        {"limits": {"accounts": 5}},
        "tenant.changed",
        {"before": {}, "after": {"accounts": 5}},
    ),
    "create_api_token": (
        nothing,
        "/api-token",
        {"name": "ci"},
        "api_token.created",
        {"name": "ci", "scopes": ["admin"], "integrated_account_id": None},
    ),
    "revoke_api_token": (
        bound_token,
        "/api-token/{made}",
        None,
        "api_token.revoked",
        {"name": "t", "scopes": ["tools:call"]},
    ),
}
"""For each administrative operation: what is made first, the path, the body, and the entry it leaves."""

MAPPING = "/tenant/{tenant_id}/company-mapping"
"""Its entries need two systems: tests.operations.test_company_mapping reads them."""

ADMINISTRATIVE = [
    each
    for each in TABLE
    if each.method != "GET"
    and not each.calls_vendor
    and each.persons == "no"
    and each.handler.__name__ != "test_account"
    and not each.path.startswith(MAPPING)
]


@pytest.mark.parametrize("operation", ADMINISTRATIVE, ids=lambda each: each.handler.__name__)
def test_each_administrative_operation_leaves_one_entry_that_describes_it(
    harness: ApiHarness, operation: Any
) -> None:
    make, path, body, action, details = CHANGES[operation.handler.__name__]
    made = make(harness)
    before = entries(harness)
    harness.here.clock.pass_(60)
    answer = harness.ask(operation.method, path.format(made=made), **({} if body is None else {"json": body}))
    assert answer.status_code == operation.status, answer.text
    (entry,) = entries(harness)[len(before) :]
    (me,) = [each.subject for each in before if each.details.get("name") == "tests"]
    assert (entry.actor, entry.action, entry.at) == (f"api_token:{me}", action, harness.here.clock())
    assert entry.subject == answer.json()["id"]
    assert {name: entry.details[name] for name in details} == details


@pytest.mark.parametrize(
    "operation",
    [each for each in TABLE if each.method == "GET" and not each.path.startswith(MAPPING)],
    ids=lambda each: each.path,
)
def test_reading_leaves_no_entry(harness: ApiHarness, operation: Any) -> None:
    made, _, server_id = server(harness).split("/")
    write(harness, made, "7")
    entry_id = harness.ask("GET", f"/integrated-account/{made}/journal").json()["result"][0]["id"]
    hook = webhook(harness)
    change = make_change(harness.here.keys, "pch_1", made, server_id)
    store_change(harness.here.stores.records, change)
    before = len(entries(harness))
    path = operation.path.format(
        id=made, mcp_id=server_id, entry_id=entry_id, tenant_id="default", webhook_id=hook, change_id="pch_1"
    )
    assert harness.ask("GET", path).status_code == 200
    assert len(entries(harness)) == before


@pytest.mark.parametrize(
    "change", [{}, {"name": "Agent"}, {"config": {"methods": ["read"]}}, {"expires_at": None}]
)
def test_a_change_that_changes_nothing_writes_nothing(harness: ApiHarness, change: dict[str, Any]) -> None:
    path = f"/integrated-account/{server(harness)}"
    before, shown = len(entries(harness)), harness.ask("GET", path).json()
    harness.here.clock.pass_(60)
    assert harness.ask("PATCH", path, json=change).json() == shown
    assert len(entries(harness)) == before


@pytest.mark.parametrize(
    ("change", "changes"),
    [
        ({"name": "B"}, {"name": {"before": "Agent", "after": "B"}}),
        ({"config": {"show_sensitive": True}}, {"config.show_sensitive": {"before": False, "after": True}}),
        ({"config": {"methods": []}}, {"config.methods": {"before": ["read"], "after": []}}),
        (
            {"config": {"require_api_token_auth": True, "methods": ["read"]}},
            {"config.require_api_token_auth": {"before": False, "after": True}},
        ),
    ],
)
def test_a_change_of_a_filter_says_what_it_was_and_what_it_is(
    harness: ApiHarness, change: dict[str, Any], changes: dict[str, Any]
) -> None:
    harness.ask("PATCH", f"/integrated-account/{server(harness)}", json=change)
    assert entries(harness)[-1].details["changes"] == changes


def test_the_end_of_an_account_says_what_ended_with_it(harness: ApiHarness) -> None:
    owner = server(harness).split("/")[0]
    body = {"name": "t", "scopes": ["tools:call"], "integrated_account_id": owner}
    for _ in range(2):
        harness.ask("POST", "/api-token", json=body)
    harness.ask("DELETE", f"/integrated-account/{owner}")
    details = entries(harness)[-1].details
    assert (details["mcp_servers"], details["api_tokens"]) == (1, 2)


def test_no_entry_holds_a_secret(harness: ApiHarness) -> None:
    made = [
        harness.ask("POST", "/api-token", json={"name": "t"}).json()["token"],
        harness.ask("POST", f"/integrated-account/{harness.account()}/mcp", json={"name": "m"}).json()[
            "token"
        ],
    ]
    fields = {
        "company": "acme",
        "public_key": "pub-canary",
        "private_key": "prv-canary",
        "client_id": "cid-canary",
    }
    harness.ask("POST", "/integrated-account", json={"name": "d", "integration": "desk", "fields": fields})
    text = repr(entries(harness))
    assert "account.created" in text
    assert [each for each in (*made, "canary") if each in text] == []
