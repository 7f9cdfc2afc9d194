"""The parts put together: what the application retains for itself."""

from __future__ import annotations

import asyncio
import http.client
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import Conflict
from runtime.keys.crypto import make_secret
from runtime.mcp_server.endpoint import Head
from runtime.mcp_server.replies import UNKNOWN_TOKEN, Reply
from runtime.model import Account, AccountId, AuditEntry, McpServerId
from runtime.operations.api_tokens import ApiTokens
from runtime.operations.mcp_servers import PREFIX, McpServers
from runtime.safety.guesses import MOST_FAILURES, Guesses
from runtime.server import app
from runtime.server.app import Application, Runtime
from runtime.server.fast_path import make_protocol
from runtime.settings import Settings
from runtime.stores.condition import StorageHealth
from tests.mcp_server.test_senders import record_calls
from tests.serving import served

ONE = Account(
    AccountId("a1"), "quickbooks", "production", "One", "active", "", {"realm_id": "111111"}, b"", 1.0, 1.0
)


def test_every_account_is_called_at_its_own_address(tmp_path: Path) -> None:
    async def story() -> None:
        runtime = Runtime(Settings.load({"LEDGERPORT_DATA": str(tmp_path)}))
        integration = runtime.catalog.integrations["quickbooks"]

        def end_of(account: Account) -> str:
            return runtime.find_base_url(integration, account).rsplit("/", 1)[1]

        other = replace(ONE, id=AccountId("a2"), fields={"realm_id": "222222"})
        assert [end_of(ONE), end_of(other), end_of(ONE)] == ["111111", "222222", "111111"]
        assert end_of(replace(ONE, fields={"realm_id": "333333"})) == "333333"
        with pytest.raises(Conflict):
            end_of(replace(ONE, environment="simulator"))
        await runtime.close()

    asyncio.run(story())


@pytest.fixture
def logged() -> list[tuple[str, dict[str, Any]]]:
    return []


@asynccontextmanager
async def application(data: Path, logged: list[tuple[str, dict[str, Any]]]) -> AsyncIterator[Application]:
    runtime = Runtime(
        Settings.load({"LEDGERPORT_DATA": str(data)}),
        log=lambda event, **values: logged.append((event, values)),
    )
    yield Application(runtime)
    await runtime.close()


def test_a_database_that_fails_and_works_again_is_logged_once_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[tuple[str, dict[str, Any]]]
) -> None:
    monkeypatch.setattr(app, "PROBE_SECONDS", 0.0)
    full = StorageHealth("degraded", "The disk is full.")

    async def story() -> None:
        async with application(tmp_path, logged) as running:
            found, done = [StorageHealth(), full, full, StorageHealth(), StorageHealth()], asyncio.Event()

            async def probe(_now: float) -> StorageHealth:
                if not found:
                    done.set()
                    await asyncio.Event().wait()
                return found.pop(0)

            running._runtime.stores.probe = probe  # type: ignore[method-assign]
            task = asyncio.create_task(running._watch_storage())
            await done.wait()
            task.cancel()

    asyncio.run(story())
    assert logged == [
        ("storage", {"status": "degraded", "reason": "The disk is full."}),
        ("storage", {"status": "ok", "reason": ""}),
    ]


PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


