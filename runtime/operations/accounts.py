"""Integrated accounts: made, connected, listed and ended.

Called by `api.handlers` and `commands.connect`. When one is connected, `connect` has its credentials and MCP servers
are made for it. Of what an account stores, credentials are never answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from generator.suggestions import did_you_mean
from generator.usual_integration import find_usual
from generator.vendor import AccountField, Integration
from runtime.connect.authorize import Authorizations
from runtime.connect.new_account import make_account
from runtime.connect.return_urls import check_return_url
from runtime.connect.sealing import seal_credentials
from runtime.connect.tokens import AccessTokens
from runtime.deployment import Deployment
from runtime.errors import InvalidRequest
from runtime.model import Account, AccountId, AuditEntry, Credentials
from runtime.operations import answers
from runtime.operations.account_endings import AccountEndings
from runtime.operations.account_fields import check_fields, fill_fields, list_wanted_fields
from runtime.operations.company_mapping.endings import count_mappings
from runtime.operations.names import (
    UNSET,
    Unset,
    check_external_id,
    check_metadata,
    check_name,
    check_tenant_id,
    refuse_unknown_account,
)
from runtime.operations.policy_config import read_budget
from runtime.operations.scopes import check_may_make_accounts, choose_tenant
from runtime.tenancy import DEFAULT_TENANT, EVERY_ACCOUNT, EVERYTHING, AccountFilter, Reach, TenantId


@dataclass(frozen=True, slots=True)
class About:
    """What a platform says of an account: whose it is, what it is called there, and its notes."""

    tenant_id: str | None = None
    external_id: str | Unset | None = UNSET
    metadata: Mapping[str, str] | Unset | None = UNSET
    return_url: str = ""
    """Where the browser goes when it is connected; empty for a page of ours."""
    read_only: bool = False


NOTHING_SAID = About()


class Accounts:
    """Makes, connects, lists and ends integrated accounts. `actor` is who does it, for the audit."""

    def __init__(
        self,
        deployment: Deployment,
        tokens: AccessTokens,
    ) -> None:
        self.deployment, self._stores = deployment, deployment.stores
        self.tokens = tokens
        self.authorizations = Authorizations(deployment, tokens)
        self._endings = AccountEndings(deployment, tokens)

    def create(
        self,
        name: str,
        integration: str = "",
        fields: Mapping[str, str] | None = None,
        *,
        about: About = NOTHING_SAID,
        reach: Reach = EVERYTHING,
        actor: str = "",
    ) -> dict[str, Any]:
        """Make an account. By OAuth it is connecting, and `authorize_url` is to be opened by a person within ten

        minutes; without a person's consent `fields` hold what the vendor wants, and it is active at once.

        Raises InvalidRequest for an unknown integration or a field that is missing, unknown or out of form, Forbidden
        where `reach` does not let it be made, LimitReached and Conflict.
        """
        check_may_make_accounts(reach)
        tenant_id = choose_account_tenant(reach, about)
        chosen = self.choose_integration(integration)
        account = make_account(self.deployment, chosen, check_name(name), is_read_only=about.read_only)
        account = self._lay(replace(account, tenant_id=tenant_id), about)
        return_url = check_return_url(self.deployment.settings, about.return_url)
        credentials = Credentials()
        if chosen.auth.uses_app:
            self.authorizations.links.check_app(chosen)
        check_fields(chosen, fields or {})
        if chosen.auth.type != "oauth2":
            account, credentials = fill_fields(chosen, account, fields or {})
        account = replace(account, sealed=seal_credentials(self.deployment.keys, account.id, credentials))
        audit = AuditEntry(account.created_at, actor, "account.created", account.id, _described(account))
        self._stores.records.add_account(account, audit)
        if account.status == "active":
            return answers.show_account(account)
        return {
            **answers.show_account(account),
            "authorize_url": self.authorizations.links.begin(account, return_url),
        }

    def list_wanted_fields(self, integration: str = "") -> tuple[AccountField, ...]:
        """Return the fields that `create` wants; none where a person agrees. Raises InvalidRequest as it does."""
        return list_wanted_fields(self.choose_integration(integration))

    def connect(self, account_id: str, *, return_url: str = "", actor: str = "") -> dict[str, Any]:
        """Return a fresh `authorize_url` for an account: to connect it, or to connect it again. Raises NotFound."""
        account = self._find(account_id)
        return_url = check_return_url(self.deployment.settings, return_url)
        if self.deployment.catalog().integrations[account.integration].auth.type != "oauth2":
            raise InvalidRequest(
                "This account is connected by its fields, not by a person's consent.",
                advice="Replace its keys: PUT /integrated-account/{id}/keys, or on the page of its connection.",
            )
        authorize_url = self.authorizations.links.begin(account, return_url)
        audit = AuditEntry(
            self.deployment.clock(), actor, "account.connect_started", account.id, _described(account)
        )
        self._stores.records.add_audit(audit)
        return {**answers.show_account(account), "authorize_url": authorize_url}

    def list(
        self,
        limit: int = answers.USUAL_PART,
        next_cursor: str = "",
        wanted: AccountFilter = EVERY_ACCOUNT,
    ) -> dict[str, Any]:
        """Return the accounts that are wanted, from the oldest on."""
        records = self._stores.records
        return answers.read_part(
            lambda after, count: records.list_accounts(after, count, wanted),
            answers.show_account,
            limit,
            next_cursor,
        )

    def get(self, account_id: str) -> dict[str, Any]:
        """One account. Raises NotFound."""
        return answers.show_account(self._find(account_id))

    def change(
        self,
        account_id: str,
        *,
        name: str | None = None,
        budget: Mapping[str, Any] | Unset | None = UNSET,
        about: About = NOTHING_SAID,
        is_read_only: bool | None = None,
        actor: str = "",
    ) -> dict[str, Any]:
        """Change what is mentioned of an account. Raises NotFound, InvalidRequest and Conflict.

        Once `is_read_only` is stored, no process has a tool that writes for it, and nothing that waits is carried out.
        """
        now = self.deployment.clock()

        def changed(account: Account) -> Account:
            if name is not None:
                account = replace(account, name=check_name(name))
            if not isinstance(budget, Unset):
                account = replace(account, budget=read_budget(budget, "budget"))
            if is_read_only is not None:
                account = replace(account, is_read_only=is_read_only)
            return replace(self._lay(account, about), updated_at=now)

        audit = AuditEntry(now, actor, "account.changed", account_id)
        found = self._stores.records.change_account(AccountId(account_id), changed, audit, _describe_changes)
        return answers.show_account(self._check(found))

    def find(self, account_id: str) -> Account:
        """Return the account itself, for a thread that may wait. Raises NotFound."""
        return self._find(account_id)

    async def look_up(self, account_id: str) -> Account | None:
        """Return the account itself; None where there is none."""
        return await self._stores.look_up.find_account(AccountId(account_id))

    async def fetch(self, account_id: str) -> Account:
        """Return the account itself, for an endpoint that calls its tools. Raises NotFound."""
        return self._check(await self.look_up(account_id))

    async def disconnect(self, account_id: str, *, actor: str = "") -> dict[str, Any]:
        """End the connection of an account and its MCP servers; it stays listed, with its journal.

        Answers the account with `revoked`, which is `proved` when the vendor refuses the former access token,
        `revoked_reason`, and how many company mappings were deleted with it. Raises NotFound.
        """
        async with self.tokens.lock(AccountId(account_id)):
            account = await self.fetch(account_id)
            mappings = await count_mappings(self.deployment, account.id)
            found = await self._endings.disconnect(
                account, self._audit(actor, "account.disconnected", account)
            )
        shown = answers.show_account(await self.fetch(account_id))
        ended = {"revoked": found.revoked, "revoked_reason": found.reason}
        return shown | ended | {"company_mappings_deleted": mappings}

    async def delete(self, account_id: str, *, actor: str = "") -> dict[str, Any]:
        """Forget an account with its MCP servers, and end its connection at the vendor unless another account

        has the same company. Raises NotFound.
        """
        async with self.tokens.lock(AccountId(account_id)):
            account = await self.fetch(account_id)
            ended: dict[str, Any] = {
                "company_mappings_deleted": await count_mappings(self.deployment, account.id)
            }
            if account.status != "connecting":
                audit = self._audit(actor, "account.disconnected", account)
                found = await self._endings.disconnect(account, audit)
                ended |= {"revoked": found.revoked, "revoked_reason": found.reason}
            audit = self._audit(actor, "account.deleted", account)
            if not await self._stores.write(lambda: self._stores.records.delete_account(account.id, audit)):
                raise refuse_unknown_account()
            self.tokens.forget(account.id)
        return {"id": account.id, **ended}

    def _audit(self, actor: str, action: str, account: Account) -> AuditEntry:
        return AuditEntry(self.deployment.clock(), actor, action, account.id, _described(account))

    def _find(self, account_id: str) -> Account:
        return self._check(self._stores.read_account(AccountId(account_id)))

    def _check(self, account: Account | None) -> Account:
        if account is None or account.integration not in self.deployment.catalog().integrations:
            raise refuse_unknown_account()
        return account

    def choose_integration(self, name: str) -> Integration:
        """Return the integration with this name; for an empty one the only one, or that of the books.

        Raises InvalidRequest.
        """
        known = self.deployment.catalog().integrations
        name = name or find_usual({each.name: each.system for each in known.values()})
        if name not in known:
            raise InvalidRequest(
                f'There is no integration "{name[:80]}". {did_you_mean(name, known)}'.rstrip() if name
                else "integration must say which vendor to connect.",
                advice=f"Integrations: {', '.join(known)}.",
            )  # fmt: skip
        return known[name]

    def _lay(self, account: Account, about: About) -> Account:
        """Return an account with what its platform says of it. Raises InvalidRequest."""
        if not isinstance(about.external_id, Unset):
            account = replace(account, external_id=check_external_id(about.external_id))
        if not isinstance(about.metadata, Unset):
            account = replace(account, metadata=check_metadata(about.metadata or {}))
        return account


def choose_account_tenant(reach: Reach, about: About) -> TenantId:
    """Return whose account is made. Raises Forbidden where `reach` does not let it be of that tenant."""
    named = None if about.tenant_id is None else check_tenant_id(about.tenant_id)
    return choose_tenant(reach, named) or DEFAULT_TENANT


def _describe_changes(before: Account, after: Account) -> dict[str, Any]:
    """Return what the audit says of a change; empty where there is none."""
    pairs = {
        "name": (before.name, after.name),
        "budget": (before.budget.as_dict(), after.budget.as_dict()),
        "external_id": (before.external_id, after.external_id),
        "metadata": (before.metadata, after.metadata),
        "read_only": (before.is_read_only, after.is_read_only),
    }
    changes = {name: {"before": old, "after": new} for name, (old, new) in pairs.items() if old != new}
    return {"changes": changes} if changes else {}


def _described(account: Account) -> dict[str, Any]:
    """Return what the audit says of an account. Its fields are named only: some are keys."""
    shown = answers.show_account(account)
    names = (
        "name",
        "integration",
        "environment",
        "status",
        "company",
        "read_only",
        "tenant_id",
        "external_id",
    )
    return {name: shown[name] for name in names} | {"fields": sorted(account.fields)}
