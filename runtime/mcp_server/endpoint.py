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
from runtime.mcp_server import large_bodies, protocol
from runtime.mcp_server.methods import Calls, Identity, Log, Methods
from runtime.mcp_server.replies import INTERNAL_ERROR, INVALID_REQUEST, UNKNOWN_TOKEN, Field, Refused, Reply
from runtime.mcp_server.request import (
    LARGEST_BODY,
    ClientGone,
    Fields,
    Gate,
    Receive,
    check_content,
    read_body,
)
from runtime.mcp_server.toolset import Toolset, Toolsets
from runtime.model import Grant, TokenHash
from runtime.operations.files import takes_a_file

logger = logging.getLogger(__name__)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
BringBody = Callable[[int, Callable[[int], None]], Awaitable[bytes | bytearray]]
"""Brings a body of so many bytes at most, and says how many it holds before it holds them."""
FindGrant = Callable[[TokenHash], Grant | None]

PREFIX = "/mcp/"
LONGEST_TOKEN = 100
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
_FAILED = Refused(500, INTERNAL_ERROR, "The server failed. It has been logged.").reply()


class Head(NamedTuple):
    """What the head of a request comes to, whatever its body: the same head, the same outcome.

    The grant is not in it: that may end between two requests.
    """

    token_hash: TokenHash
    fields: Fields
    sent: list[Field]
    page: tuple[Field, ...]


class McpEndpoint:
    """The door. `find_grant` and `api_token_ok` are asked on every request and must be quick."""

    def __init__(
        self,
        hash_token: Callable[[str], TokenHash],
        find_grant: FindGrant,
        catalog: Callable[[], Catalog],
        calls: Calls,
        api_token_ok: Callable[[str], bool],
        *,
        identity: Identity,
        log: Log,
        allowed_origins: Iterable[str] = (),
        allowed_hosts: Iterable[str] = (),
    ) -> None:
        self._hash_token = hash_token
        self._find_grant = find_grant
        self._catalog = catalog
        self._api_token_ok = api_token_ok
        self._log = log
        self._gate = Gate(allowed_origins, allowed_hosts)
        self._toolsets = Toolsets()
        self._large = large_bodies.make_budget()
        self.methods = Methods(catalog, calls, identity, log)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request; ends quietly when the client has gone."""
        sent: list[Field] = scope["headers"]
        fields: Fields = dict(sent)
        try:
            head = Head(self._hash_of(scope["path"]), fields, sent, self._gate.check(fields))
            reply = await self.reply(head, partial(read_body, receive, fields), scope["method"])
        except Refused as refused:
            reply = self._refusal(refused, None)
        except ClientGone:
            return
        await _send(send, reply)

    def read_head(self, path: str, sent: list[Field]) -> Head | None:
        """What the path and the header lines of a POST come to; None when it is refused whatever its body."""
        fields: Fields = dict(sent)
        try:
            page = self._gate.check(fields)
            check_content(fields)
        except Refused:
            return None
        return Head(self._hash_of(path), fields, sent, page)

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
            return _to_page(self.methods.list(message, grant, toolset, head.fields), head)
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
                return _to_page(UNKNOWN_TOKEN, head)
            if method != "POST":
                return _to_page(_without_post(method), head)
            if grant.config.require_api_token_auth:
                self._check_api_token(head.fields)
            toolset = self._toolsets.of(self._catalog(), grant.account.integration, grant.config)
            if not isinstance(body, bytes):
                check_content(head.fields)
                return _to_page(await self._brought(head, grant, toolset, body), head)
            message = protocol.read(body, head.fields, head.sent)
            return _to_page(await self.methods.answer(message, grant, toolset, head.fields), head)
        except Refused as refused:
            return _to_page(self._refusal(refused, grant), head)
        except ClientGone:
            raise
        except Exception:
            logger.exception("the MCP door failed")
            return _to_page(_FAILED, head)

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

    def _hash_of(self, path: str) -> TokenHash:
        """The hash of the token in a path. One too long to be a token has the hash of none."""
        token = path.removeprefix(PREFIX)
        return self._hash_token(token if len(token) <= LONGEST_TOKEN else "")

    def _refusal(self, refused: Refused, grant: Grant | None) -> Reply:
        server = grant.server_id if grant else None
        self._log("mcp_refused", server=server, status=refused.status, rpc_code=refused.rpc_code)
        return refused.reply()

    def _check_api_token(self, fields: Fields) -> None:
        """Raises Refused. It names no metadata: there is no OAuth here that a client could start."""
        scheme, _, token = fields.get(b"authorization", b"").strip().decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not self._api_token_ok(token.strip()):
            raise Refused(
                401,
                INVALID_REQUEST,
                "This MCP server also wants an API token: send Authorization: Bearer with a valid one.",
                fields=((b"www-authenticate", b"Bearer"),),
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


def _to_page(reply: Reply, head: Head) -> Reply:
    """The reply with the fields that let the web page read it which asked, if one did."""
    return reply._replace(fields=(*reply.fields, *head.page)) if head.page else reply


async def _send(send: Send, reply: Reply) -> None:
    headers = list(reply.fields)
    if reply.status != 204:
        headers.append((b"content-length", b"%d" % (len(reply.body) + len(reply.rest))))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.rest:
        await send({"type": "http.response.body", "body": reply.body, "more_body": True})
        await send({"type": "http.response.body", "body": reply.rest})
    else:
        await send({"type": "http.response.body", "body": reply.body})
