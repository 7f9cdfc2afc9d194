"""The fast path of the MCP endpoint: what takes it, what is replayed into ASGI, and what of uvicorn it stands on."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import tomllib
from collections.abc import Awaitable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http import httptools_impl
from uvicorn.server import ServerState

from runtime.mcp_server.endpoint import Head
from runtime.mcp_server.replies import Reply
from runtime.server import bounded_protocol, exchanges, fast_path
from runtime.server.bounded_protocol import BoundedProtocol
from runtime.server.connections import Limits
from runtime.server.fast_path import LARGEST_HELD, AwaitedReply, FastProtocol
from runtime.server.serve import make_server
from tests.wire import Clock, Wire, on_a_wire, settled

ROOT = Path(__file__).resolve().parents[1]
LIST, CALL = b'{"method":"tools/list","id":1}', b'{"method":"tools/call","id":2}'
AT_ONCE, AWAITED, ASGI = b"at once", b"awaited", b"ASGI"
Answers = list[tuple[bytes, bytes]]


def respond(_head: Head, body: bytes) -> Reply | Awaitable[Reply]:
    """Answer with the body: a call later, everything else at once."""
    return _respond_later(body) if b"tools/call" in body else Reply(200, ((b"x-path", AT_ONCE),), b"", body)


async def _respond_later(body: bytes) -> Reply:
    await asyncio.sleep(0)
    return Reply(200, ((b"x-path", AWAITED),), body)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body over ASGI."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    fields = [(b"x-path", ASGI), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": body})


def post(body: bytes = LIST, path: bytes = b"/mcp/x", *more: bytes, verb: bytes = b"POST") -> bytes:
    """The bytes of a request."""
    lines = [b"%b %b HTTP/1.1" % (verb, path), b"Host: x", b"Content-Length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def read(sent: bytes) -> Answers:
    """The path and the body of each response."""
    found = []
    while sent:
        head, _, sent = sent.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        size = int(fields[b"content-length"])
        found.append((fields[b"x-path"], sent[:size]))
        sent = sent[size:]
    return found


def answers(*segments: bytes, is_on: bool = True) -> Answers:
    """What is answered to segments that come one after the other on one connection."""
    found: Answers = []

    async def act(protocol: Any, wire: Wire, _clock: Clock) -> None:
        for segment in segments:
            protocol.data_received(segment)
            await settled()
        found.extend(read(wire.sent))

    on_a_wire(Limits(), act, respond if is_on else None, application)
    return found


def test_a_request_whose_body_comes_in_one_piece_takes_the_fast_path():
    assert answers(post(LIST), post(CALL)) == [(AT_ONCE, LIST), (AWAITED, CALL)]


def test_with_the_fast_path_off_everything_is_asgi():
    assert answers(post(LIST), post(CALL), is_on=False) == [(ASGI, LIST), (ASGI, CALL)]


@pytest.mark.parametrize("body", [LIST, CALL])
def test_a_request_that_comes_in_two_segments_is_answered_wherever_it_is_cut(body):
    whole = post(body)
    end_of_head = len(whole) - len(body)
    for cut in range(1, len(whole)):
        [(path, answered)] = answers(whole[:cut], whole[cut:])
        assert answered == body
        assert (path == ASGI) == (cut > end_of_head), cut


def test_a_body_that_is_announced_as_large_is_not_held():
    """The application may refuse it before it comes."""
    sent = b"POST /mcp/x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (LARGEST_HELD + 1)

    async def act(protocol: Any, _wire: Wire, _clock: Clock) -> None:
        protocol.data_received(sent)
        assert (protocol._held, len(protocol.tasks)) == (None, 1)

    on_a_wire(Limits(), act, respond, application)


@pytest.mark.parametrize("body", [LIST, CALL])
def test_a_request_that_comes_byte_by_byte_is_answered(body):
    whole = post(body)
    assert answers(*(whole[at : at + 1] for at in range(len(whole)))) == [(ASGI, body)]


def test_requests_in_one_segment_are_answered_in_order():
    elsewhere = post(CALL, b"/elsewhere")
    found = answers(post(LIST) + post(CALL) + post(LIST) + elsewhere + post(CALL) + post(LIST))
    assert [body for _, body in found] == [LIST, CALL, LIST, CALL, CALL, LIST]
    assert [path for path, _ in found] == [AT_ONCE, AWAITED, *[ASGI] * 4]


def test_what_comes_while_a_reply_is_awaited_waits_for_it():
    async def act(protocol: Any, wire: Wire, _clock: Clock) -> None:
        for each in (post(CALL), post(LIST), post(CALL, b"/elsewhere")):
            protocol.data_received(each)
        assert wire.sent == b""
        await settled()
        assert read(wire.sent) == [(AWAITED, CALL), (ASGI, LIST), (ASGI, CALL)]

    on_a_wire(Limits(), act, respond, application)


@pytest.mark.parametrize(
    "sent",
    [
        post(path=b"/elsewhere"),
        post(path=b"/mcp/x?y=1"),
        post(path=b"/mcp/x#y"),
        post(path=b"/mcp/%78"),
        post(path=b"/mcp/x.y"),
        post(path=b"http://x/mcp/x"),
        post(verb=b"PUT"),
        post(LIST + b" " * LARGEST_HELD),
        b"POST /mcp/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    ],
)
def test_everything_else_is_asgi(sent):
    assert [path for path, _ in answers(sent, post())] == [ASGI, AT_ONCE]


@pytest.mark.parametrize("sent", [post(b""), post(LIST, b"/mcp/"), post(LIST, b"/mcp/x/mcp")])
def test_a_plain_post_to_the_endpoint_takes_the_fast_path_whatever_it_is(sent):
    assert [path for path, _ in answers(sent)] == [AT_ONCE]


@pytest.mark.parametrize("line", [b"Connection: close", b"Connection: keep-alive, close"])
def test_a_client_that_wants_the_connection_closed_gets_that(line):
    async def act(protocol: Any, wire: Wire, _clock: Clock) -> None:
        protocol.data_received(post(LIST, b"/mcp/x", line))
        await settled()
        assert (read(wire.sent), wire.ended) == ([(ASGI, LIST)], ["close"])

    on_a_wire(Limits(), act, respond, application)


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it():
    sent = post(LIST, b"/mcp/x", b"Expect: 100-continue")

    async def act(protocol: Any, wire: Wire, _clock: Clock) -> None:
        protocol.data_received(sent[: -len(LIST)])
        await settled()
        assert wire.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
        protocol.data_received(LIST)
        await settled()
        assert wire.sent.endswith(LIST)

    on_a_wire(Limits(), act, respond, application)


def test_a_client_that_does_not_read_is_answered_over_asgi_which_waits():
    async def act(protocol: Any, wire: Wire, _clock: Clock) -> None:
        protocol.pause_writing()
        protocol.data_received(post())
        await settled()
        protocol.resume_writing()
        await settled()
        assert read(wire.sent) == [(ASGI, LIST)]

    on_a_wire(Limits(), act, respond, application)


def test_nothing_is_remembered_between_requests():
    """Each head is read anew, and bytes that look like the body before are a request of their own."""
    heads: list[Head] = []

    def note(head: Head, body: bytes) -> Reply | Awaitable[Reply]:
        heads.append(head)
        return respond(head, body)

    other = post(b"", b"/elsewhere", verb=b"GET")
    body = LIST + b" " * (len(other) - len(LIST))

    async def act(protocol: Any, wire: Wire, _clock: Clock) -> None:
        for each in (post(body), post(body), post(body) + post(body), other):
            protocol.data_received(each)
            assert (protocol._held, protocol._body) == (None, b"")
        await settled()
        assert read(wire.sent) == [*[(AT_ONCE, body)] * 4, (ASGI, b"")]

    on_a_wire(Limits(), act, note, application)
    assert len({id(head) for head in heads}) == 4


def test_what_stands_inside_a_body_is_no_request():
    inner = post()
    sent = post(inner + inner)
    assert answers(post(), sent[: -len(inner)], inner) == [(AT_ONCE, LIST), (ASGI, inner + inner)]


def test_the_head_is_handed_over_as_it_came():
    found: list[Head] = []

    def note(head: Head, body: bytes) -> Reply | Awaitable[Reply]:
        found.append(head)
        return respond(head, body)

    async def act(protocol: Any, _wire: Wire, _clock: Clock) -> None:
        protocol.client = ("192.0.2.1", 5)
        protocol.data_received(post(LIST, b"/mcp/x/sse", b"X-A: 1", b"x-a: 2"))

    on_a_wire(Limits(), act, note, application)
    fields = [(b"host", b"x"), (b"content-length", b"%d" % len(LIST)), (b"x-a", b"1"), (b"x-a", b"2")]
    assert found == [Head("POST", "/mcp/x/sse", fields, "192.0.2.1")]


def test_a_client_that_goes_away_meanwhile_harms_nobody():
    async def act(protocol: Any, wire: Wire, _clock: Clock) -> None:
        protocol.data_received(post(CALL))
        protocol.connection_lost(None)
        await settled()
        assert (wire.sent, protocol.tasks) == (b"", set())

    on_a_wire(Limits(), act, respond, application)


def test_a_stop_waits_for_the_reply_and_then_closes():
    async def act(protocol: Any, wire: Wire, _clock: Clock) -> None:
        protocol.data_received(post(CALL))
        protocol.shutdown()
        assert wire.ended == []
        await settled()
        assert b"connection: close" in wire.sent
        assert (read(wire.sent), wire.ended) == ([(AWAITED, CALL)], ["close"])

    on_a_wire(Limits(), act, respond, application)


def test_an_idle_connection_is_closed_after_its_time_and_one_that_waits_for_its_reply_is_not():
    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.timeout_keep_alive = 5
        protocol.data_received(post(CALL))
        clock.now += 6
        protocol.look(clock.now)
        await settled()
        for seconds, ended in ((4.9, []), (0.2, ["close"])):
            clock.now += seconds
            protocol.look(clock.now)
            assert wire.ended == ended
        assert read(wire.sent) == [(AWAITED, CALL)]

    on_a_wire(Limits(), act, respond, application)


class FakeApplication:
    """What `make_server` wants of an application."""

    class mcp:
        respond = staticmethod(respond)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Never called."""


