"""The table of company mappings. A mapping goes with either of its accounts. Called by `mapping_records`."""

from __future__ import annotations

from sqlalchemy import DOUBLE_PRECISION, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from runtime.stores.tables import METADATA

COMPANY_MAPPING = Table(
    "company_mapping",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("work_account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("books_account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("updated_at", DOUBLE_PRECISION, nullable=False),
    Index("company_mapping_pair", "work_account_id", "books_account_id", unique=True),
    Index("company_mapping_books", "books_account_id"),
)
