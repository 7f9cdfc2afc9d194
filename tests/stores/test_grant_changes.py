"""No change of what processes cache can forget to replace the generation."""

from __future__ import annotations

import asyncio
import inspect
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import insert

from runtime.model import AccountId, ApiToken, ApiTokenId, Budget, McpServerId, TenantId, TokenHash
from runtime.people import Member, OAuthClientId, OAuthCode, OAuthGrant, OAuthGrantId, PersonId
from runtime.stores.fleet import FleetStores
from runtime.stores.generation import Generation
from runtime.stores.grant_changes import GrantChanges, is_grant_change
from runtime.stores.people_tables import MEMBER, PERSON
from runtime.stores.purge_records import PURGE_AFTER_SECONDS
from runtime.stores.records import Records
from runtime.tenancy import AccountError
from tests.deployment import deploy
from tests.engines import Postgres
from tests.stores.test_records import ACCOUNT, HASH, SERVER, noted

ACTIVE = replace(ACCOUNT, id=AccountId("active"), status="active", sealed=b"one")
TOKEN = ApiToken(ApiTokenId("t1"), "test", 1.0, None, ("admin",), None)

OAUTH = OAuthGrant(
    OAuthGrantId("g1"), PersonId("p1"), OAuthClientId("c1"), "Agent", "agent.example", "https://x.example/mcp",
    None, 1.0, None,
)  # fmt: skip

ADMIN = Member(TenantId("default"), OAUTH.person_id, "admin", 1.0)


def _add_oauth_grant(records: Records) -> None:
    code = OAuthCode(OAUTH.id, OAUTH.client_id, "https://agent.example/", "c" * 43, "tools:read", 60.0)
    with records._engine.begin() as connection:
        connection.execute(insert(PERSON).values(id="p1", email="a@x.example", name="A", created_at=1.0))
        connection.execute(
            insert(MEMBER).values(tenant_id="default", person_id="p1", role=ADMIN.role, created_at=1.0)
        )
    server = replace(SERVER, id=McpServerId("granted"))
    servers = [(server, TokenHash(b"o" * 32))]
    records.add_oauth_grant(OAUTH, servers, frozenset(), (TokenHash(b"c" * 32), code), noted())


def _purge(records: Records) -> int:
    end = SERVER.expires_at or 0.0
    records.note_expired(end)
    return records.purge(end + PURGE_AFTER_SECONDS)


CHANGES: dict[str, Callable[[Records], Any]] = {
    "connect_account": lambda records: records.connect_account(ACCOUNT, noted()),
    "replace_credentials": lambda records: records.replace_credentials(ACTIVE.id, b"one", b"two", 2.0),
    "require_reauth": lambda records: records.require_reauth(
        ACTIVE, AccountError("gone", "Gone.", 2.0), noted()
    ),
    "close_account": lambda records: records.close_account(ACTIVE.id, noted()),
    "destroy_credentials": lambda records: (
        records.close_account(ACTIVE.id, noted()),
        records.destroy_credentials(ACTIVE.id, b"", noted()),
    ),
    "note_error": lambda records: (True, records.note_error(ACTIVE.id, AccountError("gone", "Gone.", 2.0))),
    "note_refusal": lambda records: (
        records.close_account(ACTIVE.id, noted()),
        records.note_refusal(ACTIVE.id, noted(), AccountError("gone", "Gone.", 2.0)),
    ),
    "delete_account": lambda records: records.delete_account(ACCOUNT.id, noted()),
    "change_account": lambda records: records.change_account(
        ACCOUNT.id,
        lambda account: replace(account, budget=Budget(5, 5)),
        noted(),
        lambda _before, _after: {"budget": 5},
    ),
    "change_tenant": lambda records: records.change_tenant(TenantId("default"), {"accounts": 7}, noted()),
    "change_mcp_server": lambda records: records.change_mcp_server(
        ACCOUNT.id, SERVER.id, lambda server: replace(server, name="Other"), noted()
    ),
    "delete_mcp_server": lambda records: records.delete_mcp_server(ACCOUNT.id, SERVER.id, noted()),
    "delete_api_token": lambda records: records.delete_api_token(TOKEN.id, noted()),
    "rotate_mcp_server": lambda records: records.rotate_mcp_server(
        ACCOUNT.id, SERVER.id, TokenHash(b"n" * 32), 50.0, noted()
    ),
    "revoke_oauth_grant": lambda records: records.revoke_oauth_grant(OAUTH.id, noted()),
    "revoke_in_tenants": lambda records: records.revoke_in_tenants(OAUTH.id, [TenantId("default")], noted()),
    "change_role": lambda records: records.change_role(ADMIN, "member", noted()),
    "remove_member": lambda records: records.remove_member(ADMIN, noted()),
    "take_use": lambda records: records.take_use(SERVER.id, 1, 5.0),
    "purge": _purge,
}
"""One call of each function that changes what is cached, or what bounds a grant; each changes a row."""
COUNTING = {"note_api_token_use", "note_expired"}
"""Functions that only count, or note what holds already."""
_CHANGES = re.compile(
    r"\b(?:update|delete)\(\s*(?:ACCOUNT|MCP_SERVER|API_TOKEN|TENANT|OAUTH_GRANT|MEMBER|PERSON|table)\b|_delete_part\(\s*MCP_SERVER\b"
)


