"""JSON-RPC and the five revisions of MCP: from the bytes of a POST to one `Message`, or a refusal.

Two eras share the URL. Up to 2025-11-25 a client shakes hands (`initialize`) and then names the revision in a header;
from 2026-07-28 each request carries its own envelope in `params._meta`, repeated in headers. The header decides the
era; a body that carries an envelope without the header is held to the newer rules. Which codes and statuses each era
wants is in the specification, revision 2026-07-28, "Streamable HTTP" and "Error codes".
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple

import orjson

from runtime.mcp_server.replies import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    UNSUPPORTED_VERSION,
    Field,
    Refused,
)
from runtime.mcp_server.request import Fields
from runtime.upstream.files import NO_FILES, CarriedFiles

HANDSHAKE_REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN_REVISIONS = ("2026-07-28",)
_HANDSHAKE_FIELDS = frozenset(revision.encode() for revision in HANDSHAKE_REVISIONS)
_WITHOUT_LINKS = frozenset({b"2024-11-05", b"2025-03-26"})

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
CLIENT_KEY = "io.modelcontextprotocol/clientInfo"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"

VERSION_FIELD = b"mcp-protocol-version"
METHOD_FIELD = b"mcp-method"
NAME_FIELD = b"mcp-name"
_NAMED_BY = {"tools/call": "name", "resources/read": "uri"}
"""The parameter that the header Mcp-Name repeats."""
_ROUTING_FIELDS = frozenset({VERSION_FIELD, METHOD_FIELD, NAME_FIELD})

LONGEST_ID = 1024
"""Bytes of the id of a call. Clients count or use UUIDs; it comes back in the answer, whose size is bounded."""
LONGEST_ECHO = 128
"""How much of a name that we do not know is repeated to the sender."""

STATUS_IN_MODERN = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    METHOD_NOT_FOUND: 404,
    HEADER_MISMATCH: 400,
    UNSUPPORTED_VERSION: 400,
}
"""The HTTP status of a JSON-RPC error since 2026-07-28. Before, an error of a method is a 200."""


class Message(NamedTuple):
    """One JSON-RPC request or notification whose form is right. A notification has no `id`."""

    method: str
    params: dict[str, Any]
    id: str | int | None
    is_modern: bool
    carried: CarriedFiles = NO_FILES
    """Files that came with it, each under the digest that stands in its place."""

    def refuse(self, rpc_code: int, text: str, data: Any = None) -> Refused:
        """Return an error about this request, with the status that its era gives it."""
        status = STATUS_IN_MODERN.get(rpc_code, 200) if self.is_modern else 200
        return Refused(status, rpc_code, text, id=self.id, data=data)


def read(body: bytes, fields: Fields, sent: list[Field]) -> Message:
    """Return the message of a POST; `sent` are the header lines as they came. Raises Refused."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, PARSE_ERROR, f"The body is not JSON in UTF-8: {_where(error)}.") from None
    if not isinstance(value, dict):
        raise _invalid(_not_an_object(value))
    version = fields.get(VERSION_FIELD)
    if _is_modern(version, value):
        return _read_modern(value, (version or b"").strip(), fields, sent)
    return _message(value, is_modern=False)


def _where(error: orjson.JSONDecodeError) -> str:
    # The decoder's words never contain what was sent, only what was wrong and where.
    return f"{error.msg.partition(':')[0]} (line {error.lineno}, column {error.colno})"


def _not_an_object(value: object) -> str:
    if isinstance(value, list):
        return (
            "This server takes one JSON-RPC message in a request and no batches: they left the protocol with revision "
            "2025-06-18. Send each message on its own."
        )
    return "The body must be one JSON-RPC request or notification, a JSON object."


def _invalid(text: str) -> Refused:
    return Refused(400, INVALID_REQUEST, text)


def _is_modern(version: bytes | None, value: dict[str, Any]) -> bool:
    if version is not None:
        return version.strip() not in _HANDSHAKE_FIELDS
    params = value.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return isinstance(meta, dict) and VERSION_KEY in meta


def _message(value: dict[str, Any], *, is_modern: bool) -> Message:
    """Return the form of a JSON-RPC message. A posted response comes back as a notification without a method."""
    if value.get("jsonrpc") != "2.0":
        raise _invalid('"jsonrpc" must be "2.0".')
    id, params = value.get("id"), value.get("params")
    if "id" in value and (not isinstance(id, str | int) or isinstance(id, bool)):
        raise _invalid('"id" must be a string or a whole number below 2^64.')
    if not is_modern and "method" not in value and _is_response(value):
        return Message("", {}, None, is_modern)
    if not isinstance(value.get("method"), str):
        raise _invalid('"method" must be a string.')
    if params is not None and not isinstance(params, dict):
        raise _invalid('"params" must be an object.')
    return Message(value["method"], params or {}, id, is_modern)


def _is_response(value: dict[str, Any]) -> bool:
    return "id" in value and isinstance(value.get("result", value.get("error")), dict)


def _read_modern(value: dict[str, Any], version: bytes, fields: Fields, sent: list[Field]) -> Message:
    message = _message(value, is_modern=True)
    if "id" not in value:
        _check_served(version.decode("latin-1"), None)
        return message
    if len(sent) != len(fields):
        _check_repeated(message, sent)
    envelope = _envelope(message)
    _check_headers(message, envelope, version, fields)
    _check_served(envelope[VERSION_KEY], message.id)
    return message


