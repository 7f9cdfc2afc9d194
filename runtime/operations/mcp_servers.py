"""MCP servers: one secret URL for one integrated account, with a filter on its tools and an end. Or one company of an
OAuth grant, which is listed, changed and ended here like any other.

Called by `api.handlers`. The MCP endpoint finds the grant of the URL by its token. The token is answered once, in
`token` and `url`, and stored as a hash. A filter that leaves no tool is refused, so that nobody hands out a URL at
which nothing works.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, get_args
from uuid import uuid4

from generator.catalog import METHOD_CLASSES, Tool, select
from generator.suggestions import did_you_mean
from generator.vendor import Integration
from runtime.deployment import Deployment
from runtime.errors import InvalidRequest, NotFound
from runtime.keys.crypto import make_secret
from runtime.model import (
    Account,
    AccountId,
    AuditEntry,
    McpServer,
    McpServerId,
    RateLimitStyle,
    ServerConfig,
    ToolExposure,
    UntrustedText,
)
from runtime.networks import check_networks
from runtime.operations import answers
from runtime.operations.approval_config import read_approval_rule
from runtime.operations.exposure import ListingOf
from runtime.operations.names import UNSET, Unset, check_expiry, check_name, refuse_unknown_account
from runtime.operations.policy_config import read_budget, read_policies, read_time_zone

PREFIX = "lpm_"
CHOICES: dict[str, tuple[str, ...]] = {
    "rate_limit_style": get_args(RateLimitStyle),
    "tool_exposure": get_args(ToolExposure),
    "untrusted_text": get_args(UntrustedText),
}
"""What each switch of a config may be set to."""
METHOD_WORDS = tuple(sorted({*METHOD_CLASSES.values(), "custom"}))


class McpServers:
    """Makes, changes, lists and ends MCP servers. `actor` is who does it, for the audit."""

    def __init__(
        self,
        deployment: Deployment,
        *,
        listing: ListingOf | None = None,
    ) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self._listing = listing

    def create(
        self,
        account_id: str,
        name: str,
        config: Mapping[str, Any] | None = None,
        expires_at: str | None = None,
        *,
        actor: str = "",
    ) -> dict[str, Any]:
        """Make an MCP server; `token` and `url` in the answer are not shown again. `listing` says what it lists.

        Raises NotFound for an unknown account, InvalidRequest for a filter that leaves no tool or a bad expiry, and
        LimitReached.
        """
        now = self._deployment.clock()
        account = self._find_account(account_id)
        chosen = self._checked(account, ServerConfig(), config or {})
        expiry = check_expiry(expires_at, now)
        secret = make_secret(PREFIX)
        server = McpServer(McpServerId(str(uuid4())), account.id, check_name(name), chosen, expiry, now, now)
        audit = self._audit(actor, "mcp_server.created", server.id, account_id, _described(server))
        token_hash = self._deployment.keys.hash_token(secret)
        limited = account.tenant_id if account.tenant_limits.mcp_servers else None
        if not self._stores.records.add_mcp_server(server, token_hash, audit, limited):
            raise refuse_unknown_account()
        return {**self._shown(server, account), **show_secret(self._deployment.settings.public_url, secret)}

    def list(self, account_id: str, limit: int = answers.USUAL_PART, next_cursor: str = "") -> dict[str, Any]:
        """Return the MCP servers of an account, from the oldest on. Raises NotFound for an unknown account."""
        owner, now = self._find_account(account_id).id, self._deployment.clock()
        part = answers.read_part(
            lambda after, count: self._stores.records.list_mcp_servers(owner, after, count, now),
            answers.show_server,
            limit,
            next_cursor,
        )
        granted = self._stores.records.find_granted_by([each["id"] for each in part["result"]])
        for each in part["result"]:
            each["oauth"] = granted.get(each["id"])
        return part

    def get(self, account_id: str, server_id: str) -> dict[str, Any]:
        """One MCP server, with what its URL lists.

        Raises NotFound when there is none, it has expired, or it is of another account.
        """
        found = self._stores.records.find_mcp_server(
            AccountId(account_id), McpServerId(server_id), self._deployment.clock()
        )
        if found is None:
            raise refuse_unknown_server()
        return self._shown(found)

    def change(
        self,
        account_id: str,
        server_id: str,
        *,
        name: str | Unset = UNSET,
        config: Mapping[str, Any] | Unset = UNSET,
        expires_at: str | Unset | None = UNSET,
        actor: str = "",
    ) -> dict[str, Any]:
        """Change what is mentioned; `config` is laid over the present one key by key, `expires_at` None clears.

        Raises NotFound, and InvalidRequest where `create` does.
        """
        now = self._deployment.clock()

        def changed(server: McpServer) -> McpServer:
            if not isinstance(name, Unset):
                server = replace(server, name=check_name(name))
            if not isinstance(config, Unset):
                chosen = self._checked(self._find_account(account_id), server.config, config)
                server = replace(server, config=chosen)
            if not isinstance(expires_at, Unset):
                server = replace(server, expires_at=check_expiry(expires_at, now))
            return replace(server, updated_at=now)

        def changed_at_all(server: McpServer) -> McpServer:
            after = changed(server)
            return after if _changes(server, after) else server

        audit = self._audit(actor, "mcp_server.changed", server_id, account_id)
        found = self._stores.records.change_mcp_server(
            AccountId(account_id),
            McpServerId(server_id),
            changed_at_all,
            audit,
            lambda before, after: {"changes": _changes(before, after)},
        )
        if found is None:
            raise refuse_unknown_server()
        return self._shown(found)

    def delete(self, account_id: str, server_id: str, *, actor: str = "") -> dict[str, Any]:
        """End an MCP server: the next request to its URL is a 404. Raises NotFound."""
        audit = self._audit(actor, "mcp_server.deleted", server_id, account_id)
        owner, server = AccountId(account_id), McpServerId(server_id)
        if not self._stores.records.delete_mcp_server(owner, server, audit, _described):
            raise refuse_unknown_server()
        return {"id": server_id}

    def _shown(self, server: McpServer, account: Account | None = None) -> dict[str, Any]:
        """Return a server as answers show it, with what its URL lists, where somebody can say."""
        shown = answers.show_server(server)
        shown["oauth"] = self._stores.records.find_granted_by([server.id]).get(server.id)
        if self._listing is None:
            return shown
        owner = account or self._find_account(server.account_id)
        approval = owner.tenant_limits.approval + server.config.approval
        config = replace(server.config, is_read_only=owner.is_read_only, approval=approval)
        listing = self._listing(self._deployment.catalog(), owner.integration, config)
        return {**shown, "listing": listing.as_dict()}

    def _audit(
        self,
        actor: str,
        action: str,
        server_id: str,
        account_id: str,
        details: Mapping[str, Any] | None = None,
    ) -> AuditEntry:
        about = {"integrated_account_id": account_id, **(details or {})}
        return AuditEntry(self._deployment.clock(), actor, action, server_id, about)

    def _find_account(self, account_id: str) -> Account:
        """Return the account of an integration that is there. Raises NotFound."""
        account = self._stores.read_account(AccountId(account_id))
        if account is None or account.integration not in self._deployment.catalog().integrations:
            raise refuse_unknown_account()
        return account

    def _checked(self, account: Account, present: ServerConfig, change: Mapping[str, Any]) -> ServerConfig:
        """Return a config with a change laid over it. Raises InvalidRequest for what cannot hold."""
        integration = self._deployment.catalog().integrations[account.integration]
        tools = self._deployment.catalog().list_tools(integration.name)
        if "policies" in change:
            change = {**change, "policies": read_policies(change["policies"], integration, tools)}
        if "approval" in change:
            rule = read_approval_rule(change["approval"], "config.approval", "mcp_server", tools)
            change = {**change, "approval": rule}
        if "budget" in change:
            change = {**change, "budget": read_budget(change["budget"], "config.budget")}
        if "time_zone" in change:
            change = {**change, "time_zone": read_time_zone(change["time_zone"])}
        if "networks" in change:
            change = {**change, "networks": check_networks(change["networks"], "config.networks")}
        config = _merged(present, change)
        if config.tool_exposure == "short" and not self._deployment.catalog().has_short_tools(
            integration.name
        ):
            raise InvalidRequest(
                f"{integration.title} has no short tools.", advice="Set config.tool_exposure to auto or full."
            )
        check_filter(integration, tools, config.methods, config.tags)
        return config


def _described(server: McpServer) -> dict[str, Any]:
    """Return what the audit says of a server: everything that can be set, and no secret."""
    shown = answers.show_server(server)
    return {name: shown[name] for name in ("name", "config", "expires_at")}


def _changes(before: McpServer, after: McpServer) -> dict[str, Any]:
    """Return what differs between two states of a server: `{"config.tags": {"before": …, "after": …}}`."""
    old, new = _settings_of(before), _settings_of(after)
    return {name: {"before": old[name], "after": new[name]} for name in old if old[name] != new[name]}


def _settings_of(server: McpServer) -> dict[str, Any]:
    described = _described(server)
    config = described.pop("config")
    return described | {f"config.{name}": value for name, value in config.items()}


def check_filter(
    integration: Integration, tools: Iterable[Tool], methods: Iterable[str], tags: Iterable[str]
) -> tuple[Tool, ...]:
    """Return the tools that a filter leaves. Raises InvalidRequest for words that are unknown, or when none is
    left.
    """
    tools, methods, tags = tuple(tools), tuple(methods), tuple(tags)
    if tools and not methods and not tags:
        return tools
    known_methods = [*METHOD_WORDS, *sorted({tool.method for tool in tools})]
    known_tags = sorted({tag for tool in tools for tag in tool.tags})
    known = {"methods": known_methods, "tags": known_tags}
    problems = [
        f'{kind} has "{word[:80]}", which {integration.title} does not have. '
        f"{did_you_mean(word, known[kind])}".rstrip()
        for kind, words in (("methods", methods), ("tags", tags))
        for word in words
        if word not in known[kind]
    ]
    left = select(tools, methods, tags)
    if problems or not left:
        raise InvalidRequest(
            " ".join(problems[:10]) or "No tool has one of these methods and one of these tags.",
            advice=f"Methods: {', '.join(known_methods)}. Tags: {', '.join(known_tags)}.",
            details=known,
        )
    return left


DERIVED = ("is_read_only", "hides_money")
"""What follows from the account and from who calls, and is never set."""


def _merged(present: ServerConfig, change: Mapping[str, Any]) -> ServerConfig:
    """Return the config with the keys of `change` laid over it. Raises InvalidRequest for an unknown key or choice."""
    known = [each.name for each in fields(ServerConfig) if each.name not in DERIVED]
    for key in change:
        if key not in known:
            raise InvalidRequest(f'config has no "{key[:80]}". {did_you_mean(key, known)}'.rstrip())
        if key in CHOICES and change[key] not in CHOICES[key]:
            raise InvalidRequest(f"config.{key} is {' or '.join(CHOICES[key])}.")
    values: dict[str, Any] = {
        key: tuple(dict.fromkeys(value)) if isinstance(value, list | tuple) else value
        for key, value in change.items()
    }
    return replace(present, **values)


def show_secret(public_url: str, secret: str) -> dict[str, str]:
    """Return the token and URL of an MCP server, which are shown once."""
    return {"token": secret, "url": f"{public_url}/mcp/{secret}"}


def refuse_unknown_server() -> NotFound:
    """Return the error for an MCP server that is not there, has expired or is of another account: one for all."""
    return NotFound(
        "There is no such MCP server for this integrated account.",
        advice="The list of the account's MCP servers has the Ids that there are; an expired one is gone.",
    )
