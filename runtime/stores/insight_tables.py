"""The tables of analyses: findings that were dismissed, and what was read before a rate limit.

Reasons, sentences and what was read are stored sealed. All of it goes with its company. Called by `insight_records`.
"""

from __future__ import annotations

from sqlalchemy import DOUBLE_PRECISION, Column, ForeignKey, Index, LargeBinary, Table, Text

from runtime.stores.tables import METADATA

DISMISSED_FINDING = Table(
    "dismissed_finding",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("finding", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("says", LargeBinary, nullable=False),
    Column("by_person", Text, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("at", DOUBLE_PRECISION, nullable=False),
    Index("dismissed_finding_account", "account_id", "finding", unique=True),
)

INSIGHT_READING = Table(
    "insight_reading",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("holder", Text, nullable=False),
    Column("question", LargeBinary, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("expires_at", DOUBLE_PRECISION, nullable=False),
    Index("insight_reading_account", "account_id", "created_at", "id"),
    Index("insight_reading_expiry", "expires_at"),
)

INSIGHT_PART = Table(
    "insight_part",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("reading_id", Text, ForeignKey("insight_reading.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("insight_part_reading", "reading_id", "name", unique=True),
)