@pytest.mark.parametrize("is_on", [True, False])
def test_the_setting_decides_whether_a_server_has_the_fast_path(is_on):
    application: Any = FakeApplication()
    protocol: Any = make_server(application, has_fast_path=is_on).config.http
    assert issubclass(protocol, BoundedProtocol)
    assert issubclass(protocol, FastProtocol) is is_on


# What of uvicorn and httptools is used. A new version of them is tried by these tests first.

OF_THE_PROTOCOL = {
    *("app", "loop", "logger", "access_logger", "access_log", "root_path", "server_state"),
    *("transport", "flow", "client", "parser", "pipeline", "timeout_keep_alive"),
    *("scope", "url", "headers", "expect_100_continue", "cycle"),
    *(
        "connection_made",
        "connection_lost",
        "data_received",
        "resume_writing",
        "shutdown",
        "_start_asgi_task",
    ),
    *("on_message_begin", "on_url", "on_header", "on_headers_complete", "on_body", "on_message_complete"),
    "on_response_complete",
}
OF_OTHERS = {
    "flow": {"pause_reading", "read_paused", "resume_reading", "write_paused"},
    "server_state": {"default_headers", "total_requests"},
    "cycle": {
        *("body", "more_body", "disconnected", "keep_alive", "message_event", "response_complete"),
        "response_started",
    },
    "parser": {
        *("feed_data", "get_http_version", "get_method", "set_dangerous_leniencies", "should_keep_alive"),
        "should_upgrade",
    },
}
OF_A_CYCLE = {"keep_alive", "send", "waiting_for_100_continue"}
"""What our own cycle over ASGI uses of the one that it derives from."""
IMPORTED = {"HIGH_WATER_LIMIT", "HttpToolsProtocol", "RequestResponseCycle", "STATUS_LINE"}
MODULES = (bounded_protocol, exchanges, fast_path)


