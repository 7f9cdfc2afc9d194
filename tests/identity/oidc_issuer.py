"""An issuer of identities on loopback, as small as sign-in needs: codes with PKCE, ID tokens, keys, userinfo.

Each field is something that an honest issuer does; a test sets it to what an attacker would have it be.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.deployment import NOON

CLIENT_ID, SECRET = "the-app", "the-app-secret"
BASIC = "Basic " + base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()


@dataclass
class OidcIssuer:
    """What it says, and how it signs."""

    origin: str = ""
    subject: str = "subject-1"
    claims: dict[str, Any] = field(
        default_factory=lambda: {"email": "anna@example.com", "email_verified": True, "name": "Anna"}
    )
    """What the ID token says of the person."""
    changed: dict[str, Any] = field(default_factory=dict)
    """Claims of the token that are other than they should be; None takes one out."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True))
    sign: Callable[[OidcIssuer, dict[str, Any]], str] | None = None
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    tokens_asked: int = 0

    def agree(self, address: str) -> dict[str, str]:
        """What the browser brings back when the person has signed in."""
        asked = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
        assert (asked["client_id"], asked["response_type"], asked["scope"]) == (
            CLIENT_ID,
            "code",
            "openid profile email",
        )
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_hex(8)
        self.codes[code] = (asked["nonce"], asked["code_challenge"])
        return {"code": code, "state": asked["state"], "iss": self.origin}

    async def token(self, request: web.Request) -> web.Response:
        self.tokens_asked += 1
        form = await request.post()
        nonce, challenge = self.codes.pop(str(form["code"]), ("", ""))
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        is_right = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
        if request.headers.get("Authorization") != BASIC or not is_right:
            return web.json_response({"error": "invalid_grant"}, status=400)
        said = {"iss": self.origin, "sub": self.subject, "aud": CLIENT_ID, "nonce": nonce}
        said |= {"iat": int(NOON), "exp": int(NOON) + 300} | self.claims | self.changed
        claims = {name: value for name, value in said.items() if value is not None}
        return web.json_response(
            {"access_token": "at", "id_token": (self.sign or sign_honestly)(self, claims)}
        )

    async def answer(self, request: web.Request) -> web.Response:
        if request.path.endswith("/keys"):
            return web.json_response({"keys": [self.key.as_dict(private=False)]})
        if request.path.endswith("/userinfo"):
            return web.json_response(self.userinfo)
        named = {
            "authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys",
            "userinfo_endpoint": "userinfo",
        }  # fmt: skip
        addresses = {name: f"{self.origin}/{path}" for name, path in named.items()}
        return web.json_response({"issuer": self.origin, **addresses, **self.document})


def sign_honestly(issuer: OidcIssuer, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "ES256", "kid": issuer.key.kid}, claims, issuer.key)


def sign_with_another_key(issuer: OidcIssuer, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "ES256", "kid": issuer.key.kid}, claims, ECKey.generate_key("P-256"))


def sign_not_at_all(issuer: OidcIssuer, claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT", "kid": issuer.key.kid}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in parts)
        + "."
    )


def sign_with_the_public_key_as_secret(issuer: OidcIssuer, claims: dict[str, Any]) -> str:
    key = OctKey.import_key(issuer.key.as_pem(private=False))
    return jwt.encode({"alg": "HS256", "kid": issuer.key.kid}, claims, key, algorithms=["HS256"])


def sign_with_the_client_secret(issuer: OidcIssuer, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET * 3), algorithms=["HS256"])


@asynccontextmanager
async def oidc_issuer() -> AsyncIterator[OidcIssuer]:
    issuer, app = OidcIssuer(), web.Application()
    app.router.add_post("/token", issuer.token)
    app.router.add_get("/{path:.*}", issuer.answer)
    async with TestServer(app) as server:
        issuer.origin = str(server.make_url("")).rstrip("/")
        yield issuer


def name_issuers(**origins: str) -> dict[str, str]:
    """The settings of a deployment at which people sign in with these issuers."""
    found = {}
    for name, origin in origins.items():
        values = {"ISSUER": origin, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": SECRET}
        found |= {f"LEDGERPORT_OIDC_{name.upper()}_{key}": value for key, value in values.items()}
    return found
