"""The one place that speaks HTTP to a vendor's API. Nothing else imports the HTTP client.

One connection pool for the process, its limit well above what is wanted at once, and a bound per account so that
one company cannot starve the others. aiohttp is imported at the first call: it costs 0.3 s that the first
`tools/list` need not wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from runtime.errors import Indeterminate, VendorTimeout, VendorUnavailable
from runtime.upstream.deadlines import Deadline, Deadlines
from runtime.upstream.files import FileBody
from runtime.upstream.rate_limit_errors import refuse_in_flight

if TYPE_CHECKING:
    import aiohttp

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes. Far above any page of 1,000 records; a guard against an answer without end."""

SMALL_ANSWER = 1024 * 1024
"""Bytes. What is no larger is read whatever else is being read, so that nobody's flood makes other calls fail."""
MOST_READ_AT_ONCE = 256 * 1024 * 1024
"""Bytes of larger answers that are being read at one time, of all calls together: each is in memory up to four times
while it is read, joined, written and sent.
"""

SENT_ALWAYS = {"User-Agent": "Ledgerport"}
"""Vendors find our requests in their logs by it. A definition may send another one."""
POOL = 4096
"""Connections: no less than the server itself accepts, so that no call waits here for another's."""
IDLE_SECONDS = 30
"""Shorter than vendors hold an idle connection, usually 60 and more: few are found closed as we write."""
CONNECT_SECONDS = 10
"""Two retransmissions of a lost first packet, after 1 and 3 seconds, and some more."""
LEAST_RATE = 250_000
"""Bytes a second (2 Mbit/s) that sending a large body is given beyond the usual time: 100 MB have 7.6 minutes. Slower
lines than that are no servers', and a vendor that takes no bytes is given up after a known time.
"""


class VendorRequest(NamedTuple):
    """One HTTP request to the vendor. `changes_data` decides what a lost answer means."""

    verb: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | FileBody | None = None
    """The body, or one that is sent in pieces, from the start at each attempt."""
    changes_data: bool = False
    is_once: bool = False
    """Whether it carries the vendor's idempotency key, so that sending it twice does it once."""

    def __repr__(self) -> str:
        return f"VendorRequest({self.verb}, …)"


