"""Some hundreds of requests, right and broken, in each of the five revisions.

Each is made from a right request by one change, so that an answer is about that change. `table` lists them all.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.mcp_server.stand import LEGACY, MODERN, REVISIONS, envelope, shake

KEY = "io.modelcontextprotocol/"
VERSION, CAPABILITIES = KEY + "protocolVersion", KEY + "clientCapabilities"
READ = {"name": "list_all_invoices", "arguments": {}}


@dataclass(frozen=True)
class Request:
    """One request: its name in the table, and all that is sent."""

    name: str
    revision: str
    method: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    verb: str = "POST"

    @property
    def id(self) -> str:
        return f"{self.revision} {self.name}"

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers as a server hands them to an application."""
        return [(name.encode(), value.encode("latin-1")) for name, value in self.headers]

    def with_header(self, name: str, value: str | None) -> Request:
        """The same with one header replaced, or left out for None."""
        rest = tuple(pair for pair in self.headers if pair[0] != name)
        return replace(self, headers=rest if value is None else (*rest, (name, value)))

    def again(self, name: str, value: str) -> Request:
        """The same with one more line of a header."""
        return replace(self, headers=(*self.headers, (name, value)))

    def named(self, name: str) -> Request:
        """The same under another name."""
        return replace(self, name=name)


@dataclass(frozen=True)
class Kit:
    """Makes requests of one revision."""

    revision: str
    headers: tuple[tuple[str, str], ...] = field(
        default=(
            ("host", "127.0.0.1:8000"),
            ("accept", "application/json, text/event-stream"),
            ("content-type", "application/json"),
        )
    )

    @property
    def is_modern(self) -> bool:
        return self.revision == MODERN

    def right(self, name: str, method: str, params: Any = ..., **members: Any) -> Request:
        """A right request; `members` are laid over the message, and `...` takes one out."""
        if self.is_modern and (params is ... or isinstance(params, dict)):
            given = {} if params is ... else params
            params = {**given, "_meta": {**envelope(), **(given.get("_meta") or {})}}
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params} | members
        message = {key: value for key, value in message.items() if value is not ...}
        return self.raw(name, method, json.dumps(message).encode(), params)

    def raw(self, name: str, method: str, body: bytes, params: Any = ...) -> Request:
        """Any body, under the headers of a right request."""
        headers = self.headers
        if self.is_modern or method != "initialize":
            headers = (*headers, ("mcp-protocol-version", self.revision))
        if self.is_modern:
            headers = (*headers, ("mcp-method", method))
            if isinstance(params, dict) and isinstance(params.get("name"), str):
                headers = (*headers, ("mcp-name", params["name"]))
        return Request(name, self.revision, method, body, headers)


def table() -> list[Request]:
    """Every request."""
    made = [request for revision in REVISIONS for request in _of(Kit(revision))]
    assert len({request.id for request in made}) == len(made)
    return made


def _of(kit: Kit) -> Iterator[Request]:
    yield from _methods(kit)
    yield from _calls(kit)
    yield from _messages(kit)
    yield from _bodies(kit)
    yield from _fields(kit)
    yield from _envelopes(kit) if kit.is_modern else _handshakes(kit)


