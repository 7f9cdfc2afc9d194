"""A endpoint to knock at: hand-made tools, grants and calls, and requests straight into the ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.catalog import Call, Catalog, MethodClass, Returns, Risk, Tool
from generator.vendor import Auth, ErrorRules, Integration, Pagination, QueryLanguage, RateLimit, RateWindow
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server.endpoint import Access, McpEndpoint
from runtime.mcp_server.greeting import Identity
from runtime.mcp_server.methods import McpServices
from runtime.mcp_server.request import Gate
from runtime.model import Account, AccountId, Grant, McpServerId, ServerConfig, TokenHash
from runtime.operations.file_links import FileLinks
from runtime.safety.guesses import Guesses
from runtime.upstream.limits import Limits

TOKEN = "a-token-that-is-known"
WINDOW = RateWindow("minute", 500, 60)
LIMITS = Limits((WINDOW,), (499,), (60,))
LEGACY = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = "2026-07-28"
REVISIONS = (*LEGACY, MODERN)
PATIENCE = 0.05
"""Seconds before a client that waits for the end of an answer goes away."""
GUIDANCE = "The books of one company. Amounts are decimals."

RISKS: dict[str, tuple[MethodClass, Risk]] = {
    "list": ("read", "read"),
    "get": ("read", "read"),
    "create": ("write", "create"),
    "update": ("write", "overwrite"),
    "delete": ("write", "destroy"),
    "void": ("custom", "destroy"),
    "send": ("custom", "send"),
}


def make_tool(name: str, method: str, resource: str = "invoices", tags: tuple[str, ...] = ()) -> Tool:
    """A tool that takes `id`."""
    method_class, risk = RISKS[method]
    schema = {"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": False}
    hints = {"readOnlyHint": risk == "read", "destructiveHint": risk == "destroy", "openWorldHint": False}
    text = f"{name.replace('_', ' ').capitalize()}."
    wire = {
        "name": name,
        "title": text,
        "description": text,
        "inputSchema": schema,
        "annotations": {"title": text, **hints},
    }
    return Tool(
        name=name,
        title=text,
        description=text,
        integration="books",
        resource=resource,
        method=method,
        method_class=method_class,
        risk=risk,
        tags=tags,
        schema=json.dumps(schema).encode(),
        wire=json.dumps(wire).encode(),
        call=Call("GET", "/x"),
        returns=Returns("record"),
    )


TOOLS = (
    make_tool("list_all_invoices", "list", tags=("sales",)),
    make_tool("get_single_invoice_by_id", "get", tags=("sales",)),
    make_tool("create_an_invoice", "create", tags=("sales",)),
    make_tool("update_an_invoice_by_id", "update", tags=("sales",)),
    make_tool("delete_an_invoice_by_id", "delete", tags=("sales",)),
    make_tool("void_an_invoice_by_id", "void", tags=("sales",)),
    make_tool("list_all_customers", "list", "customers", ("crm",)),
)


def make_catalog(tools: Iterable[Tool] = TOOLS, version: str = "1", guidance: str = GUIDANCE) -> Catalog:
    """A catalog of one integration, `books`."""
    books = Integration(
        name="books",
        tool_prefix="",
        title="Books",
        summary="",
        docs="",
        guidance=guidance,
        environments={"production": "https://books.example"},
        auth=Auth("headers"),
        account_fields=(),
        rate_limit=RateLimit(windows=(WINDOW,)),
        pagination=Pagination(),
        errors=ErrorRules(),
        query_language=QueryLanguage(),
    )
    return Catalog(version, {"books": books}, tuple(tools))


def make_grant(name: str = "Elm Street Bakery", **config: Any) -> Grant:
    """A grant for a company, with a filter and switches."""
    account = Account(AccountId("a1"), "books", "production", name, "active", "42", {}, b"", 0.0, 0.0)
    return Grant(account, ServerConfig(**config), McpServerId("m1"))


@dataclass
class FakeCalls:
    """Answers every call with what it was given, and remembers the calls."""

    answer: Answer | Callable[[str, dict[str, Any]], Answer] = field(
        default_factory=lambda: Answer('{"Id":"1"}', limits=LIMITS)
    )
    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """When there is one, calls wait for it."""
    began: asyncio.Event = field(default_factory=asyncio.Event)
    done: list[str] = field(default_factory=list)

    async def call(
        self,
        grant: Grant,
        tools: Mapping[str, Tool],
        name: str,
        arguments: dict[str, Any],
        *,
        idempotency_key: str = "",
        carried: Any = None,
        form: Any = None,
    ) -> Answer:
        self.carried = carried
        self.made.append((name, arguments))
        self.keys.append(idempotency_key)
        self.began.set()
        if self.hold is not None:
            await self.hold.wait()
        self.done.append(name)
        return self.answer if isinstance(self.answer, Answer) else self.answer(name, arguments)

    def compute_budget(self, grant: Grant) -> int:
        return grant.config.max_answer_bytes or 32_000

    async def read_limits(self, grant: Grant) -> Limits:
        return LIMITS


@dataclass
class Response:
    """What came back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def json(self) -> Any:
        packed = self.header("content-encoding") == "gzip"
        return json.loads(zlib.decompress(self.body, 31) if packed else self.body)

    @property
    def code(self) -> int | None:
        """The JSON-RPC error code, if it is one."""
        if not self.body:
            return None
        value = self.json
        return value.get("error", {}).get("code") if isinstance(value, dict) else None

    @property
    def result(self) -> dict[str, Any]:
        value = self.json
        assert "result" in value, value
        return value["result"]

    def header(self, name: str) -> str | None:
        values = [value.decode() for key, value in self.headers if key == name.encode()]
        return ", ".join(values) if values else None


