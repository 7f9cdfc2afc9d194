"""The table of changes that wait for a person, beside `tables`. Called by `pending_records`."""

from __future__ import annotations

from sqlalchemy import DOUBLE_PRECISION, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from runtime.stores.tables import METADATA

_UNDER_WAY = text("status IN ('waiting', 'approved')")

PENDING_CHANGE = Table(
    "pending_change",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("server_id", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("tool", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("risk", Text, nullable=False),
    Column("amount", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Column("decided_at", DOUBLE_PRECISION),
    Column("decided_by", Text, nullable=False),
    Column("finished_at", DOUBLE_PRECISION),
    Column("entry_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("pending_change_account", "account_id", "status", "created_at", "id"),
    Index("pending_change_tenant", "tenant_id", "status", "created_at", "id"),
    Index("pending_change_batch", "batch"),
    Index(
        "pending_change_same",
        "account_id",
        "caller",
        "fingerprint",
        unique=True,
        sqlite_where=_UNDER_WAY,
        postgresql_where=_UNDER_WAY,
    ),
    Index("pending_change_equal", "account_id", "tool", "record_id", "status", "created_at"),
    Index("pending_change_finished", "finished_at"),
)
