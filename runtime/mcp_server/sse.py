"""The older transport of MCP, HTTP with SSE (revision 2024-11-05): a stream for answers, and an address for messages.

    GET  /sse/{token}            opens an event stream; its first event, `endpoint`, names the address for messages
    POST /sse/{token}/messages   takes a message (202); what it comes to is a `message` event on the stream

A session lives as long as its stream, has a random id of 192 bits, and belongs to the token it was opened with: only
the hash of both is known here. The stream and the message may come to different processes; `stores.mailbox` is between
them. Who may ask, and what is answered, is `endpoint`'s: this module carries. Nothing but answers is ever sent.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakValueDictionary

from runtime.errors import StorageUnavailable
from runtime.mcp_server.endpoint import Exchange, Head, McpEndpoint, Send, send_reply
from runtime.mcp_server.replies import ACCEPTED, EVENTS, INVALID_REQUEST, Field, Refused, Reply, as_event
from runtime.mcp_server.request import ClientGone, Fields, Receive, read_body
from runtime.mcp_server.senders import PREFIX as MCP_PREFIX
from runtime.mcp_server.senders import SSE_ENDING
from runtime.mcp_server.streams import HEARTBEAT, Stream, Streams
from runtime.model import TokenHash
from runtime.request_ids import FIELD
from runtime.stores.mailbox import Mailbox, Post, StreamAddress

PREFIX = "/sse/"
MESSAGES = "/messages"
SESSION_PREFIX = "lps_"
SESSION_BYTES = 24
"""192 bits, the least that a secret has here."""
LONGEST_SESSION = 64
"""Characters. Ours have 36."""
MOST_UNDER_WAY = 32
"""Messages of one stream that one process answers at once; another waits for its 202. A model calls up to about ten
tools at once, and the vendor takes no more.
"""
STREAM_FIELDS: tuple[Field, ...] = (
    EVENTS,
    (b"cache-control", b"no-store, no-transform"),
    # nginx would collect what is sent.
    (b"x-accel-buffering", b"no"),
    (b"referrer-policy", b"no-referrer"),
)
OF_THE_ANSWER = frozenset({b"accept", b"accept-encoding"})
"""What a message says of the response to its own request, which has no content."""


class _Lane:
    """The messages of one stream that this process answers."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(MOST_UNDER_WAY)
        self.under_way = 0


