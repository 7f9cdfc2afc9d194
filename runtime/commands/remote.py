"""The HTTP transport of `stdio`: a server that cannot be reached is an error that the host can show, not a crash.

The SDK's client ends when a request fails below HTTP. Here such a failure becomes a response with a JSON-RPC error, and
the next request tries anew. A request that was never sent is repeated while the server restarts; one that may have
arrived is not: it may be a write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx2
import orjson

CONNECTION_CLOSED = -32000
"""What the official SDKs call a request whose answer cannot come."""
RESTART_SECONDS = 10.0
"""How long a request waits for a server that restarts, which takes one or two; hosts wait 60 for an answer."""
PAUSE_SECONDS = 0.25
"""Between two attempts."""
UNKNOWN_METHOD = b'"code":-32601'
"""Such an error has the status 404 as well, since revision 2026-07-28."""
STATUSES = {
    401: "The server refuses the API token.",
    404: "There is no MCP server at this URL.",
    429: "The server answers that there are too many requests.",
    503: "The server is busy.",
}
"""What is said of a response, beside the error that the host gets."""


class RemoteServer(httpx2.AsyncBaseTransport):
    """The server at a URL. `say` takes a sentence when the state of the connection changes."""

    def __init__(
        self, say: Callable[[str], None], transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self.fault = ""
        """What was wrong with the last request, in a sentence; empty when it was answered."""
        self._say = say
        self._transport = transport or httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the response, read to its end, or one that says why there is none. Raises nothing of httpx2."""
        try:
            response = await self._send(request)
            content = await response.aread()
        except httpx2.TransportError as problem:
            text = _explain(problem)
            self._report(text)
            return _refuse(text)
        is_of_method = response.status_code == 404 and UNKNOWN_METHOD in content
        self._report("" if is_of_method else STATUSES.get(response.status_code, ""))
        kind = response.headers.get("content-type", "")
        return httpx2.Response(
            response.status_code, headers={"content-type": kind} if kind else {}, content=content
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, and once more as long as no connection is made. Raises TransportError."""
        end = asyncio.get_running_loop().time() + (RESTART_SECONDS if _wants_answer(request) else 0)
        while True:
            try:
                return await self._transport.handle_async_request(request)
            except httpx2.ConnectError as problem:
                if asyncio.get_running_loop().time() >= end:
                    raise
                self._report(_explain(problem))
                await asyncio.sleep(PAUSE_SECONDS)

    def _report(self, text: str) -> None:
        """Say what is new, and that all is well again."""
        if text != self.fault:
            self.fault = text
            self._say(text or "The server answers again.")


def _wants_answer(request: httpx2.Request) -> bool:
    try:
        return "id" in orjson.loads(request.content)
    except (orjson.JSONDecodeError, httpx2.RequestNotRead):
        return False


def _explain(problem: httpx2.TransportError) -> str:
    """Return a sentence without the URL, which the library's own may have."""
    match problem:
        case httpx2.ConnectError() | httpx2.ConnectTimeout():
            return "The server cannot be reached. Check that it runs, the host in the URL, and the network."
        case httpx2.TimeoutException():
            return "The server did not answer in time. What was asked may have been done: look before you repeat it."
        case httpx2.NetworkError() | httpx2.RemoteProtocolError():
            return (
                "The connection broke before the answer came. What was asked may have been done: look before you "
                "repeat it."
            )
    return f"The request could not be sent ({type(problem).__name__})."


def _refuse(text: str) -> httpx2.Response:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": CONNECTION_CLOSED, "message": text}}
    return httpx2.Response(503, headers={"content-type": "application/json"}, content=orjson.dumps(error))
