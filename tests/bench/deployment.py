"""A deployment of the real runtime: its data directory made through its own stores and operations.

The account is put into the records as it is after a person has connected it, with sealed credentials that are good
for a day; its MCP server is made by the operation that the management API uses. OAuth is not part of what is measured.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from generator.catalog import Catalog
from generator.compile import DefinitionErrors, compile_catalog
from generator.reading.files import BUILTIN_DEFINITIONS
from runtime import deployment as parts
from runtime.connect.sealing import seal_credentials
from runtime.keys.crypto import Keys
from runtime.model import Account, AccountId, AuditEntry, Credentials
from runtime.operations.api_tokens import ApiTokens
from runtime.operations.mcp_servers import PREFIX, McpServers
from runtime.settings import SIMULATOR, Settings
from runtime.stores.embedded import open_stores
from tests.bench.invoice import REALM
from tests.bench.load import Wrong

DAY = 86_400.0
ANSWER_BYTES = 10_000_000
"""So large that a list of 1,000 is answered whole: what is measured is the work, not where it is cut."""


@dataclass(frozen=True)
class Deployment:
    """Where a runtime is, and what it is started with."""

    data: Path
    port: int
    path: str
    """The path of the secret URL that lists every tool."""
    search_path: str
    """The path of one that lists the everyday tools and those that find the others."""
    environment: Mapping[str, str]
    catalog: Catalog
    account_id: str
    api_token: str


def prepare(
    data: Path, port: int, vendor: str, more_urls: int = 0, shared: Mapping[str, str] | None = None
) -> Deployment:
    """A data directory with a connected company and a URL that lets every tool through.

    `shared` are the variables of the engines of a fleet. `more_urls` are further
    MCP servers of the same company; their tokens are those of `more_token`.
    """
    environment = {
        "LEDGERPORT_DATA": str(data),
        "LEDGERPORT_HOST": "127.0.0.1",
        "LEDGERPORT_PORT": str(port),
        "LEDGERPORT_LOG_FORMAT": "json",
        "LEDGERPORT_MAX_ANSWER_BYTES": str(ANSWER_BYTES),
        "LEDGERPORT_QUICKBOOKS_ORIGIN": vendor,
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID": "bench",
        "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": "bench",
        **(shared or {}),
    }
    settings = Settings.load(environment)
    keys = Keys(settings.secret_key)
    catalog = _catalog(settings)
    stores = open_stores(settings, time.time())
    try:
        account = make_account(keys)
        stores.records.add_account(
            account, AuditEntry(account.created_at, "bench", "account.created", account.id)
        )
        api_token: str = ApiTokens(stores, keys).create("Bench")["token"]
        servers = McpServers(parts.Deployment(settings, keys, stores, lambda: catalog))
        made, searching = (
            servers.create(account.id, "Bench", {"tool_exposure": exposure}) for exposure in ("full", "auto")
        )
    finally:
        stores.close()
    if more_urls:
        _add_urls(settings, keys, made["id"], more_urls)
    return Deployment(
        data,
        port,
        f"/mcp/{made['token']}",
        f"/mcp/{searching['token']}",
        environment,
        catalog,
        account.id,
        api_token,
    )


def more_token(number: int) -> str:
    """The token of one of the further MCP servers."""
    return f"{PREFIX}{number:043}"


def _add_urls(settings: Settings, keys: Keys, like: str, count: int) -> None:
    """Copies of an MCP server, each with a token of its own, in one transaction."""
    columns = "account_id, name, config, expires_at, created_at, updated_at"
    rows = ((f"more-{number}", keys.hash_token(more_token(number)), like) for number in range(count))
    with closing(sqlite3.connect(settings.database)) as database, database:
        database.execute("PRAGMA cache_size = -500000")  # KiB: the index over random hashes, in memory
        database.executemany(
            f"INSERT INTO mcp_server (id, token_hash, {columns}) "
            f"SELECT ?, ?, {columns} FROM mcp_server WHERE id = ?",
            rows,
        )


def _catalog(settings: Settings) -> Catalog:
    try:
        return compile_catalog(BUILTIN_DEFINITIONS, settings.data / "cache")
    except DefinitionErrors as errors:
        raise Wrong(f"The definitions have errors, so there is no server to measure.\n{errors}") from errors


def make_account(keys: Keys) -> Account:
    """A company that a person has connected, with an id of its own."""
    now, account_id = time.time(), AccountId(str(uuid4()))
    credentials = Credentials(
        access_token="bench",
        refresh_token="bench",
        access_expires_at=now + DAY,
        refresh_expires_at=now + 100 * DAY,
    )
    return Account(
        id=account_id,
        integration="quickbooks",
        environment=SIMULATOR,
        name="Elm Street Bakery",
        status="active",
        company=REALM,
        fields={"realm_id": REALM},
        sealed=seal_credentials(keys, account_id, credentials),
        created_at=now,
        updated_at=now,
    )
