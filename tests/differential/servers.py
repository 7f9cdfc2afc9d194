"""The same tools behind the SDK's own server and behind ours, both called as ASGI applications in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp_types import methods
from pydantic import ValidationError

from runtime.errors import VendorRefused
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server.methods import FRESH_FOR_MS
from runtime.mcp_server.protocol import HANDSHAKE_REVISIONS
from runtime.mcp_server.replies import RESOURCE_NOT_FOUND
from runtime.mcp_server.request import LOOPBACK, Gate
from runtime.mcp_server.risk_levels import show_risk
from runtime.mcp_server.toolset import Toolset
from tests.differential.requests import Request
from tests.mcp_server.stand import GUIDANCE, TOKEN, TOOLS, FakeCalls, Response, Stand, ask_in_loop

FAILURE = "There is no invoice 'failing'."


@dataclass(frozen=True)
class Outcome:
    """What a server answered, as far as it must be alike. `said` is for people: "200 result", "400 -32602", "202"."""

    said: str
    result: Any = None


def answer(name: str, arguments: dict[str, Any]) -> Answer:
    """What a tool answers on both sides."""
    if arguments.get("id") == "failing":
        return Answer(status=404, error=VendorRefused(FAILURE))
    return Answer(f"{name} {len(arguments)}")


def our_server() -> Any:
    """Our endpoint, on loopback."""
    return Stand(calls=FakeCalls(answer=answer), gate=Gate(hosts=LOOPBACK)).endpoint


@asynccontextmanager
async def sdk_server() -> Any:
    """The SDK's low-level server, stateless and with JSON answers, as an ASGI application."""
    server = Server(
        "ledgerport",
        version="0.1.0",
        title="Books: Elm Street Bakery",
        instructions=GUIDANCE,
        on_list_tools=_list,
        on_call_tool=_call,
        on_list_resources=_resources,
        on_list_resource_templates=_templates,
        on_read_resource=_read_resource,
        cache_hints={
            "tools/list": CacheHint(FRESH_FOR_MS, "private"),
            "server/discover": CacheHint(FRESH_FOR_MS, "private"),
            "resources/list": CacheHint(0, "private"),
            "resources/templates/list": CacheHint(0, "private"),
        },
    )
    hosts = [name if ":" not in name else f"[{name}]" for name in LOOPBACK]
    security = TransportSecuritySettings(
        allowed_hosts=[*hosts, *(f"{host}:*" for host in hosts)],
        allowed_origins=[f"http://{host}{port}" for host in hosts for port in ("", ":*")],
    )
    manager = StreamableHTTPSessionManager(
        server, json_response=True, stateless=True, security_settings=security
    )
    async with manager.run():
        yield manager.handle_request


async def _list(context: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    if params is not None and params.cursor is not None:
        raise MCPError(code=types.INVALID_PARAMS, message="Unknown cursor")
    return types.ListToolsResult(
        tools=[types.Tool.model_validate(json.loads(show_risk(tool))) for tool in TOOLS]
    )


async def _resources(context: Any, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
    if params is not None and params.cursor is not None:
        raise MCPError(code=types.INVALID_PARAMS, message="Unknown cursor")
    return types.ListResourcesResult(resources=[])


async def _templates(
    context: Any, params: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    if params is not None and params.cursor is not None:
        raise MCPError(code=types.INVALID_PARAMS, message="Unknown cursor")
    return types.ListResourceTemplatesResult(resource_templates=[])


async def _read_resource(context: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    is_modern = context.protocol_version not in HANDSHAKE_REVISIONS
    code = types.INVALID_PARAMS if is_modern else RESOURCE_NOT_FOUND
    raise MCPError(code=code, message="Resource not found")


async def _call(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
    if params.name not in {tool.name for tool in TOOLS}:
        unknown = Toolset({tool.name: tool for tool in TOOLS}).explain_unknown(params.name).as_text()
        return types.CallToolResult(content=[types.TextContent(text=unknown)], is_error=True)
    given = answer(params.name, params.arguments or {})
    text = given.error.message if given.error else given.text
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=given.error is not None)


async def outcome(request: Request, app: Callable[..., Any]) -> Outcome:
    """What a server answers to a request."""
    pieces = [request.body]
    response = await ask_in_loop(app, f"/mcp/{TOKEN}", request.verb, request.raw_headers(), pieces)
    return _read(request, response)


def _read(request: Request, response: Response) -> Outcome:
    try:
        message = response.json
    except ValueError:
        return Outcome(str(response.status))
    if "error" in message:
        problem = _problem(types.JSONRPCError, message)
        return Outcome(f"{response.status} {message['error']['code']}{problem}")
    return _read_result(request, response.status, message)


def _problem(model: Any, message: Any) -> str:
    try:
        model.model_validate(message)
    except ValidationError as error:
        return f" (not as the schema wants it: {error})"
    return ""


def _read_result(request: Request, status: int, message: dict[str, Any]) -> Outcome:
    """A result, held against the types of its revision and bared of what is ours alone."""
    problem = _problem(types.JSONRPCResponse, message)
    headers = dict(request.headers)
    version = headers.get("mcp-protocol-version", request.revision).strip()
    version = message["result"].get("protocolVersion", version)
    try:
        shaped = methods.serialize_server_result(
            request.method, version or request.revision, message["result"]
        )
    except (ValidationError, KeyError, ValueError) as error:
        return Outcome(f"{status} result that does not fit: {error!r}{problem}")
    meta = {key: value for key, value in shaped.pop("_meta", {}).items() if not key.startswith("ledgerport/")}
    return Outcome(f"{status} result{problem}", shaped | ({"_meta": meta} if meta else {}))
