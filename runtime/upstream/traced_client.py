"""The client of vendors with a span around each request, by the HTTP conventions of OpenTelemetry.

Imported only where telemetry is on. The URL is not recorded: its path has the company, its query what was asked for.
Nothing of the trace is sent to the vendor.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.metrics import Meter
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer

from runtime.errors import LedgerportError
from runtime.upstream.client import VendorClient, VendorRequest, VendorResponse

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Seconds; what the conventions want of `http.client.request.duration`."""


class TracedClient(VendorClient):
    """Sends requests to vendors, each in a span."""

    def __init__(self, tracer: Tracer, meter: Meter, *, timeout_seconds: float, per_account: int) -> None:
        super().__init__(timeout_seconds=timeout_seconds, per_account=per_account)
        self._tracer = tracer
        self._duration = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )

    async def send(self, request: VendorRequest, account: str) -> VendorResponse:
        """Send one request, as `VendorClient` does."""
        parts = urlsplit(request.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        attributes: dict[str, Any] = {
            "http.request.method": request.verb,
            "server.address": parts.hostname or "",
            "server.port": port,
        }
        began, outcome = perf_counter(), {}
        span = self._tracer.start_span(request.verb, kind=SpanKind.CLIENT, attributes=attributes)
        try:
            response = await super().send(request, account)
            outcome = _describe(response.status)
            return response
        except BaseException as error:
            outcome = {
                "error.type": error.code if isinstance(error, LedgerportError) else type(error).__name__
            }
            raise
        finally:
            span.set_attributes(outcome)
            if "error.type" in outcome:
                span.set_status(Status(StatusCode.ERROR))
            self._duration.record(perf_counter() - began, attributes | outcome)
            span.end()


def _describe(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {"http.response.status_code": status}
    return found | {"error.type": str(status)} if status >= 400 else found