def _methods(kit: Kit) -> Iterator[Request]:
    yield kit.right("initialize", "initialize", shake(kit.revision))
    yield kit.right("ping", "ping")
    yield kit.right("ping with empty params", "ping", {})
    yield kit.right("tools/list", "tools/list")
    yield kit.right("tools/list with a null cursor", "tools/list", {"cursor": None})
    yield kit.right("tools/list with an unknown cursor", "tools/list", {"cursor": "page-2"})
    yield kit.right("tools/list with a number for a cursor", "tools/list", {"cursor": 2})
    yield kit.right("tools/list with a member nobody knows", "tools/list", {"colour": "green"})
    yield kit.right("server/discover", "server/discover")
    for method, params in (
        ("prompts/list", {}),
        ("prompts/get", {"name": "x"}),
        ("prompts/get", {}),
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("resources/list", {"cursor": "page-2"}),
        ("resources/templates/list", {"cursor": "page-2"}),
        ("resources/read", {"uri": "x://y"}),
        ("resources/read", {"uri": "http://127.0.0.1:8000/files/lpf_x"}),
        ("resources/read", {}),
        ("resources/read", {"uri": 7}),
        ("resources/subscribe", {"uri": "x://y"}),
        ("resources/unsubscribe", {"uri": "x://y"}),
        ("logging/setLevel", {"level": "info"}),
        (
            "completion/complete",
            {"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "a", "value": ""}},
        ),
        ("tasks/list", {}),
        ("unknown/method", {}),
        ("tools/List", {}),
        ("", {}),
        ("rpc.discover", {}),
    ):
        request = kit.right(f"method {method!r} with {params}", method, params)
        is_named = kit.is_modern and isinstance(params.get("uri"), str)
        yield request.with_header("mcp-name", str(params["uri"])) if is_named else request
    yield kit.right("subscriptions/listen", "subscriptions/listen", {"notifications": {}})
    for method in (
        "notifications/initialized",
        "notifications/cancelled",
        "notifications/unheard",
        "tools/list",
    ):
        params = {"requestId": 1} if method.endswith("cancelled") else {}
        yield kit.right(f"notification {method}", method, params, id=...)
    yield kit.right("notification without params", "notifications/initialized", id=...)
    yield kit.right("notification with a list for params", "notifications/initialized", [], id=...)


def _calls(kit: Kit) -> Iterator[Request]:
    for name, params in (
        ("a read", READ),
        ("a write", {"name": "create_an_invoice", "arguments": {"id": "7"}}),
        ("no arguments", {"name": "list_all_invoices"}),
        ("null for arguments", {"name": "list_all_invoices", "arguments": None}),
        ("an empty list for arguments", {"name": "list_all_invoices", "arguments": []}),
        ("a string for arguments", {"name": "list_all_invoices", "arguments": "id=1"}),
        ("an unknown tool", {"name": "list_all_secrets", "arguments": {}}),
        ("an empty name", {"name": "", "arguments": {}}),
        ("a very long name", {"name": "x" * 500, "arguments": {}}),
        ("no name", {"arguments": {}}),
        ("null for a name", {"name": None, "arguments": {}}),
        ("a number for a name", {"name": 7, "arguments": {}}),
        ("a failing tool", {"name": "get_single_invoice_by_id", "arguments": {"id": "failing"}}),
        (
            "two thousand arguments",
            {"name": "list_all_invoices", "arguments": {f"k{i}": i for i in range(2000)}},
        ),
        ("a progress token", READ | {"_meta": {"progressToken": "p"}}),
        ("a number for a progress token", READ | {"_meta": {"progressToken": 3}}),
        ("true for a progress token", READ | {"_meta": {"progressToken": True}}),
        ("an object for a progress token", READ | {"_meta": {"progressToken": {}}}),
        ("a task", READ | {"task": {"ttl": 1000}}),
        ("no params", ...),
    ):
        yield kit.right(f"call with {name}", "tools/call", params)


IDS: dict[str, Any] = {
    "zero": 0,
    "a negative number": -5,
    "the largest whole number of JavaScript": 2**53 - 1,
    "2^63 - 1": 2**63 - 1,
    "2^64": 2**64,
    "a huge number": 10**40,
    "a string": "a-1",
    "an empty string": "",
    "a string of digits": "42",
    "a string with quotes and an umlaut": 'ü"\\',
    "a long string": "x" * 70_000,
    "null": None,
    "a fraction": 1.5,
    "a fraction that is whole": 1.0,
    "true": True,
    "an object": {"a": 1},
    "a list": [1],
}


def _messages(kit: Kit) -> Iterator[Request]:
    for name, id in IDS.items():
        yield kit.right(f"id that is {name}", "tools/list", id=id)
    for name, version in {"missing": ..., "1.0": "1.0", "a number": 2.0, "null": None}.items():
        yield kit.right(f"jsonrpc that is {name}", "tools/list", jsonrpc=version)
    for name, method in {"missing": ..., "null": None, "a number": 5, "an object": {}}.items():
        request = kit.right(f"method that is {name}", "tools/list")
        yield replace(request, body=_changed(request.body, method=method))
    for name, params in {"a list": [], "a string": "x", "a number": 1, "null": None}.items():
        yield kit.right(f"params that are {name}", "tools/list", params)
    yield kit.right("a member nobody knows", "tools/list", extra={"a": 1})
    yield kit.raw("posted response", "tools/list", b'{"jsonrpc":"2.0","id":1,"result":{}}')
    yield kit.raw("posted error", "tools/list", b'{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"x"}}')
    yield kit.raw(
        "posted response with a number for a result", "tools/list", b'{"jsonrpc":"2.0","id":1,"result":1}'
    )


def _changed(body: bytes, **members: Any) -> bytes:
    message = json.loads(body) | members
    return json.dumps({key: value for key, value in message.items() if value is not ...}).encode()


def _bodies(kit: Kit) -> Iterator[Request]:
    right = kit.right("", "tools/list").body
    one = json.loads(right)
    for name, body in {
        "nothing": b"",
        "blanks": b"  \n",
        "half an object": right[:-8],
        "an object and more": right + b"}",
        "an object and blanks": right + b" \r\n",
        "two objects": right + right,
        "no JSON": b"hello",
        "single quotes": b"{'jsonrpc': '2.0'}",
        "null": b"null",
        "a number": b"17",
        "a string": b'"tools/list"',
        "an empty object": b"{}",
        "an empty list": b"[]",
        "a batch of one": json.dumps([one]).encode(),
        "a batch of two": json.dumps([one, one | {"id": 2}]).encode(),
        "bytes that are not UTF-8": right.replace(b"2.0", b"2.0\xff"),
        "UTF-16": right.decode().encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + right,
        "a lone surrogate": _spliced(right, b'"x":"\\ud800"'),
        "NaN": _spliced(right, b'"x":NaN'),
        "Infinity": _spliced(right, b'"x":-Infinity'),
        "a number beyond doubles": _spliced(right, b'"x":1e999'),
        "a number of five thousand digits": _spliced(right, b'"x":' + b"9" * 5000),
        "a control character in a string": _spliced(right, b'"x":"\x01"'),
        "a comment": b"/* hello */" + right,
        "a trailing comma": right[:-1] + b",}",
        "a key twice": _spliced(right, b'"jsonrpc":"2.0"'),
        "an id twice": _spliced(right, b'"id":9'),
        "lists in lists, 100 deep": _spliced(right, b'"x":' + b"[" * 100 + b"]" * 100),
        "lists in lists, 900 deep": _spliced(right, b'"x":' + b"[" * 900 + b"]" * 900),
        "lists in lists, 100,000 deep": _spliced(right, b'"x":' + b"[" * 100_000 + b"]" * 100_000),
        "objects in objects, 100,000 deep": _spliced(
            right, b'"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000
        ),
        "two thousand keys": _spliced(right, b",".join(b'"k%d":%d' % (i, i) for i in range(2000))),
        "more than 4 MiB": _spliced(right, b'"x":"' + b"x" * (4 << 20) + b'"'),
    }.items():
        yield kit.raw(f"body: {name}", "tools/list", body)
    yield kit.raw("body: announced as 5 MiB", "tools/list", right).with_header("content-length", str(5 << 20))
    yield kit.raw("body: announced as minus one", "tools/list", right).with_header("content-length", "-1")
    yield kit.raw("body: announced as nonsense", "tools/list", right).with_header("content-length", "many")


def _spliced(body: bytes, member: bytes) -> bytes:
    return body[:-1] + b"," + member + b"}"


def _fields(kit: Kit) -> Iterator[Request]:
    right = kit.right("tools/list", "tools/list")
    for value in (
        None,
        "",
        "application/json",
        "*/*",
        "application/*",
        "text/event-stream",
        "text/*",
        "text/html",
        "APPLICATION/JSON",
        "application/json;q=0.5, text/event-stream;q=1",
        "application/json;q=0, text/event-stream",
        "text/html, application/json ; charset=utf-8",
        "application/jsonx",
    ):
        yield right.with_header("accept", value).named(f"Accept: {value}")
    for value in (
        None,
        "",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;",
        "application/jsonx",
        "application/json-rpc",
        "text/plain",
        "text/plain, application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        yield right.with_header("content-type", value).named(f"Content-Type: {value}")
    for value in ("http://localhost:3000", "http://127.0.0.1", "https://evil.example", "null", "", "file://"):
        yield right.with_header("origin", value).named(f"Origin: {value}")
    for value in (None, "", "localhost:9", "evil.example", "127.0.0.1.evil.example", "127.0.0.1"):
        yield right.with_header("host", value).named(f"Host: {value}")
    yield right.with_header("mcp-session-id", "unknown").named("an unknown session")
    yield right.with_header("last-event-id", "7").named("a Last-Event-ID")
    for value in (
        None,
        "",
        "2025-11-24",
        "2027-01-01",
        "latest",
        "2026-07-28",
        "2025-06-18",
        f"{kit.revision} ",
    ):
        yield right.with_header("mcp-protocol-version", value).named(f"MCP-Protocol-Version: {value!r}")
    yield right.again("mcp-protocol-version", kit.revision).named("MCP-Protocol-Version twice")
    for verb in ("GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE"):
        yield replace(right, verb=verb, body=b"").named(f"verb {verb}")
    yield (
        replace(right, verb="GET", body=b"")
        .with_header("accept", "application/json")
        .named("GET without a stream")
    )


def _handshakes(kit: Kit) -> Iterator[Request]:
    right = shake(kit.revision)
    for name, params in (
        ("2026-07-28", right | {"protocolVersion": MODERN}),
        ("an unknown version", right | {"protocolVersion": "1999-01-01"}),
        ("an empty version", right | {"protocolVersion": ""}),
        ("a number for a version", right | {"protocolVersion": 1}),
        ("no version", {key: value for key, value in right.items() if key != "protocolVersion"}),
        ("no capabilities", {key: value for key, value in right.items() if key != "capabilities"}),
        ("null for capabilities", right | {"capabilities": None}),
        ("a list for capabilities", right | {"capabilities": []}),
        ("capabilities nobody knows", right | {"capabilities": {"juggling": {}}}),
        ("no clientInfo", {key: value for key, value in right.items() if key != "clientInfo"}),
        ("a clientInfo without a version", right | {"clientInfo": {"name": "x"}}),
        ("a clientInfo without a name", right | {"clientInfo": {"version": "x"}}),
        ("a clientInfo with a title", right | {"clientInfo": {"name": "x", "version": "1", "title": "X"}}),
        ("no params", ...),
        ("empty params", {}),
    ):
        yield kit.right(f"initialize with {name}", "initialize", params)
    for other in LEGACY:
        request = kit.right(f"initialize with the header {other}", "initialize", right)
        yield request.with_header("mcp-protocol-version", other)
    yield kit.right("an envelope of 2026-07-28", "tools/list", {"_meta": envelope()})
    without = kit.right("an envelope of 2026-07-28 and no header", "tools/list", {"_meta": envelope()})
    yield without.with_header("mcp-protocol-version", None)
    for name, meta in {"null": None, "a list": [], "a string": "x", "empty": {}}.items():
        yield kit.right(f"_meta that is {name}", "tools/list", {"_meta": meta})


def _envelopes(kit: Kit) -> Iterator[Request]:
    full = envelope()
    for name, meta in (
        ("missing", ...),
        ("null", None),
        ("a list", []),
        ("a string", "x"),
        ("empty", {}),
        ("without a version", {key: value for key, value in full.items() if key != VERSION}),
        ("without capabilities", {key: value for key, value in full.items() if key != CAPABILITIES}),
        ("without a client", {key: value for key, value in full.items() if not key.endswith("clientInfo")}),
        ("with null for capabilities", full | {CAPABILITIES: None}),
        ("with a list for capabilities", full | {CAPABILITIES: []}),
        ("with null for a version", full | {VERSION: None}),
        ("with a number for a version", full | {VERSION: 20260728}),
        ("with an older version", full | {VERSION: "2025-11-25"}),
        ("with a string for a client", full | {KEY + "clientInfo": "x"}),
        ("with a client without a version", full | {KEY + "clientInfo": {"name": "x"}}),
        ("with null for a client", full | {KEY + "clientInfo": None}),
        ("with a log level", full | {KEY + "logLevel": "info"}),
        ("with an unknown log level", full | {KEY + "logLevel": "shouting"}),
        ("with a key of somebody's", full | {"example.com/x": 1}),
    ):
        request = kit.right(f"envelope {name}", "tools/list")
        params = {} if meta is ... else {"_meta": meta}
        yield replace(request, body=_changed(request.body, params=params))
    for version in ("2027-01-01", "2025-11-25", "v999.0.0"):
        request = kit.right(
            f"version {version} in header and envelope", "tools/list", {"_meta": envelope(version)}
        )
        yield request.with_header("mcp-protocol-version", version)
    notification = kit.right(
        "notification of an unknown version", "notifications/cancelled", {"requestId": 1}, id=...
    )
    yield notification.with_header("mcp-protocol-version", "2027-01-01")
    yield from _routing(kit)


def _routing(kit: Kit) -> Iterator[Request]:
    listing, call = kit.right("", "tools/list"), kit.right("", "tools/call", READ)
    for value in (None, "", "tools/call", "TOOLS/LIST", " tools/list", "tools/list  "):
        yield listing.with_header("mcp-method", value).named(f"Mcp-Method: {value!r}")
    encoded = base64.b64encode(READ["name"].encode()).decode()  # type: ignore[attr-defined]
    for value in (
        None,
        "",
        "get_single_invoice_by_id",
        READ["name"].upper(),  # type: ignore[attr-defined]
        f" {READ['name']} ",
        f"=?base64?{encoded}?=",
        f"=?base64?{encoded[:-2]}?=",
        "=?base64?!!!?=",
        "=?base64?/w==?=",
    ):
        yield call.with_header("mcp-name", value).named(f"Mcp-Name: {value!r}")
    yield listing.again("mcp-method", "tools/list").named("Mcp-Method twice")
    yield call.again("mcp-name", str(READ["name"])).named("Mcp-Name twice")
    yield call.again("accept", "application/json").named("Accept twice")
    yield listing.with_header("mcp-name", "list_all_invoices").named("Mcp-Name for a list")
    yield call.with_header("mcp-param-id", "7").named("an Mcp-Param header nobody declared")
