"""Events, the webhooks that are informed of them, and the work that has to be done for both.

An event, or a job, is stored in the transaction of the change that it is about, and taken from there.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0015"
down_revision = "0014"

_SQL = """
CREATE TABLE event (
    id TEXT NOT NULL PRIMARY KEY,
    type TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    data TEXT NOT NULL,
    dispatched_at DOUBLE PRECISION
);
CREATE INDEX event_waiting ON event (at, id) WHERE dispatched_at IS NULL;
CREATE INDEX event_at ON event (at);
CREATE TABLE webhook (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    url TEXT NOT NULL,
    types TEXT NOT NULL,
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_until DOUBLE PRECISION,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    failing_since DOUBLE PRECISION,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX webhook_in_order ON webhook (created_at, id);
CREATE TABLE delivery (
    id TEXT NOT NULL PRIMARY KEY,
    webhook_id TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    event_id TEXT NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    code INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    error TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    attempted_at DOUBLE PRECISION,
    next_at DOUBLE PRECISION
);
CREATE INDEX delivery_in_order ON delivery (webhook_id, created_at, id);
CREATE INDEX delivery_event ON delivery (event_id);
CREATE TABLE job (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    args TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    tries INTEGER NOT NULL,
    handed_over_at DOUBLE PRECISION
);
CREATE INDEX job_at ON job (at);
CREATE TABLE job_executor (
    number INTEGER NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    until DOUBLE PRECISION NOT NULL
);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
