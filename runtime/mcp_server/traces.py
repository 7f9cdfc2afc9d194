"""Spans and durations of MCP operations by the semantic conventions of OpenTelemetry.

Imported only where telemetry is on; `methods` calls it around each message. The conventions are those of
open-telemetry/semantic-conventions-genai, docs/gen-ai/mcp.md, of status "development" (October 2026). A client's
`traceparent` is the parent: that in `params._meta` before that of the HTTP request, which becomes a link then.
Its `tracestate` and `baggage` are dropped: they are texts of a client, and a span repeats them. Neither arguments nor
results are recorded, nor URIs of resources, nor a tool that is none of the server's.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from opentelemetry.context import Context, attach, detach
from opentelemetry.metrics import Meter
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from runtime.mcp_server import protocol
from runtime.mcp_server.protocol import Message
from runtime.mcp_server.replies import Refused, Reply
from runtime.mcp_server.request import Fields
from runtime.mcp_server.toolset import Toolset

BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
"""Seconds; what the conventions want of `mcp.server.operation.duration`."""
METHODS = frozenset(
    {
        "initialize", "ping", "resources/list", "resources/read", "resources/templates/list", "server/discover",
        "tools/call", "tools/list",
    }
)  # fmt: skip
OTHER = "_OTHER"
"""What the conventions call a value that is not one of a few."""
TOOL_ERROR = "tool_error"
"""What they call a result with isError."""
ERROR_CODE = "ledgerport.error.code"
_PLAIN_ID = re.compile(r"[0-9]{1,20}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""Ids of messages that say nothing but which one it is: numbers and UUIDs. Another one may be any text."""
_PROPAGATOR = TraceContextTextMapPropagator()


@dataclass(slots=True)
class Operation:
    """One message that is being answered."""

    span: Span
    attributes: dict[str, Any]
    began: float = field(default_factory=perf_counter)
    error_type: str = ""


_CURRENT: ContextVar[Operation | None] = ContextVar("operation", default=None)


def mark_tool_error(code: str) -> None:
    """Note in the span of the present operation that its tool ended with an error."""
    if operation := _CURRENT.get():
        operation.error_type = TOOL_ERROR
        operation.span.set_attribute(ERROR_CODE, code)


class Traces:
    """Traces operations. One for the process."""

    def __init__(self, tracer: Tracer, meter: Meter) -> None:
        self._tracer = tracer
        self._duration = meter.create_histogram(
            "mcp.server.operation.duration",
            unit="s",
            description="From when a request was received to when its result was ready.",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )

    def follow(
        self,
        message: Message,
        toolset: Toolset,
        fields: Fields,
        answer: Callable[[], Reply | Awaitable[Reply]],
    ) -> Reply | Awaitable[Reply]:
        """Return what `answer` does, with a span around it. Raises what it raises."""
        operation = self._begin(message, toolset, fields)
        tokens = _enter(operation)
        try:
            reply = answer()
        except BaseException as error:
            self._end(operation, error)
            raise
        finally:
            _leave(tokens)
        if isinstance(reply, Reply):
            self._end(operation)
            return reply
        return self._await(operation, reply)

    async def _await(self, operation: Operation, answer: Awaitable[Reply]) -> Reply:
        tokens = _enter(operation)
        try:
            reply = await answer
        except BaseException as error:
            self._end(operation, error)
            raise
        finally:
            _leave(tokens)
        self._end(operation)
        return reply

    def _begin(self, message: Message, toolset: Toolset, fields: Fields) -> Operation:
        tool = _name_tool(message, toolset)
        method = message.method if message.method in METHODS else OTHER
        attributes: dict[str, Any] = {
            "mcp.method.name": method,
            "network.transport": "tcp",
            "network.protocol.name": "http",
        }
        if method == "tools/call":
            attributes["gen_ai.operation.name"] = "execute_tool"
        if tool:
            attributes["gen_ai.tool.name"] = tool
        if version := _read_version(message, fields):
            attributes["mcp.protocol.version"] = version
        parent, links = _read_parent(message, fields)
        id_ = str(message.id)
        span = self._tracer.start_span(
            f"{method} {tool}" if tool else method,
            parent,
            SpanKind.SERVER,
            attributes | ({"jsonrpc.request.id": id_} if _PLAIN_ID.fullmatch(id_) else {}),
            links,
        )
        return Operation(span, attributes)

    def _end(self, operation: Operation, error: BaseException | None = None) -> None:
        if isinstance(error, Refused):
            operation.error_type = str(error.rpc_code)
            operation.span.set_attribute("rpc.response.status_code", operation.error_type)
        elif error is not None:
            operation.error_type = type(error).__name__
        attributes = operation.attributes
        if operation.error_type:
            attributes = {**attributes, "error.type": operation.error_type}
            operation.span.set_attribute("error.type", operation.error_type)
            operation.span.set_status(Status(StatusCode.ERROR))
        self._duration.record(perf_counter() - operation.began, attributes)
        operation.span.end()


def _enter(operation: Operation) -> tuple[Any, Any]:
    return attach(set_span_in_context(operation.span)), _CURRENT.set(operation)


def _leave(tokens: tuple[Any, Any]) -> None:
    _CURRENT.reset(tokens[1])
    detach(tokens[0])


def _name_tool(message: Message, toolset: Toolset) -> str:
    """Return the tool that a message calls, where it is one of the server's."""
    name = message.params.get("name") if message.method == "tools/call" else None
    if not isinstance(name, str):
        return ""
    is_finder = toolset.discovery is not None and name in toolset.discovery.listed
    is_ours = is_finder or name in toolset.changes or name in (toolset.short or ())
    return name if name in toolset.tools or is_ours else ""


def _read_version(message: Message, fields: Fields) -> str:
    if message.is_modern:
        return protocol.MODERN_REVISIONS[-1]
    named = fields.get(protocol.VERSION_FIELD, b"").strip().decode("latin-1")
    return named if named in protocol.HANDSHAKE_REVISIONS else ""


def _read_parent(message: Message, fields: Fields) -> tuple[Context, list[Link]]:
    """Return the context of the span that a request belongs to, and links to others."""
    meta = message.params.get("_meta")
    inner = _read_context({"traceparent": meta.get("traceparent")}) if isinstance(meta, Mapping) else None
    outer = _read_context({"traceparent": fields.get(b"traceparent", b"").decode("latin-1")})
    if inner is None:
        return outer[0] if outer else Context(), []
    return inner[0], [Link(outer[1])] if outer else []


def _read_context(carrier: Mapping[str, Any]) -> tuple[Context, SpanContext] | None:
    if not isinstance(carrier["traceparent"], str):
        return None
    context = _PROPAGATOR.extract(carrier, Context())
    span = get_current_span(context).get_span_context()
    return (context, span) if span.is_valid else None
