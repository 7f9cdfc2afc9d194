"""OAuth 2.0 as the service speaks it: codes, access and refresh tokens, revocation. Only hashes are stored.

Called by `oauth.consent_pages`, and by `app` for the token of each request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.faults import (
    make_scope_fault,
    make_token_fault,
    make_unauthenticated_fault,
)

ACCOUNTING = "com.intuit.quickbooks.accounting"
SCOPES = frozenset(
    {ACCOUNTING, "com.intuit.quickbooks.payment", "openid", "profile", "email", "phone", "address"}
)
CODE_LIFE, ACCESS_LIFE, REFRESH_LIFE, ROTATION = 600, 3600, 8_726_400, 86_400
"""Seconds, as documented: ten minutes, an hour, 101 days from the last use, and a new refresh token each day."""
HARD_LIFE = 5 * 365 * 86_400
"""Seconds: five years, after which a person has to connect again."""
SHORTEST, LONGEST = 40, 4096
"""Characters of a token: an access token has 4096 at most, as documented, and none is as short as 39."""


class Refused(Exception):
    """An OAuth error: its HTTP status and its body."""

    def __init__(self, error: str, description: str | None = None, status: int = 400) -> None:
        super().__init__(error)
        self.status = status
        self.body = (
            {"error": error} if description is None else {"error_description": description, "error": error}
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token stands for."""

    realm: str
    client: str
    scope: str


