"""Link tokens: addresses at which a platform's customer connects a company, made, listed and revoked.

Called by `api.connections`. The address has a secret of its own that is answered once and stored as a hash;
`connect.customer_links` opens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from runtime.connect.customer_links import LINK_PATH, PREFIX
from runtime.connect.return_urls import check_return_url
from runtime.errors import InvalidRequest, NotFound
from runtime.keys.crypto import make_secret
from runtime.model import Account, AuditEntry
from runtime.operations import answers
from runtime.operations.accounts import Accounts
from runtime.operations.names import (
    check_external_id,
    check_metadata,
    check_name,
    check_tenant_id,
    refuse_unknown_account,
)
from runtime.operations.scopes import check_may_make_accounts, choose_tenant, is_within
from runtime.tenancy import DEFAULT_TENANT, EVERYTHING, LinkToken, LinkTokenId, Reach, TenantId

LIFETIME_SECONDS = 7 * 86_400.0
"""A week: a person reads their mail within it, and a link that was forwarded does not work for ever."""
USUAL_NAME = "Company"
"""What an account is called whose link gives no name; the company's own is not known before."""


@dataclass(frozen=True, slots=True)
class WantedLink:
    """What a link token is to connect. With `account_id` it is that account again."""

    tenant_id: str | None = None
    integration: str = ""
    account_id: str | None = None
    name: str = ""
    external_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    redirect_uri: str = ""
    read_only: bool = False


class LinkTokens:
    """Makes, lists and revokes link tokens. `actor` is who does it, for the audit."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._deployment = accounts.deployment
        self._stores = self._deployment.stores

    def create(self, wanted: WantedLink, *, reach: Reach = EVERYTHING, actor: str = "") -> dict[str, Any]:
        """Make a link; `url` in the answer has the secret, which is not shown again.

        With `account_id` it connects that account again. Raises InvalidRequest for what does not fit together, NotFound
        for an account that is not there or not within reach, Forbidden for a tenant that is not, Conflict when the
        deployment has no app at the vendor.
        """
        account = self._find(wanted, reach)
        if account is None:
            check_may_make_accounts(reach)
        vendor = self._accounts.choose_integration(account.integration if account else wanted.integration)
        if vendor.auth.type != "oauth2":
            raise InvalidRequest(f"{vendor.title} is not connected by a person's consent, but by keys.")
        if account is not None:
            _check_again(account, wanted)
        self._accounts.authorizations.links.check_app(vendor)
        now = self._deployment.clock()
        link = LinkToken(
            LinkTokenId(str(uuid4())),
            account.tenant_id if account else _choose_tenant(reach, wanted),
            account.id if account else None,
            vendor.name,
            account.name if account else check_name(wanted.name or USUAL_NAME),
            check_external_id(wanted.external_id) or "",
            check_metadata(wanted.metadata),
            check_return_url(self._deployment.settings, wanted.redirect_uri, "redirect_uri"),
            account.is_read_only if account else wanted.read_only,
            now,
            now + LIFETIME_SECONDS,
        )
        return self._store(link, actor)

    def list(
        self, limit: int = answers.USUAL_PART, next_cursor: str = "", *, reach: Reach = EVERYTHING
    ) -> dict[str, Any]:
        """Return the link tokens within reach, from the oldest on, without their secrets."""
        records = self._stores.records
        return answers.read_part(
            lambda after, count: records.list_link_tokens(after, count, reach),
            self._show,
            limit,
            next_cursor,
        )

    def revoke(self, link_id: str, *, reach: Reach = EVERYTHING, actor: str = "") -> dict[str, Any]:
        """Revoke a link by its id; who is on the way with it cannot finish. Raises NotFound."""
        details = {"tenant_id": reach.tenant_id} if reach.tenant_id else {}
        audit = AuditEntry(self._deployment.clock(), actor, "link_token.revoked", link_id, details)
        if not self._stores.records.delete_link_token(LinkTokenId(link_id), audit, reach):
            raise NotFound("There is no such link token.")
        return {"id": link_id}

    def _find(self, wanted: WantedLink, reach: Reach) -> Account | None:
        """Return the account to connect again. Raises NotFound for one that is out of reach or of another tenant."""
        if wanted.account_id is None:
            return None
        account = self._accounts.find(wanted.account_id)
        if not is_within(reach, account) or wanted.tenant_id not in (None, account.tenant_id):
            raise refuse_unknown_account()
        return account

    def _store(self, link: LinkToken, actor: str) -> dict[str, Any]:
        secret, shown = make_secret(PREFIX), self._show(link)
        details = {name: shown[name] for name in ("tenant_id", "integrated_account_id", "name", "read_only")}
        audit = AuditEntry(link.created_at, actor, "link_token.created", link.id, details)
        token_hash = self._deployment.keys.hash_token(secret)
        if not self._stores.records.add_link_token(link, token_hash, audit):
            raise refuse_unknown_account()
        return {**shown, "url": f"{self._deployment.settings.public_url}{LINK_PATH}/{secret}"}

    def _show(self, link: LinkToken) -> dict[str, Any]:
        is_over = link.expires_at <= self._deployment.clock()
        return {
            "id": link.id,
            "tenant_id": link.tenant_id,
            "integration": link.integration,
            "integrated_account_id": link.account_id,
            "name": link.name,
            "external_id": link.external_id or None,
            "metadata": dict(link.metadata),
            "redirect_uri": link.redirect_uri or None,
            "read_only": link.is_read_only,
            "status": "used" if link.used_at is not None else "expired" if is_over else "open",
            "created_at": answers.format_time(link.created_at),
            "expires_at": answers.format_time(link.expires_at),
            "used_at": answers.format_time(link.used_at),
        }


def _choose_tenant(reach: Reach, wanted: WantedLink) -> TenantId:
    named = None if wanted.tenant_id is None else check_tenant_id(wanted.tenant_id)
    return choose_tenant(reach, named) or DEFAULT_TENANT


def _check_again(account: Account, wanted: WantedLink) -> None:
    """Raise InvalidRequest for what a link that connects an account again cannot change."""
    if wanted.integration not in ("", account.integration):
        raise InvalidRequest(
            f"The account {account.name!r} belongs to {account.integration}.", advice="Leave integration out."
        )
    if wanted.read_only and not account.is_read_only:
        raise InvalidRequest(
            "An account that can write does not become read only by being connected again.",
            advice="Set read_only of the integrated account, or leave account_id out for a new one.",
        )
