"""The MCP door: a raw ASGI application for `/mcp/{token}`, which finds out who asks, for which tools, and answers.

A POST holds one JSON-RPC message and gets one JSON answer; there are no sessions and no streams. The order is: may
this page or host speak to us at all, is the token known, is the method POST, is an API token needed, is the content
JSON, and only then is the body read. An address that is not known answers the same to everything: it tells nothing.

`quick_protocol` comes with the head and the body of a small POST; everything else comes as ASGI.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import Any, NamedTuple

from generator.catalog import Catalog
from runtime.errors import StorageUnavailable, TooManyGuesses
from runtime.mcp_server import large_bodies, protocol
from runtime.mcp_server.methods import Identity, Log, Methods
from runtime.mcp_server.replies import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    RATE_LIMITED,
    UNKNOWN_TOKEN,
    Field,
    Refused,
    Reply,
    as_stream,
)
from runtime.mcp_server.request import (
    ClientGone,
    Fields,
    Gate,
    Receive,
    check_content,
    read_body,
    wants_stream,
)
from runtime.mcp_server.toolset import Toolset, Toolsets
from runtime.model import Grant, TokenHash
from runtime.operations.bodies import LARGEST_BODY
from runtime.operations.call_protocol import Calls
from runtime.operations.file_links import FileLinks
from runtime.operations.files import takes_a_file
from runtime.safety.guesses import Guesses

logger = logging.getLogger(__name__)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
BringBody = Callable[[int, Callable[[int], None]], Awaitable[bytes | bytearray]]
"""Brings a body of so many bytes at most, and says how many it holds before it holds them."""
FindGrant = Callable[[TokenHash], Grant | None]

PREFIX = "/mcp/"
LONGEST_TOKEN = 100
CLIENTS_ENDING = "/mcp"
"""What may follow the token: some clients, such as older versions of the MCP Inspector, add `/mcp` to any URL."""
SSE_ENDING = "/sse"
WITHOUT_TOKEN = frozenset({"/mcp", "/mcp/", "/sse", "/sse/"})
"""Paths that clients guess. They name no MCP server, and say so."""
ALLOW: Field = (b"allow", b"POST, OPTIONS")
PREFLIGHT = Reply(
    204,
    (
        ALLOW,
        (b"access-control-allow-methods", b"POST, OPTIONS"),
        (
            b"access-control-allow-headers",
            b"accept, authorization, content-type, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id",
        ),
        (b"access-control-max-age", b"7200"),
    ),
)
NO_TOKEN = Refused(
    404,
    INVALID_REQUEST,
    "The URL of an MCP server here is /mcp/ and a secret token, and this one has none. Use the whole URL that "
    "Ledgerport showed when the MCP server was created, with Streamable HTTP as the transport.",
).reply()
_FAILED = Refused(500, INTERNAL_ERROR, "The server failed. It has been logged.").reply()


class Head(NamedTuple):
    """What the head of a request comes to, whatever its body: the same head, the same outcome.

    The grant is not in it: that may end between two requests.
    """

    token_hash: TokenHash
    fields: Fields
    sent: list[Field]
    page: tuple[Field, ...]
    client: str = ""
    """The address that the connection comes from."""
    is_sse: bool = False
    """Whether the URL is that of the older transport."""
    is_stream: bool = False
    """Whether the client takes an event stream and no JSON."""


class McpEndpoint:
    """The door. `find_grant` and `api_token_ok` are asked on every request and must be quick."""

    def __init__(
        self,
        hash_token: Callable[[str], TokenHash],
        find_grant: FindGrant,
        catalog: Callable[[], Catalog],
        calls: Calls,
        api_token_ok: Callable[[str, Grant], bool],
        *,
        identity: Identity,
        log: Log,
        allowed_origins: Iterable[str] = (),
        allowed_hosts: Iterable[str] = (),
        guesses: Guesses | None = None,
        links: FileLinks | None = None,
    ) -> None:
        self._guesses = Guesses() if guesses is None else guesses
        self._hash_token = hash_token
        self._find_grant = find_grant
        self._catalog = catalog
        self._api_token_ok = api_token_ok
        self._log = log
        self.gate = Gate(allowed_origins, allowed_hosts)
        self._toolsets = Toolsets()
        self._large = large_bodies.make_budget()
        self.methods = Methods(catalog, calls, identity, log, links)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request; ends quietly when the client has gone."""
        sent: list[Field] = scope["headers"]
        fields: Fields = dict(sent)
        if scope["path"] in WITHOUT_TOKEN:
            await send_reply(send, NO_TOKEN)
            return
        try:
            head = self._head_of(scope["path"], sent, fields, _address_of(scope))
            reply = await self.reply(head, partial(read_body, receive, fields), scope["method"])
        except Refused as refused:
            reply = self._refusal(refused, None)
        except ClientGone:
            return
        await send_reply(send, reply)

    def read_head(self, path: str, sent: list[Field], client: str = "") -> Head | None:
        """What the path and the header lines of a POST come to; None when it is refused whatever its body."""
        fields: Fields = dict(sent)
        try:
            head = self._head_of(path, sent, fields, client)
            check_content(fields)
        except Refused:
            return None
        return None if head.is_sse else head

    def reply_at_once(self, head: Head, body: bytes) -> Reply | None:
        """The reply to `tools/list`, for which nothing is awaited: the same that `reply` would make.

        None for every other request, and for every refusal and failure: `reply` meets them again and logs them.
        """
        if b'"tools/list"' not in body:
            return None
        try:
            grant = self._find_grant(head.token_hash)
            if grant is None or grant.config.require_api_token_auth:
                return None
            message = protocol.read(body, head.fields, head.sent)
            if message.method != "tools/list" or message.id is None:
                return None
            protocol.check_meta(message)
            toolset = self._toolsets.of(self._catalog(), grant.account.integration, grant.config)
            return _as_asked(self.methods.list(message, grant, toolset, head.fields), head)
        except Exception:
            return None

    async def reply(self, head: Head, body: bytes | BringBody, method: str = "POST") -> Reply:
        """The reply to one request. The body is there, or it is brought when everything before it was in order.

        Raises ClientGone when `body` does, and nothing else.
        """
        grant: Grant | None = None
        try:
            grant = self._find_grant(head.token_hash)
            if grant is None:
                self._log("mcp_refused", server=None, status=UNKNOWN_TOKEN.status)
                return _as_asked(UNKNOWN_TOKEN, head)
            if head.is_sse:
                raise _no_sse()
            if method != "POST":
                return _as_asked(_without_post(method), head)
            if grant.config.require_api_token_auth:
                self._check_api_token(head, grant)
            toolset = self._toolsets.of(self._catalog(), grant.account.integration, grant.config)
            if not isinstance(body, bytes):
                check_content(head.fields)
                return _as_asked(await self._brought(head, grant, toolset, body), head)
            message = protocol.read(body, head.fields, head.sent)
            return _as_asked(await self.methods.answer(message, grant, toolset, head.fields), head)
        except Refused as refused:
            return _as_asked(self._refusal(refused, grant), head)
        except ClientGone:
            raise
        except StorageUnavailable as unknown:
            return _as_asked(self._refusal(_unavailable(unknown), grant), head)
        except Exception:
            logger.exception("the MCP door failed")
            return _as_asked(_FAILED, head)

    async def _brought(self, head: Head, grant: Grant, toolset: Toolset, bring: BringBody) -> Reply:
        """The reply to a request whose body is not here yet. Raises Refused and ClientGone."""
        with self._large.share() as share:
            try:
                body = await bring(toolset.largest_body, partial(large_bodies.grow, share))
            except Refused as refused:
                raise _with_rest_endpoint(refused, grant, toolset) from None
            if isinstance(body, bytes):
                message = protocol.read(body, head.fields, head.sent)
                return await self.methods.answer(message, grant, toolset, head.fields)
            cut = await large_bodies.cut(body)
            del body  # the file holds on to it until it is decoded
            message = protocol.read(cut.body, head.fields, head.sent)._replace(carried=cut.files)
            large_bodies.check_use(message, toolset)
            del cut
            return await self.methods.answer(message, grant, toolset, head.fields)

    async def drain(self) -> None:
        """Waits for the writes that are under way: to be awaited before the process ends."""
        await self.methods.drain()

    def _head_of(self, path: str, sent: list[Field], fields: Fields, client: str) -> Head:
        """Raises Refused when the sender is not welcome."""
        page = self.gate.check(fields)
        token = path.removeprefix(PREFIX).removesuffix("/")
        is_sse = token.endswith(SSE_ENDING)
        token = token.removesuffix(SSE_ENDING if is_sse else CLIENTS_ENDING)
        is_stream = wants_stream(fields.get(b"accept", b""))
        if is_stream:
            fields = {name: value for name, value in fields.items() if name != b"accept-encoding"}
        return Head(self._hash_of(token), fields, sent, page, client, is_sse, is_stream)

    def _hash_of(self, token: str) -> TokenHash:
        """The hash of a token. One too long to be a token has the hash of none."""
        return self._hash_token(token if len(token) <= LONGEST_TOKEN else "")

    def _refusal(self, refused: Refused, grant: Grant | None) -> Reply:
        server = grant.server_id if grant else None
        self._log("mcp_refused", server=server, status=refused.status, rpc_code=refused.rpc_code)
        return refused.reply()

    def _check_api_token(self, head: Head, grant: Grant) -> None:
        """Raises Refused. It names no metadata: there is no OAuth here that a client could start."""
        scheme, _, token = head.fields.get(b"authorization", b"").strip().decode("latin-1").partition(" ")
        is_sent = scheme.lower() == "bearer" and bool(token.strip())
        if is_sent and self._api_token_ok(token.strip(), grant):
            return
        if is_sent and (wait := self._guesses.note(head.client)):
            slower = TooManyGuesses(wait)
            raise Refused(429, RATE_LIMITED, slower.as_text(), fields=((b"retry-after", b"%d" % wait),))
        raise Refused(
            401,
            INVALID_REQUEST,
            "This MCP server also wants an API token: send Authorization: Bearer with a valid one.",
            fields=((b"www-authenticate", b"Bearer"),),
        )


