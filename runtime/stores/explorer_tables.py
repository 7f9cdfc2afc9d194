"""The tables of the explorer: what people have asked of a company, and the queries that they have saved.

What is asked may have names of customers in it, so that it is stored sealed. All of it goes with its company and with
its person.
"""

from __future__ import annotations

from sqlalchemy import DOUBLE_PRECISION, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from runtime.stores.tables import METADATA

EXPLORER_RUN = Table(
    "explorer_run",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", Text, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Index("explorer_run_own", "person_id", "account_id", "created_at", "id"),
    Index("explorer_run_account", "account_id"),
    Index("explorer_run_at", "created_at"),
)

SAVED_QUERY = Table(
    "saved_query",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", Text, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("is_shared", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Index("saved_query_account", "account_id", "created_at", "id"),
    Index("saved_query_person", "person_id"),
)