def nodes(*sources: Any) -> list[ast.AST]:
    """Everything in the source of modules, classes or functions."""
    trees = [ast.parse(inspect.cleandoc("\n" + inspect.getsource(each))) for each in sources]
    return [node for tree in trees for node in ast.walk(tree)]


def used_of(owner: str, found: list[ast.AST]) -> set[str]:
    """The attributes of what goes by a name, whether it is a variable or an attribute itself."""
    names = {
        node.attr
        for node in found
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in (owner, f"self.{owner}")
    }
    calls = [node for node in found if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr"]
    return names | {ast.literal_eval(c.args[1]) for c in calls if ast.unparse(c.args[0]) == f"self.{owner}"}


def uvicorns_own() -> Any:
    """A protocol object of uvicorn, with what it makes of a connection."""

    async def make() -> Any:
        config = uvicorn.Config(application, lifespan="off", log_config=None)
        protocol = httptools_impl.HttpToolsProtocol(config, ServerState(), {}, asyncio.get_running_loop())
        protocol.connection_made(Wire())
        protocol.data_received(post())
        await settled()
        return protocol

    return asyncio.run(make())


def test_every_attribute_of_uvicorn_that_is_used_is_named_and_there():
    theirs, own = uvicorns_own(), nodes(BoundedProtocol, FastProtocol)
    used = used_of("self", own) | used_of("super()", own)
    defined = set(vars(BoundedProtocol)) | set(vars(FastProtocol)) | set(BoundedProtocol.__annotations__)
    defined |= {"_reader", "_longest_url", "respond"}
    assert used - defined - set(dir(theirs)) == set()
    assert {
        name for name in (used | defined) & set(dir(theirs)) if not name.startswith("__")
    } == OF_THE_PROTOCOL
    for owner, names in OF_OTHERS.items():
        assert used_of(owner, own) == names, owner
        assert names - set(dir(getattr(theirs, owner))) == set(), owner


def test_so_is_what_a_cycle_of_ours_uses_of_uvicorns():
    own = nodes(exchanges.Cycle)
    assert used_of("self", own) | used_of("super()", own) == OF_A_CYCLE
    assert OF_A_CYCLE - set(dir(uvicorns_own().cycle)) == set()


def test_so_is_what_is_imported():
    imports = [node for node in nodes(*MODULES) if isinstance(node, ast.ImportFrom)]
    found = {
        each.name for node in imports if (node.module or "").startswith("uvicorn") for each in node.names
    }
    assert found == IMPORTED


def test_a_reply_that_is_awaited_has_all_that_uvicorn_uses_of_a_cycle():
    theirs = nodes(httptools_impl.HttpToolsProtocol)
    used = used_of("cycle", theirs) - {"body", "more_body"}  # for a body that is still coming
    assert used == {"disconnected", "keep_alive", "message_event", "response_complete", "run_asgi"}
    nothing: Any = None
    assert used - set(dir(AwaitedReply(nothing, nothing))) == set()


@pytest.mark.parametrize("package", ["uvicorn", "httptools"])
def test_the_product_is_bound_to_the_versions_that_it_was_tested_with(package):
    """Both are subclassed and called below what they promise; a second number may change that."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [bound] = [each for each in project["project"]["dependencies"] if re.match(rf"{package}\b", each)]
    pins = (ROOT / "scripts" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    major, minor, _ = version(package).split(".")
    assert bound == f"{package}>={major}.{minor},<{major}.{int(minor) + 1}"
    assert f"{package}=={version(package)}" in pins
