"""Every operation of the management API, in one table. The routes and the OpenAPI document are both made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import BaseModel
from starlette.responses import Response

from runtime.api import (
    answer_shapes,
    call_log,
    connections,
    handlers,
    journal,
    limit_shapes,
    probes,
    server_tokens,
    shapes,
    tenants,
    token_shapes,
    webhooks,
)
from runtime.api.handlers import ApiRequest, Services
from runtime.model import ScopeName
from runtime.operations.scopes import (
    ADMIN,
    CALL_TOOLS,
    READ_ACCOUNTS,
    READ_JOURNAL,
    READ_LOG,
    READ_METRICS,
    READ_SERVERS,
    WRITE_ACCOUNTS,
    WRITE_SERVERS,
)

Handler = Callable[[Services, ApiRequest], Awaitable[Response]]


@dataclass(frozen=True)
class Operation:
    """One method on one path. The handler's docstring is its summary, its name its id.

    `scope` is what an API token needs for it, for the integrated account that is `{id}` in its path. With None the
    operation is public: it is answered without a token.
    """

    method: str
    path: str
    handler: Handler
    answer: type[BaseModel] | None = None
    """The shape of its JSON; None for plain text."""
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    calls_vendor: bool = False
    has_location: bool = False
    """Whether its answer says in Location where what it made can be read."""
    tag: str = field(kw_only=True)
    """The group that it stands in, one of TAGS."""
    scope: ScopeName | None = field(kw_only=True)
    is_for_all_tenants: bool = False
    """Whether a token that is bound to a tenant may not ask for it."""

    @property
    def is_public(self) -> bool:
        """Whether it is answered without an API token."""
        return self.scope is None

    @property
    def takes_key(self) -> bool:
        """Whether a repeat under the same Idempotency-Key has the same answer: a tool call sees to its key itself."""
        return self.method == "POST" and self.body is not shapes.Arguments


ACCOUNTS, LINK_TOKENS, SERVERS, TOOLS, JOURNAL, CALL_LOG, TENANTS, API_TOKENS, WEBHOOKS, DEPLOYMENT = (
    "Integrated accounts",
    "Link tokens",
    "MCP servers",
    "Tools",
    "Journal",
    "Call log",
    "Tenants",
    "API tokens",
    "Webhooks",
    "Deployment",
)
TAGS = {
    ACCOUNTS: "Companies, each with its connection to a vendor.",
    LINK_TOKENS: "Links at which customers of a platform connect a company.",
    SERVERS: "The secret URLs of an integrated account, each with its access filter.",
    TOOLS: "The tools of an integrated account, called without MCP.",
    JOURNAL: "The writes of an integrated account, each with what it came to.",
    CALL_LOG: "Every call of a tool, for a set time.",
    TENANTS: "Whose the integrated accounts are, and what each may have.",
    API_TOKENS: "What programs prove themselves by at this API.",
    WEBHOOKS: "Addresses that are informed of events, signed by Standard Webhooks 1.0. Each event is delivered at "
    "least once, and in no certain order: webhook-id says which it is.",
    DEPLOYMENT: "How the deployment is.",
}

ACCOUNT = "/integrated-account/{id}"
SERVER = ACCOUNT + "/mcp/{mcp_id}"
WEBHOOK = "/webhook/{webhook_id}"

TABLE = (
    Operation(
        "POST",
        "/integrated-account",
        handlers.create_account,
        shapes.AccountToAuthorize,
        201,
        shapes.NewAccount,
        has_location=True,
        tag=ACCOUNTS,
        scope=WRITE_ACCOUNTS,
    ),
    Operation(
        "GET",
        "/integrated-account",
        handlers.list_accounts,
        shapes.AccountList,
        query=shapes.AccountQuery,
        tag=ACCOUNTS,
        scope=READ_ACCOUNTS,
    ),
    Operation("GET", ACCOUNT, handlers.get_account, shapes.AccountShape, tag=ACCOUNTS, scope=READ_ACCOUNTS),
    Operation(
        "DELETE",
        ACCOUNT,
        handlers.delete_account,
        connections.DeletedAccount,
        tag=ACCOUNTS,
        scope=WRITE_ACCOUNTS,
    ),
    Operation(
        "PATCH",
        ACCOUNT,
        handlers.change_account,
        shapes.AccountShape,
        body=limit_shapes.AccountChange,
        tag=ACCOUNTS,
        scope=WRITE_ACCOUNTS,
    ),
    Operation(
        "GET", ACCOUNT + "/usage", handlers.read_usage, limit_shapes.Usage, tag=ACCOUNTS, scope=READ_ACCOUNTS
    ),
    Operation(
        "POST",
        ACCOUNT + "/connect",
        handlers.connect_account,
        shapes.AccountToAuthorize,
        body=shapes.ToConnect,
        tag=ACCOUNTS,
        scope=WRITE_ACCOUNTS,
    ),
    Operation(
        "POST",
        ACCOUNT + "/disconnect",
        connections.disconnect_account,
        connections.DisconnectedAccount,
        tag=ACCOUNTS,
        scope=WRITE_ACCOUNTS,
    ),
    Operation(
        "POST",
        ACCOUNT + "/test",
        connections.test_account,
        connections.ConnectionTest,
        tag=ACCOUNTS,
        scope=WRITE_ACCOUNTS,
    ),
    Operation(
        "POST",
        "/link-token",
        connections.create_link_token,
        connections.LinkTokenOnce,
        201,
        connections.NewLinkToken,
        tag=LINK_TOKENS,
        scope=WRITE_ACCOUNTS,
    ),
    Operation(
        "GET",
        "/link-token",
        connections.list_link_tokens,
        connections.LinkTokenList,
        query=shapes.PartQuery,
        tag=LINK_TOKENS,
        scope=READ_ACCOUNTS,
    ),
    Operation(
        "DELETE",
        "/link-token/{link_id}",
        connections.revoke_link_token,
        shapes.Deleted,
        tag=LINK_TOKENS,
        scope=WRITE_ACCOUNTS,
    ),
    Operation(
        "POST",
        ACCOUNT + "/mcp",
        handlers.create_mcp_server,
        shapes.McpServerOnce,
        201,
        shapes.NewMcpServer,
        has_location=True,
        tag=SERVERS,
        scope=WRITE_SERVERS,
    ),
    Operation(
        "GET",
        ACCOUNT + "/mcp",
        handlers.list_mcp_servers,
        shapes.McpServerList,
        query=shapes.PartQuery,
        tag=SERVERS,
        scope=READ_SERVERS,
    ),
    Operation(
        "GET", SERVER, handlers.get_mcp_server, shapes.McpServerListing, tag=SERVERS, scope=READ_SERVERS
    ),
    Operation(
        "PATCH",
        SERVER,
        handlers.change_mcp_server,
        shapes.McpServerListing,
        body=shapes.McpServerChange,
        tag=SERVERS,
        scope=WRITE_SERVERS,
    ),
    Operation(
        "POST",
        SERVER + "/rotate",
        server_tokens.rotate_mcp_server,
        shapes.McpServerOnce,
        body=server_tokens.Rotation,
        tag=SERVERS,
        scope=WRITE_SERVERS,
    ),
    Operation("DELETE", SERVER, handlers.delete_mcp_server, shapes.Deleted, tag=SERVERS, scope=WRITE_SERVERS),
    Operation(
        "GET",
        ACCOUNT + "/tools",
        handlers.list_tools,
        shapes.ToolList,
        query=shapes.ToolsQuery,
        tag=TOOLS,
        scope=CALL_TOOLS,
    ),
    Operation(
        "POST",
        ACCOUNT + "/tools/{tool}",
        handlers.call_tool,
        answer_shapes.ToolAnswer,
        body=shapes.Arguments,
        calls_vendor=True,
        tag=TOOLS,
        scope=CALL_TOOLS,
    ),
    Operation(
        "GET",
        ACCOUNT + "/journal",
        journal.list_journal,
        journal.JournalPart,
        query=journal.JournalQuery,
        tag=JOURNAL,
        scope=READ_JOURNAL,
    ),
    Operation(
        "GET",
        ACCOUNT + "/journal/{entry_id}",
        journal.get_journal_entry,
        journal.WholeEntryShape,
        tag=JOURNAL,
        scope=READ_JOURNAL,
    ),
    Operation(
        "POST",
        ACCOUNT + "/journal/{entry_id}/revert",
        journal.revert_journal_entry,
        journal.RevertShape,
        body=journal.RevertBody,
        calls_vendor=True,
        tag=JOURNAL,
        scope=ADMIN,
    ),
    Operation(
        "GET",
        "/tenant",
        tenants.list_tenants,
        tenants.TenantList,
        query=shapes.PartQuery,
        tag=TENANTS,
        scope=ADMIN,
        is_for_all_tenants=True,
    ),
    Operation(
        "GET",
        "/tenant/{tenant_id}",
        tenants.get_tenant,
        tenants.TenantShape,
        tag=TENANTS,
        scope=ADMIN,
        is_for_all_tenants=True,
    ),
    Operation(
        "PATCH",
        "/tenant/{tenant_id}",
        tenants.change_tenant,
        tenants.TenantShape,
        body=tenants.TenantChange,
        tag=TENANTS,
        scope=ADMIN,
        is_for_all_tenants=True,
    ),
    Operation(
        "GET",
        "/tenant/{tenant_id}/people",
        tenants.list_people,
        tenants.PeopleShape,
        tag=TENANTS,
        scope=ADMIN,
        is_for_all_tenants=True,
    ),
    Operation(
        "POST",
        "/api-token",
        handlers.create_api_token,
        token_shapes.ApiTokenOnce,
        201,
        token_shapes.NewApiToken,
        tag=API_TOKENS,
        scope=ADMIN,
    ),
    Operation(
        "GET",
        "/api-token",
        handlers.list_api_tokens,
        token_shapes.ApiTokenList,
        query=shapes.PartQuery,
        tag=API_TOKENS,
        scope=ADMIN,
    ),
    Operation(
        "DELETE",
        "/api-token/{token_id}",
        handlers.revoke_api_token,
        shapes.Deleted,
        tag=API_TOKENS,
        scope=ADMIN,
    ),
    Operation(
        "POST",
        "/webhook",
        webhooks.create_webhook,
        webhooks.WebhookOnce,
        201,
        webhooks.NewWebhook,
        has_location=True,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation(
        "GET",
        "/webhook",
        webhooks.list_webhooks,
        webhooks.WebhookList,
        query=webhooks.WebhooksQuery,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation("GET", WEBHOOK, webhooks.get_webhook, webhooks.WebhookShape, tag=WEBHOOKS, scope=ADMIN),
    Operation(
        "PATCH",
        WEBHOOK,
        webhooks.change_webhook,
        webhooks.WebhookShape,
        body=webhooks.WebhookChangeBody,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation("DELETE", WEBHOOK, webhooks.delete_webhook, shapes.Deleted, tag=WEBHOOKS, scope=ADMIN),
    Operation(
        "POST",
        WEBHOOK + "/rotate-secret",
        webhooks.rotate_webhook_secret,
        webhooks.WebhookOnce,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation(
        "POST", WEBHOOK + "/test", webhooks.test_webhook, webhooks.DeliveryShape, tag=WEBHOOKS, scope=ADMIN
    ),
    Operation(
        "GET",
        WEBHOOK + "/deliveries",
        webhooks.list_deliveries,
        webhooks.DeliveryList,
        query=shapes.PartQuery,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation(
        "POST",
        WEBHOOK + "/deliveries/{delivery_id}/resend",
        webhooks.resend_delivery,
        webhooks.DeliveryShape,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation(
        "GET",
        "/log",
        call_log.list_calls,
        call_log.CallLogPart,
        query=call_log.CallLogQuery,
        tag=CALL_LOG,
        scope=READ_LOG,
    ),
    Operation(
        "GET", "/metrics", call_log.read_metrics, tag=DEPLOYMENT, scope=READ_METRICS, is_for_all_tenants=True
    ),
    Operation("GET", "/healthz", probes.check_alive, probes.Alive, tag=DEPLOYMENT, scope=None),
    Operation("GET", "/readyz", probes.check_ready, probes.Ready, tag=DEPLOYMENT, scope=None),
)
