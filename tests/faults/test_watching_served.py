"""A real server is watched: a collector gets its spans, a scraper its counts, and its call log outlives a restart."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.faults.process import Server, new_token, serving
from tests.waiting import wait_until

CANARY = "canary-c41d9ebb"


class Collector:
    """An OTLP collector that retains what comes."""

    def __init__(self) -> None:
        self.spans, self.metrics, self.raw = [], [], b""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.take(
                    self.path, gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body
                )
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    spans: list[Any]
    metrics: list[Any]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path: str, body: bytes) -> None:
        self.raw += body
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    self.spans += [(resource.resource, each) for each in scope.spans]
        else:
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for scope in resource.scope_metrics:
                    self.metrics += scope.metrics


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


def call(server: Server, url: dict[str, Any], name: str) -> Any:
    params = {"name": name, "arguments": {"id": CANARY}, "_meta": {"tracestate": f"a={CANARY}"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return server.api.post(
        f"/mcp/{url['token']}", json=body, headers={"User-Agent": "claude-code/2.1"}
    ).json()


def test_a_server_is_watched_by_a_collector_a_scraper_and_its_call_log(
    tmp_path: Path, collector: Collector
) -> None:
    token, tool = new_token(tmp_path), "get_single_quick_books_invoice_by_id"
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with serving(tmp_path, token, **variables) as server:
        url = server.create_url(server.account())
        assert call(server, url, tool)["result"]["isError"]
        assert server.list_tools(url).status_code == 200
        wait_until(lambda: {"tools/list", f"tools/call {tool}"} <= {span.name for _, span in collector.spans})
        scraped = server.api.get("/metrics").text
        assert (
            f'tool_calls_total{{integration="quickbooks",outcome="not_connected",tool="{tool}"}} 1.0'
            in scraped
        )
        assert 'ledgerport_http_requests_total{endpoint="mcp",status="200"} 2.0' in scraped
        assert "ledgerport_open_connections 1.0" in scraped
        assert 'ledgerport_storage_fault{part="unreadable"} 0.0' in scraped
        server.process.terminate()
        assert server.process.wait(60) == 0
    (resource, _), *_ = collector.spans
    named = {each.key: each.value.string_value for each in resource.attributes}
    assert named["service.name"] == "ledgerport"
    wait_until(lambda: "mcp.server.operation.duration" in {each.name for each in collector.metrics})
    assert CANARY.encode() not in collector.raw
    assert CANARY not in scraped
    assert url["token"].encode() not in collector.raw

    with serving(tmp_path, token) as server:
        query = (
            f"?log_type=mcp&mcp_server_id={url['id']}&tool_name={tool}&client_name=claude-code&status=error"
        )
        (found,) = server.api.get(f"/log{query}").json()["result"]
        assert (found["error_code"], found["client_version"]) == ("not_connected", "2.1")
        assert server.api.get("/readyz").json()["status"] == "ok"


def test_a_collector_that_does_not_answer_stops_no_request(tmp_path: Path) -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with serving(tmp_path, **variables) as server:
        url = server.create_url(server.account())
        for _ in range(20):
            assert server.list_tools(url).status_code == 200
        server.process.terminate()
        assert server.process.wait(60) == 0
