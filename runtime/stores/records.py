"""The records: accounts, MCP servers, API tokens, pending authorizations and the audit, in SQL.

Called by `operations` and `connect`. Every change is one transaction together with its audit entry. Secrets come in
hashed or sealed; nothing here could read them. What every request needs is in `look_up`, not here.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    table,
    text,
    true,
    update,
)

from runtime.model import AuditEntry, Authorization, TokenHash
from runtime.stores.account_records import AccountRecords
from runtime.stores.audit_records import AuditRecords
from runtime.stores.call_log_records import CallLogRecords
from runtime.stores.caller_records import CallerRecords
from runtime.stores.company_records import CompanyRecords
from runtime.stores.connection_records import ConnectionRecords
from runtime.stores.event_records import EventRecords
from runtime.stores.explorer_records import ExplorerRecords
from runtime.stores.insight_records import InsightRecords
from runtime.stores.invitation_records import InvitationRecords
from runtime.stores.job_records import JobRecords
from runtime.stores.journal_records import JournalRecords
from runtime.stores.link_records import LinkRecords
from runtime.stores.mapping_records import MappingRecords
from runtime.stores.migrations import VERSION_TABLE
from runtime.stores.oauth_records import OAuthRecords
from runtime.stores.oauth_token_records import OAuthTokenRecords
from runtime.stores.pending_records import PendingRecords
from runtime.stores.people_records import PeopleRecords
from runtime.stores.policy_records import PolicyRecords
from runtime.stores.purge_records import PurgeRecords
from runtime.stores.record_base import RecordBase, count, lock_account, note
from runtime.stores.refresh_records import RefreshRecords
from runtime.stores.report_run_records import ReportRunRecords
from runtime.stores.saved_report_records import SavedReportRecords
from runtime.stores.schedule_records import ScheduleRecords
from runtime.stores.sealed_records import SealedRecords
from runtime.stores.server_records import ApiTokenRecords, ServerRecords
from runtime.stores.session_records import PasskeyRecords, SessionRecords, SignInRecords
from runtime.stores.spending_records import SpendingRecords
from runtime.stores.tables import (
    ACCOUNT,
    API_TOKEN,
    AUDIT,
    AUTHORIZATION,
    DEPLOYMENT,
    IDEMPOTENCY_KEY,
    MCP_SERVER,
)
from runtime.stores.tenant_records import TenantRecords
from runtime.stores.transfer_records import TransferRecords
from runtime.stores.use_records import UseRecords
from runtime.stores.webhook_records import WebhookRecords

_BIND_KEY = text(
    "INSERT INTO idempotency_key (key_hash, fingerprint, expires_at) VALUES (:key_hash, :fingerprint, :expires_at) "
    "ON CONFLICT (key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, expires_at = excluded.expires_at, "
    "answer = NULL "
    "WHERE idempotency_key.expires_at <= :now"
)
"""Binds a key that is not bound, or no longer; whoever else has bound it stays."""
_READ_VERSION: Select[Any] = select(column("version_num")).select_from(table(VERSION_TABLE))


class AuthorizationRecords(RecordBase):
    """Reads and changes the pending authorizations of connect links."""

    def add_authorization(self, state_hash: TokenHash, authorization: Authorization) -> bool:
        """Store the state of a connect link. False when its account is gone."""
        values = {
            "state_hash": state_hash,
            "account_id": authorization.account_id,
            "redirect_uri": authorization.redirect_uri,
            "expires_at": authorization.expires_at,
            "verifier": authorization.verifier,
            "link_id": authorization.link_id,
            "return_url": authorization.return_url,
        }
        with self._engine.begin() as connection:
            if not lock_account(connection, authorization.account_id):
                return False
            connection.execute(insert(AUTHORIZATION).values(values))
        return True

    def find_authorization(self, state_hash: TokenHash) -> Authorization | None:
        """Return a pending authorization as it is now; nothing is changed."""
        with self._reading.begin() as connection:
            return _find_authorization(connection, state_hash)

    def open_authorization(self, state_hash: TokenHash, browser_hash: TokenHash) -> Authorization | None:
        """Bind a pending authorization to a browser, unless one has it; return it with the browser that has it."""
        table = AUTHORIZATION
        with self._engine.begin() as connection:
            unopened = (table.c.state_hash == state_hash, table.c.browser_hash.is_(None))
            connection.execute(update(table).where(*unopened).values(browser_hash=browser_hash))
            return _find_authorization(connection, state_hash)

    def use_authorization(
        self, state_hash: TokenHash, browser_hash: TokenHash, now: float
    ) -> Authorization | None:
        """Take a pending authorization, which works once: its `used_at` is when it was used *before*.

        For another browser than the one that opened it, it is returned and not used.
        """
        table = AUTHORIZATION
        with self._engine.begin() as connection:
            found = _find_authorization(connection, state_hash, is_changed=True)
            if found is None or found.used_at is not None:
                return found
            if hmac.compare_digest(found.browser_hash or b"", browser_hash):
                connection.execute(update(table).where(table.c.state_hash == state_hash).values(used_at=now))
        return found

    def replace_grant(self, state_hash: TokenHash, granted: bytes | None) -> bool:
        """Store what a vendor granted until the person has chosen a company; None takes it. False when it was taken."""
        table = AUTHORIZATION
        is_as_before = table.c.granted.is_(None) if granted else table.c.granted.is_not(None)
        change = update(table).where(table.c.state_hash == state_hash, is_as_before)
        return self._change(change.values(granted=granted))


class KeyRecords(RecordBase):
    """Binds idempotency keys to calls."""

    def bind_key(
        self, key_hash: bytes, fingerprint: bytes, now: float, expires_at: float
    ) -> tuple[bytes, bool]:
        """Bind a key to the fingerprint of a call, and return what it is bound to and whether that is new.

        One transaction: of two that bind a key at once, one wins and the other reads what the first has stored.
        """
        values = {"key_hash": key_hash, "fingerprint": fingerprint, "now": now, "expires_at": expires_at}
        bound = select(IDEMPOTENCY_KEY.c.fingerprint).where(IDEMPOTENCY_KEY.c.key_hash == key_hash)
        with self._engine.begin() as connection:
            is_new = connection.execute(_BIND_KEY, values).rowcount > 0
            found: bytes = connection.execute(bound).scalar_one()
        return found, is_new

    def find_binding(self, key_hash: bytes, now: float) -> bytes | None:
        """Return the fingerprint of the call that a key is bound to now; None where it is not bound."""
        table = IDEMPOTENCY_KEY
        wanted = select(table.c.fingerprint).where(table.c.key_hash == key_hash, table.c.expires_at > now)
        with self._reading.begin() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else row[0]

    def store_answer(self, key_hash: bytes, fingerprint: bytes, answer: bytes) -> None:
        """Store the answer to the call that a key is bound to."""
        table = IDEMPOTENCY_KEY
        mine = (table.c.key_hash == key_hash, table.c.fingerprint == fingerprint)
        self._change(update(table).where(*mine).values(answer=answer))

    def find_answer(self, key_hash: bytes) -> bytes | None:
        """Return the answer to the call that a key is bound to; None where none is stored."""
        wanted = select(IDEMPOTENCY_KEY.c.answer).where(IDEMPOTENCY_KEY.c.key_hash == key_hash)
        with self._reading.begin() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else row[0]

    def release_key(self, key_hash: bytes, fingerprint: bytes) -> None:
        """Remove the binding of a key to the fingerprint of a call."""
        table = IDEMPOTENCY_KEY
        self._change(delete(table).where(table.c.key_hash == key_hash, table.c.fingerprint == fingerprint))


class Records(
    AuditRecords,
    CallLogRecords,
    CallerRecords,
    AccountRecords,
    CompanyRecords,
    ConnectionRecords,
    RefreshRecords,
    LinkRecords,
    SealedRecords,
    ServerRecords,
    ApiTokenRecords,
    AuthorizationRecords,
    KeyRecords,
    PolicyRecords,
    SpendingRecords,
    UseRecords,
    PurgeRecords,
    JournalRecords,
    TransferRecords,
    TenantRecords,
    EventRecords,
    WebhookRecords,
    JobRecords,
    OAuthRecords,
    OAuthTokenRecords,
    PendingRecords,
    PeopleRecords,
    InvitationRecords,
    SessionRecords,
    SignInRecords,
    PasskeyRecords,
    SavedReportRecords,
    ScheduleRecords,
    ReportRunRecords,
    ExplorerRecords,
    InsightRecords,
    MappingRecords,
):
    """Reads and changes all records. Synchronous: an endpoint reads in a thread, and changes through

    `Stores.write`. Every method raises StorageUnavailable when the file does not let it.
    """

    def add_audit(self, entry: AuditEntry) -> None:
        """Note what was done when it changed no record here."""
        with self._engine.begin() as connection:
            note(connection, entry)

    def list_audit(self, subject: str) -> list[AuditEntry]:
        """Return what was done to one thing, from the oldest on."""
        columns = (AUDIT.c.at, AUDIT.c.actor, AUDIT.c.action, AUDIT.c.subject, AUDIT.c.details)
        wanted = select(*columns).where(AUDIT.c.subject == subject).order_by(AUDIT.c.id)
        with self._reading.begin() as connection:
            return [AuditEntry(*row[:4], json.loads(row[4])) for row in connection.execute(wanted)]

    def read_version(self) -> int:
        """Return the revision of the database."""
        with self._reading.begin() as connection:
            found: str = connection.execute(_READ_VERSION).scalar_one()
        return int(found)

    def count_things(self, now: float) -> dict[str, Any]:
        """Return how many accounts there are by status, how many MCP servers that have not expired, and API tokens."""
        by_status = select(ACCOUNT.c.status, func.count()).group_by(ACCOUNT.c.status)
        is_alive = or_(MCP_SERVER.c.expires_at.is_(None), MCP_SERVER.c.expires_at > now)
        with self._reading.begin() as connection:
            return {
                "accounts": {row[0]: row[1] for row in connection.execute(by_status)},
                "mcp_servers": count(connection, MCP_SERVER, is_alive),
                "api_tokens": count(connection, API_TOKEN, true()),
            }

    def probe(self, now: float, *, is_doubtful: bool) -> None:
        """Find out whether the database takes changes: by one that changes nothing, and really where it is doubtful."""
        with self._engine.begin() as connection:
            connection.execute(select(DEPLOYMENT.c.id).with_for_update())
            if is_doubtful:
                connection.execute(update(DEPLOYMENT).values(probed_at=now))


def _find_authorization(
    connection: Connection, state_hash: TokenHash, *, is_changed: bool = False
) -> Authorization | None:
    wanted = select(AUTHORIZATION).where(AUTHORIZATION.c.state_hash == state_hash)
    if is_changed:
        wanted = wanted.with_for_update()
    row = connection.execute(wanted).mappings().first()
    if row is None:
        return None
    return Authorization(**{name: value for name, value in row.items() if name != "state_hash"})
