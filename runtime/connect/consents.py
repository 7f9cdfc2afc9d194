"""What a person is asked to agree to, and the PKCE challenge that goes with it. Called by `links`."""

from __future__ import annotations

import base64
import hashlib
import secrets

from generator.vendor import Integration
from runtime.model import Account

VERIFIER_BYTES = 48
"""Random bytes of a PKCE verifier: 64 characters, of 43 to 128 that RFC 7636 allows."""


def make_verifier() -> str:
    """Return a new PKCE verifier."""
    return secrets.token_urlsafe(VERIFIER_BYTES)


def derive_challenge(verifier: str) -> str:
    """Return the S256 code challenge of a verifier (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def choose_scopes(integration: Integration, account: Account) -> tuple[str, ...]:
    """Return the scopes to ask for: those that only read, for an account that is read only at a vendor with such."""
    auth = integration.auth
    return auth.read_only_scopes if account.is_read_only and auth.read_only_scopes else auth.scopes
