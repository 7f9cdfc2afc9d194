"""The tables of our OAuth authorization server, beside `tables`."""

from __future__ import annotations

from sqlalchemy import DOUBLE_PRECISION, Column, ForeignKey, Index, LargeBinary, Table, Text

from runtime.stores.tables import METADATA

OAUTH_CLIENT = Table(
    "oauth_client",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("last_used_at", DOUBLE_PRECISION),
    Column("fresh_until", DOUBLE_PRECISION),
    Index("oauth_client_in_order", "created_at", "id"),
)

OAUTH_GRANT = Table(
    "oauth_grant",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("client_id", Text, nullable=False),
    Column("client_name", Text, nullable=False),
    Column("redirect_host", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("default_account_id", Text),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("expires_at", DOUBLE_PRECISION),
    Column("last_used_at", DOUBLE_PRECISION),
    Index("oauth_grant_person", "person_id", "created_at", "id"),
    Index("oauth_grant_client", "client_id"),
    Index("oauth_grant_expiry", "expires_at"),
)

GRANT_COLUMNS = [
    OAUTH_GRANT.c[name]
    for name in (
        "id", "person_id", "client_id", "client_name", "redirect_host", "resource", "default_account_id",
        "created_at", "expires_at", "last_used_at",
    )
]  # fmt: skip
"""What `OAuthGrant` has, in the order of its fields."""

OAUTH_CODE = Table(
    "oauth_code",
    METADATA,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("grant_id", Text, ForeignKey("oauth_grant.id", ondelete="CASCADE"), nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Column("used_at", DOUBLE_PRECISION),
    Index("oauth_code_grant", "grant_id"),
    Index("oauth_code_expiry", "expires_at"),
)

OAUTH_REFRESH_TOKEN = Table(
    "oauth_refresh_token",
    METADATA,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("grant_id", Text, ForeignKey("oauth_grant.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Column("used_at", DOUBLE_PRECISION),
    Index("oauth_refresh_token_grant", "grant_id"),
    Index("oauth_refresh_token_expiry", "expires_at"),
)

SIGNING_KEY = Table(
    "signing_key",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("public", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("retired_at", DOUBLE_PRECISION),
)
