"""The OAuth grants: a code or a refresh token for new credentials, and the end of them, at the vendor's addresses.

Before it: `authorize` has a code, `tokens` a refresh token. After it: the vendor. What the vendor answers becomes
Credentials or an error of ours; none of them says anything secret.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from generator.catalog import Integration
from runtime.connect.addresses import Addresses
from runtime.connect.vendor_http import OAuthAnswer, VendorHttp, basic_authorization
from runtime.errors import LedgerportError, NeedsReconnect, VendorUnavailable
from runtime.model import Credentials
from runtime.settings import IntegrationSettings, Settings, app_of

ACCESS_SECONDS = 3600
"""How long an access token is taken to live when the vendor does not say."""
_ASSERTED = ("refresh_token_expires_in", "x_refresh_token_expires_in")


@dataclass(frozen=True, slots=True)
class Granted:
    """New credentials, and the rest of what the vendor answered with them."""

    credentials: Credentials
    values: dict[str, Any]

    def __repr__(self) -> str:
        return "Granted(…)"


class Grants:
    """Asks the token and revoke addresses of every vendor."""

    def __init__(
        self, settings: Settings, addresses: Addresses, http: VendorHttp, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._addresses = addresses
        self._http = http
        self._clock = clock

    async def exchange(self, integration: Integration, code: str, redirect_uri: str) -> Granted:
        """Credentials for the code of a callback, which works once."""
        values = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return await self._ask(integration, values, Credentials())

    async def refresh(self, integration: Integration, credentials: Credentials) -> Granted:
        """Fresh credentials. Raises NeedsReconnect when the vendor will not give any to these any more."""
        values = {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token}
        return await self._ask(integration, values, credentials)

    async def revoke(self, integration: Integration, credentials: Credentials) -> bool:
        """Ends credentials at the vendor, as far as it can be reached. Answers whether the vendor agreed."""
        url = self._addresses.of_vendor(integration, integration.auth.revoke_url)
        token = credentials.refresh_token or credentials.access_token
        if not url or not token:
            return False
        values, headers = self._as_client(integration, {"token": token})
        with contextlib.suppress(VendorUnavailable):
            answer = await self._http.post(url, values, headers)
            if answer.status in (400, 415):  # RFC 7009 wants a form; some vendors take nothing but JSON
                answer = await self._http.post(url, values, headers, "json")
            return answer.status < 300
        return False

    async def _ask(self, integration: Integration, values: dict[str, str], old: Credentials) -> Granted:
        url = self._addresses.of_vendor(integration, integration.auth.token_url)
        answer = await self._http.post(url, *self._as_client(integration, values))
        if answer.status != 200 or not isinstance(answer.values.get("access_token"), str):
            raise _refusal(integration, answer)
        return Granted(self._credentials(integration, answer.values, old), answer.values)

    def _as_client(
        self, integration: Integration, values: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """The values and header fields of a request, with the client's own proof in one of them."""
        app: IntegrationSettings = app_of(self._settings, integration)
        if integration.auth.client_authentication == "basic":
            return values, basic_authorization(app.client_id, app.client_secret)
        return {**values, "client_id": app.client_id, "client_secret": app.client_secret}, {}

    def _credentials(self, integration: Integration, values: dict[str, Any], old: Credentials) -> Credentials:
        now = self._clock()
        refresh_token = values.get("refresh_token") or old.refresh_token
        lives = next((_seconds(values[name]) for name in _ASSERTED if name in values), 0.0)
        lives = lives or float(integration.auth.unused_for_seconds)
        return Credentials(
            access_token=values["access_token"],
            refresh_token=refresh_token if isinstance(refresh_token, str) else "",
            access_expires_at=now + (_seconds(values.get("expires_in")) or ACCESS_SECONDS),
            refresh_expires_at=now + lives if lives else 0.0,
        )


def _seconds(value: Any) -> float:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return 0.0


def _refusal(integration: Integration, answer: OAuthAnswer) -> LedgerportError:
    """What a refusal means: connect again, the app's keys are wrong, or the vendor is not well."""
    code = answer.values.get("error")
    if not isinstance(code, str) or not code.isidentifier():
        code = ""
    if code in integration.auth.reconnect_when:
        return NeedsReconnect(
            f"{integration.title} no longer accepts this connection.",
            advice="A person has to connect the company again.",
            vendor_code=code,
        )
    if code in ("invalid_client", "unauthorized_client"):
        return VendorUnavailable(
            f"{integration.title} does not accept the client id and secret of this deployment.",
            advice="Whoever runs Ledgerport has to correct them.",
            vendor_code=code,
        )
    return VendorUnavailable(
        f"{integration.title} answered HTTP {answer.status} when asked for an access token.",
        advice="Try again later.",
        vendor_code=code,
    )
