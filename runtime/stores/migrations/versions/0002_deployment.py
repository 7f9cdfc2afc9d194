"""The deployment that the database belongs to: one row.

`key_check` is an HMAC of a constant under the secret key, so that another key is recognized at start; `probed_at` is
when a test last wrote here after a failed write.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0002"
down_revision = "0001"

_SQL = """
CREATE TABLE deployment (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    key_check BLOB NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    probed_at DOUBLE PRECISION
);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
