"""Serves the file behind a link that a tool returned: fetched from the vendor when it is opened, stored nowhere.

Calls `operations.file_links`, which knows what a link stands for. The link itself is the permission; where an MCP
server demands an API token as well, so do its links. A response is sent in pieces, and how much is in memory for
clients that read slowly is bounded.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from runtime.api.replies import build_disposition, build_response, refuse
from runtime.errors import Busy, LedgerportError, TooManyGuesses, Unauthorized
from runtime.exchange.file import name_file
from runtime.logs import Log
from runtime.model import Grant
from runtime.networks import is_within
from runtime.operations.bodies import MIB
from runtime.operations.budget import WAIT_SECONDS, Budget, Share
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.file_links import FileLinks, Opened, refuse_closed
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import Guesses

MOST_FILES = 16
"""Files at once, as many as uploads: each takes a connection here and one to the vendor."""
MOST_BYTES = 128 * MIB
"""In memory at once: two of the largest that a vendor may answer, or sixteen of eight megabytes."""
PIECE = 256 * 1024
"""Bytes handed to the connection at a time: the next piece waits until the client has read most of this one."""
GUARDS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass
class _Outcome:
    """What a request came to, for the log."""

    response: Response
    opened: Opened | None = None
    error: str | None = None


@dataclass(frozen=True)
class FileLinkEndpoint:
    """Answers GET and HEAD of a link. An object, so that Starlette hands it the bare ASGI call."""

    links: FileLinks
    calls: CallProtocol
    is_api_token: Callable[[str, Grant], Awaitable[bool]]
    guesses: Guesses
    log: Log
    budget: Budget = field(default_factory=lambda: Budget(MOST_BYTES, MOST_FILES))
    addresses: ClientAddresses = field(default_factory=ClientAddresses)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Send) -> None:
        """Answer one request; the budget is held until the client has the file."""
        request, began = Request(scope, receive), time.perf_counter()
        with self.budget.open_share() as share:
            outcome = await self._outcome(request, share)
            self._log(outcome, began)
            for name, value in GUARDS.items():
                outcome.response.headers[name] = value
            await _send(outcome.response, request.method, send)

    async def _outcome(self, request: Request, share: Share) -> _Outcome:
        outcome = _Outcome(Response())
        try:
            outcome.opened = await self.links.open(request.path_params["link"])
            await self._check_sender(request, outcome.opened.grant)
            outcome.response = await self._response(request.method, outcome, share)
        except LedgerportError as error:
            outcome.error = error.code
            outcome.response = refuse(error)
        return outcome

    async def _response(self, method: str, outcome: _Outcome, share: Share) -> Response:
        opened = outcome.opened
        assert opened is not None
        if method == "HEAD":  # the vendor need not be asked for what a prefetch wants to know
            response = Response(media_type=opened.tool.returns.media_type)
            response.headers["Content-Disposition"] = build_disposition(
                name_file(opened.tool, opened.arguments)
            )
            del response.headers["content-length"]
            return response
        _hold(share, 1)
        answer = await self.calls.call(opened.grant, opened.tools, opened.tool.name, opened.arguments)
        outcome.error = answer.error.code if answer.error else None
        if answer.file is not None:
            _hold(share, len(answer.file.content))
        return build_response(answer)

    async def _check_sender(self, request: Request, grant: Grant) -> None:
        """Raise NotFound from outside the networks of the MCP server, Unauthorized without an API token that it wants,

        and TooManyGuesses for one more wrong one.
        """
        address = self.addresses.find(request.client.host if request.client else "", request.headers.raw)
        if grant.config.networks and not is_within(address, grant.config.networks):
            raise refuse_closed()
        if not grant.config.require_api_token_auth:
            return
        scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
        is_sent = scheme.lower() == "bearer" and bool(token.strip())
        if is_sent and await self.is_api_token(token.strip(), grant):
            return
        if is_sent and (wait := await self.guesses.note(address)):
            raise TooManyGuesses(wait)
        raise Unauthorized(
            "This link's MCP server also requires an API token.",
            advice="Send it as the header Authorization: Bearer <API token>, or read the link with resources/read.",
        )

    def _log(self, outcome: _Outcome, began: float) -> None:
        opened = outcome.opened
        self.log(
            "file_link",
            server=opened.grant.server_id if opened else None,
            account=opened.grant.account.id if opened else None,
            tool=opened.tool.name if opened else None,
            status=outcome.response.status_code,
            ms=round((time.perf_counter() - began) * 1000, 2),
            error=outcome.error,
        )


def _hold(share: Share, size: int) -> None:
    """Hold bytes of the budget. Raises Busy."""
    try:
        share.grow(size)
    except Busy:
        raise Busy(
            "Too many files are being fetched at once.",
            advice=f"Wait {WAIT_SECONDS} seconds, then open the link again.",
            retry_after=WAIT_SECONDS,
        ) from None


async def _send(response: Response, method: str, send: Send) -> None:
    head = {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    await send(head)
    body = memoryview(b"" if method == "HEAD" else response.body)
    for at in range(0, len(body), PIECE):
        await send({"type": "http.response.body", "body": bytes(body[at : at + PIECE]), "more_body": True})
    await send({"type": "http.response.body", "body": b""})
