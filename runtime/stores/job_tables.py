"""The tables of events, webhooks and jobs, beside `tables`. Called by `event_records` and `job_records`."""

from __future__ import annotations

from sqlalchemy import DOUBLE_PRECISION, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from runtime.stores.tables import METADATA

_WAITING = text("dispatched_at IS NULL")

EVENT = Table(
    "event",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("at", DOUBLE_PRECISION, nullable=False),
    Column("data", Text, nullable=False),
    Column("dispatched_at", DOUBLE_PRECISION),
    Index("event_waiting", "at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("event_at", "at"),
)

WEBHOOK = Table(
    "webhook",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("previous_until", DOUBLE_PRECISION),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("failing_since", DOUBLE_PRECISION),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("updated_at", DOUBLE_PRECISION, nullable=False),
    Index("webhook_in_order", "created_at", "id"),
)

DELIVERY = Table(
    "delivery",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("webhook_id", Text, ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", Text, ForeignKey("event.id", ondelete="CASCADE"), nullable=False),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("code", Integer, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("attempted_at", DOUBLE_PRECISION),
    Column("next_at", DOUBLE_PRECISION),
    Index("delivery_in_order", "webhook_id", "created_at", "id"),
    Index("delivery_event", "event_id"),
)

JOB = Table(
    "job",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("args", Text, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("at", DOUBLE_PRECISION, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("handed_over_at", DOUBLE_PRECISION),
    Index("job_at", "at"),
)

JOB_EXECUTOR = Table(
    "job_executor",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("until", DOUBLE_PRECISION, nullable=False),
)
