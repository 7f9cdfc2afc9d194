"""What each method answers: `initialize`, `ping`, `server/discover`, tools, resources, notifications.

Called by `endpoint`, with a message whose form `protocol` found right; `endpoint` sends the reply. Calls `operations`.
Nothing is remembered between requests, so any worker can answer any of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from generator.catalog import Catalog, Tool
from generator.names import find_tool
from runtime.errors import InvalidRequest, RateLimited
from runtime.exchange.allowance import LONGEST_ESCAPE, Form
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server import protocol, resources, results
from runtime.mcp_server.callers import Callers
from runtime.mcp_server.cards import pending_change
from runtime.mcp_server.changes import Changes
from runtime.mcp_server.greeting import Identity, describe_server, write_instructions
from runtime.mcp_server.protocol import Message
from runtime.mcp_server.questions import Questions
from runtime.mcp_server.replies import ACCEPTED, ANSWER_FIELDS, EVENT_BYTES, INVALID_PARAMS, Field, Reply
from runtime.mcp_server.request import Fields, takes_gzip
from runtime.mcp_server.request_states import CallMade
from runtime.mcp_server.sending import Sending
from runtime.mcp_server.several_calls import SeveralCalls
from runtime.mcp_server.tool_calls import ToolCalls
from runtime.mcp_server.toolset import LARGEST_STORED, Toolset
from runtime.model import LONGEST_CLIENT, Grant
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.file_links import FileLinks
from runtime.operations.finished_calls import FinishedCalls
from runtime.operations.server_uses import ServerUses
from runtime.safety.once import read_key
from runtime.upstream.files import NO_FILES

if TYPE_CHECKING:
    from runtime.mcp_server.traces import Traces

FRESH_FOR_MS = 60_000
"""How long a client of the newer revisions may reuse a list before it asks again."""

CAPABILITIES = {"tools": {"listChanged": False}, "resources": resources.CAPABILITY}
IDEMPOTENCY_KEY = "ledgerport/idempotency-key"
MOST_FRAME = 1_500
"""Bytes around a text and a note at most, beside the id of the message and what the server says of itself: the members
of JSON-RPC and of a result, the state of the limits, an event of a stream. About 700 as measured.
"""
LONGEST_PACKED_ID = LARGEST_STORED - 4096
"""What an id may take in the one stored block behind a packed list, where the company's name stands too."""

PLAIN_FIELDS: tuple[Field, ...] = (*ANSWER_FIELDS, (b"vary", b"accept-encoding"))
GZIP_FIELDS: tuple[Field, ...] = (*PLAIN_FIELDS, (b"content-encoding", b"gzip"))


class Log(Protocol):
    """Whoever writes one line for one event."""

    def __call__(self, event: str, **fields: object) -> None:
        """Write it."""


@dataclass(frozen=True, slots=True)
class McpServices:
    """What answers are made of: the catalog that is served now, calls of tools, the log, and links to files."""

    catalog: Callable[[], Catalog]
    calls: CallProtocol
    identity: Identity
    log: Log
    links: FileLinks | None = None
    changes: Changes | None = None
    finished: FinishedCalls | None = None
    traces: Traces | None = None
    public_url: str = ""
    """Where the pages of records are, for results that are cited."""


