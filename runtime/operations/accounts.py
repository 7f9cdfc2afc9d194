"""Integrated accounts: made, connected, listed and ended.

Called by `api.handlers` and `commands.connect`. When one is connected, `connect` has its credentials and MCP servers
are made for it. Of what an account stores, credentials are never answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from generator.suggestions import did_you_mean
from generator.vendor import AccountField, Integration
from runtime.connect.authorize import Authorizations
from runtime.connect.new_account import make_account
from runtime.connect.sealing import seal_credentials
from runtime.connect.tokens import AccessTokens
from runtime.deployment import Deployment
from runtime.errors import InvalidRequest
from runtime.model import Account, AccountId, AuditEntry, Credentials
from runtime.operations import answers
from runtime.operations.account_endings import AccountEndings
from runtime.operations.names import check_name, refuse_unknown_account
from runtime.operations.policy_config import read_budget

_LONGEST_FIELD = 4096
"""Characters of an account field: what a header field of ours may have."""


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
        read_only: bool = False,
        actor: str = "",
    ) -> dict[str, Any]:
        """Make an account. By OAuth it is connecting, and `authorize_url` is to be opened by a person within ten

        minutes; without a person's consent `fields` hold what the vendor wants, and it is active at once. Raises
        InvalidRequest for an unknown integration or a field that is missing, unknown or out of form.
        """
        chosen = self.choose_integration(integration)
        account = make_account(self.deployment, chosen, check_name(name), is_read_only=read_only)
        credentials = Credentials()
        if chosen.auth.uses_app:
            self.authorizations.links.check_app(chosen)
        _check_fields(chosen, fields or {})
        if chosen.auth.type != "oauth2":
            account, credentials = self._with_fields(chosen, account, fields or {})
        account = replace(account, sealed=seal_credentials(self.deployment.keys, account.id, credentials))
        audit = AuditEntry(account.created_at, actor, "account.created", account.id, _described(account))
        self._stores.records.add_account(account, audit)
        if account.status == "active":
            return answers.show_account(account)
        return {**answers.show_account(account), "authorize_url": self.authorizations.links.begin(account)}

    def list_wanted_fields(self, integration: str = "") -> tuple[AccountField, ...]:
        """Return the fields that `create` wants; none where a person agrees. Raises InvalidRequest as it does."""
        return _wanted_fields(self.choose_integration(integration))

    def connect(self, account_id: str, *, actor: str = "") -> dict[str, Any]:
        """Return a fresh `authorize_url` for an account: to connect it, or to connect it again. Raises NotFound."""
        account = self._find(account_id)
        if self.deployment.catalog().integrations[account.integration].auth.type != "oauth2":
            raise InvalidRequest(
                "This account is connected by its fields, not by a person's consent.",
                advice="Make a new integrated account with the new fields and delete this one.",
            )
        authorize_url = self.authorizations.links.begin(account)
        audit = AuditEntry(
            self.deployment.clock(), actor, "account.connect_started", account.id, _described(account)
        )
        self._stores.records.add_audit(audit)
        return {**answers.show_account(account), "authorize_url": authorize_url}

    def list(self, limit: int = answers.USUAL_PART, next_cursor: str = "") -> dict[str, Any]:
        """Return the accounts, from the oldest on."""
        return answers.read_part(self._stores.records.list_accounts, answers.show_account, limit, next_cursor)

    def get(self, account_id: str) -> dict[str, Any]:
        """One account. Raises NotFound."""
        return answers.show_account(self._find(account_id))

    def change(self, account_id: str, *, budget: Mapping[str, Any] | None, actor: str = "") -> dict[str, Any]:
        """Set the budget of an account. Raises NotFound and InvalidRequest."""
        account, wanted = self._find(account_id), read_budget(budget, "budget")
        if account.budget != wanted:
            changes = {"budget": {"before": account.budget.as_dict(), "after": wanted.as_dict()}}
            audit = AuditEntry(
                self.deployment.clock(), actor, "account.changed", account.id, {"changes": changes}
            )
            if not self._stores.records.set_budget(account.id, wanted, audit):
                raise refuse_unknown_account()
        return answers.show_account(self._find(account_id))

    def find(self, account_id: str) -> Account:
        """Return the account itself, for a thread that may wait. Raises NotFound."""
        return self._find(account_id)

    async def fetch(self, account_id: str) -> Account:
        """Return the account itself, for an endpoint that calls its tools. Raises NotFound."""
        return self._check(await self._stores.look_up.find_account(AccountId(account_id)))

    async def disconnect(self, account_id: str, *, actor: str = "") -> dict[str, Any]:
        """End the connection of an account and its MCP servers; it stays listed, with its journal.

        Answers the account with `revoked`, which is `proved` when the vendor refuses the former access token, and
        `revoked_reason`. Raises NotFound.
        """
        async with self.tokens.lock(AccountId(account_id)):
            account = await self.fetch(account_id)
            found = await self._endings.disconnect(
                account, self._audit(actor, "account.disconnected", account)
            )
        shown = answers.show_account(await self.fetch(account_id))
        return shown | {"revoked": found.revoked, "revoked_reason": found.reason}

    async def delete(self, account_id: str, *, actor: str = "") -> dict[str, Any]:
        """Forget an account with its MCP servers, and end its connection at the vendor unless another account

        has the same company. Raises NotFound.
        """
        async with self.tokens.lock(AccountId(account_id)):
            account = await self.fetch(account_id)
            ended = {}
            if account.status != "connecting":
                audit = self._audit(actor, "account.disconnected", account)
                found = await self._endings.disconnect(account, audit)
                ended = {"revoked": found.revoked, "revoked_reason": found.reason}
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
        """Return the integration with this name; the only one for an empty name. Raises InvalidRequest."""
        known = self.deployment.catalog().integrations
        if not name and len(known) == 1:
            return next(iter(known.values()))
        if name not in known:
            raise InvalidRequest(
                f'There is no integration "{name[:80]}". {did_you_mean(name, known)}'.rstrip() if name
                else "integration must say which vendor to connect.",
                advice=f"Integrations: {', '.join(known)}.",
            )  # fmt: skip
        return known[name]

    def _with_fields(
        self, integration: Integration, account: Account, given: Mapping[str, str]
    ) -> tuple[Account, Credentials]:
        secret = {each.name for each in integration.account_fields if each.secret}
        open_fields = {name: value for name, value in given.items() if name not in secret}
        company = next((given[each.name] for each in integration.account_fields if each.identifies), "")
        account = replace(account, status="active", fields=open_fields, company=company)
        return account, Credentials(secrets={name: given[name] for name in given if name in secret})


def _wanted_fields(integration: Integration) -> tuple[AccountField, ...]:
    """Return the fields that whoever makes an account gives; by OAuth the vendor says them all."""
    if integration.auth.type == "oauth2":
        return ()
    return tuple(each for each in integration.account_fields if not each.source)


def _check_fields(integration: Integration, given: Mapping[str, str]) -> None:
    wanted = _wanted_fields(integration)
    names = [each.name for each in wanted]
    problems = [
        f'fields has "{name[:80]}", which {integration.title} does not ask for. '
        f"{did_you_mean(name, names)}".rstrip()
        for name in given
        if name not in names
    ]
    for field in wanted:
        value = given.get(field.name, "")
        if not value:
            problems.append(f"fields.{field.name} is missing: {field.title}. {field.description}")
        elif not _is_in_form(field, value):
            problems.append(f"fields.{field.name} is not in the form of a {field.title}.")
    if problems:
        raise InvalidRequest(" ".join(problems[:20]), details={"fields": names})


def _is_in_form(field: AccountField, value: str) -> bool:
    """Whether a value fits, and could stand in a header field or an address without ending it."""
    is_plain = value.isascii() and value.isprintable() and len(value) <= _LONGEST_FIELD
    return is_plain and (not field.pattern or re.fullmatch(field.pattern, value, re.ASCII) is not None)


def _described(account: Account) -> dict[str, Any]:
    """Return what the audit says of an account. Its fields are named only: some are keys."""
    shown = answers.show_account(account)
    names = ("name", "integration", "environment", "status", "company", "read_only")
    return {name: shown[name] for name in names} | {"fields": sorted(account.fields)}
