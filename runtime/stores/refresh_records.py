"""The records of refreshes: which process makes one for an account, and which were begun and never finished.

A claim is one row per account with the process that has it and until when. It is noted with the hash of the credentials
that the refresh uses up, so that it says of later ones nothing, and of the same ones that the vendor may have rotated
them already.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from runtime.model import Account, AccountId, AuditEntry, EndedBy
from runtime.stores.account_records import make_event
from runtime.stores.record_base import RecordBase
from runtime.stores.row_texts import write_error
from runtime.stores.tables import ACCOUNT, REFRESH_ATTEMPT
from runtime.tenancy import AccountError


class Claim(NamedTuple):
    """Whether a refresh is the caller's to make. `earlier` is when one with the same credentials began that was never
    finished; None when there is none. `is_stale`: it has other credentials or another
    state by now.
    """

    is_mine: bool
    earlier: float | None = None
    is_stale: bool = False


class RefreshRecords(RecordBase):
    """Claims refreshes, and stores what comes of them."""

    def claim_refresh(self, account: Account, owner: str, now: float, until: float, latest: float) -> Claim:
        """Claim the refresh of these credentials, unless another process has it; durable when it returns.

        A claim that ends behind `latest` was made before a clock was set back, and holds nobody up. The time of the
        first attempt with the same credentials stays.
        """
        tried = hashlib.sha256(account.sealed).digest()
        table = REFRESH_ATTEMPT
        with self._engine.begin() as connection:
            wanted = select(ACCOUNT.c.sealed, ACCOUNT.c.status).where(ACCOUNT.c.id == account.id)
            stored = connection.execute(wanted.with_for_update()).first()
            if stored is None or (stored.sealed, stored.status) != (account.sealed, account.status):
                return Claim(is_mine=False, is_stale=True)
            row = connection.execute(select(table).where(table.c.account_id == account.id)).first()
            if row is not None and row.owner != owner and now < row.claimed_until <= latest:
                return Claim(is_mine=False)
            claimed = {"owner": owner, "claimed_until": until}
            if row is not None and row.credentials_hash == tried:
                connection.execute(update(table).where(table.c.account_id == account.id).values(claimed))
                return Claim(is_mine=True, earlier=row.begun_at)
            connection.execute(_ended_attempt(account.id))
            values = {"account_id": account.id, "credentials_hash": tried, "begun_at": now}
            connection.execute(insert(table).values(values | claimed))
        return Claim(is_mine=True)

    def extend_claim(self, account_id: AccountId, owner: str, until: float) -> bool:
        """Hold a claim for longer. False when it is another's by now."""
        return self._change(_own(account_id, owner).values(claimed_until=until))

    def release_claim(self, account_id: AccountId, owner: str) -> None:
        """Let another process claim the refresh; that it was begun stays noted."""
        self._change(_own(account_id, owner).values(claimed_until=0.0))

    def end_refresh(self, account_id: AccountId, sealed: bytes) -> None:
        """Forget an attempt with these credentials that changed nothing at the vendor."""
        tried = hashlib.sha256(sealed).digest()
        self._change(_ended_attempt(account_id).where(REFRESH_ATTEMPT.c.credentials_hash == tried))

    def release_claims(self) -> None:
        """Let every claim go: of an embedded store, when its only server starts, whoever had them is gone."""
        self._change(update(REFRESH_ATTEMPT).values(claimed_until=0.0))

    def replace_credentials(self, account_id: AccountId, old: bytes, new: bytes, now: float) -> bool:
        """Store rotated credentials, unless others than `old` are stored by now (then False)."""
        change = (
            update(ACCOUNT)
            .where(ACCOUNT.c.id == account_id, ACCOUNT.c.sealed == old)
            .values(sealed=new, updated_at=now)
        )
        return self._change(change, after=_ended_attempt(account_id))

    def require_reauth(
        self,
        account: Account,
        error: AccountError,
        audit: AuditEntry,
        ended_by: EndedBy = "refused",
    ) -> bool:
        """Mark an account whose credentials have ended, unless it has others or is marked already (then False).

        Of any number of processes one does it, with the audit entry and the event.
        """
        change = (
            update(ACCOUNT)
            .where(
                ACCOUNT.c.id == account.id, ACCOUNT.c.sealed == account.sealed, ACCOUNT.c.status == "active"
            )
            .values(
                status="needs_reauth",
                status_since=audit.at,
                last_error=write_error(error),
                updated_at=audit.at,
                ended_by=ended_by,
            )
        )
        event = make_event("account.needs_reauth", account.id, audit, reason=ended_by)
        return self._change(change, audit, _ended_attempt(account.id), event)


def _ended_attempt(account_id: AccountId) -> Any:
    return delete(REFRESH_ATTEMPT).where(REFRESH_ATTEMPT.c.account_id == account_id)


def _own(account_id: AccountId, owner: str) -> Any:
    table = REFRESH_ATTEMPT
    return update(table).where(table.c.account_id == account_id, table.c.owner == owner)
