"""Well-formed HTTP requests with hostile content for both endpoints: each is drawn from a seed and a number alone.

What it draws from: the tools with their examples and schemas, the table of the management API, and the ids, tokens and
cursors that the server has answered before (`Known`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from generator.catalog import Catalog, Tool
from runtime.api.operation import Operation
from runtime.api.table import TABLE
from runtime.mcp_server import protocol
from tests.faults.hostile_arguments import LARGE, Draw, Known, Sent, field_value, segment
from tests.faults.hostile_values import fitting, large, mutated, pumped, scalar, text, written

RPC_METHODS = ["tools/list", "initialize", "server/discover", "ping", "notifications/initialized",
    "resources/list",
    "resources/read", "resources/templates/list", "prompts/list", "prompts/get", "completion/complete",
    "logging/setLevel",
    "sampling/createMessage", "tools", "tools/call/x", "notifications/cancelled", "rpc.discover",
    ""]  # fmt: skip
VERBS = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"]
PAGES = ["/", "/openapi.json", "/docs", "/docs/", "/connect/callback", "/healthz", "/sse", "/mcp", "/mcp/",
    "/robots.txt",
    "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server/mcp/x",
    "/favicon.ico"]  # fmt: skip
DISCOVERY = ("search_tools", "get_tool_schema", "call_tool")


BODIES: dict[str, dict[str, Any]] = {
    "replace_keys": {"fields": {"api_key": "1"}},
    "create_webhook": {"url": "https://hooks.example.com/x", "types": ["budget.reached"]},
    "change_webhook": {"types": ["budget.reached"]},
    "change_tenant": {"limits": {"calls_per_minute": 1_000_000}},
    "rotate_mcp_server": {"overlap_seconds": 60},
}
"""Bodies that are taken, of operations that take no name alone."""


class Requests:
    """Draws requests."""

    def __init__(self, catalog: Catalog, known: Known, integration: str) -> None:
        self._tools = list(catalog.list_tools(integration))
        self._queries = [tool for tool in self._tools if "query" in tool.input_schema["properties"]]
        self._known = known

    def draw(self, seed: int, number: int) -> Sent:
        """The request of a seed and a number, with what is known now."""
        chance = random.Random(f"{seed}/{number}")
        kind = McpDraw if chance.random() < 0.6 else ApiDraw
        return kind(chance, self._known, self._tools, self._queries, number).request()


class McpDraw(Draw):
    """Draws requests at the MCP endpoint."""

    def request(self) -> Sent:
        chance = self.chance
        method = "tools/call" if self.chooses(0.72) else chance.choice(RPC_METHODS)
        message: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": chance.choice([1, 0, "a", self.number]),
            "method": method,
        }
        name, params = self._params(method)
        fields = [("Content-Type", b"application/json")]
        if params is not None:
            message["params"] = params
        if method == "server/discover" or self.chooses(0.3):
            fields += self._revision(method, name, message)
        meta = message.get("params", {}).get("_meta") if isinstance(message.get("params"), dict) else None
        if method == "tools/call" and self.chooses(0.2) and isinstance(message.get("params"), dict):
            message["params"]["_meta"] = {**(meta or {}), "ledgerport/idempotency-key": self.key()}
        whole = mutated(chance, message, chance.choice([1, 1, 3])) if self.chooses(0.08) else message
        urls = self.known.urls
        if name in DISCOVERY and self.chooses(0.9):
            urls = self.known.discovery_urls
        url = chance.choice([urls[0], *urls]) if self.chooses(0.98) else "/mcp/" + segment(text(chance))
        url += chance.choice([""] * 90 + ["/", "/mcp", "/sse", "?a=" + segment(text(chance)), "/x"])
        verb = "POST" if self.chooses(0.98) else chance.choice(VERBS)
        if self.chooses(0.7):
            tokens = self.known.api_tokens
            fields.append(("Authorization", b"Bearer " + chance.choice([*tokens[:2] * 4, *tokens]).encode()))
        return Sent(True, verb, url, fields + self.noise(), self.body(whole), f"mcp {method[:40]}")

    def _params(self, method: str) -> tuple[str, dict[str, Any] | None]:
        chance = self.chance
        if method == "tools/call":
            return self._called()
        if method == "initialize":
            version = chance.choice(
                [*protocol.HANDSHAKE_REVISIONS, *protocol.MODERN_REVISIONS, "1", text(chance)]
            )
            client = {
                "name": chance.choice(["c", text(chance)]),
                "version": chance.choice(["1", text(chance)]),
            }
            return "", {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
        if method == "resources/read" and self.chooses(0.7):
            return "", {"uri": chance.choice([*self.known.links[-1:] * 4, *self.known.links, text(chance)])}
        values = [None, {}, {"cursor": chance.choice([None, "", "1", text(chance)])}, {"_meta": scalar(chance)},
            {"uri": text(chance)}, {"_meta": {"progressToken": scalar(chance)}}]  # fmt: skip
        return "", chance.choice(values)

    def _called(self) -> tuple[str, dict[str, Any]]:
        chance = self.chance
        tool = chance.choice(self.queries if self.chooses(0.2) else self.tools)
        name, arguments = tool.name, self.arguments(tool)
        if self.chooses(0.2):
            name, arguments = self._discovered(tool, arguments)
        if self.chooses(0.03):
            name = chance.choice([name + "s", name.upper(), text(chance), pumped(chance, 2_000)])
        return name, {"name": name, "arguments": arguments}

    def _discovered(self, tool: Tool, arguments: Any) -> tuple[str, Any]:
        """A call of one of the three tools that stand for all."""
        chance = self.chance
        made: dict[str, dict[str, Any]] = {
            "call_tool": {"name": tool.name, "arguments": arguments},
            "search_tools": {
                "query": tool.title,
                "limit": 10,
                "tags": list(tool.tags)[:1],
                "next_cursor": "10",
            },
            "get_tool_schema": {"names": [tool.name, text(chance)]},
        }
        name = chance.choice(list(made))
        value = mutated(chance, made[name], chance.choice([0, 1, 2]))
        if name != "call_tool" and self.chooses(0.08) and isinstance(value, dict):
            value[chance.choice(["query", "names", "tags", "next_cursor"])] = large(chance, LARGE - 1_000)
        return name, value

    def _revision(self, method: str, name: str, message: dict[str, Any]) -> list[tuple[str, bytes]]:
        """The headers of a revision, and its envelope in the message; mostly as they should be."""
        chance = self.chance
        version = chance.choice(
            [*protocol.HANDSHAKE_REVISIONS, *protocol.MODERN_REVISIONS * 3, "2099-01-01", text(chance)]
        )
        fields = [("MCP-Protocol-Version", field_value(version))]
        if version in protocol.MODERN_REVISIONS or self.chooses(0.3):
            said = version if self.chooses(0.9) else scalar(chance)
            capabilities = {} if self.chooses(0.9) else scalar(chance)
            params = message.setdefault("params", {})
            params["_meta"] = {protocol.VERSION_KEY: said, protocol.CAPABILITIES_KEY: capabilities}
            fields.append(("Mcp-Method", field_value(method if self.chooses(0.95) else text(chance))))
            if method == "tools/call":
                sent = (
                    name
                    if self.chooses(0.95)
                    else chance.choice([text(chance), "=?base64?YQ==?=", "=?base64?\xff?="])
                )
                fields.append(("Mcp-Name", field_value(sent)))
        return fields


class ApiDraw(Draw):
    """Draws requests at the management API and the pages."""

    def request(self) -> Sent:
        """A request of one of four kinds."""
        share = self.chance.random()
        if share < 0.40:
            return self._tool_call()
        if share < 0.48:
            return self._upload()
        if share < 0.58:
            return self._page()
        if share >= 0.985:
            return self._file_link()
        return self._management()

    def _bearer(self) -> list[tuple[str, bytes]]:
        share = self.chance.random()
        if share < 0.96:
            return [("Authorization", b"Bearer " + self.known.api_tokens[0].encode())]
        if share < 0.98:
            return [("Authorization", b"bearer " + self.chance.choice(self.known.api_tokens).encode())]
        return self.chance.choice([[], [("Authorization", b"Bearer " + field_value(text(self.chance)))],
            [("Authorization", b"Basic OnNlY3JldA==")], [("Authorization", b"Bearer")]])  # fmt: skip

    def _tool_call(self) -> Sent:
        chance = self.chance
        tool = chance.choice(self.queries if self.chooses(0.2) else self.tools)
        name = tool.name if self.chooses(0.97) else segment(text(chance))
        path = f"/integrated-account/{self._account(0.97)}/tools/{name}"
        fields = [*self._bearer(), ("Content-Type", b"application/json")]
        if self.chooses(0.2):
            fields.append(("Idempotency-Key", field_value(self.key())))
        return Sent(
            False, "POST", path, fields + self.noise(), self.body(self.arguments(tool)), "api tools call"
        )

    def _file_link(self) -> Sent:
        """A link to a file, mostly one that a tool has answered."""
        chance = self.chance
        path = "/files/" + chance.choice([*self.known.links[-1:] * 4, *self.known.links]).rpartition("/")[2]
        if self.chooses(0.3):
            changed = path[:-1], path + "A", path.replace("_", "%5F", 1), "/files/" + segment(text(chance))
            path = chance.choice(changed)
        verb = chance.choice(["GET", "GET", "GET", "HEAD", chance.choice(VERBS)])
        return Sent(False, verb, path, self.noise(), b"", "file link")

    def _account(self, share: float) -> str:
        if self.chooses(share):
            return self.known.account
        return segment(self.chance.choice([*self.known.accounts[-5:], text(self.chance)]))

    def _upload(self) -> Sent:
        chance = self.chance
        uploads = [tool for tool in self.tools if tool.file_part is not None]
        tool = chance.choice(uploads if self.chooses(0.9) else self.tools)
        boundary = chance.choice(
            ["b", "-----------------", "x" * 70, field_value(text(chance)).decode("latin-1")]
        )
        body = b"".join(self._part(tool, boundary) for _ in range(chance.choice([1, 2, 2, 3, 120])))
        body += b"" if self.chooses(0.05) else b"--" + boundary.encode("latin-1") + b"--\r\n"
        media_type = chance.choice(
            [f"multipart/form-data; boundary={boundary}"] * 9 + ["multipart/form-data"]
        )
        fields = [*self._bearer(), ("Content-Type", field_value(media_type))]
        path = f"/integrated-account/{self._account(0.97)}/tools/{tool.name}"
        return Sent(False, "POST", path, fields + self.noise(), body, "api upload")

    def _part(self, tool: Tool, boundary: str) -> bytes:
        chance = self.chance
        names = [*tool.input_schema["properties"], "file", "arguments", "x", text(chance)]
        if tool.file_part is not None:
            names += [tool.file_part.content] * 4
        name = chance.choice(names).encode("utf-8", "replace")
        head = b'Content-Disposition: form-data; name="' + name + b'"'
        if self.chooses(0.5):
            head += b'; filename="' + text(chance).encode("utf-8", "replace") + b'"'
        kind = chance.choice(
            [b"", b"\r\nContent-Type: application/pdf", b"\r\nContent-Type: \xff/;;=", b"\r\nX: y", b"\r\n:"]
        )
        value = self.arguments(tool) if name == b"arguments" else scalar(chance)
        content = chance.choice(
            [written(value), b"%PDF-1.4", text(chance).encode("utf-8", "replace"), b"\r\n--" * 2_000]
        )
        if self.chooses(0.05):
            content = pumped(chance, LARGE).encode("utf-8", "replace")
        return b"--" + boundary.encode("latin-1") + b"\r\n" + head + kind + b"\r\n\r\n" + content + b"\r\n"

    def _page(self) -> Sent:
        chance = self.chance
        state = chance.choice([*self.known.states[-4:], segment(text(chance))])
        query = (
            f"?code={segment(text(chance))}&state={state}&realmId={chance.choice(['1234567890', '²', ''])}"
        )
        path = chance.choice([*PAGES, f"/connect/{state}", f"/connect/{state}", "/connect/callback" + query,
            "/connect/callback" + query + "&state=2", "/connect/callback?error=access_denied&state=" + state,
            "/docs/" + chance.choice(self.tools).resource, "/docs/" + segment(text(chance)),
            "/" + segment(text(chance))])  # fmt: skip
        fields = [
            (
                "Cookie",
                b"ledgerport-connect=" + chance.choice([b"b" * 43, b"", b"\xff", b"a" * 3_000, b'"\\1"']),
            )
        ]
        body = b""
        verb = "GET" if self.chooses(0.7) else chance.choice(VERBS)
        if verb == "POST":
            body = chance.choice(
                [b"", b"proof=" + b"a" * 64, b"proof=%ff&proof=1", b"&" * LARGE, b"a=" * 9, b"\xff" * 60_000]
            )
            fields.append(("Content-Type", b"application/x-www-form-urlencoded"))
        is_mcp = path.startswith(("/mcp", "/sse"))
        return Sent(is_mcp, verb, path, fields + self.noise(), body, "page")

    def _management(self) -> Sent:
        chance = self.chance
        operation = chance.choice([each for each in TABLE if not each.calls_vendor])
        path, query = self._path(operation), ""
        if operation.query is not None or self.chooses(0.05):
            query = self._parameters(operation)
        body = b""
        if operation.body is not None:
            value = dict(BODIES.get(operation.handler.__name__, {"name": "Fuzz"}))
            if self.chooses(0.5):
                value |= fitting(chance, operation.body.model_json_schema())
            body = self.body(mutated(chance, value, chance.choice([0, 0, 1, 2])))
        elif self.chooses(0.1):
            body = self.body(scalar(chance))
        verb = operation.method if self.chooses(0.96) else chance.choice(VERBS)
        content = b"application/json" if self.chooses(0.97) else field_value(text(chance))
        fields = [*self._bearer(), ("Content-Type", content), *self.noise()]
        if verb == "DELETE" and path.endswith(self.known.account):
            path = "/integrated-account/x"  # the account that everything else needs
        return Sent(False, verb, path + query, fields, body, f"api {operation.method} {operation.path}")

    def _path(self, operation: Operation) -> str:
        """The path with ids in it. What ends or changes something names only what other requests have made."""
        chance, known = self.chance, self.known
        is_safe = operation.method in ("GET", "POST")
        account, server = chance.choice(known.servers) if known.servers else ("x", "y")
        if operation.path.count("{") == 1 and known.accounts and (not is_safe or self.chooses(0.5)):
            account = chance.choice(known.accounts)
        elif "{mcp_id}" not in operation.path:
            account = known.account if is_safe else "x"
        values = {
            "id": account,
            "mcp_id": server,
            "token_id": chance.choice(known.token_ids) if known.token_ids else "x",
            "tool": chance.choice(self.tools).name,
            "entry_id": chance.choice(known.entries) if known.entries else "x",
            "tenant_id": chance.choice(["default", "x"]),
            "webhook_id": chance.choice(known.webhooks) if known.webhooks else "x",
            "delivery_id": "x",
            "change_id": "x",
            "link_id": chance.choice(known.link_tokens) if known.link_tokens else "x",
        }
        if self.chooses(0.08):
            values[chance.choice(list(values))] = text(chance)
        return operation.path.format_map({name: segment(value) for name, value in values.items()})

    def _parameters(self, operation: Operation) -> str:
        chance = self.chance
        known: Mapping[str, Any] = operation.query.model_fields if operation.query else {}
        names = [*known, *known, *known, "x", segment(text(chance))]
        values = [
            "1",
            "200",
            "0",
            "read",
            "sales",
            *self.known.cursors[-3:],
            text(chance),
            pumped(chance, 300),
        ]
        pairs = [
            f"{chance.choice(names)}={segment(chance.choice(values))}"
            for _ in range(chance.choice([0, 1, 1, 2, 9]))
        ]
        if self.chooses(0.02):
            pairs = ["a=1"] * 1_500
        return "?" + chance.choice(["&", "&", "&&", ";"]).join(pairs)