class Counter:
    """How often the generation was replaced, and by which thread."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def __call__(self) -> None:
        self.threads.append(threading.get_ident())

    async def replace(self) -> None:
        self()


@pytest.fixture
def fleet(tmp_path: Path, postgres: Postgres) -> Iterator[tuple[FleetStores, Counter]]:
    stores = cast(FleetStores, deploy(tmp_path, LEDGERPORT_DATABASE_URL=postgres.make_migrated()).stores)
    counter = Counter()
    stores._changes = GrantChanges(counter)
    stores.records.add_account(ACCOUNT, noted())
    stores.records.add_account(ACTIVE, noted())
    stores.records.add_mcp_server(SERVER, HASH, noted())
    stores.records.add_api_token(TOKEN, HASH, noted())
    _add_oauth_grant(stores.records)
    assert not counter.threads, "what is new is cached nowhere"
    yield stores, counter
    stores.close()


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_replaces_the_generation_before_it_returns(
    fleet: tuple[FleetStores, Counter], name: str
) -> None:
    stores, counter = fleet
    assert CHANGES[name](stores.records)
    assert counter.threads


def test_every_function_that_changes_what_is_cached_is_among_them() -> None:
    found = {
        name
        for name, function in inspect.getmembers(Records, inspect.isfunction)
        if not name.startswith("_") and _is_change(inspect.getsource(function))
    }
    assert found - COUNTING == set(CHANGES)


def _is_change(source: str) -> bool:
    if not _CHANGES.search(source):
        return False
    tables = re.findall(r"table = (\w+)", source)
    return not tables or not {"ACCOUNT", "MCP_SERVER", "API_TOKEN", "TENANT"}.isdisjoint(tables)


def test_a_change_through_the_stores_replaces_it_once_on_the_event_loop(
    fleet: tuple[FleetStores, Counter],
) -> None:
    stores, counter = fleet
    stores.generation = cast(Generation, counter)

    async def revoke() -> None:
        assert await stores.write(lambda: CHANGES["delete_mcp_server"](stores.records))
        await stores.disconnect()

    asyncio.run(revoke())
    assert counter.threads == [threading.get_ident()]


def test_what_a_caller_has_left_meanwhile_is_made_known_all_the_same(
    fleet: tuple[FleetStores, Counter],
) -> None:
    stores, counter = fleet
    stores.generation = cast(Generation, counter)
    begun, goes_on = threading.Event(), threading.Event()

    def revoke() -> None:
        begun.set()
        goes_on.wait(30)
        CHANGES["delete_mcp_server"](stores.records)

    async def leave() -> None:
        asked = asyncio.create_task(stores.write(revoke))
        await asyncio.to_thread(begun.wait, 30)
        asked.cancel()
        goes_on.set()
        await asyncio.wait([asked])
        await stores.disconnect()

    asyncio.run(leave())
    assert counter.threads


def test_neither_a_change_of_nothing_nor_a_count_nor_one_taken_back_replaces_it(
    fleet: tuple[FleetStores, Counter],
) -> None:
    stores, counter = fleet
    stores.records.delete_account(AccountId("nobody"), noted())
    stores.records.note_api_token_use(TOKEN.id, 5.0)
    assert stores.records.take_use(SERVER.id, 2, 5.0)
    assert stores.records.note_expired(SERVER.expires_at or 0.0)
    with pytest.raises(ZeroDivisionError):
        stores.records.change_mcp_server(ACCOUNT.id, SERVER.id, lambda _server: 1 / 0, noted())  # type: ignore[arg-type,return-value]
    assert not counter.threads


@pytest.mark.parametrize(
    ("statement", "is_change"),
    [
        ("DELETE FROM mcp_server WHERE id = %s", True),
        ("WITH old AS (SELECT 1) DELETE FROM account", True),
        ("UPDATE api_token SET last_used_at=%s WHERE api_token.id = %s", False),
        ("UPDATE api_token SET last_used_at=%s, scopes=%s WHERE api_token.id = %s", True),
        ("update mcp_server set config = %s", True),
        ('INSERT INTO "account" (id) VALUES (%s) ON CONFLICT (id) DO UPDATE SET name = excluded.name', True),
        ("INSERT INTO mcp_server (id) VALUES (%s) ON CONFLICT DO NOTHING", False),
        ("SELECT id FROM account WHERE id = %s FOR UPDATE", False),
        ("DELETE FROM policy_use WHERE server_id IN (SELECT id FROM mcp_server)", False),
        ("UPDATE account_other SET name = %s", False),
    ],
)
def test_a_statement_is_judged_by_the_table_and_the_columns_it_changes(
    statement: str, is_change: bool
) -> None:
    assert is_grant_change(statement) is is_change
