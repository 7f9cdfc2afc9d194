"""The records of what a grant is used by: its authorization code, its refresh tokens, and the keys that sign the rest.

Part of `records`; called by `identity.oauth_tokens` and `identity.signing_keys`. Codes and refresh tokens come hashed.
Each is used in one transaction that holds its grant: of two that bring the same one, one finds it unused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from runtime.model import AuditEntry, TokenHash
from runtime.people import OAuthCode, OAuthGrant, SigningKey
from runtime.stores.audit_records import list_places, note_in_tenants
from runtime.stores.oauth_tables import (
    GRANT_COLUMNS,
    OAUTH_CODE,
    OAUTH_GRANT,
    OAUTH_REFRESH_TOKEN,
    SIGNING_KEY,
)
from runtime.stores.record_base import RecordBase, note
from runtime.stores.server_records import report_revoked
from runtime.stores.tables import DEPLOYMENT, MCP_SERVER

NewToken = tuple[TokenHash, float]
"""The hash of a refresh token, and when it ends at the latest."""


class Reused(Exception):
    """A code or refresh token came a second time: its grant has been ended."""

    def __init__(self, grant: OAuthGrant) -> None:
        super().__init__("used before")
        self.grant = grant


class OAuthTokenRecords(RecordBase):
    """Uses codes and refresh tokens, and stores signing keys."""

    def use_code(
        self,
        code_hash: TokenHash,
        check: Callable[[OAuthGrant, OAuthCode], None],
        token: NewToken,
        audit: AuditEntry,
    ) -> tuple[OAuthGrant, OAuthCode] | None:
        """Use a code for a first refresh token, and return its grant with it; None for one that is unknown.

        Raises what `check` raises, which leaves the code unused, and Reused, when its grant is ended.
        """
        code = OAUTH_CODE.c
        columns = (
            code.grant_id,
            code.client_id,
            code.redirect_uri,
            code.challenge,
            code.scope,
            code.expires_at,
        )
        with self._engine.begin() as connection:
            grant = _hold_grant(connection, select(code.grant_id).where(code.code_hash == code_hash))
            row = connection.execute(
                select(*columns, code.used_at).where(code.code_hash == code_hash)
            ).first()
            if grant is None or row is None:
                return None
            if is_reused := row[-1] is not None:
                _end_grant(connection, grant, audit)
            else:
                found = OAuthCode(*row[:-1])
                check(grant, found)
                connection.execute(
                    update(OAUTH_CODE).where(code.code_hash == code_hash).values(used_at=audit.at)
                )
                _add_token(connection, grant, token, audit.at)
        if is_reused:
            raise Reused(grant)
        return grant, found

    def use_refresh_token(
        self, token_hash: TokenHash, check: Callable[[OAuthGrant], None], token: NewToken, audit: AuditEntry
    ) -> OAuthGrant | None:
        """Replace a refresh token by another, and return its grant; None for one that is unknown or has ended.

        Raises what `check` raises, which leaves the token as it is, and Reused, when its grant is ended.
        """
        old = OAUTH_REFRESH_TOKEN.c
        with self._engine.begin() as connection:
            grant = _hold_grant(connection, select(old.grant_id).where(old.token_hash == token_hash))
            row = connection.execute(
                select(old.used_at, old.expires_at).where(old.token_hash == token_hash)
            ).first()
            if grant is None or row is None:
                return None
            check(grant)
            if is_reused := row[0] is not None:
                _end_grant(connection, grant, audit)
            elif row[1] <= audit.at:
                return None
            else:
                used = update(OAUTH_REFRESH_TOKEN).where(old.token_hash == token_hash)
                connection.execute(used.values(used_at=audit.at))
                _add_token(connection, grant, token, audit.at)
        if is_reused:
            raise Reused(grant)
        return grant

    def find_grant_of_refresh_token(self, token_hash: TokenHash) -> OAuthGrant | None:
        """Return the grant that a refresh token, used or not, belongs to."""
        mine = select(OAUTH_REFRESH_TOKEN.c.grant_id).where(OAUTH_REFRESH_TOKEN.c.token_hash == token_hash)
        with self._reading.begin() as connection:
            row = connection.execute(
                select(*GRANT_COLUMNS).where(OAUTH_GRANT.c.id.in_(mine.scalar_subquery()))
            ).first()
        return None if row is None else OAuthGrant(*row)

    def list_signing_keys(self) -> list[SigningKey]:
        """Return the keys that sign access tokens, the newest first."""
        table = SIGNING_KEY.c
        wanted = select(SIGNING_KEY).order_by(table.created_at.desc(), table.id)
        with self._reading.begin() as connection:
            return [_read_key(row) for row in connection.execute(wanted)]

    def add_signing_key(self, key: SigningKey, audit: AuditEntry, *, replaces: bool) -> SigningKey:
        """Store a key where there is none that signs, or with `replaces` in place of it, and return the one that signs.

        Of two processes that bring their first one at once, both return the same.
        """
        table = SIGNING_KEY.c
        with self._engine.begin() as connection:
            connection.execute(select(DEPLOYMENT.c.id).with_for_update())
            present = connection.execute(select(SIGNING_KEY).where(table.retired_at.is_(None))).first()
            if present is not None and not replaces:
                return _read_key(present)
            connection.execute(
                update(SIGNING_KEY).where(table.retired_at.is_(None)).values(retired_at=audit.at)
            )
            values = {"id": key.id, "public": json.dumps(key.public), "sealed": key.sealed}
            connection.execute(insert(SIGNING_KEY).values(values | {"created_at": key.created_at}))
            note(connection, audit)
        return key


def _hold_grant(connection: Connection, grant_id: Any) -> OAuthGrant | None:
    """Return a grant, which nobody else changes until the transaction ends."""
    wanted = select(*GRANT_COLUMNS).where(OAUTH_GRANT.c.id.in_(grant_id.scalar_subquery()))
    row = connection.execute(wanted.with_for_update()).first()
    return None if row is None else OAuthGrant(*row)


def _end_grant(connection: Connection, grant: OAuthGrant, audit: AuditEntry) -> None:
    """End a grant whose code or token came twice: somebody else has it."""
    servers = MCP_SERVER.c.grant_id == grant.id
    places = list_places(connection, servers)
    report_revoked(connection, servers, audit)
    connection.execute(delete(OAUTH_GRANT).where(OAUTH_GRANT.c.id == grant.id))
    details = {"client": grant.client_name, "person_id": grant.person_id}
    detected = AuditEntry(audit.at, "ledgerport", "oauth_grant.reuse_detected", grant.id, details)
    note_in_tenants(connection, detected, places)


def _add_token(connection: Connection, grant: OAuthGrant, token: NewToken, now: float) -> None:
    """Store a refresh token, which does not outlive its grant, and note that the grant was used."""
    token_hash, ends_at = token
    end = ends_at if grant.expires_at is None else min(ends_at, grant.expires_at)
    values = {"token_hash": token_hash, "grant_id": grant.id, "created_at": now, "expires_at": end}
    connection.execute(insert(OAUTH_REFRESH_TOKEN).values(values))
    connection.execute(update(OAUTH_GRANT).where(OAUTH_GRANT.c.id == grant.id).values(last_used_at=now))


def _read_key(row: Any) -> SigningKey:
    return SigningKey(row[0], json.loads(row[1]), row[2], row[3], row[4])
