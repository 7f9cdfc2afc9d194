"""Puts the parts that send spans and measurements in place of those that do not, where telemetry is on.

Called by `app`. The libraries are imported only then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.settings import Settings
from runtime.upstream.client import VendorClient
from runtime.watching.telemetry import NAME, Telemetry

if TYPE_CHECKING:
    from runtime.mcp_server.traces import Traces


def make_client(settings: Settings, telemetry: Telemetry | None) -> VendorClient:
    """Return the client of vendors."""
    timeout, most = settings.upstream_timeout, settings.upstream_per_account
    if telemetry is None:
        return VendorClient(timeout_seconds=timeout, per_account=most)
    from runtime.upstream.traced_client import TracedClient

    tracer, meter = telemetry.tracers.get_tracer(NAME), telemetry.meters.get_meter(NAME)
    return TracedClient(tracer, meter, timeout_seconds=timeout, per_account=most)


def make_traces(telemetry: Telemetry | None) -> Traces | None:
    """Return what traces MCP operations."""
    if telemetry is None:
        return None
    from runtime.mcp_server.traces import Traces

    return Traces(telemetry.tracers.get_tracer(NAME), telemetry.meters.get_meter(NAME))


def find_mark(telemetry: Telemetry | None) -> Callable[[str], None] | None:
    """Return what notes the error of a tool in the span of its call."""
    if telemetry is None:
        return None
    from runtime.mcp_server.traces import mark_tool_error

    return mark_tool_error