def test_both_endpoints_count_the_wrong_api_tokens_of_an_address_together(tmp_path: Path) -> None:
    settings = Settings.load({"LEDGERPORT_DATA": str(tmp_path)})
    runtime = Runtime(settings, log=lambda event, **fields: None)
    runtime.stores.records.add_account(ONE, AuditEntry(1.0, "test", "account.created", ONE.id))
    servers = McpServers(runtime.deployment)
    path = "/mcp/" + servers.create(ONE.id, "Agent", {"require_api_token_auth": True})["token"]
    tokens = ApiTokens(runtime.stores, runtime.keys)
    valid = tokens.create("agent", ["tools:call"], ONE.id)["token"]
    foreign = tokens.create("other", ["admin"])["token"]
    runtime.guesses = Guesses(clock=lambda: 1.0)
    application = Application(runtime)

    def ask(method: str, path: str, token: str, source: str = "127.0.0.1") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, source_address=(source, 0))
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request(method, path, PING if method == "POST" else None, headers)
        status = connection.getresponse().status
        connection.close()
        return status

    with served(application, http=make_protocol(application.mcp.respond)) as server:
        for number in range(MOST_FAILURES // 2):
            assert ask("POST", path, f"lpa_{number}") == 403
            assert ask("GET", "/api-token", f"lpa_{number}") == 401
        slowed = [("POST", path), ("POST", path + "?x"), ("GET", "/api-token")]
        assert [ask(*each, "lpa_wrong") for each in slowed] == [429] * 3
        assert ask("POST", path, valid) == ask("POST", path, foreign) == 200
        assert ask("GET", "/api-token", foreign) == 200
        assert ask("POST", path, "lpa_wrong", "127.0.0.2") == 403
    asyncio.run(runtime.close())


CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no_such_tool","arguments":{}}}'


def test_a_server_is_used_by_the_header_field_from_its_networks_and_its_uses_are_shown(
    tmp_path: Path, logged: list[tuple[str, dict[str, Any]]]
) -> None:
    variables = {"LEDGERPORT_DATA": str(tmp_path), "LEDGERPORT_TRUSTED_PROXIES": "127.0.0.1"}
    runtime = Runtime(Settings.load(variables), log=lambda event, **fields: logged.append((event, fields)))
    runtime.stores.records.add_account(ONE, AuditEntry(1.0, "test", "account.created", ONE.id))
    made = McpServers(runtime.deployment).create(ONE.id, "Agent", {"networks": ["203.0.113.0/24"]})
    admin = ApiTokens(runtime.stores, runtime.keys).create("admin")["token"]
    application = Application(runtime)

    def ask(method: str, path: str, token: str, address: str = "203.0.113.7") -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "X-Forwarded-For": address,
        }
        body = None if method == "GET" else b"{}" if path.endswith("/rotate") else CALL
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        found = response.status, json.loads(response.read())
        connection.close()
        return found

    with served(application, http=make_protocol(application.mcp.respond)) as server:
        path = f"/integrated-account/{ONE.id}/mcp/{made['id']}"
        assert ask("POST", "/mcp", made["token"])[0] == 200
        assert ask("POST", "/mcp?x", made["token"])[0] == 200  # over ASGI
        assert [ask("POST", "/mcp", made["token"], "198.51.100.1")[0] for _ in range(2)] == [404, 404]
        assert [event for event, _ in logged].count("mcp_server_misused") == 1
        status, shown = ask("GET", path, admin)
        assert (status, shown["uses"]) == (200, 2)
        assert shown["last_used_at"] is not None
        status, rotated = ask("POST", path + "/rotate", admin)
        assert status == 200
        assert [ask("POST", "/mcp", each["token"])[0] for each in (made, rotated)] == [404, 200]
    asyncio.run(runtime.close())
    assert made["token"] not in repr(logged)


def test_tokens_that_open_nothing_take_the_same_steps_whatever_the_reason(tmp_path: Path) -> None:
    """Calls of our functions are counted, from the endpoint to the file: neither time nor load changes them."""
    runtime = Runtime(Settings.load({"LEDGERPORT_DATA": str(tmp_path)}), log=lambda event, **fields: None)
    runtime.stores.records.add_account(ONE, AuditEntry(1.0, "test", "account.created", ONE.id))
    runtime.guesses = Guesses(clock=lambda: 1.0, most_failures=1_000)
    servers = McpServers(runtime.deployment)
    records = runtime.stores.records
    made = {
        name: servers.create(ONE.id, name) for name in ("live", "expired", "revoked", "used up", "rotated")
    }
    servers.delete(ONE.id, made["revoked"]["id"])
    records.take_use(McpServerId(made["used up"]["id"]), 1, 1.0)
    runtime.server_tokens.rotate(ONE.id, made["rotated"]["id"])
    with sqlite3.connect(tmp_path / "ledgerport.sqlite3") as database:
        database.execute("UPDATE mcp_server SET expires_at = 2 WHERE name = 'expired'")
    database.close()
    endpoint = Application(runtime).mcp
    foreign = make_secret(PREFIX)

    def record(token: str) -> list[str]:
        async def ask() -> None:
            reply = endpoint.respond(
                Head("POST", f"/mcp/{token}", [(b"host", b"127.0.0.1")], "192.0.2.1"), PING
            )
            assert (reply if isinstance(reply, Reply) else await reply).body == UNKNOWN_TOKEN.body

        return record_calls(lambda: asyncio.run(ask()))

    tokens = [foreign, *(made[name]["token"] for name in made if name != "live"), make_secret(PREFIX)]
    # What is made once, or looked at now and then, is in some of the rounds only.
    found = [min((record(each) for _ in range(5)), key=len) for each in tokens]
    assert found == [found[0]] * len(tokens)
    assert found[0].count("_row") == 1
    asyncio.run(runtime.close())
