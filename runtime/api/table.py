"""Every operation of the management door, in one table. The routes and the OpenAPI document are both made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.responses import Response

from runtime.api import handlers, shapes
from runtime.api.handlers import Asked, Door

Handler = Callable[[Door, Asked], Awaitable[Response]]


@dataclass(frozen=True)
class Operation:
    """One method on one path. The handler's docstring is its summary, its name its id."""

    method: str
    path: str
    handler: Handler
    answer: type[BaseModel]
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    is_public: bool = False
    calls_vendor: bool = False


ACCOUNT = "/integrated-account/{id}"
SERVER = ACCOUNT + "/mcp/{mcp_id}"

TABLE = (
    Operation(
        "POST",
        "/integrated-account",
        handlers.create_account,
        shapes.AccountToAuthorize,
        201,
        shapes.NewAccount,
    ),
    Operation(
        "GET", "/integrated-account", handlers.list_accounts, shapes.AccountList, query=shapes.PartQuery
    ),
    Operation("GET", ACCOUNT, handlers.get_account, shapes.AccountShape),
    Operation("DELETE", ACCOUNT, handlers.delete_account, shapes.Deleted),
    Operation("POST", ACCOUNT + "/connect", handlers.connect_account, shapes.AccountToAuthorize),
    Operation(
        "POST", ACCOUNT + "/mcp", handlers.create_mcp_server, shapes.McpServerOnce, 201, shapes.NewMcpServer
    ),
    Operation(
        "GET", ACCOUNT + "/mcp", handlers.list_mcp_servers, shapes.McpServerList, query=shapes.PartQuery
    ),
    Operation("GET", SERVER, handlers.get_mcp_server, shapes.McpServerShape),
    Operation(
        "PATCH", SERVER, handlers.change_mcp_server, shapes.McpServerShape, body=shapes.McpServerChange
    ),
    Operation("DELETE", SERVER, handlers.delete_mcp_server, shapes.Deleted),
    Operation("GET", ACCOUNT + "/tools", handlers.list_tools, shapes.ToolList, query=shapes.ToolsQuery),
    Operation(
        "POST",
        ACCOUNT + "/tools/{tool}",
        handlers.call_tool,
        shapes.Arguments,
        body=shapes.Arguments,
        calls_vendor=True,
    ),
    Operation("POST", "/api-token", handlers.create_api_token, shapes.ApiTokenOnce, 201, shapes.NewApiToken),
    Operation("GET", "/api-token", handlers.list_api_tokens, shapes.ApiTokenList, query=shapes.PartQuery),
    Operation("DELETE", "/api-token/{token_id}", handlers.revoke_api_token, shapes.Deleted),
    Operation("GET", "/healthz", handlers.health, shapes.Health, is_public=True),
)