def hash_secret(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class OAuth:
    """Codes and tokens of one store, for the registered clients (id -> secret)."""

    def __init__(self, store: Store, clients: dict[str, str]) -> None:
        self.store = store
        self.clients = clients
        self.rotates_always = False
        """Whether every refresh gives a new refresh token; the service does so about once a day."""
        self.grace = 0
        """Seconds for which the former refresh token still works; the documentation of the service promises none."""

    def _now(self) -> int:
        return int(self.store.clock.read_seconds())

    def make_code(self, realm: str, client: str, redirect_uri: str, scope: str) -> str:
        """Return a code that works once, within ten minutes, for this client and address."""
        code = "XAB" + secrets.token_urlsafe(36)
        self.store.execute(
            "insert into codes values (?,?,?,?,?,?)",
            (hash_secret(code), realm, client, redirect_uri, scope, self._now() + CODE_LIFE),
        )
        return code

    def authenticate_client(self, authorization: str | None, form: Mapping[str, str] | None = None) -> str:
        """Name the client that HTTP Basic, or without it the form, authenticates.

        Raises `invalid_client` for a wrong id or secret, and for a form that names another client than the header.
        """
        given = form or {}
        if authorization:
            id, secret = _basic(authorization)
            if given.get("client_id", id) != id:
                raise Refused("invalid_client", status=401)
        else:
            id, secret = given.get("client_id", ""), given.get("client_secret", "")
        expected = self.clients.get(id)
        if expected is None or not hmac.compare_digest(expected.encode(), secret.encode()):
            raise Refused("invalid_client", status=401)
        return id

    def exchange(self, client: str, form: dict[str, str]) -> dict[str, Any]:
        """Return the token answer for a form of the token endpoint."""
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return self._from_code(client, form)
        if grant == "refresh_token":
            return self._from_refresh_token(client, form.get("refresh_token", ""))
        raise Refused("unsupported_grant_type" if grant else "invalid_request")

    def _from_code(self, client: str, form: dict[str, str]) -> dict[str, Any]:
        with self.store.begin_transaction():
            row = self.store.execute(
                "delete from codes where hash = ? returning realm, client, redirect_uri, scope, expires",
                (hash_secret(form.get("code", "")),),
            ).fetchone()
        if row is None or row[4] < self._now():
            raise Refused("invalid_grant")
        if row[1] != client:
            raise Refused("invalid_grant", "Incorrect Token type or clientID")
        if row[2] != form.get("redirect_uri"):
            raise Refused("invalid_grant")
        return self._tokens(secrets.token_hex(8), row[0], client, row[3], None, self._now())

    def _from_refresh_token(self, client: str, token: str) -> dict[str, Any]:
        row = self.store.execute(
            "select family, realm, client, scope, issued, expires, granted from tokens"
            " where hash = ? and kind = 'refresh'",
            (hash_secret(token),),
        ).fetchone()
        if row is None or row[5] < self._now() or row[6] + HARD_LIFE < self._now():
            raise Refused("invalid_grant", "Incorrect or invalid refresh token")
        family, realm, owner, scope, issued, _, granted = row
        if owner != client:
            raise Refused("invalid_grant", "Incorrect Token type or clientID")
        is_old = self.rotates_always or self._now() - issued >= ROTATION
        return self._tokens(family, realm, client, scope, None if is_old else token, granted)

    def _tokens(
        self, family: str, realm: str, client: str, scope: str, renewed: str | None, granted: int
    ) -> dict[str, Any]:
        """Return new tokens of a family; `renewed` is a refresh token that stays valid, for longer."""
        now = self._now()
        access = _access_token()
        refresh = renewed or "AB1" + secrets.token_urlsafe(36).replace("_", "x").replace("-", "y")
        write = "insert or replace into tokens values (?,?,?,?,?,?,?,?,?)"
        with self.store.begin_transaction():
            if renewed is None:
                self.store.execute(
                    "update tokens set expires = min(expires, ?) where family = ? and kind = 'refresh'",
                    (now + self.grace, family),
                )
                self.store.execute(
                    "delete from tokens where family = ? and kind = 'refresh' and expires <= ?", (family, now)
                )
                self.store.execute(
                    write,
                    (
                        hash_secret(refresh),
                        "refresh",
                        family,
                        realm,
                        client,
                        scope,
                        now,
                        now + REFRESH_LIFE,
                        granted,
                    ),
                )
            else:
                self.store.execute(
                    "update tokens set expires = ? where hash = ?", (now + REFRESH_LIFE, hash_secret(renewed))
                )
            self.store.execute(
                write,
                (
                    hash_secret(access),
                    "access",
                    family,
                    realm,
                    client,
                    scope,
                    now,
                    now + ACCESS_LIFE,
                    granted,
                ),
            )
        return {
            "token_type": "bearer", "expires_in": ACCESS_LIFE, "access_token": access, "refresh_token": refresh,
            "x_refresh_token_expires_in": REFRESH_LIFE,
        }  # fmt: skip

    def get_remaining_life(self, refresh_token: str) -> int:
        """Return seconds until the grant ends for good, five years after consent."""
        row = self.store.execute(
            "select granted from tokens where hash = ?", (hash_secret(refresh_token),)
        ).fetchone()
        return max(0, int(row[0]) + HARD_LIFE - self._now()) if row else HARD_LIFE

    def revoke(self, token: str) -> None:
        """End a token and all of its family; `invalid_request` for one that is not known."""
        with self.store.begin_transaction():
            row = self.store.execute(
                "select family from tokens where hash = ?", (hash_secret(token),)
            ).fetchone()
            if row is None:
                raise Refused("invalid_request", "Token invalid")
            self.store.execute("delete from tokens where family = ?", (row[0],))

    def grant(self, authorization: str | None) -> Grant:
        """Return what the bearer token of a request stands for; the gateway's faults without a good one."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise make_unauthenticated_fault()
        if not SHORTEST <= len(token) <= LONGEST:
            raise make_token_fault("Malformed bearer token: too short or too long")
        row = self.store.execute(
            "select realm, client, scope, expires from tokens where hash = ? and kind = 'access'",
            (hash_secret(token),),
        ).fetchone()
        if row is None or row[3] <= self._now():
            raise make_token_fault(f"Token expired: {token[:4]}…")
        return Grant(*row[:3])

    def check(self, authorization: str | None, realm: str) -> Grant:
        """Return as `grant`, for one company and for accounting."""
        grant = self.grant(authorization)
        if ACCOUNTING not in grant.scope.split():
            raise make_scope_fault()
        if grant.realm != realm:
            raise make_scope_fault()
        return grant

    def expire(self, kind: str, realm: str | None = None) -> int:
        """End tokens of a kind (`access` or `refresh`) now, of one company or of all; return how many."""
        cursor = self.store.execute(
            "update tokens set expires = 0 where kind = ?1 and (?2 is null or realm = ?2)",
            (kind, realm),
        )
        return cursor.rowcount


def _basic(authorization: str) -> tuple[str, str]:
    """Return Id and secret of an `Authorization` header of HTTP Basic; raises `invalid_client` for any other."""
    kind, _, value = authorization.partition(" ")
    try:
        id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:
        raise Refused("invalid_client", status=401) from error
    if kind.lower() != "basic":
        raise Refused("invalid_client", status=401)
    return id, secret


def _access_token() -> str:
    """Return random text in the shape and size of the service's encrypted tokens."""
    return "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0.." + ".".join(
        (secrets.token_urlsafe(16), secrets.token_urlsafe(640), secrets.token_urlsafe(16))
    )


def add_parameters(address: str, parameters: dict[str, str]) -> str:
    """Return an address with parameters added to its query."""
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))
