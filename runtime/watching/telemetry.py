"""OpenTelemetry: which signals the standard variables ask for, and what sends them.

Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set. The SDK is the extra `ledgerport[otel]`, imported only when it is on,
and reads its other variables itself. What it sends is made by `mcp_server.traces` and `upstream.traced_client`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runtime.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

Signal = Literal["traces", "metrics"]
SIGNALS: tuple[Signal, ...] = ("traces", "metrics")
PROTOCOL = "http/protobuf"
NAME = "ledgerport"


def choose_signals(environ: Mapping[str, str]) -> tuple[Signal, ...]:
    """Return what the variables of OpenTelemetry ask to be sent. Raises SettingsError for what we cannot send."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return ()
    chosen = tuple(
        each
        for each in SIGNALS
        if (
            environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
            or environ.get(f"OTEL_EXPORTER_OTLP_{each.upper()}_ENDPOINT")
        )
        and environ.get(f"OTEL_{each.upper()}_EXPORTER", "otlp") == "otlp"
    )
    for name in (
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        *(f"OTEL_EXPORTER_OTLP_{each.upper()}_PROTOCOL" for each in chosen),
    ):
        if chosen and environ.get(name, PROTOCOL) != PROTOCOL:
            raise SettingsError(
                f"{name} is {environ[name]!r}; Ledgerport sends {PROTOCOL}.",
                advice=f"Leave it out, or set it to {PROTOCOL}; collectors take that at port 4318.",
            )
    return chosen


@dataclass(frozen=True)
class Telemetry:
    """Where spans and measurements go."""

    tracers: TracerProvider
    meters: MeterProvider

    async def close(self) -> None:
        """Send what waits, in a thread: a collector that does not answer is waited for 10 s by the library."""
        await asyncio.to_thread(self.tracers.shutdown)
        await asyncio.to_thread(self.meters.shutdown)


def start_telemetry(signals: tuple[Signal, ...], version: str) -> Telemetry:
    """Return what sends these signals. Raises SettingsError when the SDK is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as missing:
        raise SettingsError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the SDK of OpenTelemetry is not installed.",
            advice="Install it with pip install 'ledgerport[otel]', or leave the variable out.",
        ) from missing
    resource = Resource.create({SERVICE_VERSION: version})
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):  # nobody has set another
        resource = resource.merge(Resource({SERVICE_NAME: NAME}))
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    if "traces" in signals:
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    readers = [PeriodicExportingMetricReader(OTLPMetricExporter())] if "metrics" in signals else []
    return Telemetry(tracers, MeterProvider(readers, resource=resource, shutdown_on_exit=False))
