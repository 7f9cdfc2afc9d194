"""The OAuth grants: new credentials for a code, a refresh token or a client, and the end of them, at the vendor.

Called by `authorize` with a code, and by `tokens` with a refresh token or a client. What the vendor answers becomes
Credentials or an error of ours; none of them says anything secret.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from generator.vendor import Integration
from runtime.connect.addresses import Addresses
from runtime.connect.headers import fill_from, fill_path
from runtime.connect.lifetimes import LONGEST_SECONDS
from runtime.connect.vendor_http import OAuthAnswer, VendorHttp, encode_basic
from runtime.errors import LedgerportError, NeedsReauth, Unchanged, VendorUnavailable
from runtime.model import Account, Credentials
from runtime.settings import Settings, get_app
from runtime.watching.counts import Counts

ACCESS_SECONDS = 3600
"""How long an access token is taken to live when the vendor does not say."""
LONGEST_REFRESH_SECONDS = 10 * 365 * 86_400.0
"""No refresh token is taken to live longer; the longest known of a vendor ends after five years."""
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
"""What may stand in a header field and a form. The longest known of a vendor has 4096 characters."""
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
ERROR_CODES = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
     "invalid_scope", "access_denied", "unsupported_response_type", "server_error", "temporarily_unavailable",
     "interaction_required", "login_required", "account_selection_required", "consent_required"}
)  # fmt: skip
"""What may be shown and stored of a vendor's error: RFC 6749 §4.1.2.1 and §5.2, OpenID Connect §3.1.2.6, and what a
definition names. Any other text is the vendor's own, and may repeat a token.
"""

_CLIENT_OF_DEPLOYMENT = ("deployment", "Whoever runs Ledgerport has to correct them.")
_OWN_CLIENT = (
    "account",
    "Look at the vendor whether they have ended. With new ones, make a new integrated account and delete this one.",
)
"""Whose client it is that a vendor refuses, and what to do then."""


@dataclass(frozen=True, slots=True)
class Granted:
    """New credentials, and the rest of what the vendor answered with them."""

    credentials: Credentials
    values: dict[str, Any]

    def __repr__(self) -> str:
        return "Granted(…)"


class Client(NamedTuple):
    """What proves a client at the token endpoint of its vendor."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return "Client(…)"


