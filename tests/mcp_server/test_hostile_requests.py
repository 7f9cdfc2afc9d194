"""Hostile requests at the MCP endpoint: each takes little time, which grows with its size, and none fails inside.

A request is given to the endpoint as bytes: it is parsed, checked and refused, or sent to a vendor that answers nothing
of use. Tools and fillers are drawn by a seed, which the name of a failing case holds.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable
from typing import Any

import pytest

from generator.catalog import Catalog, Tool
from runtime.mcp_server.endpoint import Access, Head, McpEndpoint
from runtime.mcp_server.greeting import Identity
from runtime.mcp_server.methods import McpServices
from runtime.mcp_server.replies import Reply
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig, TokenHash
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient, VendorRequest, VendorResponse
from tests.builtin import builtin_catalog
from tests.growth import is_linear

SEED = 20260108
SIZE = 100_000
"""Bytes of the smaller request of each pair."""
MOST_SECONDS = 0.4
"""Processor time for a request of `SIZE` bytes: four times what is promised, so that a busy machine changes nothing."""
CATALOG = builtin_catalog()
TOOLS = {tool.name: tool for tool in CATALOG.tools}
ACCOUNT = Account(
    AccountId("a1"), "quickbooks", "production", "Acme", "active", "42", {"realm_id": "123456"}, b"", 0, 0
)
HEAD = Head("POST", "/mcp/t", [(b"content-type", b"application/json")])
FILLERS = [
    " ",
    "\t",
    "\n",
    "a",
    "A",
    "1",
    "0",
    "-",
    "_",
    ".",
    ",",
    "'",
    '"',
    "\\",
    "/",
    "%",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "*",
    "+",
    "?",
    "|",
    "^",
    "$",
    "&",
    "=",
    ":",
    ";",
    "<",
    ">",
    "@",
    "#",
    "\u00a0",
    "\u0301",
    "e\u0301",
    "\U0001f600",
    "\u2028",
    "\x00",
    "ß",
    "İ",
    "a-",
    "a.",
    " . ",
    "{a}",
    "%s",
    "..",
    "select ",
    " or ",
    "'='",
    "Bearer ",
    "lpm_",
    "aa1-",
]

Family = Callable[[int], bytes]


class Answering(VendorClient):
    """A client whose vendor answers an empty object to every request."""

    def __init__(self) -> None:
        super().__init__(timeout_seconds=1, per_account=10)

    async def send(self, request: VendorRequest, account: str) -> VendorResponse:
        return VendorResponse(200, {}, b"{}")


class FixedTokens:
    async def get_fresh(self, account: Account) -> Credentials:
        return Credentials(access_token="a")

    async def invalidate(self, account: Account, access_token: str) -> None: ...


def endpoint(exposure: Any) -> McpEndpoint:
    def catalog() -> Catalog:
        return CATALOG

    calls = Calls(
        catalog=catalog,
        vendor=VendorCalls(
            client=Answering(),
            tokens=FixedTokens(),
            hot=MemoryHotState(),
            base_url=lambda integration, account: "https://books.example.com",
            clock=lambda: 1000.0,
        ),
        max_answer_bytes=100_000,
    )
    grant = Grant(ACCOUNT, ServerConfig(tool_exposure=exposure))

    async def is_api_token(_token: str, _grant: Grant) -> bool:
        return True

    return McpEndpoint(
        McpServices(catalog, calls, Identity("ledgerport", "1"), lambda event, **fields: None),
        Access(lambda text: TokenHash(text.encode()), lambda hash_: grant, is_api_token),
    )


def reply_of(here: McpEndpoint, body: bytes) -> Reply:
    """The reply to a body that is there already."""

    async def respond() -> Reply:
        reply = here.respond(HEAD, body)
        return reply if isinstance(reply, Reply) else await reply

    return asyncio.run(respond())


FULL, DISCOVERY = endpoint("full"), endpoint("discovery")
for each in (FULL, DISCOVERY):
    reply_of(each, b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}')


def rpc(method: str, params: Any, id: Any = 1) -> bytes:
    body = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
    return json.dumps(body, ensure_ascii=False).encode()


def tool_call(name: str, arguments: Any) -> bytes:
    return rpc("tools/call", {"name": name, "arguments": arguments})


def repeated(piece: str, size: int) -> str:
    return piece * (size // len(piece.encode()))


def deep(size: int, begin: str, end: str) -> str:
    return begin * size + "1" + end * size


def named(value: str) -> bytes:
    """A call whose argument is the given JSON text."""
    return (
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_all_quick_books_invoices",'
        b'"arguments":{"limit":' + value.encode() + b"}}}"
    )


LIST, CREATE = "list_all_quick_books_invoices", "create_a_quick_books_invoice"
BATCH = "run_a_quick_books_batch"
SHAPES: dict[str, Family] = {
    "lists in lists": lambda size: named(deep(size // 2, "[", "]")),
    "objects in objects": lambda size: named(deep(size // 6, '{"a":', "}")),
    "900 levels": lambda size: named(deep(900, "[", "]") + " " * size),
    "a number of many digits": lambda size: named("9" * size),
    "a fraction of many digits": lambda size: named("0." + "9" * size),
    "a large exponent": lambda size: named("1e" + "9" * size),
    "escapes": lambda size: named('"' + "\\u0041" * (size // 6) + '"'),
    "lone surrogates": lambda size: named('"' + "\\ud800" * (size // 6) + '"'),
    "the same name again and again": lambda size: named("{" + '"a":1,' * (size // 6) + '"a":1}'),
    "names": lambda size: tool_call(CREATE, {f"Lin{n}": n for n in range(size // 14)}),
    "names of 300 characters": lambda size: tool_call(
        CREATE, {f"Line{n}" * 40: n for n in range(size // 330)}
    ),
    "names inside": lambda size: tool_call(CREATE, {"BillAddr": {f"Cit{n}": n for n in range(size // 14)}}),
    "names in lines": lambda size: tool_call(CREATE, {"Line": [{f"Amoun{n}": 1} for n in range(size // 16)]}),
    "numbers for lines": lambda size: tool_call(CREATE, {"Line": [1] * (size // 3)}),
    "empty lines": lambda size: tool_call(CREATE, {"Line": [{}] * (size // 4)}),
    "empty lists": lambda size: tool_call(CREATE, {"Line": [[]] * (size // 4)}),
    "wrong choices": lambda size: tool_call(CREATE, {"Line": [{"DetailType": "Sales"}] * (size // 25)}),
    "an in list": lambda size: tool_call(LIST, {"more": {"Id_any_of": ["12345"] * (size // 9)}}),
    "fields": lambda size: tool_call(LIST, {"fields": [f"F{n}" for n in range(size // 10)]}),
    "a cursor": lambda size: tool_call(LIST, {"next_cursor": "L" * size}),
    "a batch": lambda size: tool_call(BATCH, {"calls": [{"tool": LIST}] * (size // 44)}),
    "a batch of long calls": lambda size: tool_call(
        BATCH, {"calls": [{"tool": CREATE, "arguments": {"Line": [1] * (size // 90)}}] * 30}
    ),
    "a batch of unknown tools": lambda size: tool_call(BATCH, {"calls": [{"tool": "x" * (size // 30)}] * 30}),
    "a tool": lambda size: tool_call("list_all_" * (size // 9), {}),
    "an id": lambda size: rpc("tools/list", {}, "i" * size),
    "an id of a ping": lambda size: rpc("ping", {}, "\u2028" * (size // 3)),
    "a method": lambda size: rpc("m" * size, {}),
    "a progress token": lambda size: rpc("tools/list", {"_meta": {"progressToken": "p" * size}}),
    "a list for an envelope": lambda size: rpc("tools/list", {"_meta": [1] * (size // 3)}),
    "a client": lambda size: rpc(
        "initialize",
        {
            "protocolVersion": "x" * (size // 3),
            "capabilities": {},
            "clientInfo": {"name": "n" * (size // 3), "version": "v" * (size // 3)},
        },
    ),
    "a batch of messages": lambda size: b"[" + b"{}," * (size // 3) + b"{}]",
}
DISCOVERED: dict[str, Family] = {
    "a query": lambda size: tool_call("search_tools", {"query": "invoice " * (size // 8)}),
    "tags": lambda size: tool_call("search_tools", {"tags": ["sales"] * (size // 9)}),
    "a cursor of digits": lambda size: tool_call("search_tools", {"next_cursor": "9" * size}),
    "names of tools": lambda size: tool_call("get_tool_schema", {"names": ["x"] * (size // 5)}),
    "five long names": lambda size: tool_call(
        "get_tool_schema", {"names": [f"{n}invoice " * (size // 50) for n in range(5)]}
    ),
    "a name to call": lambda size: tool_call("call_write_tool", {"name": "create_" * (size // 7)}),
    "arguments to pass on": lambda size: tool_call(
        "call_write_tool", {"name": CREATE, "arguments": {"Line": [1] * (size // 3)}}
    ),
}


def check(here: McpEndpoint, make: Family, caplog: pytest.LogCaptureFixture) -> None:
    def asking(size: int) -> Callable[[], None]:
        body = make(size)

        def ask() -> None:
            reply = reply_of(here, body)
            assert reply.status < 500
            assert b"internal_error" not in reply.body

        return ask

    with caplog.at_level(logging.ERROR):
        assert is_linear(asking, SIZE, MOST_SECONDS)
    assert not caplog.records


@pytest.mark.parametrize("name", SHAPES)
def test_a_hostile_shape_is_answered_in_time_that_grows_with_its_size(name, caplog):
    check(FULL, SHAPES[name], caplog)


@pytest.mark.parametrize("name", DISCOVERED)
def test_so_is_one_at_the_tools_that_find_others(name, caplog):
    check(DISCOVERY, DISCOVERED[name], caplog)


def texts_of(tool: Tool) -> list[str]:
    return [name for name, given in tool.input_schema["properties"].items() if given.get("type") == "string"]


def drawn() -> list[tuple[int, str]]:
    """A filler for each case, and the seed by which a tool and its argument are drawn."""
    return [(SEED + at, filler) for at, filler in enumerate(FILLERS)]


@pytest.mark.parametrize(("seed", "filler"), drawn(), ids=lambda value: ascii(value))
def test_a_long_run_of_anything_is_answered_in_time_that_grows_with_its_length(seed, filler, caplog):
    chance = random.Random(seed)
    tool = chance.choice([tool for tool in CATALOG.tools if texts_of(tool)])
    argument = chance.choice(texts_of(tool))
    check(FULL, lambda size: tool_call(tool.name, {argument: repeated(filler, size)}), caplog)


@pytest.mark.parametrize("filler", FILLERS, ids=ascii)
def test_so_is_a_raw_query_of_it_up_to_its_bound(filler):
    def make(size: int) -> bytes:
        query = f"select * from Employee where Id = '1' {repeated(filler, size)[:size]}x"
        return tool_call("list_all_quick_books_employees", {"query": query})

    def asking(size: int) -> Callable[[], Any]:
        body = make(size)
        return lambda: reply_of(FULL, body)

    assert is_linear(asking, 9_000)
    assert b"at most 30,000 are read" in asking(160_000)().body
