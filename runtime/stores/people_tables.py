"""The tables of people, their roles, sessions and passkeys, beside `tables`."""

from __future__ import annotations

from sqlalchemy import (
    DOUBLE_PRECISION,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from runtime.stores.tables import METADATA

PERSON = Table(
    "person",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Index("person_email", "email", unique=True),
    Index("person_in_order", "created_at", "id"),
)

PERSON_IDENTITY = Table(
    "person_identity",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Index("person_identity_person", "person_id"),
)

MEMBER = Table(
    "member",
    METADATA,
    Column("tenant_id", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Index("member_person", "person_id"),
)

INVITATION = Table(
    "invitation",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("invited_by", Text, nullable=False),
    Column("signs_in", Integer, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Column("used_at", DOUBLE_PRECISION),
    Index("invitation_token", "token_hash", unique=True),
    Index("invitation_tenant", "tenant_id", "created_at", "id"),
    Index("invitation_expiry", "expires_at"),
)

SESSION = Table(
    "session",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("person_id", Text, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("signed_in_by", Text, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("last_used_at", DOUBLE_PRECISION, nullable=False),
    Index("session_token", "token_hash", unique=True),
    Index("session_person", "person_id"),
    Index("session_use", "last_used_at"),
)

PASSKEY = Table(
    "passkey",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("last_used_at", DOUBLE_PRECISION),
    Index("passkey_person", "person_id"),
)

SIGN_IN = Table(
    "sign_in",
    METADATA,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("browser_hash", LargeBinary, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Index("sign_in_expiry", "expires_at"),
)
