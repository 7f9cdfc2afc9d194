"""Events are stored with the change that they are about, or not at all, and each is dispatched once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from runtime.events import EVENT_TYPES, EVERY_TENANT, Event, Webhook
from runtime.model import (
    Account,
    AccountId,
    AuditEntry,
    McpServer,
    McpServerId,
    ServerConfig,
    TokenHash,
)
from runtime.settings import Settings
from runtime.stores.embedded import Stores, open_stores
from runtime.stores.emitting import emit
from runtime.stores.new_link import NewLink
from runtime.stores.purge_records import EVENTS_STORED_SECONDS
from runtime.tenancy import EVERYTHING, AccountError, TenantId
from tests.deployment import have_events_stored
from tests.faults.process import environment

NOON = 1_800_000_000.0
SHOP = Account(AccountId("a1"), "books", "production", "Shop", "connecting", "", {}, b"sealed", NOON, NOON)
AGENT = McpServer(McpServerId("m1"), SHOP.id, "Agent", ServerConfig(), NOON + 60, NOON, NOON)
AUDIT = AuditEntry(NOON, "tests", "done", "x")
HOOK = Webhook(
    "whk_1", EVERY_TENANT, "https://hook.example/", (), b"sealed", None, None, "enabled", "", None, NOON, NOON
)


@pytest.fixture
def stores(tmp_path: Path, database: dict[str, str]) -> Iterator[Stores]:
    found = open_stores(Settings.load(environment(tmp_path, **database)), NOON)
    have_events_stored(found)
    yield found
    found.close()


def read(stores: Stores, statement: str) -> list[Any]:
    with stores.records._reading.begin() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def list_events(stores: Stores) -> list[tuple[str, dict[str, Any]]]:
    rows = read(stores, "SELECT type, data FROM event ORDER BY at, type")
    return [(kind, json.loads(data)) for kind, data in rows]


def connect(stores: Stores) -> None:
    stores.records.add_account(SHOP, AUDIT)
    stores.records.connect_account(replace(SHOP, company="42"), AUDIT)


def test_each_change_of_an_account_and_its_mcp_servers_comes_with_its_event(stores: Stores) -> None:
    connect(stores)
    stores.records.add_mcp_server(AGENT, TokenHash(b"hash"), AUDIT)
    stores.records.delete_mcp_server(SHOP.id, AGENT.id, AUDIT)
    ended, active = AccountError("invalid_grant", "It has ended.", NOON), replace(SHOP, status="active")
    assert stores.records.require_reauth(active, ended, AUDIT)
    assert not stores.records.require_reauth(active, ended, AUDIT)
    stores.records.delete_account(SHOP.id, AUDIT)

    account, server = {"integrated_account_id": "a1"}, {"mcp_server_id": "m1", "name": "Agent"}
    assert list_events(stores) == [
        ("account.connected", {**account, "company": "42"}),
        ("account.disconnected", account),
        ("account.needs_reauth", {**account, "reason": "refused"}),
        ("mcp_server.created", {**account, **server}),
        ("mcp_server.revoked", {**account, **server}),
    ]
    assert {kind for kind, _ in list_events(stores)} <= set(EVENT_TYPES)


def test_a_change_that_is_not_made_has_no_event(stores: Stores) -> None:
    assert not stores.records.connect_account(SHOP, AUDIT)
    assert not stores.records.delete_mcp_server(SHOP.id, AGENT.id, AUDIT)
    assert not stores.records.delete_account(SHOP.id, AUDIT)
    assert list_events(stores) == []


def test_without_a_webhook_no_event_is_stored(stores: Stores) -> None:
    stores.records.delete_webhook("whk_0", EVERYTHING, AUDIT, lambda _: {})
    connect(stores)
    stores.records.add_mcp_server(AGENT, TokenHash(b"hash"), AUDIT)
    assert list_events(stores) == []


def test_an_event_whose_change_is_taken_back_is_not_stored(stores: Stores) -> None:
    connect(stores)
    twice = replace(AGENT, id=McpServerId("m2"))
    stores.records.add_mcp_server(AGENT, TokenHash(b"hash"), AUDIT)
    with pytest.raises(IntegrityError):
        stores.records.add_mcp_server(twice, TokenHash(b"hash"), AUDIT)
    with suppress(ZeroDivisionError), stores.records._engine.begin() as connection:
        emit(connection, Event("account.connected", NOON, {}))
        raise ZeroDivisionError
    assert [kind for kind, _ in list_events(stores)] == ["account.connected", "mcp_server.created"]


def test_an_mcp_server_that_expires_is_reported_once_by_all_processes_also_after_a_pause(
    stores: Stores,
) -> None:
    connect(stores)
    for number in range(1_203):
        server = replace(AGENT, id=McpServerId(f"m{number:04}"))
        stores.records.add_mcp_server(server, TokenHash(f"hash{number}".encode()), AUDIT)
    assert stores.note_expired(NOON + 59) == []
    assert [kind for kind, _ in list_events(stores)].count("mcp_server.expired") == 0

    for at in (60, 120, 200_000):
        while stores.note_expired(NOON + at):
            pass

    expired = [data["mcp_server_id"] for kind, data in list_events(stores) if kind == "mcp_server.expired"]
    assert len(expired) == len(set(expired)) == 1_203


def test_a_write_whose_outcome_is_not_known_is_reported_once(stores: Stores) -> None:
    values = {
        "account_id": "a1", "at": NOON, "outcome": "indeterminate", "settled_how": "", "status": 0, "trace": "",
        "record_id": "", "sealed": b"s", "entry_id": "e1",
    }  # fmt: skip
    for kind in ("indeterminate", "indeterminate", "done"):
        link = NewLink("journal_outcome", {**values, "outcome": kind})
        stores.records.add_links([link], lambda _values, _before: bytes(32))
    assert list_events(stores) == [
        ("write.indeterminate", {"integrated_account_id": "a1", "journal_entry_id": "e1"})
    ]


def test_events_are_forgotten_when_they_have_been_stored_long_enough_and_were_dispatched(
    stores: Stores,
) -> None:
    stores.records.add_event(Event("account.connected", NOON, {}))
    stores.records.dispatch_events(NOON)
    stores.records.add_event(Event("account.disconnected", NOON, {}))
    stores.purge(NOON + EVENTS_STORED_SECONDS - 1)
    assert len(list_events(stores)) == 2
    stores.purge(NOON + EVENTS_STORED_SECONDS)
    assert [kind for kind, _ in list_events(stores)] == ["account.disconnected"], "it still waits"


def test_each_webhook_that_wants_an_event_gets_one_delivery_whoever_dispatches(stores: Stores) -> None:
    wanting = [
        HOOK,
        replace(HOOK, id="whk_2", types=("account.connected", "mcp_server.created")),
        replace(HOOK, id="whk_3", tenant_id="default"),
    ]
    others = [
        replace(HOOK, id="whk_4", types=("mcp_server.created",)),
        replace(HOOK, id="whk_5", tenant_id="other"),
        replace(HOOK, id="whk_6", status="disabled"),
    ]
    for each in (*wanting, *others):
        stores.records.add_webhook(each, AUDIT)
    for _ in range(40):
        stores.records.add_event(Event("account.connected", NOON, {}))

    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(lambda _: stores.records.dispatch_events(NOON), range(8)))

    assert sum(counts) == 40
    found = read(
        stores, "SELECT webhook_id, count(DISTINCT event_id), count(*) FROM delivery GROUP BY 1 ORDER BY 1"
    )
    assert found == [(each.id, 40, 40) for each in wanting]
    assert read(stores, "SELECT count(*) FROM job") == [(120,)]


def test_an_event_is_of_the_tenant_of_its_account_and_of_nobody_elses_when_that_is_gone(
    stores: Stores,
) -> None:
    theirs = replace(SHOP, tenant_id=TenantId("acme"))
    stores.records.add_account(theirs, AUDIT)
    stores.records.connect_account(replace(theirs, company="42"), AUDIT)
    stores.records.add_mcp_server(AGENT, TokenHash(b"hash"), AUDIT)
    stores.records.delete_account(theirs.id, AUDIT)
    late = {
        "account_id": "a1",
        "at": NOON,
        "outcome": "indeterminate",
        "settled_how": "",
        "status": 0,
        "trace": "",
    }
    link = NewLink("journal_outcome", {**late, "record_id": "", "sealed": b"s", "entry_id": "e1"})
    stores.records.add_links([link], lambda _values, _before: bytes(32))
    for tenant in ("acme", "default", EVERY_TENANT):
        stores.records.add_webhook(replace(HOOK, id=f"whk_{tenant}", tenant_id=tenant), AUDIT)
    stores.records.dispatch_events(NOON)

    found = read(stores, "SELECT type, tenant_id FROM event ORDER BY type")
    assert found == [
        ("account.connected", "acme"), ("account.disconnected", "acme"), ("mcp_server.created", "acme"),
        ("write.indeterminate", EVERY_TENANT),
    ]  # fmt: skip
    delivered = read(stores, "SELECT webhook_id, count(*) FROM delivery GROUP BY 1 ORDER BY 1")
    assert delivered == [("whk_", 4), ("whk_acme", 3)]