def _address_of(scope: MutableMapping[str, Any]) -> str:
    """The address that a connection comes from; empty when it has none, such as over a Unix socket."""
    client = scope.get("client")
    return client[0] if client else ""


def _unavailable(unknown: StorageUnavailable) -> Refused:
    """The refusal while nobody can say whether the URL is open: neither a 404, which means revoked, nor an answer."""
    retry_after: Field = (b"retry-after", b"%d" % unknown.retry_after)
    return Refused(unknown.status, INTERNAL_ERROR, unknown.as_text(), fields=(retry_after,))


def _no_sse() -> Refused:
    return Refused(
        410,
        INVALID_REQUEST,
        "The older transport, HTTP with SSE, is not offered. Use Streamable HTTP with the same URL without /sse.",
    )


def _without_post(method: str) -> Reply:
    if method == "OPTIONS":
        return PREFLIGHT
    raise Refused(
        405,
        INVALID_REQUEST,
        "This is an MCP server: clients send it POST requests. There is no stream to GET and no session to DELETE.",
        fields=(ALLOW,),
    )


def _with_rest_endpoint(refused: Refused, grant: Grant, toolset: Toolset) -> Refused:
    """The refusal of a body that is too large; where a tool sends files, with where a larger one is taken."""
    tools = takes_a_file(toolset.tools)
    if refused.status != 413 or not tools:
        return refused
    most = (toolset.largest_body - LARGEST_BODY) // 4 * 3 // 1024 // 1024
    text = (
        f"{refused.message} A file of up to {most} MiB may come here in base64; send a larger one as "
        f"multipart/form-data to POST /integrated-account/{grant.account.id}/tools/{tools[0].name} with an API token."
    )
    return Refused(refused.status, refused.rpc_code, text, fields=refused.fields)


def _as_asked(reply: Reply, head: Head) -> Reply:
    """The reply in the form that the client takes, with the fields that let a web page read it which asked."""
    if head.is_stream:
        reply = as_stream(reply)
    return reply._replace(fields=(*reply.fields, *head.page)) if head.page else reply


async def send_reply(send: Send, reply: Reply) -> None:
    """Send a reply as ASGI."""
    headers = list(reply.fields)
    if reply.status != 204:
        headers.append((b"content-length", b"%d" % (len(reply.body) + len(reply.rest))))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.rest:
        await send({"type": "http.response.body", "body": reply.body, "more_body": True})
        await send({"type": "http.response.body", "body": reply.rest})
    else:
        await send({"type": "http.response.body", "body": reply.body})