class VendorResponse(NamedTuple):
    """What came back. Header names are found whatever their case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _TooMuch(ValueError):
    """An answer that is not read to its end; the text says what the vendor did."""


class VendorClient:
    """Sends requests to vendors. One for the process; call `close` at the end."""

    def __init__(self, *, timeout_seconds: float, per_account: int) -> None:
        self._timeout_seconds = timeout_seconds
        self._per_account = per_account
        self._in_flight: dict[str, int] = {}
        self._reading = 0
        self._deadlines = Deadlines(timeout_seconds)
        self._session: aiohttp.ClientSession | None = None
        self._address: Callable[..., Any]

    async def send(self, request: VendorRequest, account: str) -> VendorResponse:
        """Send one request for an account and read the whole answer.

        Raises RateLimited when the account has too many calls in flight, VendorUnavailable or VendorTimeout when
        there is no answer, and Indeterminate when a write may have been done although its answer is lost.
        """
        in_flight = self._in_flight.get(account, 0)
        if in_flight >= self._per_account:
            raise refuse_in_flight(self._per_account, "company")
        self._in_flight[account] = in_flight + 1
        try:
            return await self._attempt(request)
        finally:
            left = self._in_flight.pop(account) - 1
            if left:
                self._in_flight[account] = left

    def count_in_flight(self) -> int:
        """Return how many requests have no answer yet."""
        return sum(self._in_flight.values())

    async def close(self) -> None:
        """Close the pool."""
        self._deadlines.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _attempt(self, request: VendorRequest) -> VendorResponse:
        import aiohttp

        session, deadlines = self._session or self._open(), self._deadlines_for(request)
        deadline = deadlines.begin()
        try:
            try:
                return await self._exchange(session, request)
            except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                # An idle connection that the vendor closed as we wrote. Safe to send again when the vendor
                # obeys the idempotency key, or when nothing changes.
                if request.changes_data and not request.is_once:
                    raise
                return await self._send_again(session, request)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise VendorUnavailable(
                "The vendor cannot be reached; nothing was sent.", advice="Try again in a minute."
            ) from error
        except asyncio.CancelledError as cancelled:
            if not deadline.is_cause():
                raise
            raise self._lost(
                request, f"gave no answer within {deadlines.seconds:g} seconds", is_timeout=True
            ) from cancelled
        except _TooMuch as error:
            raise self._lost(request, str(error), is_timeout=False) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._lost(request, "broke off its answer", is_timeout=False) from error
        finally:
            self._end(deadlines, deadline)

    async def _send_again(self, session: aiohttp.ClientSession, request: VendorRequest) -> VendorResponse:
        """Send what may have arrived; raise Indeterminate where that changes data and nobody can be reached now."""
        import aiohttp

        try:
            return await self._exchange(session, request)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            if not request.changes_data:
                raise
            how = "closed the connection and cannot be reached now"
            raise self._lost(request, how, is_timeout=False) from error

    def _deadlines_for(self, request: VendorRequest) -> Deadlines:
        """Return the usual time limit, or one of its own for a large body, which takes longer to send."""
        if not isinstance(request.body, FileBody):
            return self._deadlines
        return Deadlines(self._timeout_seconds + request.body.size // LEAST_RATE)

    def _end(self, deadlines: Deadlines, deadline: Deadline) -> None:
        deadlines.end(deadline)
        if deadlines is not self._deadlines:
            deadlines.close()

    async def _exchange(self, session: aiohttp.ClientSession, request: VendorRequest) -> VendorResponse:
        body, headers = request.body, request.headers
        if isinstance(body, FileBody):
            headers = {**headers, "Content-Length": str(body.size)}
        async with session.request(
            request.verb,
            self._address(request.url, encoded=True),
            headers=headers,
            data=body.read_pieces() if isinstance(body, FileBody) else body,
            allow_redirects=False,
        ) as response:
            length = response.content_length
            is_small = length is not None and length <= SMALL_ANSWER
            if is_small and "Content-Encoding" not in response.headers:
                body = await response.read()
            else:
                body = await self._read(response)
            return VendorResponse(response.status, response.headers, body)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the body of an answer that is large or of unknown size, up to a bound for it and one for all of
        them.
        """
        parts, total, counted = [], 0, 0
        try:
            async for part in response.content.iter_any():
                total += len(part)
                if total > SMALL_ANSWER:
                    self._reading += total - counted
                    counted = total
                _check_size(total, self._reading)
                parts.append(part)
            return b"".join(parts)
        finally:
            self._reading -= counted

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp
        from yarl import URL

        self._address = URL
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=POOL, limit_per_host=0, keepalive_timeout=IDLE_SECONDS, ttl_dns_cache=300
            ),
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=SENT_ALWAYS,
        )
        # aiohttp itself would send a PUT or DELETE again, also one that changes data and has no key. There is no
        # public switch; tests/upstream/test_client.py fails when this one is gone.
        self._session._retry_connection = False
        return self._session

    def _lost(
        self, request: VendorRequest, how: str, *, is_timeout: bool
    ) -> VendorUnavailable | Indeterminate:
        if request.changes_data:
            return Indeterminate(
                f"The change was sent, but the vendor {how}: it may have been made or not.",
                advice="Look whether it is there before you send it again.",
            )
        kind = VendorTimeout if is_timeout else VendorUnavailable
        return kind(
            f"The vendor {how}.", advice="Nothing was changed. Try again, and ask for less if it repeats."
        )


def _check_size(total: int, reading: int) -> None:
    if total > LARGEST_ANSWER:
        raise _TooMuch(f"answered more than {LARGEST_ANSWER >> 20} MiB, which is not read")
    if total > SMALL_ANSWER and reading > MOST_READ_AT_ONCE:
        raise _TooMuch(f"answered much while {MOST_READ_AT_ONCE >> 20} MiB of other answers were being read")


async def warm_up() -> None:
    """Import the HTTP client off the event loop, so that the first call does not pay for it."""
    await asyncio.to_thread(_import_client)


def _import_client() -> Any:
    import aiohttp

    return aiohttp
