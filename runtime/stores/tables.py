"""The tables as SQLAlchemy knows them. The migrations make them; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    DOUBLE_PRECISION,
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

METADATA = MetaData()
_Number = BigInteger().with_variant(Integer, "sqlite")
"""The number that a row gets by itself; in SQLite only an INTEGER is one."""

TENANT = Table(
    "tenant",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("limits", Text, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("tools_role", Text, nullable=False, server_default="billing_admin"),
    Index("tenant_in_order", "created_at", "id"),
)

ACCOUNT = Table(
    "account",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("integration", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("updated_at", DOUBLE_PRECISION, nullable=False),
    Column("ended_by", Text, nullable=False, server_default=""),
    Column("budget", Text, nullable=False, server_default=""),
    Column("tenant_id", Text, nullable=False, server_default="default"),
    Column("external_id", Text),
    Column("metadata", Text, nullable=False, server_default="{}"),
    Column("status", Text, nullable=False, server_default="connecting"),
    Column("status_since", DOUBLE_PRECISION, nullable=False, server_default=text("0")),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("read_only", Integer, nullable=False, server_default=text("0")),
    Index("account_in_order", "created_at", "id"),
    Index("account_company", "integration", "environment", "company"),
    Index("account_tenant", "tenant_id", "created_at", "id"),
    Index(
        "account_external",
        "tenant_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id IS NOT NULL"),
        postgresql_where=text("external_id IS NOT NULL"),
    ),
)

MCP_SERVER = Table(
    "mcp_server",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("expires_at", DOUBLE_PRECISION),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("updated_at", DOUBLE_PRECISION, nullable=False),
    Column("used_up_at", DOUBLE_PRECISION),
    Column("expired_at", DOUBLE_PRECISION),
    Column("grant_id", Text, ForeignKey("oauth_grant.id", ondelete="CASCADE")),
    Column("made_by", Text, nullable=False, server_default=""),
    Index(
        "mcp_server_grant",
        "grant_id",
        sqlite_where=text("grant_id IS NOT NULL"),
        postgresql_where=text("grant_id IS NOT NULL"),
    ),
    Index("mcp_server_token", "token_hash", unique=True),
    Index("mcp_server_in_order", "account_id", "created_at", "id"),
    Index(
        "mcp_server_expiry",
        "expires_at",
        sqlite_where=text("expires_at IS NOT NULL AND expired_at IS NULL"),
        postgresql_where=text("expires_at IS NOT NULL AND expired_at IS NULL"),
    ),
    Index(
        "mcp_server_expired",
        "expired_at",
        sqlite_where=text("expired_at IS NOT NULL"),
        postgresql_where=text("expired_at IS NOT NULL"),
    ),
)

MCP_PREVIOUS_TOKEN = Table(
    "mcp_previous_token",
    METADATA,
    Column("server_id", Text, ForeignKey("mcp_server.id", ondelete="CASCADE"), primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Index("mcp_previous_token_hash", "token_hash", unique=True),
    Index("mcp_previous_token_expiry", "expires_at"),
)

MCP_SERVER_USE = Table(
    "mcp_server_use",
    METADATA,
    Column("server_id", Text, ForeignKey("mcp_server.id", ondelete="CASCADE"), primary_key=True),
    Column("uses", BigInteger, nullable=False),
    Column("last_used_at", DOUBLE_PRECISION, nullable=False),
)

API_TOKEN = Table(
    "api_token",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("last_used_at", DOUBLE_PRECISION),
    Column("scopes", Text, nullable=False, server_default=""),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE")),
    Column("tenant_id", Text, nullable=False, server_default="default"),
    Column("is_bound_to_tenant", Integer, nullable=False, server_default=text("0")),
    Column("expires_at", DOUBLE_PRECISION),
    Index("api_token_token", "token_hash", unique=True),
    Index("api_token_in_order", "created_at", "id"),
    Index("api_token_account", "account_id"),
    Index("api_token_tenant", "tenant_id", "created_at", "id"),
)

AUTHORIZATION = Table(
    "authorization",
    METADATA,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Column("used_at", DOUBLE_PRECISION),
    Column("browser_hash", LargeBinary),
    Column("verifier", LargeBinary),
    Column("granted", LargeBinary),
    Column("return_url", Text, nullable=False, server_default=""),
    Column("link_id", Text, ForeignKey("link_token.id", ondelete="CASCADE")),
    Index("authorization_account", "account_id"),
    Index("authorization_expiry", "expires_at"),
    Index("authorization_link", "link_id"),
)

LINK_TOKEN = Table(
    "link_token",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE")),
    Column("integration", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("read_only", Integer, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Column("used_at", DOUBLE_PRECISION),
    Index("link_token_token", "token_hash", unique=True),
    Index("link_token_in_order", "created_at", "id"),
    Index("link_token_account", "account_id"),
    Index("link_token_expiry", "expires_at"),
)

REFRESH_ATTEMPT = Table(
    "refresh_attempt",
    METADATA,
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("credentials_hash", LargeBinary, nullable=False),
    Column("begun_at", DOUBLE_PRECISION, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("claimed_until", DOUBLE_PRECISION, nullable=False, server_default=text("0")),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", _Number, Identity(), primary_key=True),
    Column("at", DOUBLE_PRECISION, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("tenant_id", Text, nullable=False, server_default=""),
    Index("audit_subject", "subject", "at"),
    Index("audit_tenant", "tenant_id", "id"),
)

DEPLOYMENT = Table(
    "deployment",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key_check", LargeBinary, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("probed_at", DOUBLE_PRECISION),
    Column("lasting_key", LargeBinary),
)

IDEMPOTENCY_KEY = Table(
    "idempotency_key",
    METADATA,
    Column("id", _Number, Identity(), primary_key=True),
    Column("key_hash", LargeBinary, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Column("answer", LargeBinary),
    Index("idempotency_key_hash", "key_hash", unique=True),
    Index("idempotency_key_expiry", "expires_at"),
)

POLICY_USE = Table(
    "policy_use",
    METADATA,
    Column("id", _Number, Identity(), primary_key=True),
    Column("server_id", Text, ForeignKey("mcp_server.id", ondelete="CASCADE"), nullable=False),
    Column("ref", Text, nullable=False),
    Column("at", DOUBLE_PRECISION, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Index("policy_use_ref", "ref", unique=True),
    Index("policy_use_in_order", "server_id", "at"),
    Index("policy_use_at", "at"),
)

SPENDING = Table(
    "spending",
    METADATA,
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("server_id", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("reads", BigInteger, nullable=False),
    Column("writes", BigInteger, nullable=False),
)

CALL_LOG = Table(
    "call_log",
    METADATA,
    Column("id", _Number, Identity(), primary_key=True),
    Column("log_type", Text, nullable=False),
    Column("at", DOUBLE_PRECISION, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("client_name", Text, nullable=False),
    Column("client_version", Text, nullable=False),
    Column("error_code", Text, nullable=False),
    Column("ms", DOUBLE_PRECISION, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Index("call_log_at", "at", "id"),
    Index("call_log_account", "account_id", "at", "id"),
    Index("call_log_tenant", "tenant_id", "at", "id"),
    Index("call_log_caller", "caller_id", "at", "id"),
)