def hash_token(token: str) -> TokenHash:
    """No hash at all: who asks is said by the token itself."""
    return TokenHash(token.encode())


class Stand:
    """An endpoint, what it leans on, and what it logged."""

    def __init__(
        self,
        *,
        grants: Mapping[str, Grant] | None = None,
        calls: FakeCalls | None = None,
        gate: Gate | None = None,
        guesses: Guesses | None = None,
        links: FileLinks | None = None,
        **access: Any,
    ) -> None:
        self.grants = dict(grants) if grants is not None else {TOKEN: make_grant()}
        self.calls = calls or FakeCalls()
        self.catalog = make_catalog()
        self.api_tokens = {"good"}
        self.lines: list[dict[str, object]] = []
        self.endpoint = McpEndpoint(
            McpServices(lambda: self.catalog, self.calls, Identity("ledgerport", "0.1.0"), self._log, links),
            Access(
                hash_token,
                lambda hashed: self.grants.get(hashed.decode()),
                self._is_api_token,
                Guesses() if guesses is None else guesses,
                **access,
            ),
            gate,
        )

    async def _is_api_token(self, token: str, grant: Grant) -> bool:
        return token in self.api_tokens

    def _log(self, event: str, **fields: object) -> None:
        self.lines.append({"event": event, **fields})

    def send(
        self, body: bytes = b"", headers: Any = (), *, method: str = "POST", token: str = TOKEN
    ) -> Response:
        """One request, its body in one piece."""
        return ask(self.endpoint, f"/mcp/{token}", method, [*headers], [body])

    def post(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        revision: str = "2025-11-25",
        id: Any = 1,
        headers: Mapping[str, str] | None = None,
        token: str = TOKEN,
    ) -> Response:
        """A right request of a revision, with headers of one's own over it."""
        body, found = message(method, params, revision=revision, id=id)
        found |= headers or {}
        return self.send(body, [(key.encode(), value.encode()) for key, value in found.items()], token=token)


def message(
    method: str, params: dict[str, Any] | None = None, *, revision: str = "2025-11-25", id: Any = 1
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of a right request of a revision."""
    headers = {
        "host": "127.0.0.1:8000",
        "accept": "application/json, text/event-stream",
        "content-type": "application/json",
    }
    if method != "initialize":
        headers["mcp-protocol-version"] = revision
    value: dict[str, Any] = {"jsonrpc": "2.0", "id": id, "method": method}
    if revision == MODERN:
        headers["mcp-protocol-version"] = revision
        headers["mcp-method"] = method
        params = {**(params or {}), "_meta": {**envelope(), **(params or {}).get("_meta", {})}}
        if "name" in params:
            headers["mcp-name"] = str(params["name"])
    if params is not None:
        value["params"] = params
    return json.dumps(value).encode(), headers


def envelope(revision: str = MODERN) -> dict[str, Any]:
    """What a request of the newer revisions carries in `_meta`."""
    return {
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }


def shake(revision: str) -> dict[str, Any]:
    """The parameters of an `initialize`."""
    return {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


def ask(
    app: Any, path: str, method: str, headers: list[tuple[bytes, bytes]], pieces: list[bytes]
) -> Response:
    """One request straight into an ASGI application."""
    return asyncio.run(ask_in_loop(app, path, method, headers, pieces))


async def ask_in_loop(
    app: Any, path: str, method: str, headers: list[tuple[bytes, bytes]], pieces: list[bytes]
) -> Response:
    """The same, inside a running loop."""
    waiting = list(pieces)
    sent: list[dict[str, Any]] = []
    answered = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}
        with contextlib.suppress(TimeoutError):  # a stream never ends by itself: its client goes away
            await asyncio.wait_for(answered.wait(), PATIENCE)
        return {"type": "http.disconnect"}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)
        if event["type"] == "http.response.body" and not event.get("more_body"):
            answered.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"request-id", b"one-of-the-tests"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    await app(scope, receive, send)
    if not sent:
        return Response(0, [], b"")
    body = b"".join(event.get("body", b"") for event in sent[1:])
    return Response(sent[0]["status"], list(sent[0]["headers"]), body)
