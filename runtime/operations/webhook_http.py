"""Sends one attempt over HTTP, to the address that was checked. Loaded by `webhook_sender` for the first attempt.

Nothing of the answer is stored but its status. `open_client` and `build_request` are what every request to an address
that others chose is made with: `identity.client_documents` reads documents of clients by them.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping

import httpx2

from runtime.events import Attempt
from runtime.operations.webhook_address import NotAllowed, Target, resolve

ATTEMPT_SECONDS = 15.0
"""How long one attempt may take in all: the least of what the standard recommends, 15 to 30."""
LARGEST_ANSWER = 16_384
"""Bytes that are read of an answer, so that the receiver can finish it; they are not looked at."""
LONGEST_WAIT = 86_400.0
"""Seconds that a receiver may ask for in `Retry-After`: a day, as the longest delay of the schedule."""


class HttpSender:
    """Sends over HTTPS: no redirects, no proxy, no cookies, each attempt with a connection of its own."""

    def __init__(self, *, is_private_allowed: bool, context: ssl.SSLContext | None = None) -> None:
        self._is_private_allowed = is_private_allowed
        self._context = context or httpx2.create_ssl_context()

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Attempt:
        """Return what the attempt came to. Raises nothing: what went wrong is in the attempt."""
        began = time.monotonic()
        code, error, wait = 0, "", 0.0
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                code, wait = await self._send(httpx2.URL(url), body, headers)
        except (NotAllowed, OSError, httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as problem:
            error = _explain(problem)
        took = round((time.monotonic() - began) * 1000)
        return Attempt(code, took, error or _explain_status(code), wait)

    async def _send(self, url: httpx2.URL, body: bytes, headers: Mapping[str, str]) -> tuple[int, float]:
        port = url.port or (443 if url.scheme == "https" else 80)
        target = await resolve(url.host, port, is_private_allowed=self._is_private_allowed)
        async with open_client(self._context, ATTEMPT_SECONDS) as client:
            request = build_request(client, "POST", url, target, headers, body)
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                await _read_some(response)
            finally:
                await response.aclose()
        return response.status_code, _read_wait(response.headers.get("retry-after", ""))


def open_client(context: ssl.SSLContext, seconds: float) -> httpx2.AsyncClient:
    """Return a client for one request. A connection that is used again might be one of another host."""
    return httpx2.AsyncClient(verify=context, trust_env=False, timeout=seconds)


def build_request(
    client: httpx2.AsyncClient,
    method: str,
    url: httpx2.URL,
    target: Target,
    headers: Mapping[str, str],
    body: bytes = b"",
) -> httpx2.Request:
    """Return a request to the checked address, which names the host where TLS and HTTP ask for it."""
    return client.build_request(
        method,
        url.copy_with(host=target.address),
        content=body,
        headers={**headers, "host": url.netloc.decode()},
        extensions={"sni_hostname": target.host},
    )


async def _read_some(response: httpx2.Response) -> None:
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > LARGEST_ANSWER:
            return


def _read_wait(value: str) -> float:
    """Return the seconds of a Retry-After; 0 for none, or a date, which few send."""
    return min(float(value), LONGEST_WAIT) if value.isascii() and value.isdigit() and len(value) < 9 else 0.0


def _explain(problem: Exception) -> str:
    """Return a sentence without the address, which may hold a secret."""
    match problem:
        case NotAllowed():
            return str(problem)
        case httpx2.TimeoutException() | TimeoutError():
            return f"There was no answer within {ATTEMPT_SECONDS:g} seconds."
        case httpx2.ConnectError():
            is_about_tls = "certificate" in str(problem).lower() or "ssl" in str(problem).lower()
            return "The TLS certificate was not accepted." if is_about_tls else "The host cannot be reached."
        case httpx2.HTTPError():
            return "The connection broke before the answer came."
        case httpx2.InvalidURL() | UnicodeError():
            return "The address cannot be read."
    return "The name of the host is not known."


def _explain_status(code: int) -> str:
    if 200 <= code < 300:
        return ""
    return (
        "It was redirected, which is not followed." if 300 <= code < 400 else f"The receiver answered {code}."
    )
