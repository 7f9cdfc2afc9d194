"""The tables of saved reports, schedules, their runs and files, beside `tables`. Called by `schedule_records`."""

from __future__ import annotations

from sqlalchemy import DOUBLE_PRECISION, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from runtime.stores.tables import METADATA

_DUE = text("next_due_at IS NOT NULL")

SAVED_REPORT = Table(
    "saved_report",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("choice", Text, nullable=False),
    Column("is_shared", Integer, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Index("saved_report_account", "account_id", "created_at", "id"),
)

SCHEDULE = Table(
    "schedule",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("saved_report_id", Text, ForeignKey("saved_report.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", Text, nullable=False),
    Column("cron", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("formats", Text, nullable=False),
    Column("emails", Text, nullable=False),
    Column("webhook_url", Text, nullable=False),
    Column("webhook_secret", LargeBinary),
    Column("next_due_at", DOUBLE_PRECISION),
    Column("is_paused", Integer, nullable=False),
    Column("pause_reason", Text, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("updated_at", DOUBLE_PRECISION, nullable=False),
    Index("schedule_account", "account_id", "created_at", "id"),
    Index("schedule_due", "next_due_at", sqlite_where=_DUE, postgresql_where=_DUE),
    Index("schedule_saved_report", "saved_report_id"),
)

REPORT_RUN = Table(
    "report_run",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("schedule_id", Text, ForeignKey("schedule.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Text, nullable=False),
    Column("due_at", DOUBLE_PRECISION, nullable=False),
    Column("is_manual", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", DOUBLE_PRECISION, nullable=False),
    Column("finished_at", DOUBLE_PRECISION),
    Column("next_at", DOUBLE_PRECISION),
    Column("error", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("deliveries", Text, nullable=False),
    Column("continue_from", Text, nullable=False, server_default=""),
    Index("report_run_due", "schedule_id", "due_at", "is_manual", unique=True),
    Index("report_run_created", "created_at"),
)

RUN_FILE = Table(
    "run_file",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("run_id", Text, ForeignKey("report_run.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("run_file_run", "run_id"),
)
