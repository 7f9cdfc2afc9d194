"""Which clients of a work system are which customers of the books."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0027"
down_revision = "0026"

_SQL = """
CREATE TABLE company_mapping (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    work_account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    books_account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL
);
CREATE UNIQUE INDEX company_mapping_pair ON company_mapping (work_account_id, books_account_id);
CREATE INDEX company_mapping_books ON company_mapping (books_account_id);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