class Methods:
    """Answers messages. One for the process; `drain` lets the writes that are under way come to their end."""

    def __init__(self, services: McpServices, uses: ServerUses | None = None) -> None:
        self._links = services.links
        self._catalog = services.catalog
        self._calls = services.calls
        self._identity = services.identity
        self._log = services.log
        finished = services.finished or FinishedCalls(services.log)
        self._tool_calls = ToolCalls(services.calls, finished, services.changes, services.public_url)
        self._several = SeveralCalls(self._tool_calls, uses)
        self._questions = Questions(services.calls, finished, services.changes)
        self._callers = Callers()
        self._traces = services.traces

    def answer(
        self, message: Message, grant: Grant, toolset: Toolset, fields: Fields
    ) -> Reply | Awaitable[Reply]:
        """Return the reply to a message, or what to await for it where a tool is called; both raise Refused."""
        if message.id is None:
            return ACCEPTED
        if self._traces is None:
            return self._answer(message, grant, toolset, fields)
        return self._traces.follow(
            message, toolset, fields, lambda: self._answer(message, grant, toolset, fields)
        )

    def _answer(
        self, message: Message, grant: Grant, toolset: Toolset, fields: Fields
    ) -> Reply | Awaitable[Reply]:
        protocol.check_meta(message)
        match message.method:
            case "tools/call":
                return self._call(message, grant, toolset, fields)
            case "tools/list":
                return self._list(message, grant, toolset, fields)
            case "resources/read":
                return self._read(message, grant, toolset, fields)
            case "resources/list" | "resources/templates/list":
                return self.reply(message, grant, resources.list_resources(message, toolset))
        return self._greet(message, grant, toolset, fields)

    def _greet(self, message: Message, grant: Grant, toolset: Toolset, fields: Fields) -> Reply:
        """Return the reply to a method that only one era of the protocol has; raises Refused for any other."""
        match message.method, message.is_modern:
            case "initialize", False:
                return self._initialize(message, grant, toolset, fields)
            case "ping", False:
                return self.reply(message, grant, {})
            case "server/discover", True:
                return self._discover(message, grant, toolset)
        raise protocol.refuse_method(message)

    async def drain(self) -> None:
        """Wait for every write that is under way, also those whose client has gone."""
        await self._tool_calls.drain()

    def _initialize(self, message: Message, grant: Grant, toolset: Toolset, fields: Fields) -> Reply:
        revision = protocol.negotiate(message)
        self._callers.note(message, grant, fields)
        self._log("mcp_initialize", server=grant.server_id, revision=revision, client=_client(message))
        result = {
            "protocolVersion": revision,
            "capabilities": _list_capabilities(toolset),
            "serverInfo": orjson.Fragment(self._describe(grant)),
        }
        return self.reply(message, grant, result | write_instructions(self._catalog(), grant, toolset))

    def _discover(self, message: Message, grant: Grant, toolset: Toolset) -> Reply:
        result = {
            # Only the revisions that have this method: a host that found older ones here stalled.
            "supportedVersions": protocol.MODERN_REVISIONS,
            "capabilities": _list_capabilities(toolset),
            "ttlMs": FRESH_FOR_MS,
            "cacheScope": "private",
        }
        return self.reply(message, grant, result | write_instructions(self._catalog(), grant, toolset))

    def _list(self, message: Message, grant: Grant, toolset: Toolset, fields: Fields) -> Reply:
        """Return the tools of a toolset; raises Refused for a cursor, because there is one page."""
        protocol.check_cursor(message)
        members = _list_members(self._describe(grant)) if message.is_modern else b""
        id_ = orjson.dumps(message.id)
        if len(id_) <= LONGEST_PACKED_ID and takes_gzip(fields.get(b"accept-encoding", b"")):
            tail = b'%b},"jsonrpc":"2.0","id":%b}' % (members, id_)
            return Reply(200, GZIP_FIELDS, toolset.compress(tail))
        first = members[1:] + b"," if members else b""
        front = b'{"jsonrpc":"2.0","id":%b,"result":{%b' % (id_, first)
        return Reply(200, PLAIN_FIELDS, front, toolset.listed)

    def _read(
        self, message: Message, grant: Grant, toolset: Toolset, fields: Fields
    ) -> Reply | Awaitable[Reply]:
        card = resources.read_card(message, toolset)
        if card is not None:
            return self.reply(message, grant, card)
        return self._read_file(message, grant, toolset, fields)

    async def _read_file(self, message: Message, grant: Grant, toolset: Toolset, fields: Fields) -> Reply:
        async def call(owner: resources.Owner, tool: Tool, arguments: dict[str, Any]) -> Answer:
            caller = self._callers.find(message, grant, fields)
            sending = Sending("", NO_FILES, self._form(message, grant), caller=caller)
            return await self._tool_calls.call(owner.grant, owner.toolset, tool, arguments, sending)

        result, answer = await resources.read(message, grant, toolset, self._links, call)
        return results.reply_success(self._body(message, grant, result), answer)

    async def _call(self, message: Message, grant: Grant, toolset: Toolset, fields: Fields) -> Reply:
        name, arguments = protocol.call_of(message)
        key = _idempotency_key(message)
        tool = find_tool(toolset.tools, name)
        client = "" if tool is not None and tool.is_read_only else _name_client(message, fields)
        caller = self._callers.find(message, grant, fields)
        turn = self._questions.read(message, grant, CallMade(name, arguments, key))
        sending = turn.prepare(
            Sending(key, message.carried, self._form(message, grant), name, client, caller)
        )
        reached = grant
        if (settled := await self._questions.settle(grant, toolset, turn, sending)) is not None:
            answer = settled
        elif toolset.several is not None:
            reached, answer = await self._several.answer(grant, toolset, name, arguments, sending)
        else:
            answer = await self._tool_calls.answer(grant, toolset, name, arguments, sending)
        if (asked := self._questions.ask(grant, turn, answer)) is not None:
            return results.reply_success(self._body(message, grant, asked), answer)
        answer = sending.form.fit(answer, self._calls.compute_budget(grant))
        if isinstance(answer.error, RateLimited) and grant.config.rate_limit_style == "http_429":
            return results.refuse_rate(answer, message.id)
        result = self.make_result(answer, self._link_to(answer, reached, fields))
        return results.reply_success(self._body(message, grant, result), answer)

    def _link_to(self, answer: Answer, grant: Grant, fields: Fields) -> results.Link:
        if self._links is None or answer.file is None:
            return results.NO_LINK
        uri = self._links.make(grant, answer.file)
        return results.Link(uri, grant.config.require_api_token_auth, protocol.has_links(fields))

    def make_result(self, answer: Answer, link: results.Link) -> dict[str, Any]:
        """Return the result that an answer becomes."""
        return results.build_result(answer, link)

    def reply(self, message: Message, grant: Grant, result: dict[str, Any]) -> Reply:
        """Return the reply to a message whose result is this."""
        return Reply(200, ANSWER_FIELDS, self._body(message, grant, result))

    def _body(self, message: Message, grant: Grant, result: dict[str, Any]) -> bytes:
        """Return the JSON-RPC response, with what the newer revisions want in every result."""
        if message.is_modern:
            server = {protocol.SERVER_KEY: orjson.Fragment(self._describe(grant))}
            result = {"resultType": "complete", **result, "_meta": {**result.get("_meta", {}), **server}}
        return orjson.dumps({"jsonrpc": "2.0", "id": message.id, "result": result})

    def _form(self, message: Message, grant: Grant) -> Form:
        """How an answer goes out as the reply to a message, at its largest: as an event of a stream."""

        def size_of(answer: Answer) -> int:
            return len(self._body(message, grant, self.make_result(answer, results.NO_LINK))) + EVENT_BYTES

        most = MOST_FRAME + LONGEST_ESCAPE * len(str(message.id)) + len(self._describe(grant))
        return Form(size_of, is_escaped=True, most_frame=most)

    def _describe(self, grant: Grant) -> bytes:
        return describe_server(self._catalog(), self._identity, grant)


