"""The MCP endpoint: finds out who asks at `/mcp/{token}`, for which tools, and answers.

A POST holds one JSON-RPC message and gets one JSON answer; there are no sessions and no streams. `respond` checks a
request and answers it, whichever way its bytes came: over ASGI, from `runtime.server.fast_path` with a body that is
there already, or by the older transport (`sse`), whose streams `admit` checks. A token that opens nothing answers the
same to everything: it gives nothing away.
`runtime/server/app.py` puts the parts together: begin there.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from runtime.errors import InternalError, InvalidRequest, StorageUnavailable
from runtime.mcp_server import large_bodies, protocol, senders
from runtime.mcp_server.bearers import Bearers
from runtime.mcp_server.methods import McpServices, Methods
from runtime.mcp_server.protocol import Message
from runtime.mcp_server.replies import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
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
    add_rule,
    check_content,
    read_body,
    wants_stream,
)
from runtime.mcp_server.several import GrantToolsets
from runtime.mcp_server.toolset import Toolset
from runtime.model import Grant, TokenHash
from runtime.networks import is_within
from runtime.operations import narrowing
from runtime.operations.server_uses import ServerUses
from runtime.request_ids import CURRENT, FIELD, add_request_id, choose_request_id
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import Guesses
from runtime.watching.counts import Counter

logger = logging.getLogger(__name__)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ReadBody = Callable[[Fields, int, Callable[[int], None]], Awaitable[bytes | bytearray]]
"""Reads the body under header fields, of so many bytes at most, and reports how many it holds before it holds them."""
FoundGrant = Grant | None | Awaitable[Grant | None]
FindGrant = Callable[[TokenHash], FoundGrant]
"""Answers at once where it can, which costs a request the least."""

_FAILED = Refused(500, INTERNAL_ERROR, InternalError().message).reply()


class Head(NamedTuple):
    """The head of a request as it came; nothing of it is checked."""

    method: str
    path: str
    sent: list[Field]
    """The header lines in their order, their names in lower case."""
    client: str = ""
    """The address that the connection comes from."""


@dataclass(slots=True)
class Exchange:
    """One request, as far as the checks have come."""

    head: Head
    fields: Fields
    request_id: str
    page: tuple[Field, ...] = ()
    """What lets the web page that asks read the reply."""
    is_stream: bool = False
    """Whether the client takes an event stream and no JSON."""
    is_sse: bool = False
    """Whether the URL is that of the older transport."""
    token: str = field(default="", repr=False)
    """The token of the MCP server."""
    grant: Grant | None = None

    @property
    def own_fields(self) -> tuple[Field, ...]:
        """The fields of its response beside those of what is answered."""
        return (*self.page, (FIELD, self.request_id.encode()))

    def take_stream(self) -> None:
        """Answer with an event stream, which is never compressed."""
        self.is_stream = True
        self.fields = {name: value for name, value in self.fields.items() if name != b"accept-encoding"}

    def finish(self, reply: Reply) -> Reply:
        """Return the reply in the form that the client takes."""
        if self.is_stream:
            reply = as_stream(reply)
        return reply._replace(fields=(*reply.fields, *self.own_fields))


@dataclass(frozen=True, slots=True)
class Access:
    """How a caller is recognized. All of it is asked on every request, and must be quick."""

    hash_token: Callable[[str], TokenHash]
    find_grant: FindGrant
    is_api_token: Callable[[str, Grant], Awaitable[bool]]
    guesses: Guesses = field(default_factory=Guesses)
    addresses: ClientAddresses = field(default_factory=ClientAddresses)
    uses: ServerUses | None = None
    on_misuse: Callable[[Grant, str], object] | None = None
    """Takes a grant that was used from outside its networks, and the address."""
    bearers: Bearers | None = None
    """Who answers for access tokens; None where there is no authorization server."""


class McpEndpoint:
    """The endpoint. One for the process; `drain` it at the end."""

    def __init__(
        self,
        services: McpServices,
        access: Access,
        gate: Gate | None = None,
        requests: Counter | None = None,
    ) -> None:
        self._requests = requests or Counter("requests", "", "endpoint", "status")
        self._guesses = access.guesses
        self._addresses = access.addresses
        self._uses = access.uses
        self._on_misuse = access.on_misuse
        self._hash_token = access.hash_token
        self._find_grant = access.find_grant
        self._bearers = access.bearers
        self._is_api_token = access.is_api_token
        self._catalog = services.catalog
        self._log = services.log
        self.gate = gate or Gate()
        self._toolsets = GrantToolsets(has_journal=services.changes is not None)
        self._large = large_bodies.make_budget()
        self.methods = Methods(services, access.uses)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request that comes as ASGI; end quietly when the client has gone."""
        sent: list[Field] = scope["headers"]
        head = Head(scope["method"], scope["path"], sent, senders.find_peer_address(scope))
        reply = self.respond(head, partial(read_body, receive))
        try:
            await send_reply(send, reply if isinstance(reply, Reply) else await reply)
        except ClientGone:
            return

    def respond(self, head: Head, body: bytes | ReadBody) -> Reply | Awaitable[Reply]:
        """Return the reply to a request where it is ready, and otherwise what to await for it.

        `body` is the whole body, or reads it, and is called only when everything before it is in order. Raises
        nothing; what is awaited raises ClientGone when `body` does.
        """
        exchange = Exchange(head, fields := dict(head.sent), choose_request_id(fields.get(FIELD)))
        before = CURRENT.set(exchange.request_id)
        try:
            reply = self._answer(exchange, body)
        except Exception as error:  # noqa: BLE001  (logged, and answered as our own failure)
            reply = self.refuse(error, exchange.grant)
        finally:
            CURRENT.reset(before)
        return self._count(exchange, reply) if isinstance(reply, Reply) else self._finish(exchange, reply)

    def _count(self, exchange: Exchange, reply: Reply) -> Reply:
        self._requests.add("mcp", str(reply.status))
        return exchange.finish(reply)

    async def admit(self, head: Head, method: str) -> Exchange | Reply:
        """Return a request of the older transport that its sender may make with this method, or the reply that refuses
        it. The path is that of the MCP server. Raises nothing.
        """
        exchange = Exchange(head, fields := dict(head.sent), choose_request_id(fields.get(FIELD)))
        CURRENT.set(exchange.request_id)
        try:
            checked = self._check_sender(exchange, method)
            refusal = checked if checked is None or isinstance(checked, Reply) else await checked
        except Exception as error:  # noqa: BLE001  (logged, and answered as our own failure)
            refusal = self.refuse(error, exchange.grant)
        return exchange.finish(refusal) if refusal else exchange

    async def is_still_admitted(self, exchange: Exchange) -> bool:
        """Whether the sender of an admitted request might make it now as well. Raises StorageUnavailable."""
        found = self._find_grant(self._hash_of(exchange.token))
        grant = found if found is None or isinstance(found, Grant) else await found
        if grant is None or (grant.config.networks and self._is_misused(exchange, grant)):
            return False
        if not grant.config.require_api_token_auth:
            return True
        return await self._is_api_token(senders.read_bearer(exchange.fields), grant)

    async def _finish(self, exchange: Exchange, answer: Awaitable[Reply]) -> Reply:
        """Await the reply. Raises ClientGone."""
        CURRENT.set(exchange.request_id)
        try:
            reply = await answer
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001  (logged, and answered as our own failure)
            reply = self.refuse(error, exchange.grant)
        return self._count(exchange, reply)

    def _answer(self, exchange: Exchange, body: bytes | ReadBody) -> Reply | Awaitable[Reply]:
        """Return the reply to a request, or what to await for it: where its grant or its answer takes time.

        All checks before the body, in their one order: who sends it (`_check_sender`), is the content JSON. Raises
        Refused and StorageUnavailable.
        """
        path = exchange.head.path
        if (
            path in senders.WITHOUT_TOKEN
            and (self._bearers is None or path not in senders.WITH_BEARER)
            and senders.has_no_token(exchange.head.method, path, exchange.fields)
        ):
            return senders.NO_TOKEN
        checked = self._check_sender(exchange, "POST")
        if checked is None:
            return self._answer_content(exchange, body)
        return checked if isinstance(checked, Reply) else self._await_sender(exchange, checked, body)

    async def _await_sender(
        self, exchange: Exchange, checked: Awaitable[Reply | None], body: bytes | ReadBody
    ) -> Reply:
        if (refusal := await checked) is not None:
            return refusal
        answer = self._answer_content(exchange, body)
        return answer if isinstance(answer, Reply) else await answer

    def _answer_content(self, exchange: Exchange, body: bytes | ReadBody) -> Reply | Awaitable[Reply]:
        check_content(exchange.fields)
        return self._answer_body(exchange, body)

    def _check_sender(self, exchange: Exchange, method: str) -> Reply | Awaitable[Reply | None] | None:
        """Return the reply to a sender that is not let through, or what to await for it; find the grant of one that is.

        May this page or host speak to us at all, is the token known, is the method the right one, is an API token
        needed. Raises Refused and StorageUnavailable.
        """
        exchange.page = self.gate.check(exchange.fields)
        if wants_stream(exchange.fields.get(b"accept", b"")):
            exchange.take_stream()
        exchange.token, exchange.is_sse = senders.read_token(exchange.head.path, exchange.fields)
        if senders.takes_access_token(exchange.head.path):
            if exchange.head.method == "OPTIONS" and not exchange.token:
                return senders.PREFLIGHT
            if self._bearers is not None and senders.needs_access_token(exchange.head.path, exchange.token):
                return self._check_bearer(exchange, self._bearers, method)
        found = self._find_grant(self._hash_of(exchange.token))
        if found is None or isinstance(found, Grant):
            return self._check_grant(exchange, found, method)
        return self._await_grant(exchange, found, method)

    def _check_bearer(
        self, exchange: Exchange, bearers: Bearers, method: str
    ) -> Reply | Awaitable[Reply | None] | None:
        found = bearers.find(exchange.head.path, exchange.token)
        if isinstance(found, Grant):
            return self._check_grant(exchange, found, method)
        return found if isinstance(found, Reply) else self._await_bearer(exchange, found, method)

    async def _await_bearer(
        self, exchange: Exchange, found: Awaitable[Grant | Reply], method: str
    ) -> Reply | None:
        opened = await found
        return opened if isinstance(opened, Reply) else await self._await_checked(exchange, opened, method)

    async def _await_grant(
        self, exchange: Exchange, found: Awaitable[Grant | None], method: str
    ) -> Reply | None:
        return await self._await_checked(exchange, await found, method)

    async def _await_checked(self, exchange: Exchange, grant: Grant | None, method: str) -> Reply | None:
        checked = self._check_grant(exchange, grant, method)
        return checked if checked is None or isinstance(checked, Reply) else await checked

    def _check_grant(
        self, exchange: Exchange, grant: Grant | None, method: str
    ) -> Reply | Awaitable[Reply | None] | None:
        if grant is None or (grant.config.networks and self._is_misused(exchange, grant)):
            return self._refuse_unknown(exchange)
        exchange.grant = grant
        if exchange.head.method == "OPTIONS":
            return senders.PREFLIGHT
        if exchange.is_sse or exchange.head.method != method:
            raise senders.refuse_method(is_stream=exchange.is_sse or method == "GET")
        return self._check_api_token(exchange, grant) if grant.config.require_api_token_auth else None

    async def _refuse_unknown(self, exchange: Exchange) -> Reply:
        """Return the reply to a token that opens nothing, whatever the reason: to many of one address a slower one."""
        exchange.grant = None
        wait = await self._guesses.note(self._find_address(exchange))
        reply = senders.refuse_more_guesses(wait).reply() if wait else UNKNOWN_TOKEN
        self._log("mcp_refused", server=None, status=reply.status)
        return reply

    def _is_misused(self, exchange: Exchange, grant: Grant) -> bool:
        """Whether a request comes from outside the networks of its MCP server, which is reported."""
        address = self._find_address(exchange)
        if is_within(address, grant.config.networks):
            return False
        if self._on_misuse is not None:
            self._on_misuse(grant, address)
        return True

    def _find_address(self, exchange: Exchange) -> str:
        return self._addresses.find(exchange.head.client, exchange.head.sent)

    def _answer_body(self, exchange: Exchange, body: bytes | ReadBody) -> Reply | Awaitable[Reply]:
        """Return the reply to a body, or what to await for it. Raises Refused."""
        grant = exchange.grant
        assert grant is not None
        exchange.grant = grant = add_rule(grant, exchange.fields, exchange.head.sent)
        toolset = self._find_toolset(exchange, grant)
        if not isinstance(body, bytes):
            return self._read_and_answer(exchange, grant, toolset, body)
        return self._answer_message(
            exchange, protocol.read(body, exchange.fields, exchange.head.sent), toolset
        )

    def _answer_message(
        self, exchange: Exchange, message: Message, toolset: Toolset
    ) -> Reply | Awaitable[Reply]:
        """Return the reply to a message, or what to await for it, and count its use. Raises Refused."""
        grant = exchange.grant
        assert grant is not None
        is_call = message.method == "tools/call" and message.id is not None
        if is_call and grant.oauth is not None and self._bearers is not None:
            path, reply = exchange.head.path, self.methods.reply
            refusal = self._bearers.check_scope(path, message, grant, toolset, reply)
            if refusal is not None:
                self._log("mcp_scope_missing", server=grant.server_id, status=refusal.status)
                return refusal
        # A call at an address of several companies is a use of the one that it reaches, which is not known yet.
        is_call = is_call and not grant.companies
        if is_call and grant.config.max_uses:
            return self._take_and_answer(exchange, message, grant, toolset)
        if self._uses is not None:
            self._uses.note(grant, is_call=is_call)
        return self.methods.answer(message, grant, toolset, exchange.fields)

    async def _take_and_answer(
        self, exchange: Exchange, message: Message, grant: Grant, toolset: Toolset
    ) -> Reply:
        """Return the reply to a call by an MCP server with a limit of them. Raises Refused and StorageUnavailable."""
        if self._uses is None or not await self._uses.take(grant):
            return await self._refuse_unknown(exchange)
        answer = self.methods.answer(message, grant, toolset, exchange.fields)
        return answer if isinstance(answer, Reply) else await answer

    def _find_toolset(self, exchange: Exchange, grant: Grant) -> Toolset:
        """Return the toolset of a grant, or what the header fields of a request leave of it. Raises Refused."""
        if exchange.fields.keys().isdisjoint(narrowing.FIELDS):
            return self._toolsets.select(self._catalog(), grant)
        try:
            named = narrowing.read_narrowing(exchange.head.sent)
            return self._toolsets.narrow(self._catalog(), grant, named)
        except InvalidRequest as wrong:
            raise Refused(wrong.status, INVALID_REQUEST, wrong.as_text()) from wrong

    async def _read_and_answer(
        self, exchange: Exchange, grant: Grant, toolset: Toolset, read: ReadBody
    ) -> Reply:
        """Return the reply to a body that is still to be read. Raises Refused and ClientGone."""
        with self._large.open_share() as share:
            try:
                body = await read(exchange.fields, toolset.largest_body, partial(large_bodies.grow, share))
            except Refused as refused:
                raise large_bodies.name_rest_endpoint(refused, grant, toolset) from None
            if isinstance(body, bytes):
                message = protocol.read(body, exchange.fields, exchange.head.sent)
            else:
                message = await large_bodies.read(exchange.fields, exchange.head.sent, toolset, body)
            del body  # the file holds on to it until it is decoded
            answer = self._answer_message(exchange, message, toolset)
            return answer if isinstance(answer, Reply) else await answer

    async def drain(self) -> None:
        """Wait for the writes that are under way: to be awaited before the process ends."""
        await self.methods.drain()

    def _hash_of(self, token: str) -> TokenHash:
        """Return the hash of a token. One too long to be a token has the hash of none."""
        return self._hash_token(token if len(token) <= senders.LONGEST_TOKEN else "")

    def refuse(self, error: Exception, grant: Grant | None) -> Reply:
        """Return the reply that an error becomes, and log it."""
        if isinstance(error, StorageUnavailable):
            error = senders.refuse_while_unknown(error)
        if not isinstance(error, Refused):
            logger.error("the MCP endpoint failed", exc_info=error)
            return _FAILED
        server = grant.server_id if grant else None
        self._log("mcp_refused", server=server, status=error.status, rpc_code=error.rpc_code)
        return error.reply()

    async def _check_api_token(self, exchange: Exchange, grant: Grant) -> None:
        """Raise Refused, more slowly for a client that sends many wrong tokens."""
        is_token_in_field = exchange.head.path in senders.WITH_BEARER
        token = "" if is_token_in_field else senders.read_bearer(exchange.fields)
        if token and await self._is_api_token(token, grant):
            return
        if token and (wait := await self._guesses.note(self._find_address(exchange))):
            raise senders.refuse_more_guesses(wait)
        raise senders.refuse_without_api_token(is_token_in_field=is_token_in_field)


async def send_reply(send: Send, reply: Reply) -> None:
    """Send a reply as ASGI, with an id where it has none."""
    headers = [*add_request_id(reply.fields)]
    if reply.status != 204:
        headers.append((b"content-length", b"%d" % (len(reply.body) + len(reply.rest))))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.rest:
        await send({"type": "http.response.body", "body": reply.body, "more_body": True})
        await send({"type": "http.response.body", "body": reply.rest})
    else:
        await send({"type": "http.response.body", "body": reply.body})
