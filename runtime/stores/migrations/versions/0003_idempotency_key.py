"""The idempotency keys that callers gave: which call each belongs to, so that another under it is refused.

Both values are HMAC-SHA256. `id` grows with each row; the oldest rows are purged by it when there are too many.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0003"
down_revision = "0002"

_SQL = """
CREATE TABLE idempotency_key (
    id INTEGER NOT NULL PRIMARY KEY,
    key_hash BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL
);
CREATE UNIQUE INDEX idempotency_key_hash ON idempotency_key (key_hash);
CREATE INDEX idempotency_key_expiry ON idempotency_key (expires_at);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