def _list_capabilities(toolset: Toolset) -> dict[str, Any]:
    """Return what the server declares: where writes may wait, the extension of their card too, in every revision.

    Only the newest has `extensions` in its schema; SEP-1865 declares it there in the handshake of all.
    """
    return CAPABILITIES | {"extensions": pending_change.EXTENSIONS} if toolset.may_wait else CAPABILITIES


@lru_cache(maxsize=1024)
def _list_members(server_info: bytes) -> bytes:
    """Return what follows the tools in a list of the newer revisions."""
    return b',"resultType":"complete","ttlMs":%d,"cacheScope":"private","_meta":{"%b":%b}' % (
        FRESH_FOR_MS,
        protocol.SERVER_KEY.encode(),
        server_info,
    )


def _idempotency_key(message: Message) -> str:
    """Return the key by which a client marks a repeated call as the same one; empty when it names none. Raises
    Refused.
    """
    meta = message.params.get("_meta")
    if not meta or IDEMPOTENCY_KEY not in meta:
        return ""
    try:
        return read_key(meta[IDEMPOTENCY_KEY])
    except InvalidRequest as problem:
        text = f'"_meta.{IDEMPOTENCY_KEY}": {problem.as_text()}'
        raise message.refuse(INVALID_PARAMS, text) from problem


def _name_client(message: Message, fields: Fields) -> str:
    """Return how a client names itself: in each message of the newer revisions, otherwise by its User-Agent."""
    info = (message.params.get("_meta") or {}).get(protocol.CLIENT_KEY)
    named = info.get("name") if isinstance(info, dict) else None
    given = named if isinstance(named, str) else fields.get(b"user-agent", b"").decode("latin-1")
    return given[:LONGEST_CLIENT]


def _client(message: Message) -> str:
    info = message.params["clientInfo"]
    return f"{info['name'][:64]} {info['version'][:32]}"
