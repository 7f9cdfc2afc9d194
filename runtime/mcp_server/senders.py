"""The tokens that a request brings, and what is answered where they are missing, two or too many wrong ones.

Called by `endpoint`. The token of an MCP server stands in the path, or at `/mcp` in the header field `Authorization`.
Beside one in the path, that field has the API token that some MCP servers require as well; a server that requires one
therefore takes its own token in the path only.
"""

from __future__ import annotations

import hmac
from collections.abc import MutableMapping
from typing import Any

from runtime.errors import StorageUnavailable, TooManyGuesses
from runtime.mcp_server.replies import INTERNAL_ERROR, INVALID_REQUEST, RATE_LIMITED, Field, Refused, Reply
from runtime.mcp_server.request import Fields
from runtime.operations import approval_config, narrowing
from runtime.operations.mcp_servers import PREFIX as TOKEN_PREFIX

PREFIX = "/mcp/"
LONGEST_TOKEN = 100
"""Characters. Ours have under 60, and a path has fewer than 100."""
CLIENTS_ENDING = "/mcp"
"""What may follow the token: some clients, such as older versions of the MCP Inspector, add `/mcp` to any URL."""
SSE_ENDING = "/sse"
"""What some people add to a URL for a client of the older transport: such a URL opens a stream as well."""
WITH_BEARER = frozenset({"/mcp", "/mcp/"})
"""Paths that take the token in the header field."""
COMPANY_PREFIX = "/c/"
"""What the path of one company begins with, which takes nothing but an access token."""
WITHOUT_TOKEN = WITH_BEARER | {"/sse", "/sse/"}
"""Paths that have none. Clients guess them as well: without a token in the header field they say how it is."""
ALLOW: Field = (b"allow", b"POST, OPTIONS")
ALLOW_STREAM: Field = (b"allow", b"GET, OPTIONS")
NO_TOKEN = Refused(
    404,
    INVALID_REQUEST,
    "The URL of an MCP server here is /mcp/ and a secret token, and this one has none. Use the whole URL that "
    "Ledgerport showed when the MCP server was created, with Streamable HTTP as the transport, or send its token to "
    "/mcp as Authorization: Bearer. A client of the older transport, HTTP with SSE, takes the same URL with /sse/ in "
    "place of /mcp/.",
).reply()


PREFLIGHT = Reply(
    204,
    (
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (
            b"access-control-allow-headers",
            b"accept, authorization, content-type, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id, "
            + b", ".join(sorted({approval_config.FIELD, *narrowing.FIELDS})),
        ),
        (b"access-control-max-age", b"7200"),
    ),
)


def has_no_token(method: str, path: str, fields: Fields) -> bool:
    """Whether a request names no MCP server: neither its path does, nor the header field where that may."""
    if path in WITH_BEARER:
        return method != "OPTIONS" and not read_bearer(fields)
    return path in WITHOUT_TOKEN


def takes_access_token(path: str) -> bool:
    """Whether a path is one of those that access tokens are for."""
    return path in WITH_BEARER or path.startswith(COMPANY_PREFIX)


def needs_access_token(path: str, token: str) -> bool:
    """Whether what was sent has to be an access token: the token of a secret URL may come to `/mcp` as well."""
    return not (path in WITH_BEARER and token.startswith(TOKEN_PREFIX))


def read_token(path: str, fields: Fields) -> tuple[str, bool]:
    """Return the token of the MCP server, and whether the URL is that of the older transport.

    It is empty for the preflight of a request with the token in the header field. Raises Refused for two tokens that
    differ.
    """
    if takes_access_token(path):
        return read_bearer(fields), False
    token = path.removeprefix(PREFIX).removesuffix("/")
    is_sse = token.endswith(SSE_ENDING)
    token = token.removesuffix(SSE_ENDING if is_sse else CLIENTS_ENDING)
    if b"authorization" in fields:
        other = read_bearer(fields)
        is_same = hmac.compare_digest(other.encode(), token.encode())
        if other.startswith(TOKEN_PREFIX) and not is_same:
            raise Refused(
                400,
                INVALID_REQUEST,
                "The path and the header field Authorization have the tokens of two MCP servers. Send one of them.",
            )
    return token, is_sse


def read_bearer(fields: Fields) -> str:
    """Return the token in the header field Authorization; empty when there is none."""
    scheme, _, token = fields.get(b"authorization", b"").strip().decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def find_peer_address(scope: MutableMapping[str, Any]) -> str:
    """Return the address that a connection comes from; empty when it has none, such as over a Unix socket."""
    client = scope.get("client")
    return client[0] if client else ""


def refuse_more_guesses(wait: int) -> Refused:
    """Return the refusal of one more wrong token from an address that sends many."""
    slower = TooManyGuesses(wait)
    return Refused(429, RATE_LIMITED, slower.as_text(), fields=((b"retry-after", b"%d" % wait),))


def refuse_without_api_token(*, is_token_in_field: bool) -> Refused:
    """Return the refusal where an API token is required as well.

    It is no 401: a client that knows OAuth would begin to sign its person in at this address, which brings no API
    token, and wait for it.
    """
    how = "use its URL with the token in the path, and send" if is_token_in_field else "send"
    return Refused(
        403,
        INVALID_REQUEST,
        f"This MCP server also wants an API token: {how} Authorization: Bearer with a valid one.",
    )


def refuse_while_unknown(unknown: StorageUnavailable) -> Refused:
    """Return the refusal while nobody can say whether the URL is open: neither a 404, which means revoked, nor an
    answer.
    """
    retry_after: Field = (b"retry-after", b"%d" % unknown.retry_after)
    return Refused(unknown.status, INTERNAL_ERROR, unknown.as_text(), fields=(retry_after,))


def refuse_method(*, is_stream: bool) -> Refused:
    """Return the refusal of a method that the URL does not take."""
    if is_stream:
        text = (
            "This is the event stream of the older transport, HTTP with SSE: open it with GET, and POST to the address "
            "in its first event. For Streamable HTTP use the same URL with /mcp/ in place of /sse/, and no /sse behind "
            "it."
        )
        return Refused(405, INVALID_REQUEST, text, fields=(ALLOW_STREAM,))
    return Refused(
        405,
        INVALID_REQUEST,
        "This is an MCP server: clients send it POST requests. There is no session to DELETE, and no stream to GET: a "
        "client of the older transport, HTTP with SSE, takes the same URL with /sse/ in place of /mcp/.",
        fields=(ALLOW,),
    )
