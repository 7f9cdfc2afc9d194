"""Sends the request of a call to the vendor: counted, authorized, and under the idempotency key of its caller.

Called by `calls`, when the request is prepared and before its response is read. Nothing is retried and nothing held
back. Only an access token that the vendor no longer takes is renewed once.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from generator.vendor import Integration, RateWindow
from runtime.connect.echoes import find_echoes, list_secrets
from runtime.connect.headers import authorize_headers
from runtime.errors import LedgerportError, StorageUnavailable
from runtime.exchange.context import CallContext, Request, build_vendor_request
from runtime.model import Account, Credentials, WindowCount
from runtime.operations.spending import Spending
from runtime.operations.write_journal import WriteJournal
from runtime.safety.once import KeyedCall, Once
from runtime.stores.hot import HotState
from runtime.upstream.client import VendorClient, VendorRequest, VendorResponse
from runtime.upstream.limits import Limits, apply_vendor_counts, measure
from runtime.watching.counts import Counts

UNSIGNED: dict[str, str] = {}
"""No header field that proves who sends: a request as it is stored has none."""
UNAUTHORIZED = 401
"""RFC 9110: the credentials were not taken."""
Count = Callable[[str, Sequence[RateWindow], float], Awaitable[list[WindowCount]]]


def know_no_secrets(_integration: Integration) -> tuple[str, ...]:
    """Return no secrets: for deployments without an app of their own at the vendor."""
    return ()


class Tokens(Protocol):
    """Where fresh credentials come from: `runtime.connect.tokens.AccessTokens`, or another one in a test."""

    async def get_fresh(self, account: Account) -> Credentials:
        """Return credentials that are good now; refreshed when they are about to end."""

    async def invalidate(self, account: Account, access_token: str) -> None:
        """Note that the vendor refused this access token."""


class VendorCalls:
    """Sends requests of calls. One for the process."""

    def __init__(
        self,
        client: VendorClient,
        tokens: Tokens,
        hot: HotState,
        base_url: Callable[[Integration, Account], str],
        *,
        once: Once | None = None,
        spending: Spending | None = None,
        journal: WriteJournal | None = None,
        app_secrets: Callable[[Integration], tuple[str, ...]] = know_no_secrets,
        clock: Callable[[], float] = time.monotonic,
        counts: Counts | None = None,
    ) -> None:
        self._client = client
        self._counts = counts or Counts()
        self._tokens = tokens
        self._hot = hot
        self._base_url = base_url
        self._once = once
        self._spending = spending
        self._journal = journal
        self._app_secrets = app_secrets
        self._clock = clock

    async def send(self, call: CallContext, request: Request) -> VendorResponse:
        """Return the vendor's response, whatever it is; a write with a key of its caller is sent under that."""
        if not call.changes_data:
            return await self._send_renewing(call, request)
        if not call.caller_key:
            return await self._send_journaled(call, request)

        async def send_under(vendor_key: str) -> VendorResponse:
            call.vendor_key = vendor_key
            return await self._send_journaled(call, request)

        def note_repeat() -> None:
            for each in (call, *request.changes):
                each.is_repeat = True

        return await self._bindings().send(_keyed(call)._replace(note_repeat=note_repeat), send_under)

    async def is_repeat(self, call: CallContext) -> bool:
        """Return whether a write, or this attempt of it, was sent before under the key of its caller."""
        return bool(call.caller_key) and await self._bindings().is_repeat(_keyed(call))

    async def repeat(self, call: CallContext, request: Request) -> VendorResponse:
        """Return the response to a stored request, sent again as it was: it is in the journal already."""
        return await self._send_renewing(call, request)

    def is_same_origin(self, call: CallContext, sent: VendorRequest) -> bool:
        """Whether a stored request went to where the account is connected now: only there it may be signed."""
        return urlsplit(sent.url)[:2] == urlsplit(self._base_url(call.integration, call.account))[:2]

    async def read_limits(self, account: Account, integration: Integration) -> Limits:
        """Return how a company stands with its vendor's limits; nothing is counted."""
        return await self._measure(self._hot.peek, account, integration)

    def _bindings(self) -> Once:
        if self._once is None:
            raise StorageUnavailable(
                "Idempotency keys cannot be stored here. Nothing was sent.",
                reason="There is no store for them.",
            )
        return self._once

    async def _send_journaled(self, call: CallContext, request: Request) -> VendorResponse:
        """Send a write between its intent and its outcome in the journal. Raises StorageUnavailable before it is sent.

        The answer does not wait for the outcome to be stored: an entry whose outcome is lost stays open.
        """
        if self._journal is None:
            return await self._send_renewing(call, request)
        unsigned = build_vendor_request(
            call, request, self._base_url(call.integration, call.account), UNSIGNED
        )
        entries = await self._journal.begin(call, request, unsigned)
        try:
            response = await self._send_renewing(call, request)
        except LedgerportError as error:
            self._journal.fail(entries, error)
            raise
        self._journal.end(entries, response)
        return response

    async def _send_renewing(self, call: CallContext, request: Request) -> VendorResponse:
        """Send with the access token renewed once when the vendor no longer takes it.

        A write may be sent again then: the vendor refused it before it looked at what it says.
        """
        credentials = await self._tokens.get_fresh(call.account)
        response = await self._send(call, request, credentials)
        if response.status == UNAUTHORIZED and call.integration.auth.type == "headers":
            await self._tokens.invalidate(call.account, "")  # raises where the keys are not taken any more
        elif response.status == UNAUTHORIZED and _can_renew(call, credentials):
            await self._tokens.invalidate(call.account, credentials.access_token)
            credentials = await self._tokens.get_fresh(call.account)
            response = await self._send(call, request, credentials)
        return response

    async def _send(self, call: CallContext, request: Request, credentials: Credentials) -> VendorResponse:
        """Send once, and count it. No secret of the connection is in what comes back."""
        account, integration = call.account, call.integration
        authorization = authorize_headers(integration, account, credentials)
        signed = build_vendor_request(call, request, self._base_url(integration, account), authorization)
        if self._spending is not None:
            await self._spending.spend(call, request)
        call.limits = await self._measure(self._hot.count, account, integration)
        response = await self._exchange(signed, account)
        call.limits = apply_vendor_counts(call.limits, response.headers)
        secrets = find_echoes(*list_secrets(credentials, authorization), *self._app_secrets(integration))
        call.status = response.status
        return VendorResponse(response.status, *secrets.strip(response.headers, response.body))

    async def _exchange(self, signed: VendorRequest, account: Account) -> VendorResponse:
        """Return the response to a request, counted by what came of it and how long it took."""
        began, outcome = time.perf_counter(), "cancelled"
        try:
            response = await self._client.send(signed, account.id)
            outcome = str(response.status)
        except LedgerportError as error:
            outcome = error.code
            raise
        finally:
            self._counts.vendor_requests.add(account.integration, outcome)
            self._counts.vendor_seconds.measure(time.perf_counter() - began, account.integration)
        return response

    async def _measure(self, count: Count, account: Account, integration: Integration) -> Limits:
        windows = integration.rate_limit.windows
        company = f"{account.integration}/{account.environment}/{account.company or account.id}"
        return measure(windows, await count(company, windows, self._clock()))


def _can_renew(call: CallContext, credentials: Credentials) -> bool:
    return bool(credentials.refresh_token) or call.integration.auth.type == "client_credentials"


def _keyed(call: CallContext) -> KeyedCall:
    """Return a call with its key; a later attempt has one of its own, which no caller can give for its blank."""
    is_recognized = bool(call.integration.idempotency_query_param or call.integration.idempotency_header)
    name, arguments = call.asked or (call.tool.name, call.arguments)
    return KeyedCall(
        call.account.id,
        call.caller,
        f"{call.caller_key} {call.attempt}" if call.attempt else call.caller_key,
        name,
        arguments,
        is_recognized,
        call.integration.idempotency_max_length,
    )
