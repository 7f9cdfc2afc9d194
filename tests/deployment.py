"""A small deployment for tests of stores, connect, operations and endpoints: real files, a clock set by hand.

Two made-up vendors: `books` connects by OAuth, `desk` by keys in header fields.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import runtime.deployment
from generator.catalog import Catalog, Tool
from generator.vendor import AccountField, Auth, Confirmation
from runtime.connect.tokens import AccessTokens
from runtime.events import EVERY_TENANT, Webhook
from runtime.keys.crypto import Keys
from runtime.model import Account, AuditEntry
from runtime.operations.accounts import Accounts
from runtime.operations.api_tokens import ApiTokens
from runtime.operations.mcp_servers import McpServers
from runtime.settings import Settings
from runtime.stores.embedded import Stores, open_stores
from tests import made_up

NOON = 1_800_000_000.0


def have_events_stored(stores: Stores) -> None:
    """Have a webhook, which takes nothing: without any, no event is stored."""
    none = Webhook(
        "whk_0", EVERY_TENANT, "https://hook.example/", (), b"", None, None, "disabled", "", None, NOON, NOON
    )
    stores.records.add_webhook(none, AuditEntry(NOON, "tests", "webhook.created", none.id))


BROWSER = "b" * 43
"""The cookie of the browser that the tests open their links with."""

BOOKS = replace(
    made_up.VENDOR,
    name="books",
    title="Books",
    environments={
        "production": "https://api.books.example/company/{company_id}",
        "sandbox": "https://sandbox.books.example/company/{company_id}",
    },
    auth=Auth(
        type="oauth2",
        authorize_url="https://books.example/authorize",
        token_url="https://books.example/token",
        revoke_url="https://books.example/revoke",
        scopes=("books.all",),
        rotates=True,
        unused_for_seconds=8_640_000,
        reconnect_when=("invalid_grant",),
        pkce=True,
        confirm=Confirmation("/me", ("company", "id"), "{company_id}"),
    ),
    account_fields=(
        AccountField("company_id", "Company ID", "", "callback.company", r"^\d{6,20}$", identifies=True),
    ),
)
DESK = replace(
    BOOKS,
    name="desk",
    title="Desk",
    auth=Auth(
        type="headers",
        headers={
            "Authorization": "Basic {basic:{company}+{public_key}:{private_key}}",
            "clientId": "{client_id}",
        },
    ),
    account_fields=(
        AccountField("company", "Company", "The name you sign in with.", identifies=True, pattern=r"^\w+$"),
        AccountField("public_key", "Public key", "Shown once."),
        AccountField("private_key", "Private key", "Shown once, beside the public key.", secret=True),
        AccountField("client_id", "Client ID", "From the developer pages.", secret=True),
    ),
)


def _tool(name: str, resource: str, method: str, kind: str, risk: str, tags: tuple[str, ...]) -> Tool:
    return replace(
        made_up.GET, name=name, integration="books", resource=resource, method=method,
        method_class=kind, risk=risk, tags=tags,
    )  # type: ignore[arg-type]  # fmt: skip


TOOLS = (
    _tool("create_a_books_invoice", "invoices", "create", "write", "create", ("sales",)),
    _tool("get_single_books_customer_by_id", "customers", "get", "read", "read", ("sales", "crm")),
    _tool("list_all_books_bills", "bills", "list", "read", "read", ("purchases",)),
    _tool("void_a_books_invoice_by_id", "invoices", "void", "custom", "destroy", ("sales",)),
)
CATALOG = Catalog("1", {"books": BOOKS, "desk": DESK}, TOOLS)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Deployment:
    """The parts that the tests use, over one data directory."""

    settings: Settings
    keys: Keys
    stores: Stores
    clock: HandClock
    tokens: AccessTokens

    def parts(self, catalog: Catalog | None = None) -> runtime.deployment.Deployment:
        """The same as the product hands it over, with another catalog where a test has one."""
        return runtime.deployment.Deployment(
            self.settings, self.keys, self.stores, lambda: catalog or CATALOG, self.clock
        )

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.parts(), self.tokens)

    @property
    def mcp_servers(self) -> McpServers:
        return McpServers(self.parts())

    @property
    def api_tokens(self) -> ApiTokens:
        return ApiTokens(self.stores, self.keys, clock=self.clock)

    async def opened(self, link: str, browser: str = BROWSER) -> str:
        """Where a connect link leads a browser: the vendor's address."""
        links, state = self.accounts.authorizations.links, link.rpartition("/")[2]
        return await links.open(state, browser, links.make_proof(state, browser))

    async def complete(self, callback: dict[str, str], browser: str = BROWSER) -> Account:
        """What the callback comes to in a browser."""
        return await self.accounts.authorizations.complete(callback, browser)

    def add_desk(self, name: str = "A desk") -> dict[str, Any]:
        """An account that is active at once."""
        keys = {
            "company": "acme",
            "public_key": "pub",
            "private_key": "prv-secret",
            "client_id": "cid-secret",
        }
        return self.accounts.create(name, "desk", keys)


def deploy(
    data: Path, clock: HandClock | None = None, monotonic: HandClock | None = None, **variables: str
) -> Deployment:
    """A deployment over a directory; a second one over the same directory is another process of it.

    Both clocks are one unless `monotonic` is another.
    """
    clock = clock or HandClock()
    settings = Settings.load(
        {
            "LEDGERPORT_DATA": str(data),
            "LEDGERPORT_BOOKS_CLIENT_ID": "the-client",
            "LEDGERPORT_BOOKS_CLIENT_SECRET": "the-client-secret",
            **variables,
        }
    )
    keys = settings.make_keys()
    stores = open_stores(settings, clock(), keys)
    parts = runtime.deployment.Deployment(settings, keys, stores, lambda: CATALOG, clock, monotonic or clock)
    return Deployment(settings, keys, stores, clock, AccessTokens(parts))


@asynccontextmanager
async def deployed(
    data: Path, clock: HandClock | None = None, monotonic: HandClock | None = None, **variables: str
) -> AsyncIterator[Deployment]:
    """The same, closed at the end."""
    deployment = deploy(data, clock, monotonic, **variables)
    try:
        yield deployment
    finally:
        await deployment.tokens.close()
        deployment.stores.close()
