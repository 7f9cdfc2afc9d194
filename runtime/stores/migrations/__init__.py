"""The one history of the schema, for SQLite and PostgreSQL, and what a start has to know of it without Alembic.

`versions` holds one file for each revision, numbered from 0001; a revision that has been released is never changed, and
none goes back. `stores.migrating` runs them with Alembic, which `env` connects to the transaction of the caller.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
VERSION_TABLE = "alembic_version"
LASTING_KEY_SINCE = 17
"""The revision from which on a database may have its lasting key stored."""

TABLES = (
    "account", "api_token", "audit", "authorization", "call_log", "company_mapping", "delivery", "deployment",
    "dismissed_finding", "event", "explorer_run", "idempotency_key", "insight_part", "insight_reading",
    "invitation", "job", "job_executor", "journal", "journal_head", "journal_open", "journal_outcome",
    "link_token", "mcp_previous_token", "mcp_server", "mcp_server_use", "member", "oauth_client",
    "oauth_code", "oauth_grant", "oauth_refresh_token", "passkey", "pending_change", "person",
    "person_identity", "policy_use", "refresh_attempt", "report_run", "run_file", "saved_query",
    "saved_report", "schedule", "session", "sign_in", "signing_key", "spending", "tenant", "webhook",
    VERSION_TABLE,
)  # fmt: skip
INDEXES = (
    "account_company", "account_external", "account_in_order", "account_tenant", "api_token_account",
    "api_token_in_order", "api_token_tenant", "api_token_token", "audit_subject", "audit_tenant",
    "authorization_account", "authorization_expiry", "authorization_link", "call_log_account",
    "call_log_at", "call_log_caller", "call_log_tenant",
    "company_mapping_books", "company_mapping_pair", "delivery_event", "delivery_in_order",
    "dismissed_finding_account", "event_at", "event_waiting", "explorer_run_account", "explorer_run_at",
    "explorer_run_own", "idempotency_key_expiry", "idempotency_key_hash", "insight_part_reading",
    "insight_reading_account", "insight_reading_expiry", "invitation_expiry", "invitation_tenant",
    "invitation_token", "job_at", "journal_chain", "journal_outcome_entry", "journal_outcome_record",
    "journal_record", "journal_reverses", "journal_reverts", "link_token_account", "link_token_expiry",
    "link_token_in_order", "link_token_token", "mcp_previous_token_expiry", "mcp_previous_token_hash",
    "mcp_server_expired", "mcp_server_expiry", "mcp_server_grant", "mcp_server_in_order",
    "mcp_server_token", "member_person", "oauth_client_in_order", "oauth_code_expiry", "oauth_code_grant",
    "oauth_grant_client", "oauth_grant_expiry", "oauth_grant_person", "oauth_refresh_token_expiry",
    "oauth_refresh_token_grant", "passkey_person", "pending_change_account", "pending_change_batch",
    "pending_change_equal", "pending_change_finished", "pending_change_same", "pending_change_tenant",
    "person_email", "person_identity_person", "person_in_order", "policy_use_at", "policy_use_in_order",
    "policy_use_ref", "report_run_created", "report_run_due", "run_file_run", "saved_query_account",
    "saved_query_person", "saved_report_account", "schedule_account", "schedule_due",
    "schedule_saved_report", "session_person", "session_token", "session_use", "sign_in_expiry",
    "tenant_in_order", "webhook_in_order",
)  # fmt: skip
"""What a database of the newest revision has, so that a start finds a loss. A test compares both with what is made."""
OBJECTS = frozenset({*(("table", name) for name in TABLES), *(("index", name) for name in INDEXES)})


@cache
def find_newest_version() -> int:
    """Return the number of the revision that this code reads and writes."""
    return max(int(file.name[:4]) for file in (FOLDER / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def name_revision(version: int) -> str:
    """Return the name of a revision: its number in four digits."""
    return f"{version:04d}"
