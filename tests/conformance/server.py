"""Our endpoint with the tools that the public conformance suite wants to call, on a free port of loopback.

Run as `python -m tests.conformance.server`; the first line it prints is its URL. What the product never answers
(images, sound, a missing capability) is added here, so that the product carries nothing for the sake of a test.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import uvicorn

from generator.catalog import Tool
from runtime.errors import LedgerportError
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server import results
from runtime.mcp_server.endpoint import Access, McpEndpoint
from runtime.mcp_server.greeting import Identity
from runtime.mcp_server.methods import McpServices, Methods
from runtime.mcp_server.protocol import CAPABILITIES_KEY, Message
from runtime.mcp_server.replies import Refused, Reply
from runtime.mcp_server.request import LOOPBACK, Fields, Gate
from runtime.mcp_server.toolset import Toolset
from runtime.model import Grant, TokenHash
from runtime.server.fast_path import make_protocol
from runtime.upstream.limits import Limits
from tests.mcp_server.stand import LIMITS, make_catalog, make_grant, make_tool

TOKEN = "conformance"
MISSING_CAPABILITY = -32021

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
TEXT = {"type": "text", "text": "This is a simple text response for testing."}
IMAGE = {"type": "image", "data": PIXEL, "mimeType": "image/png"}
SOUND = {"type": "audio", "data": SILENCE, "mimeType": "audio/wav"}


def resource(uri: str, media_type: str, text: str) -> dict[str, Any]:
    """A resource inside a result."""
    return {"type": "resource", "resource": {"uri": uri, "mimeType": media_type, "text": text}}


CONTENT: dict[str, list[dict[str, Any]]] = {
    "test_simple_text": [TEXT],
    "test_image_content": [IMAGE],
    "test_audio_content": [SOUND],
    "test_embedded_resource": [
        resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")
    ],
    "test_multiple_content_types": [
        {"type": "text", "text": "Multiple content types test:"},
        IMAGE,
        resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
    "test_logging_tool": [TEXT],
    "test_streaming_elicitation": [TEXT],
    "test_missing_capability": [TEXT],
    "json_schema_2020_12_tool": [TEXT],
}

SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def tools() -> list[Tool]:
    """The suite's fixture tools."""
    made = [make_tool(name, "get") for name in (*CONTENT, "test_error_handling")]
    return [_with_schema(tool) if tool.name == "json_schema_2020_12_tool" else tool for tool in made]


def _with_schema(tool: Tool) -> Tool:
    wire = json.loads(tool.wire) | {"inputSchema": SCHEMA_2020_12}
    return replace(tool, wire=json.dumps(wire).encode())


class FixtureCalls:
    """Answers with the name of the tool, which `FixtureMethods` turns into its content."""

    async def call(
        self,
        grant: Grant,
        tools: Mapping[str, Tool],
        name: str,
        arguments: dict[str, Any],
        *,
        idempotency_key: str = "",
        carried: Any = None,
        form: Any = None,
    ) -> Answer:
        """The answer of one call."""
        if name == "test_error_handling":
            return Answer(error=LedgerportError("This tool intentionally returns an error for testing"))
        return Answer(name, limits=LIMITS)

    def compute_budget(self, grant: Grant) -> int:
        """More than any of them takes."""
        return 100_000

    async def read_limits(self, grant: Grant) -> Limits:
        """The same as after a call."""
        return LIMITS


class FixtureMethods(Methods):
    """The product's methods, with contents that the product does not have."""

    def make_result(self, answer: Answer, link: results.Link) -> dict[str, Any]:
        """The content that the suite wants of a tool."""
        result = results.build_result(answer)
        return result | {"content": CONTENT[answer.text]} if answer.error is None else result

    async def _call(self, message: Message, grant: Grant, toolset: Toolset, fields: Fields) -> Reply:
        if message.params.get("name") == "test_missing_capability":
            _need_sampling(message)
        return await super()._call(message, grant, toolset, fields)


def _need_sampling(message: Message) -> None:
    needed = {"requiredCapabilities": {"sampling": {}}}
    if "sampling" not in message.params.get("_meta", {}).get(CAPABILITIES_KEY, {}):
        raise Refused(400, MISSING_CAPABILITY, "This tool needs sampling.", id=message.id, data=needed)


def make_endpoint() -> McpEndpoint:
    """The endpoint under test."""
    catalog, grant, calls = make_catalog(tools()), make_grant(), FixtureCalls()
    identity = Identity("ledgerport-conformance", "1")

    def log(event: str, **fields: object) -> None:
        """Nothing: the suite reports."""

    async def is_api_token(_token: str, _grant: object) -> bool:
        return False

    services = McpServices(lambda: catalog, calls, identity, log)
    endpoint = McpEndpoint(
        services,
        Access(lambda token: TokenHash(token.encode()), {TOKEN.encode(): grant}.get, is_api_token),
        Gate(hosts=LOOPBACK),
    )
    endpoint.methods = FixtureMethods(services)
    return endpoint


def main() -> None:
    """Serve until a signal."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp/{TOKEN}", flush=True)
    endpoint = make_endpoint()
    config = uvicorn.Config(
        endpoint, http=make_protocol(endpoint.respond), lifespan="off", log_level="warning", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
