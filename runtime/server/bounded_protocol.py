"""The HTTP protocol of the server with a limit on everything that a client may take: time, memory and patience.

A subclass of uvicorn's protocol on httptools. Its own subclass is `fast_path`, which answers small requests to the MCP
endpoint without ASGI. A connection is always at one stage; `look`, which `Connections` calls now and then, ends it when
it has been there for too long, whichever part of the server answers it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import urllib.parse
from typing import ClassVar, NoReturn, cast

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from runtime.mcp_server.replies import Reply
from runtime.server import refusals
from runtime.server.connections import Connections, Reader
from runtime.server.exchanges import Cycle, Ending, encode_head, write_head
from runtime.server.refusals import Refusal

logger = logging.getLogger(__name__)
LARGEST_OVERHEAD = 8
"""Bytes on the wire for each of a body: a chunk of one byte takes 6. More is extensions of chunks, or trailers."""
SILENT, HEAD, BODY, WORKING, IDLE, DRAINING = range(6)
"""The stages: nothing has come yet; a head or a body is coming; a request is being answered; nothing is asked; a
response is out and the rest of its request is read and dropped. Plain numbers, because they are compared several times
in a request.
"""


class _Rejected(Exception):
    """Stops the parser inside a callback; what to answer is in the protocol."""


class BoundedProtocol(HttpToolsProtocol):
    """Ends whatever takes too long, is too large or is too much."""

    bounds: ClassVar[Connections]
    """Of the server; a subclass for each server has its own."""
    url = b""
    _stage = SILENT
    _since = 0.0
    """When the stage began, by the clock of the event loop."""
    _is_between = True
    """Whether the parser has come to the end of a message and begun no other."""
    _is_deaf = False
    """Whether everything that still comes is dropped."""
    _ends = False
    """Whether the last response is out, and the connection closes when the rest of the request has come."""
    _is_surplus = False
    _is_offer = False
    """Whether the head offers to change the protocol: it is parsed once more without the offer."""
    _rejection: Refusal | None = None
    _ending: Ending | None = None
    _segment_bytes = 0
    _head_bytes = 0
    _body_bytes = 0
    _wire_bytes = 0
    _counted = 0
    """What this connection has added to `bounds.received`."""
    _drained = 0
    _heard = 0.0

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Serve the connection, or refuse it when there are too many."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._since = self.loop.time()
        self._reader = Reader()
        is_admitted = self.bounds.admit(self, self.loop)
        self._is_surplus = not is_admitted
        self._longest_url = self.bounds.limits.url_bytes
        if is_admitted is None:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give back what was counted."""
        super().connection_lost(exc)
        self.bounds.forget(self)
        self._release()

    def shutdown(self) -> None:
        """Close what is idle or half sent; what is being answered is finished first."""
        self.bounds.stop(self.loop.time())
        if self._ends:
            self._close_or_abort()
        elif self._stage == BODY or (self._stage == HEAD and self._is_answering()):
            self._refuse(refusals.STOPPING)
        elif self._is_answering():
            self.cycle.keep_alive = False
        else:
            self.transport.close()

    def resume_writing(self) -> None:
        """Take note that the client reads."""
        super().resume_writing()
        self._reader.unsent = 0

    def get_idle_since(self) -> float:
        """Since when nothing has been asked; infinite while anything is under way."""
        is_idle = self._stage == IDLE and not self.transport.is_closing()
        return self._since if is_idle and not self.transport.get_write_buffer_size() else math.inf

    def close_idle(self) -> None:
        """Close the connection in favour of another one."""
        self.transport.close()

    # Bytes

    def data_received(self, data: bytes) -> None:
        """Parse, or drop what nobody waits for any more."""
        stage = self._stage
        if stage == DRAINING:
            self._drained += len(data)
            self._heard = self.loop.time()
            if self._drained > self.bounds.limits.drain_bytes:
                self._close_or_abort()
                return
        if self._is_deaf:
            return
        if self._is_surplus:
            self.url = data[data.find(b"/") :][:8]
            self._refuse(refusals.FULL)
            return
        self._segment_bytes = len(data)
        try:
            self._parse(data)
            if self._stage in (HEAD, stage):
                self._count_what_is_parsed(stage, len(data))
        except (httptools.HttpParserError, _Rejected) as error:
            if self._rejection is None and isinstance(error, httptools.HttpParserCallbackError):
                logger.debug("a request could not be taken", exc_info=error)
            self._refuse(self._rejection or refusals.MALFORMED)

    def _parse(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as offer:
                if not self._is_offer:
                    raise httptools.HttpParserError("not HTTP/1") from None
                head = write_head(self.parser, self.url, self.headers)
                data = head + data[offer.args[0] :]
                self._is_offer = False
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def _count_what_is_parsed(self, before: int, size: int) -> None:
        """Count what the parser may hold of a head, or of what surrounds the chunks of a body. Raises _Rejected.

        The fields of a head are counted before it is whole: one of four bytes takes thirty times as much memory.
        """
        limits = self.bounds.limits
        if self._stage == HEAD:
            self._count(size)
            self._head_bytes += size if before == HEAD else 0
            if self._head_bytes > limits.head_bytes or len(self.headers) > limits.fields:
                self._reject(refusals.LARGE_HEAD)
        elif self._stage in (BODY, DRAINING):
            self._wire_bytes += size
            if self._wire_bytes > self._body_bytes * LARGEST_OVERHEAD + limits.head_bytes:
                self._reject(refusals.LARGE_FRAMES)

    # What the parser calls

    def on_message_begin(self) -> None:
        """Take note that a message has begun."""
        self._is_between = False
        self._stage, self._since = HEAD, self.loop.time()
        self._head_bytes = 0
        if self.pipeline and len(self.pipeline) >= self.bounds.limits.pipelined:
            self._reject(refusals.PIPELINED)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the URL."""
        self.url += url
        if len(self.url) > self._longest_url:
            self._reject(refusals.LONG_URL)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field; one that follows the body is dropped."""
        if self._stage == HEAD:
            name = name.lower()
            self.headers.append((name, value))
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        """Begin the request, or parse it once more without its offer to change the protocol."""
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                self._reject(refusals.NO_TUNNEL)
            self._is_offer = True
            return
        if self.parser.get_http_version() not in ("1.1", "1.0"):
            self._reject(refusals.MALFORMED)
        if len(self.headers) > self.bounds.limits.fields or self._is_head_large():
            self._reject(refusals.LARGE_HEAD)
        if [name for name, _ in self.headers].count(b"host") > 1:
            self._reject(refusals.SEVERAL_HOSTS)
        self._begin()
        self._stage, self._since = BODY, self.loop.time()
        self._body_bytes = self._wire_bytes = 0

    def _is_head_large(self) -> bool:
        """Whether the head is too large; where all that came since it began is not, its lines need not be counted."""
        limit = self.bounds.limits.head_bytes
        if self._head_bytes + self._segment_bytes <= limit:
            return False
        return sum(len(name) + len(value) for name, value in self.headers) > limit

    def _begin(self) -> None:
        """Have the ASGI application answer: at once, or after the requests that came before."""
        is_first = not self._is_answering()
        self.cycle = self._new_cycle()
        if is_first:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _new_cycle(self) -> RequestResponseCycle:
        version = self.parser.get_http_version()
        parsed = httptools.parse_url(self.url)
        path = parsed.path.decode("ascii")
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["http_version"] = version
        self.scope["path"] = self.root_path + (urllib.parse.unquote(path) if "%" in path else path)
        self.scope["raw_path"] = self.root_path.encode("ascii") + parsed.path
        self.scope["query_string"] = parsed.query or b""
        if self._ending is None:
            self._ending = Ending(self.transport, self.end, self.is_ending)
        return Cycle(
            scope=self.scope,
            transport=cast(asyncio.Transport, self._ending),
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, unless it is answered already."""
        cycle = self.cycle
        self._body_bytes += len(body)
        if cycle.response_complete or cycle.disconnected:
            return
        self._count(len(body))
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        """Take note that the whole request is there."""
        if self._is_offer:
            return
        self._is_between = True
        if self._ends:
            self.transport.close()
        elif self._stage == DRAINING:
            self._stage, self._since = IDLE, self.loop.time()
        else:
            self._stage = WORKING
            self.cycle.more_body = False
            self.cycle.message_event.set()

    # Responses

    def on_response_complete(self) -> None:
        """Begin what waits, or be idle, or drop the rest of a request that was answered early."""
        self.server_state.total_requests += 1
        if self._ends or self.transport.is_closing():
            return
        self._since = self.loop.time()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._release()
        self.flow.resume_reading()
        if self._is_deaf:
            self.end()
        elif self._is_between:
            self._stage = IDLE
        elif self._stage == BODY:
            self._drain()

    def is_ending(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._ends or self.transport.is_closing()

    def end(self) -> None:
        """Close the connection; where more of a request is to come, only when it has come or its time is over.

        A connection that is closed with bytes unread is reset, and the client never sees its response.
        """
        if self.is_ending():
            return
        self.pipeline.clear()
        if self._is_between and not self._is_deaf:
            self.transport.close()
            return
        self._ends = True
        self._drain()
        self.flow.resume_reading()
        self.transport.write_eof()

    def _drain(self) -> None:
        self._stage, self._drained = DRAINING, 0
        self._since = self._heard = self.loop.time()

    def send_reply(self, reply: Reply, *, keep_alive: bool) -> None:
        """Send a whole response, and end the connection unless it stays open."""
        if self.is_ending():
            return
        keep_alive = keep_alive and not self._is_deaf
        head = encode_head(reply, self.server_state.default_headers, keep_alive=keep_alive)
        if reply.rest:
            self.transport.writelines((head, reply.rest))  # one system call; the list is not copied
        else:
            self.transport.write(head)
        if not keep_alive:
            self.end()
        self.on_response_complete()

    def _reject(self, refusal: Refusal) -> NoReturn:
        self._rejection = refusal
        raise _Rejected

    def _refuse(self, refusal: Refusal) -> None:
        """Answer for the server and end. What is being answered already is finished first, and nothing after it."""
        if self._is_deaf or self.is_ending():
            return
        self._is_deaf = True
        if self._stage == DRAINING:  # it has its response
            self.end()
            return
        if self._is_answering():
            if self._stage == BODY and self.pipeline:
                self.pipeline.popleft()  # this one; another one is being answered
                return
            if self._stage != BODY:
                self.cycle.keep_alive = False
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if getattr(self.cycle, "response_started", False):
                self.transport.close()
                return
        self._release()
        self.send_reply(refusal.reply(self.url), keep_alive=False)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.disconnected

    # Counting

    def _count(self, size: int) -> None:
        """Count bytes that are in memory from now on. Raises _Rejected."""
        self._counted += size
        self.bounds.received += size
        if self.bounds.received > self.bounds.limits.received_bytes:
            self._reject(refusals.NO_MEMORY)

    def _release(self) -> None:
        self.bounds.received -= self._counted
        self._counted = 0

    # Time

    def look(self, now: float) -> None:
        """End what has taken too long."""
        unsent = self.transport.get_write_buffer_size()
        if self.bounds.is_stalled(self._reader, unsent, now):
            self.transport.abort()
        elif not self.transport.is_closing():
            self._look_at_stage(now, now - self._since, unsent)

    def _look_at_stage(self, now: float, taken: float, unsent: int) -> None:
        stage = self._stage
        if stage == IDLE and unsent:
            self._since = now  # it is idle from when it has read its response
        elif (
            (stage == IDLE and taken >= self.timeout_keep_alive)
            or (stage == SILENT and taken >= self._longest_silence())
            or (stage == DRAINING and not unsent and self.bounds.is_drained(taken, now - self._heard))
        ):
            self.transport.close()
        elif stage == HEAD and taken >= self.bounds.limits.head_seconds and not self._is_answering():
            self._refuse(refusals.HEAD_LATE)
        elif stage == BODY and self._is_body_late(taken):
            self._refuse(refusals.BODY_LATE)

    def _longest_silence(self) -> float:
        limits = self.bounds.limits
        return limits.drain_silence if self._is_surplus else limits.head_seconds

    def _is_body_late(self, taken: float) -> bool:
        limits = self.bounds.limits
        allowed = limits.body_seconds + self._body_bytes / limits.slowest_body
        return taken >= allowed and not self.pipeline and not self.flow.read_paused

    def _close_or_abort(self) -> None:
        """Close; what the client has not read by now is not waited for."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()