class SseEndpoint:
    """The transport. One for the process; `run` is to run beside it, `stop` and `drain` are for the end."""

    def __init__(
        self,
        endpoint: McpEndpoint,
        hash_token: Callable[[str], TokenHash],
        mailbox: Mailbox,
        log: Callable[..., None],
        streams: Streams | None = None,
    ) -> None:
        self.streams = streams or Streams()
        self._endpoint = endpoint
        self._hash_token = hash_token
        self._mailbox = mailbox
        self._log = log
        self._lanes: WeakValueDictionary[StreamAddress, _Lane] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one stream, or take one message."""
        token, is_message = split_path(scope["path"])
        client = scope.get("client")
        sent = [field for field in scope["headers"] if not is_message or field[0] not in OF_THE_ANSWER]
        head = Head(scope["method"], MCP_PREFIX + token, sent, client[0] if client else "")
        admitted = await self._endpoint.admit(head, "POST" if is_message else "GET")
        try:
            if isinstance(admitted, Reply):
                await send_reply(send, admitted)
            elif is_message:
                address = self._locate(token, read_session(scope["query_string"]))
                await send_reply(send, await self._take_message(admitted, address, receive))
            else:
                await self._serve_stream(admitted, token, receive, send)
        except ClientGone:
            return

    async def run(self) -> None:
        """Send heartbeats, and hand over what other processes send, until cancelled."""
        await asyncio.gather(
            self._mailbox.run(), self.streams.run(lambda: self._start(self._mailbox.renew()))
        )

    def stop(self) -> None:
        """Open no more streams, and end those that are open when their calls are answered."""
        self.streams.stop()

    async def drain(self) -> None:
        """Wait for the answers that are under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _locate(self, token: str, session: str) -> StreamAddress:
        """Return the address of a session of a token: no other token leads there."""
        return StreamAddress(self._hash_token(f"{token} {session}").hex())

    # The stream

    async def _serve_stream(self, exchange: Exchange, token: str, receive: Receive, send: Send) -> None:
        """Open a stream and send on it until it ends."""
        assert exchange.grant is not None
        session = SESSION_PREFIX + secrets.token_urlsafe(SESSION_BYTES)
        server = exchange.grant.server_id
        try:
            stream = self.streams.add(self._locate(token, session), server)
        except Refused as full:
            self._log("sse_refused", server=server, status=full.status)
            await send_reply(send, exchange.finish(full.reply()))
            return
        gone = self._start(_wait_until_gone(receive, stream))
        try:
            await self._mailbox.open(stream.address, stream)
        except StorageUnavailable as unknown:
            stream.end("unavailable")
            await send_reply(send, exchange.finish(self._endpoint.refuse(unknown, exchange.grant)))
        else:
            self._log("sse_opened", server=server)
            fields = [*STREAM_FIELDS, *exchange.own_fields]
            await send({"type": "http.response.start", "status": 200, "headers": fields})
            address = f"{PREFIX}{token}{MESSAGES}?session={session}"
            await _send_part(send, b"event: endpoint\ndata: %b\n\n" % address.encode())
            await self._send_until_end(exchange, stream, send)
        finally:
            gone.cancel()
            self.streams.forget(stream)
            stream.end("cut")
            self._log("sse_ended", server=server, reason=stream.ended)
            await self._mailbox.close(stream.address)

    async def _send_until_end(self, exchange: Exchange, stream: Stream, send: Send) -> None:
        """Send what comes, and a comment at each heartbeat. Each time it is asked anew who may read it."""
        while True:
            await stream.wake.wait()
            stream.wake.clear()
            if not stream.ended:
                await self._send_waiting(exchange, stream, send)
            if self.streams.is_stopping and not self._is_answering(stream.address):
                stream.end("stopped")
            if stream.ended:
                await send({"type": "http.response.body", "body": b""})
                return

    async def _send_waiting(self, exchange: Exchange, stream: Stream, send: Send) -> None:
        """Send the messages that wait, or a heartbeat; end the stream when nobody may read it any more.

        While nobody can say that, the messages wait.
        """
        try:
            is_admitted = await self._endpoint.is_still_admitted(exchange)
        except StorageUnavailable:
            await _send_part(send, HEARTBEAT)
            return
        if not is_admitted:
            stream.end("revoked")
            return
        for each in stream.take() or [HEARTBEAT]:
            await _send_part(send, each)

    # Messages

    async def _take_message(self, exchange: Exchange, address: StreamAddress, receive: Receive) -> Reply:
        """Return the reply to the request of a message: 202 as soon as it is there. Raises ClientGone."""
        lane = self._lanes.setdefault(address, _Lane())
        await lane.places.acquire()
        lane.under_way += 1
        found: asyncio.Future[Post] = asyncio.get_running_loop().create_future()
        same_id = (FIELD, exchange.request_id.encode())
        head = exchange.head._replace(sent=[*exchange.head.sent, same_id])
        task = self._start(self._answer(head, partial(self._read, address, receive, found), found))
        task.add_done_callback(lambda _: self._leave(address, lane))
        await asyncio.wait({task, found}, return_when=asyncio.FIRST_COMPLETED)
        return exchange.finish(ACCEPTED) if found.done() else task.result()

    async def _read(
        self,
        address: StreamAddress,
        receive: Receive,
        found: asyncio.Future[Post],
        fields: Fields,
        largest: int,
        grow: Callable[[int], None],
    ) -> bytes | bytearray:
        """Return the body of a message for a stream that is there.

        Raises Refused, ClientGone and StorageUnavailable.
        """
        post = await self._mailbox.find(address)
        if post is None:
            raise _no_stream()
        body = await read_body(receive, fields, largest, grow)
        found.set_result(post)
        return body

    async def _answer(self, head: Head, read: Any, found: asyncio.Future[Post]) -> Reply:
        """Answer a message, on its stream once it was read. Raises ClientGone, when it was not."""
        answer = self._endpoint.respond(head, read)
        reply = answer if isinstance(answer, Reply) else await answer
        if found.done() and reply.body:
            try:
                await found.result()(as_event(reply))
            except StorageUnavailable as lost:
                self._log("sse_answer_lost", reason=lost.reason)
        return reply

    def _leave(self, address: StreamAddress, lane: _Lane) -> None:
        lane.under_way -= 1
        lane.places.release()
        if self.streams.is_stopping:
            self.streams.wake(address)

    def _is_answering(self, address: StreamAddress) -> bool:
        lane = self._lanes.get(address)
        return lane is not None and lane.under_way > 0

    def _start(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def split_path(path: str) -> tuple[str, bool]:
    """Return the token in a path, and whether the path takes messages."""
    path = path.removesuffix("/")
    if path.startswith(MCP_PREFIX):
        return path.removeprefix(MCP_PREFIX).removesuffix(SSE_ENDING), False
    path = path.removeprefix(PREFIX)
    return path.removesuffix(MESSAGES), path.endswith(MESSAGES)


def is_sse(method: str, path: str) -> bool:
    """Whether a request is for this transport; `/sse` behind the URL of Streamable HTTP opens a stream as well."""
    return path.startswith(PREFIX) or (method == "GET" and path.removesuffix("/").endswith(SSE_ENDING))


def read_session(query: bytes) -> str:
    """Return the session in a query; one that is missing or too long to be one is that of nobody."""
    named = parse_qs(query.decode("latin-1")).get("session", [""])
    return named[0] if len(named) == 1 and len(named[0]) <= LONGEST_SESSION else ""


def _no_stream() -> Refused:
    """Return the one refusal of a session that is missing, mistyped, ended or of another token."""
    return Refused(
        404,
        INVALID_REQUEST,
        "There is no open event stream with this session. Open one with GET, and send messages to the address in its "
        "first event.",
    )


async def _send_part(send: Send, part: bytes) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": True})


async def _wait_until_gone(receive: Receive, stream: Stream) -> None:
    """End a stream when its client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end("gone")
