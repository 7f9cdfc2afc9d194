"""A deployment of the real runtime: its data directory made through its own stores and operations.

The account is put into the records as it is after a person has connected it, with sealed credentials that are good
for a day; its MCP server is made by the operation that the management door uses. OAuth is not part of what is measured.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from generator.catalog import Catalog
from generator.compile import DefinitionMistakes, compile_catalog
from generator.sources import OURS
from runtime.connect.sealing import seal_credentials
from runtime.crypto import Keys
from runtime.model import Account, AccountId, AuditEntry, Credentials
from runtime.operations.mcp_servers import McpServers
from runtime.settings import STAND_IN, Settings
from runtime.stores.embedded import open_stores
from tests.bench.invoice import REALM
from tests.bench.load import Wrong

DAY = 86_400.0


@dataclass(frozen=True)
class Deployment:
    """Where a runtime is, and what it is started with."""

    data: Path
    port: int
    path: str
    """The path of the secret URL."""
    environment: Mapping[str, str]
    catalog: Catalog


def prepare(data: Path, port: int, vendor: str) -> Deployment:
    """A data directory with a connected company and a URL that lets every tool through."""
    environment = {
        "LEDGERPORT_DATA": str(data),
        "LEDGERPORT_HOST": "127.0.0.1",
        "LEDGERPORT_PORT": str(port),
        "LEDGERPORT_LOG_FORMAT": "json",
        "LEDGERPORT_QUICKBOOKS_ORIGIN": vendor,
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID": "bench",
        "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": "bench",
    }
    settings = Settings.load(environment)
    keys = Keys(settings.secret_key)
    catalog = _catalog(settings)
    stores = open_stores(settings, time.time())
    try:
        account = _account(keys)
        stores.records.add_account(
            account, AuditEntry(account.created_at, "bench", "account.created", account.id)
        )
        made = McpServers(settings, keys, stores, lambda: catalog).create(
            account.id, "Bench", {"tool_exposure": "full"}
        )
    finally:
        stores.close()
    return Deployment(data, port, f"/mcp/{made['token']}", environment, catalog)


def _catalog(settings: Settings) -> Catalog:
    try:
        return compile_catalog(OURS, settings.data / "cache")
    except DefinitionMistakes as mistakes:
        raise Wrong(
            f"The definitions have mistakes, so there is no server to measure.\n{mistakes}"
        ) from mistakes


def _account(keys: Keys) -> Account:
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
        environment=STAND_IN,
        name="Elm Street Bakery",
        status="active",
        company=REALM,
        fields={"realm_id": REALM},
        sealed=seal_credentials(keys, account_id, credentials),
        created_at=now,
        updated_at=now,
    )