def _check_repeated(message: Message, sent: list[Field]) -> None:
    names = [name for name, _ in sent if name in _ROUTING_FIELDS]
    if len(names) != len(set(names)):
        raise message.refuse(HEADER_MISMATCH, "An MCP header appears more than once.")


def _envelope(message: Message) -> dict[str, Any]:
    meta = message.params.get("_meta")
    if not isinstance(meta, dict):
        raise message.refuse(
            INVALID_PARAMS, f"params._meta must be an object with {VERSION_KEY} and {CAPABILITIES_KEY}."
        )
    for key in (VERSION_KEY, CAPABILITIES_KEY):
        if key not in meta:
            raise message.refuse(INVALID_PARAMS, f"params._meta lacks {key}.")
    if not isinstance(meta[CAPABILITIES_KEY], dict):
        raise message.refuse(INVALID_PARAMS, f"{CAPABILITIES_KEY} must be an object.")
    return meta


def _check_headers(message: Message, envelope: dict[str, Any], version: bytes, fields: Fields) -> None:
    if version.decode("latin-1") != envelope[VERSION_KEY]:
        raise message.refuse(
            HEADER_MISMATCH, f"The header MCP-Protocol-Version does not say what {VERSION_KEY} says."
        )
    if fields.get(METHOD_FIELD, b"").strip() != message.method.encode():
        raise message.refuse(
            HEADER_MISMATCH, "The header Mcp-Method does not say what the method of the body says."
        )
    parameter = _NAMED_BY.get(message.method, "")
    name = message.params.get(parameter)
    if name is not None and _decoded(fields.get(NAME_FIELD, b"").strip()) != name:
        raise message.refuse(
            HEADER_MISMATCH, f"The header Mcp-Name does not say what params.{parameter} says."
        )


def _decoded(value: bytes) -> str | None:
    """Return the value of a header that may be written `=?base64?…?=`; None when that is broken."""
    if not (value.startswith(b"=?base64?") and value.endswith(b"?=")):
        return value.decode("latin-1")
    try:
        return base64.b64decode(value[9:-2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _check_served(version: str, id: str | int | None) -> None:
    if version not in MODERN_REVISIONS:
        raise Refused(
            400,
            UNSUPPORTED_VERSION,
            "Unsupported protocol version",
            id=id,
            data={"supported": list(MODERN_REVISIONS), "requested": version[:LONGEST_ECHO]},
        )


def check_meta(message: Message) -> None:
    """Raise Refused when the parameters' `_meta` is not what every revision wants it to be."""
    meta = message.params.get("_meta")
    if meta is None:
        return
    token = meta.get("progressToken", "") if isinstance(meta, dict) else None
    if not isinstance(token, str | int) or isinstance(token, bool):
        raise message.refuse(
            INVALID_PARAMS, "params._meta must be an object, and its progressToken a string or number."
        )


def negotiate(message: Message) -> str:
    """Return the revision that an `initialize` settles on: the one asked for, or else the last that shakes hands."""
    params = message.params
    wanted = (("protocolVersion", str), ("capabilities", dict), ("clientInfo", dict))
    for name, kind in wanted:
        if not isinstance(params.get(name), kind):
            raise message.refuse(INVALID_PARAMS, f"initialize needs params.{name}, a{_KINDS[kind]}.")
    for name in ("name", "version"):
        if not isinstance(params["clientInfo"].get(name), str):
            raise message.refuse(INVALID_PARAMS, f"initialize needs params.clientInfo.{name}, a string.")
    asked: str = params["protocolVersion"]
    return asked if asked in HANDSHAKE_REVISIONS else HANDSHAKE_REVISIONS[-1]


_KINDS: dict[type, str] = {str: " string", dict: "n object"}


def check_cursor(message: Message) -> None:
    """Raise Refused for any cursor: a list is one page, so no cursor was ever given out."""
    if message.params.get("cursor") is not None:
        raise message.refuse(INVALID_PARAMS, "Unknown cursor: this list is a single page.")


def call_of(message: Message) -> tuple[str, dict[str, Any]]:
    """Return the tool and the arguments of a `tools/call`."""
    name, arguments = message.params.get("name"), message.params.get("arguments")
    if isinstance(message.id, str) and len(message.id.encode("utf-8", "replace")) > LONGEST_ID:
        text = f'"id" may have {LONGEST_ID:,} bytes at most: it is part of the answer, and takes its place there.'
        raise message._replace(id=None).refuse(INVALID_REQUEST, text)
    if not isinstance(name, str):
        raise message.refuse(INVALID_PARAMS, "tools/call needs params.name, a string.")
    if arguments is not None and not isinstance(arguments, dict):
        raise message.refuse(INVALID_PARAMS, "params.arguments must be an object.")
    return name, arguments or {}


def read_uri(message: Message) -> str:
    """Return the resource of a `resources/read`."""
    uri = message.params.get("uri")
    if not isinstance(uri, str):
        raise message.refuse(INVALID_PARAMS, "resources/read needs params.uri, a string.")
    return uri


def has_links(fields: Fields) -> bool:
    """Whether the revision that a client names knows links to resources; one that names none is taken to be newer."""
    return fields.get(VERSION_FIELD, b"").strip() not in _WITHOUT_LINKS


def refuse_method(message: Message) -> Refused:
    """Return the refusal of a method that this server does not have, or not in the revision of the request."""
    return message.refuse(METHOD_NOT_FOUND, f"Method not found: {message.method[:LONGEST_ECHO]}")
