"""Where our endpoint answers otherwise than the SDK's server, each with its reason.

An entry names the requests by a pattern on their names, and what each side says. A difference that no entry names fails
the test, and so does an entry that names no difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.differential.requests import Request
from tests.differential.servers import Outcome

RESULT = "200 result"


@dataclass(frozen=True)
class Difference:
    """Requests that the two answer differently. The patterns match whole names and whole outcomes."""

    reason: str
    requests: str
    ours: str
    theirs: str
    revisions: str = ".*"

    def names(self, request: Request, ours: Outcome, theirs: Outcome) -> bool:
        """Whether this is the entry for that difference."""
        return all(
            re.fullmatch(pattern, text, re.DOTALL)
            for pattern, text in (
                (self.requests, request.name),
                (self.revisions, request.revision),
                (self.ours, ours.said),
                (self.theirs, theirs.said),
            )
        )


HANDSHAKE = "202[45].*"
MODERN = "2026-07-28"

DIFFERENCES = (
    # ── What HTTP refuses ────────────────────────────────────────────────────────────────────────────────────────
    Difference(
        "A refusal always has a JSON-RPC error for a body: clients show its message, and an empty page or plain text "
        "is shown as nothing. The status is the same.",
        r"(verb|Accept|Origin|Host|body: more than|body: announced as 5).*|GET without a stream",
        r"(403|405|406|413|421) -32600",
        r"(403|405|406|413|421)",
    ),
    Difference(
        "A wrong Content-Type is 415, which is what that status is for; the SDK says 400 in a check that comes first.",
        r"Content-Type: (None||text/plain.*|application/x-www-form-urlencoded|multipart.*)",
        r"415 -32600",
        r"400",
    ),
    Difference(
        "Media types are compared without regard to case (RFC 9110).",
        r"Content-Type: Application/JSON",
        RESULT,
        r"415 -32600",
        HANDSHAKE,
    ),
    Difference(
        "Only application/json is JSON; the SDK's newer path takes whatever begins like it.",
        r"Content-Type: application/json(x|-rpc)",
        r"415 -32600",
        RESULT,
        MODERN,
    ),
    Difference(
        "A client that does not say what it accepts gets JSON: hand-written callers leave the header out.",
        r"Accept: (None|)",
        RESULT,
        r"406( -32600)?",
    ),
    Difference(
        "A client that takes an event stream and no JSON, such as a proxy of older revisions, gets one with the reply.",
        r"Accept: (text/event-stream|text/\*)",
        r"200",
        r"406( -32600)?|200",
    ),
    Difference(
        "A weight of zero means not acceptable (RFC 9110), so the reply is an event; the SDK does not read weights.",
        r"Accept: application/json;q=0, text/event-stream",
        r"200",
        RESULT,
    ),
    Difference(
        "There is no stream to GET: the SDK's stateless server opens one that never carries anything.",
        r"verb GET",
        r"405 -32600",
        r"200",
        HANDSHAKE,
    ),
    Difference(
        "GET is refused before its Accept header is read: no such header would help.",
        r"GET without a stream",
        r"405 -32600",
        r"406 -32600",
        HANDSHAKE,
    ),
    Difference("OPTIONS answers the preflight of a browser.", r"verb OPTIONS", r"204", r"405( -32600)?"),
    Difference(
        "Blanks around the value of a header are not part of it (RFC 9110); the server beneath hands them over.",
        r"(MCP-Protocol-Version|Mcp-Method|Mcp-Name): '( .*|.* )'",
        RESULT,
        r"400 (-32602|-32020)",
    ),
    # ── What JSON is ─────────────────────────────────────────────────────────────────────────────────────────────
    Difference(
        "NaN, infinities and numbers beyond doubles are not JSON.",
        r"body: (NaN|Infinity|a number beyond doubles)",
        r"400 -32700",
        RESULT,
    ),
    Difference(
        "JSON over a network is UTF-8 without a byte order mark (RFC 8259), and a lone surrogate is no text.",
        r"body: (UTF-16|a byte order mark|a lone surrogate)",
        r"400 -32700",
        RESULT,
        MODERN,
    ),
    Difference(
        "Our reader goes 1,024 levels deep, the SDK's older path 200.",
        r"body: lists in lists, 900 deep",
        RESULT,
        r"400 -32700",
        HANDSHAKE,
    ),
    # ── What a message is ────────────────────────────────────────────────────────────────────────────────────────
    Difference(
        "What is no JSON-RPC message is an invalid request (-32600), as JSON-RPC says and as the SDK's newer path has "
        "it; its older path calls it invalid params.",
        r"(jsonrpc|method|params) that (is|are) .*|body: (a batch of .*|an? .*|null)|notification with a list .*"
        r"|posted response with a number .*",
        r"400 -32600",
        r"400 -32602",
        HANDSHAKE,
    ),
    Difference(
        "A request whose id is of a wrong type is owed an error; the SDK's older path takes it for a notification.",
        r"id that is (a fraction.*|a list|an object|null|true)",
        r"400 -32600",
        r"202",
        HANDSHAKE,
    ),
    Difference(
        "Whole numbers end at 2^64 in our reader. No client counts so far, and a number that came back rounded would "
        "be worse than an error.",
        r"id that is (2\^64|a huge number)",
        r"400 -32600",
        RESULT,
    ),
    Difference(
        "true is no progress token: the schema says string or number.",
        r"call with true for a progress token",
        r"(200|400) -32602",
        RESULT,
    ),
    # ── What a method is ─────────────────────────────────────────────────────────────────────────────────────────
    Difference(
        "A method that the server does not have is unknown whatever its params; the SDK looks at those first.",
        r"method 'prompts/get' with \{\}",
        r"(200|404) -32601",
        r"(200|400) -32602",
    ),
    # ── What the envelope is ─────────────────────────────────────────────────────────────────────────────────────
    Difference(
        "An envelope of 2026-07-28 without its header is a missing header, which the revision wants refused; the SDK "
        "goes by the header alone and answers as to an older client.",
        r"an envelope of 2026-07-28 and no header",
        r"400 -32020",
        RESULT,
        HANDSHAKE,
    ),
    Difference(
        "The same, seen from the newer revision: what the SDK answers lacks what that revision requires.",
        r"MCP-Protocol-Version: None",
        r"400 -32020",
        r"200 result that does not fit: .*",
        MODERN,
    ),
    Difference(
        "What the client says about itself and its log level is not used here, so a flaw in it stops nobody.",
        r"envelope with (a client without a version|a string for a client|an unknown log level)",
        RESULT,
        r"400 -32602",
        MODERN,
    ),
)
