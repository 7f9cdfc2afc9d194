"""The link tokens that a platform gives its customers: opened, they begin a connection, and end with it.

`operations.link_tokens` makes them, and `web.customer_links` shows their page. Behind the page's button the account is
there (made now, or the one to connect again), and the person goes on to the vendor as with any connect link (`links`).
A link works until a company was connected with it, so that whoever gave up at the vendor can begin anew.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from generator.vendor import Integration
from runtime.connect.links import CONNECT_PATH, Links
from runtime.connect.new_account import make_account
from runtime.connect.sealing import seal_credentials
from runtime.deployment import Deployment
from runtime.errors import InvalidRequest
from runtime.model import Account, AccountId, AuditEntry, Credentials
from runtime.tenancy import LinkToken

LINK_PATH = CONNECT_PATH + "/link"
PREFIX = "lpl_"
LONGEST = 200
"""Characters. Ours have 47; a longer text is not even hashed."""
_ASK_AGAIN = "Ask whoever sent you the link for a new one."


class CustomerLinks:
    """Opens link tokens."""

    def __init__(self, deployment: Deployment, links: Links) -> None:
        self._deployment, self._stores, self._links = deployment, deployment.stores, links

    async def look(self, secret: str) -> tuple[LinkToken, Integration, Account | None]:
        """Return what a link connects: the link, the vendor, and the account where there is one; nothing is changed.

        Raises InvalidRequest when it is unknown, revoked, used or too old.
        """
        token_hash = self._deployment.keys.hash_token(secret if len(secret) <= LONGEST else "")
        records = self._stores.records
        link = await asyncio.to_thread(lambda: records.find_link_token(token_hash))
        integration = self._deployment.catalog().integrations.get(link.integration) if link else None
        if link is None or integration is None or link.expires_at <= self._deployment.clock():
            raise InvalidRequest(
                "This link does not work: it has run out, was revoked, or is not complete.", advice=_ASK_AGAIN
            )
        if link.used_at is not None:
            raise InvalidRequest(
                "This link has been used already: a company is connected with it.", advice=_ASK_AGAIN
            )
        account = None
        if link.account_id is not None:
            account = await self._stores.look_up.find_account(link.account_id)
        return link, integration, account

    def find_address(self, integration: Integration) -> str:
        """Return the address of the vendor's consent page."""
        return self._links.addresses.resolve_address(integration, integration.auth.authorize_url)

    async def open(self, secret: str, browser: str, proof: str) -> str:
        """Begin the connection in a browser and answer the vendor's address.

        Raises Forbidden without the cookie and the proof that the page gave that browser, else as `look` does.
        """
        link, integration, account = await self.look(secret)
        self._links.check_proof(secret, browser, proof)
        if account is None:
            account = await self._add_account(link, integration)
        made = account
        begun = await self._stores.write(lambda: self._links.begin(made, link.redirect_uri, link.id))
        state = begun.rpartition("/")[2]
        return await self._links.open(state, browser, self._links.make_proof(state, browser))

    async def _add_account(self, link: LinkToken, integration: Integration) -> Account:
        keys, records = self._deployment.keys, self._stores.records
        new = make_account(self._deployment, integration, link.name, is_read_only=link.is_read_only)
        new = replace(
            new,
            sealed=seal_credentials(keys, new.id, Credentials()),
            tenant_id=link.tenant_id,
            external_id=link.external_id or None,
            metadata=dict(link.metadata),
        )
        audit = AuditEntry(
            new.created_at, f"link_token:{link.id}", "account.created", new.id, {"name": new.name}
        )
        account_id = await self._stores.write(lambda: records.add_account_of_link(link, new, audit))
        found = await self._stores.look_up.find_account(AccountId(account_id)) if account_id else None
        if found is None:
            raise InvalidRequest("This link was revoked.", advice=_ASK_AGAIN)
        return found