class Grants:
    """Asks the token and revoke addresses of every vendor."""

    def __init__(
        self,
        settings: Settings,
        addresses: Addresses,
        http: VendorHttp,
        clock: Callable[[], float],
        counts: Counts | None = None,
    ) -> None:
        self._counts = counts or Counts()
        self._settings = settings
        self._addresses = addresses
        self._http = http
        self._clock = clock

    async def exchange(
        self, integration: Integration, code: str, redirect_uri: str, verifier: str = ""
    ) -> Granted:
        """Credentials for the code of a callback, which works once; `verifier` proves PKCE where it is used."""
        values = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        if verifier:
            values["code_verifier"] = verifier
        return await self._ask(integration, values, Credentials())

    async def refresh(self, integration: Integration, credentials: Credentials) -> Granted:
        """Fresh credentials. Raises NeedsReauth when the vendor will not give any to these any more.

        Any other error leaves open whether the vendor has rotated the refresh token, except Unchanged.
        """
        values = {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token}
        return await self._ask(integration, values, credentials)

    async def fetch(self, integration: Integration, account: Account, credentials: Credentials) -> Granted:
        """Fresh credentials of a client, without a person: those of the account, or the app of the deployment.

        Raises Unchanged when the vendor refuses them: whoever corrects them needs nobody's consent.
        """
        values = {"grant_type": "client_credentials"}
        if integration.auth.scopes:
            values["scope"] = " ".join(integration.auth.scopes)
        client = self._client(integration, account, credentials)
        url = fill_path(integration.auth.token_url, account.fields)
        return await self._ask(integration, values, Credentials(), url=url, client=client)

    async def revoke(self, integration: Integration, credentials: Credentials) -> bool:
        """End credentials at the vendor, as far as it can be reached. Answers whether the vendor agreed."""
        url = self._addresses.resolve_address(integration, integration.auth.revoke_url)
        token = credentials.refresh_token or credentials.access_token
        if not url or not token:
            return False
        values, headers = _as_client(integration, self._app(integration), {"token": token})
        with contextlib.suppress(VendorUnavailable):
            answer = await self._http.post(url, values, headers, integration.auth.revoke_encoding)
            return answer.status < 300
        return False

    async def _ask(
        self,
        integration: Integration,
        values: dict[str, str],
        old: Credentials,
        *,
        url: str = "",
        client: Client | None = None,
    ) -> Granted:
        url = self._addresses.resolve_address(integration, url or integration.auth.token_url)
        try:
            answer = await self._http.post(
                url, *_as_client(integration, client or self._app(integration), values)
            )
            if answer.status != 200 or "error" in answer.values:
                raise _refusal(integration, answer)
            _check_tokens(integration, answer.values)
        except LedgerportError as error:
            self._counts.token_refreshes.add(integration.name, error.code)
            raise
        self._counts.token_refreshes.add(integration.name, "ok")
        return Granted(self._credentials(integration, answer.values, old), answer.values)

    def _app(self, integration: Integration) -> Client:
        app = get_app(self._settings, integration)
        return Client(app.client_id, app.client_secret)

    def _client(self, integration: Integration, account: Account, credentials: Credentials) -> Client:
        auth = integration.auth
        if not auth.client_id:
            return self._app(integration)
        own = (
            fill_from(integration, account, credentials, each)
            for each in (auth.client_id, auth.client_secret)
        )
        return Client(*own)

    def _credentials(self, integration: Integration, values: dict[str, Any], old: Credentials) -> Credentials:
        now = self._clock()
        lives = _seconds(values.get(integration.auth.refresh_expires_field))
        lives = min(lives, LONGEST_REFRESH_SECONDS) or float(integration.auth.unused_for_seconds)
        access_lives = min(_seconds(values.get("expires_in")), LONGEST_SECONDS) or ACCESS_SECONDS
        return Credentials(
            access_token=values["access_token"],
            refresh_token=values.get("refresh_token") or old.refresh_token,
            access_expires_at=now + access_lives,
            refresh_expires_at=now + lives if lives else 0.0,
            issued_at=now,
        )


def _as_client(
    integration: Integration, client: Client, values: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the values and header fields of a request, with the client's own proof in one of them."""
    if integration.auth.client_authentication == "basic":
        return values, encode_basic(client.id, client.secret)
    return {**values, "client_id": client.id, "client_secret": client.secret}, {}


def _seconds(value: Any) -> float:
    """Return a duration that a vendor said, as a number or as one in text; 0 for anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return max(0.0, float(value))


def _check_tokens(integration: Integration, values: dict[str, Any]) -> None:
    """Raise VendorUnavailable for tokens that could not be sent, or are of a type that is not spoken here."""
    access, refresh = values.get("access_token"), values.get("refresh_token") or "none"
    is_right = all(isinstance(each, str) and _TOKEN.fullmatch(each) for each in (access, refresh))
    kind = values.get("token_type", "bearer")
    if not is_right or not isinstance(kind, str) or kind.lower() != "bearer":
        raise VendorUnavailable(
            f"{integration.title} answered no access token that can be used.", advice="Try again later."
        )


def _refusal(integration: Integration, answer: OAuthAnswer) -> LedgerportError:
    """Return what a refusal means: connect again, the app's keys are wrong, or the vendor is not well."""
    code = answer.values.get("error")
    if not isinstance(code, str) or code not in ERROR_CODES.union(integration.auth.reconnect_when):
        code = ""
    is_refusal = 400 <= answer.status < 500 and answer.status != 408
    if is_refusal and code in integration.auth.reconnect_when:
        return NeedsReauth(
            f"{integration.title} no longer accepts this connection.",
            advice="A person has to connect the company again.",
            vendor_code=code,
        )
    kind = Unchanged if is_refusal else VendorUnavailable
    has_own = bool(integration.auth.client_id)
    owner, advice = _OWN_CLIENT if has_own else _CLIENT_OF_DEPLOYMENT
    if code in ("invalid_client", "unauthorized_client"):
        return kind(
            f"{integration.title} does not accept the client id and secret of this {owner}.",
            advice=advice,
            vendor_code=code,
        )
    return kind(
        f"{integration.title} answered HTTP {answer.status} when asked for an access token.",
        advice="Try again later.",
        vendor_code=code,
    )
