"""Spans and durations by the MCP conventions of OpenTelemetry, over the SDK's exporters in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import aiohttp.test_utils
import pytest
from aiohttp import web
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from runtime.errors import NotFound, RateLimited, VendorUnavailable
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server.endpoint import Access, McpEndpoint
from runtime.mcp_server.greeting import Identity
from runtime.mcp_server.methods import McpServices
from runtime.mcp_server.traces import Traces, mark_tool_error
from runtime.operations.finished_calls import FinishedCalls
from runtime.upstream.client import VendorRequest
from runtime.upstream.traced_client import TracedClient
from tests.mcp_server.stand import MODERN, FakeCalls, Stand, hash_token, make_grant, shake

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OUTER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CANARY = "canary-8d1f77c2"


class TracedStand(Stand):
    """An endpoint whose spans and measurements are collected."""

    def __init__(self, calls: FakeCalls | None = None) -> None:
        super().__init__(calls=calls)
        self.spans, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        self.meters = MeterProvider([self.reader], shutdown_on_exit=False)
        self.endpoint = McpEndpoint(
            McpServices(
                lambda: self.catalog,
                self.calls,
                Identity("ledgerport", "0.1.0"),
                self._log,
                finished=FinishedCalls(self._log, mark=mark_tool_error),
                traces=Traces(self.tracers.get_tracer("test"), self.meters.get_meter("test")),
            ),
            Access(hash_token, lambda hashed: self.grants.get(hashed.decode()), self._is_api_token),
        )

    @property
    def span(self) -> ReadableSpan:
        (found,) = self.spans.get_finished_spans()
        return found

    def read_points(self, name: str = "mcp.server.operation.duration") -> list[Any]:
        """The points of a histogram."""
        data = self.reader.get_metrics_data()
        assert data is not None
        return [
            point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def write_out(self) -> str:
        """Everything that was collected, as text."""
        data = self.reader.get_metrics_data()
        spans = "".join(each.to_json() for each in self.spans.get_finished_spans())
        return spans + (data.to_json() if data else "")


def call(stand: Stand, name: str = "get_single_invoice_by_id", **more: Any) -> Any:
    return stand.post("tools/call", {"name": name, "arguments": {"id": "7"}}, **more)


def test_a_call_of_a_tool_is_a_span_of_the_conventions() -> None:
    stand = TracedStand()
    call(stand)
    span = stand.span
    assert (span.name, span.kind) == ("tools/call get_single_invoice_by_id", SpanKind.SERVER)
    assert dict(span.attributes or {}) == {
        "mcp.method.name": "tools/call",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_single_invoice_by_id",
        "mcp.protocol.version": "2025-11-25",
        "network.transport": "tcp",
        "network.protocol.name": "http",
        "jsonrpc.request.id": "1",
    }
    assert span.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(
    ("method", "params", "revision"),
    [("tools/list", None, "2025-11-25"), ("ping", None, "2025-06-18"), ("server/discover", {}, MODERN)],
)
def test_other_methods_are_named_by_themselves(method: str, params: Any, revision: str) -> None:
    stand = TracedStand()
    assert stand.post(method, params, revision=revision).status == 200
    assert stand.span.name == method
    assert "gen_ai.operation.name" not in (stand.span.attributes or {})
    assert (stand.span.attributes or {})["mcp.protocol.version"] == revision


def test_a_handshake_is_a_span_too() -> None:
    stand = TracedStand()
    assert stand.post("initialize", shake("2025-11-25")).status == 200
    assert stand.span.name == "initialize"


def test_an_error_of_a_tool_marks_the_span_and_the_duration() -> None:
    for name in ("get_single_invoice_by_id", "create_an_invoice"):  # the second runs in a task of its own
        stand = TracedStand(FakeCalls(Answer(status=404, error=NotFound(f"No {CANARY}."))))
        call(stand, name)
        attributes = stand.span.attributes or {}
        assert attributes["error.type"] == "tool_error"
        assert attributes["ledgerport.error.code"] == "not_found"
        assert stand.span.status.status_code is StatusCode.ERROR
        (point,) = stand.read_points()
        assert point.attributes["error.type"] == "tool_error"
        assert CANARY not in stand.write_out()


def test_an_error_of_json_rpc_has_its_code() -> None:
    stand = TracedStand()
    stand.post("tools/list", {"cursor": CANARY})
    attributes = stand.span.attributes or {}
    assert (attributes["error.type"], attributes["rpc.response.status_code"]) == ("-32602", "-32602")
    assert stand.span.status.status_code is StatusCode.ERROR


def test_the_duration_is_a_histogram_in_seconds_with_the_buckets_of_the_conventions() -> None:
    stand = TracedStand()
    call(stand)
    call(stand)
    (point,) = stand.read_points()
    assert (point.count, point.explicit_bounds[:3], point.explicit_bounds[-1]) == (2, (0.01, 0.02, 0.05), 300)
    assert point.attributes["gen_ai.tool.name"] == "get_single_invoice_by_id"
    assert "jsonrpc.request.id" not in point.attributes


def test_the_parent_is_the_traceparent_in_meta_and_that_of_the_http_request_is_a_link() -> None:
    stand = TracedStand()
    params = {"name": "get_single_invoice_by_id", "_meta": {"traceparent": PARENT}}
    stand.post("tools/call", params, headers={"traceparent": OUTER})
    assert stand.span.parent is not None
    assert format(stand.span.parent.span_id, "016x") == "00f067aa0ba902b7"
    (link,) = stand.span.links
    assert format(link.context.span_id, "016x") == "b7ad6b7169203331"


def test_without_one_in_meta_the_parent_is_that_of_the_http_request() -> None:
    stand = TracedStand()
    call(stand, headers={"traceparent": OUTER})
    assert stand.span.parent is not None
    assert format(stand.span.parent.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert not stand.span.links


@pytest.mark.parametrize(
    "wrong", ["", "00-1-2-3", 7, None, ["x"], {"a": 1}, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"]
)
def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(wrong: Any) -> None:
    stand = TracedStand()
    params = {"name": "get_single_invoice_by_id", "_meta": {"traceparent": wrong}}
    assert stand.post("tools/call", params).status == 200
    assert stand.span.parent is None


@pytest.mark.parametrize("meta", [7, "text", [], None])
def test_a_meta_that_is_no_object_is_refused_as_before(meta: Any) -> None:
    stand, plain = TracedStand(), Stand()
    params = {"name": "get_single_invoice_by_id", "_meta": meta}
    assert stand.post("tools/call", params).json == plain.post("tools/call", params).json


def test_nothing_that_a_client_says_is_in_any_span_or_measurement() -> None:
    stand = TracedStand(FakeCalls(Answer(json.dumps({"Id": CANARY}), note=CANARY)))
    headers = {
        "tracestate": f"a={CANARY}", "baggage": f"b={CANARY}", "user-agent": CANARY, "traceparent": OUTER,
        "authorization": f"Bearer {CANARY}",
    }  # fmt: skip
    meta = {
        "traceparent": PARENT, "tracestate": f"a={CANARY}", "baggage": f"b={CANARY}", CANARY: CANARY,
        "ledgerport/idempotency-key": CANARY, "progressToken": CANARY,
    }  # fmt: skip
    for name in ("get_single_invoice_by_id", "create_an_invoice", CANARY):
        arguments = {"id": CANARY, CANARY: {CANARY: [CANARY]}}
        params = {"name": name, "arguments": arguments, "_meta": meta}
        stand.post("tools/call", params, id=CANARY, headers=headers)
    stand.post(f"tools/{CANARY}", {"_meta": meta}, headers=headers)
    stand.post("resources/read", {"uri": f"ledgerport://{CANARY}", "_meta": meta}, headers=headers)
    names = [each.name for each in stand.spans.get_finished_spans()]
    assert names == [
        "tools/call get_single_invoice_by_id", "tools/call create_an_invoice", "tools/call", "_OTHER", "resources/read",
    ]  # fmt: skip
    assert CANARY not in stand.write_out()


def test_answers_are_the_same_with_and_without_spans() -> None:
    for name, params in (
        ("tools/list", None),
        ("tools/call", {"name": "create_an_invoice"}),
        ("nothing", {}),
    ):
        assert TracedStand().post(name, params).body == Stand().post(name, params).body


def test_a_call_that_is_given_up_ends_its_span() -> None:
    stand = TracedStand(FakeCalls(hold=asyncio.Event()))

    async def main() -> None:
        head_and_body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "list_all_invoices"},
        }
        from runtime.mcp_server.endpoint import Head

        head = Head(
            "POST",
            "/mcp/a-token-that-is-known",
            [(b"content-type", b"application/json"), (b"accept", b"*/*")],
        )
        answer = stand.endpoint.respond(head, json.dumps(head_and_body).encode())
        task = asyncio.ensure_future(answer)  # type: ignore[arg-type]
        await stand.calls.began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert (stand.span.attributes or {})["error.type"] == "CancelledError"


@contextmanager
def collecting() -> Iterator[tuple[TracedStand, TracedClient]]:
    stand = TracedStand()
    client = TracedClient(
        stand.tracers.get_tracer("test"), stand.meters.get_meter("test"), timeout_seconds=5, per_account=1
    )
    yield stand, client


def test_a_request_to_a_vendor_is_a_span_inside_that_of_the_call_and_says_nothing_of_its_content() -> None:
    with collecting() as (stand, client):

        async def main() -> None:
            async def answer(request: web.Request) -> web.Response:
                assert "traceparent" not in request.headers
                return web.Response(status=429, text=CANARY)

            application = web.Application()
            application.router.add_route("*", "/{rest:.*}", answer)
            async with aiohttp.test_utils.TestServer(application) as server:
                url = str(server.make_url(f"/company/{CANARY}/query?q={CANARY}"))
                headers = {"Authorization": f"Bearer {CANARY}"}
                with stand.tracers.get_tracer("test").start_as_current_span("outer"):
                    found = await client.send(VendorRequest("POST", url, headers, CANARY.encode()), "a1")
                assert found.status == 429
                await client.close()

        asyncio.run(main())
        inner, outer = stand.spans.get_finished_spans()
        assert inner.parent is not None
        assert inner.parent.span_id == outer.context.span_id
        assert (inner.name, inner.kind, inner.status.status_code) == (
            "POST",
            SpanKind.CLIENT,
            StatusCode.ERROR,
        )
        attributes = dict(inner.attributes or {})
        assert attributes.pop("server.port")
        assert attributes == {
            "http.request.method": "POST", "server.address": "127.0.0.1", "http.response.status_code": 429,
            "error.type": "429",
        }  # fmt: skip
        (point,) = stand.read_points("http.client.request.duration")
        assert point.attributes["error.type"] == "429"
        assert CANARY not in stand.write_out()


def test_a_vendor_that_cannot_be_reached_is_an_error_of_ours_in_the_span() -> None:
    with collecting() as (stand, client):

        async def main() -> None:
            with pytest.raises(VendorUnavailable):
                await client.send(VendorRequest("GET", "http://127.0.0.1:1/x"), "a1")
            await client.close()

        asyncio.run(main())
        assert (stand.span.attributes or {})["error.type"] == VendorUnavailable.code


def test_the_limit_that_answers_as_http_429_is_an_error_too() -> None:
    calls = FakeCalls(Answer(status=429, error=RateLimited("Slow down.", retry_after=3)))
    stand = TracedStand(calls)
    stand.grants = {key: make_grant(rate_limit_style="http_429") for key in stand.grants}
    assert call(stand).status == 429
    assert (stand.span.attributes or {})["error.type"] == "tool_error"


def test_tools_of_another_server_are_not_named() -> None:
    stand = TracedStand()
    stand.catalog = replace(stand.catalog, version="2", tools=stand.catalog.tools[:1])
    call(stand, "void_an_invoice_by_id")
    assert stand.span.name == "tools/call"
