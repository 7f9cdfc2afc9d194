"""What the load sends, and who judges the answers."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any

import orjson

from tests.bench.invoice import TOOL, invoice_of
from tests.bench.load import FIRST_NUMBER, Wrong

REVISION = "2025-11-25"
_NUMBER = b"%d" % FIRST_NUMBER
Check = Callable[[int, bytes, bytes], None]


def post(
    port: int,
    path: str,
    method: str,
    params: dict[str, Any],
    encoding: str = "identity",
    *,
    is_new: bool = False,
) -> Callable[[int], bytes]:
    """A JSON-RPC request whose id is its number, which has ten digits: the length is the same for all.

    With `is_new` the number stands in the head too, so that no two heads are the same.
    """
    message = {"jsonrpc": "2.0", "id": FIRST_NUMBER, "method": method, "params": params}
    body = orjson.dumps(message)
    fields = {
        "Host": f"127.0.0.1:{port}",
        "Accept": "application/json, text/event-stream",
        "Accept-Encoding": encoding,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "MCP-Protocol-Version": REVISION,
        "User-Agent": "bench",
    }
    if is_new:
        fields["X-Request-Id"] = str(FIRST_NUMBER)
    parts = (_head(f"POST {path}", fields) + body).split(_NUMBER)
    return lambda number: (b"%d" % number).join(parts)


def list_request(
    port: int, path: str, encoding: str = "identity", *, is_new: bool = False
) -> Callable[[int], bytes]:
    """A request for the list of tools."""
    return post(port, path, "tools/list", {}, encoding, is_new=is_new)


def call_request(port: int, path: str, invoice_id: str, *, is_new: bool = False) -> Callable[[int], bytes]:
    """A call that reads an invoice."""
    return tool_request(port, path, TOOL, {"id": invoice_id}, is_new=is_new)


def tool_request(
    port: int, path: str, tool: str, arguments: dict[str, Any], *, is_new: bool = False
) -> Callable[[int], bytes]:
    """A call of any tool."""
    return post(port, path, "tools/call", {"name": tool, "arguments": arguments}, is_new=is_new)


def post_request(port: int, path: str, value: Any, api_token: str = "") -> Callable[[int], bytes]:
    """A plain POST of a JSON value."""
    body = orjson.dumps(value)
    fields = {"Host": f"127.0.0.1:{port}", "Accept": "application/json", "Content-Length": str(len(body))}
    if api_token:
        fields["Authorization"] = f"Bearer {api_token}"
    request = _head(f"POST {path}", fields | {"Content-Type": "application/json"}) + body
    return lambda number: request


def get_request(port: int, path: str) -> Callable[[int], bytes]:
    """A plain GET."""
    request = _head(f"GET {path}", {"Host": f"127.0.0.1:{port}", "Accept": "application/json"})
    return lambda number: request


def _head(start: str, fields: dict[str, str]) -> bytes:
    lines = [f"{start} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def list_names(body: bytes) -> frozenset[str]:
    """Return the names of the tools in an answer to `tools/list`."""
    return frozenset(tool["name"] for tool in orjson.loads(body)["result"]["tools"])


def lists(names: frozenset[str], *, is_packed: bool = False) -> Check:
    """Judges a list of tools: the right id, and all the names."""

    def check(number: int, head: bytes, body: bytes) -> None:
        tools = _result(number, _unpacked(head, body, is_packed))["tools"]
        if {tool["name"] for tool in tools} != names:
            raise Wrong("not the tools of the catalog")

    return check


def same_bytes(expected: bytes) -> Check:
    """Judges an answer that is always the same."""

    def check(number: int, head: bytes, body: bytes) -> None:
        if body != expected:
            raise Wrong("not the bytes of the file")

    return check


def reads_invoice(invoice_id: str, *, names_company: bool = False) -> Check:
    """Judges the result of a call: the right id, no error, and the whole invoice in its text, with its company."""
    expected = invoice_of(invoice_id)

    def check(number: int, head: bytes, body: bytes) -> None:
        result = _result(number, body)
        if result.get("isError"):
            raise Wrong("the result is an error")
        value = orjson.loads(result["content"][0]["text"])
        if names_company and not value.pop("company", None):
            raise Wrong("the company is missing")
        if value.get("Invoice", value) != expected:
            raise Wrong("not the invoice")

    return check


def answers(is_right: Callable[[Any], bool]) -> Check:
    """Judges the result of a call by the value in its text."""

    def check(number: int, head: bytes, body: bytes) -> None:
        result = _result(number, body)
        if result.get("isError"):
            raise Wrong(f"the result is an error: {result['content'][0]['text'][:300]}")
        if not is_right(orjson.loads(result["content"][0]["text"])):
            raise Wrong("not the answer that was asked for")

    return check


def passes_on(size: int) -> Check:
    """Judges the vendor's own answer by its length."""

    def check(number: int, head: bytes, body: bytes) -> None:
        if len(body) != size:
            raise Wrong(f"{len(body):,} bytes, not {size:,}")

    return check


def is_invoice(invoice_id: str) -> Check:
    """Judges the vendor's own answer."""
    expected = invoice_of(invoice_id)

    def check(number: int, head: bytes, body: bytes) -> None:
        if orjson.loads(body)["Invoice"] != expected:
            raise Wrong("not the invoice")

    return check


def _result(number: int, body: bytes) -> dict[str, Any]:
    message = orjson.loads(body)
    if message["id"] != number:
        raise Wrong(f"the id is {message['id']!r}, not {number}")
    result: dict[str, Any] = message["result"]
    return result


def _unpacked(head: bytes, body: bytes, is_packed: bool) -> bytes:
    if bool(re.search(rb"\r\ncontent-encoding: *gzip", head)) != is_packed:
        raise Wrong("the encoding is not the one asked for")
    return gzip.decompress(body) if is_packed else body
