"""The records of company mappings: one for each pair of a work account and a books account.

Part of `records`; called by `operations.company_mapping`. Links and names come in sealed. `connection_records`, which
ends a connection, forgets the mappings of it.
"""

from __future__ import annotations

from dataclasses import asdict, fields

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from runtime.insight_values import StoredMapping
from runtime.model import Account, AuditEntry
from runtime.stores.account_records import find_account
from runtime.stores.mapping_tables import COMPANY_MAPPING
from runtime.stores.record_base import RecordBase, count, lock_account, note
from runtime.tenancy import AccountId

_MAPPING = [COMPANY_MAPPING.c[each.name] for each in fields(StoredMapping)]
_UNUSABLE = frozenset({"connecting", "disconnected"})


class MappingRecords(RecordBase):
    """Reads and changes company mappings."""

    def find_mapping(self, mapping_id: str) -> StoredMapping | None:
        """Return the mapping of a pair as it is now; None where nothing is stored of it."""
        wanted = select(*_MAPPING).where(COMPANY_MAPPING.c.id == mapping_id)
        with self._reading.begin() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else StoredMapping(*row)

    def list_mappings(self, account_id: AccountId) -> list[StoredMapping]:
        """Return the mappings that an account is part of, the oldest first."""
        table = COMPANY_MAPPING.c
        wanted = select(*_MAPPING).where(_is_part(account_id)).order_by(table.created_at, table.id)
        with self._reading.begin() as connection:
            return [StoredMapping(*row) for row in connection.execute(wanted)]

    def save_mapping(self, mapping: StoredMapping, audit: AuditEntry) -> bool:
        """Store a mapping in place of the version before it, unless somebody was faster: then False.

        False, too, when one of its accounts is no longer connected, or belongs to another tenant.
        """
        table = COMPANY_MAPPING
        with self._engine.begin() as connection:
            if not _are_usable(connection, mapping):
                return False
            before = and_(table.c.id == mapping.id, table.c.version == mapping.version - 1)
            if mapping.version > 1:
                values = {
                    "version": mapping.version,
                    "sealed": mapping.sealed,
                    "updated_at": mapping.updated_at,
                }
                if not connection.execute(update(table).where(before).values(values)).rowcount:
                    return False
            elif count(connection, table, table.c.id == mapping.id):
                return False
            else:
                connection.execute(insert(table).values(asdict(mapping)))
            note(connection, audit)
        return True


def forget_mappings(connection: Connection, account_id: AccountId) -> int:
    """Forget the mappings that an account is part of within a transaction; return how many those were."""
    found: int = connection.execute(delete(COMPANY_MAPPING).where(_is_part(account_id))).rowcount
    return found


def _are_usable(connection: Connection, mapping: StoredMapping) -> bool:
    """Return whether both accounts of a mapping are connected and of its tenant, and have them stay so."""
    for account_id in sorted((mapping.work_account_id, mapping.books_account_id)):
        if not lock_account(connection, account_id, is_changed=True):
            return False
        account: Account | None = find_account(connection, account_id)
        if account is None or account.tenant_id != mapping.tenant_id or account.status in _UNUSABLE:
            return False
    return True


def _is_part(account_id: AccountId) -> ColumnElement[bool]:
    table = COMPANY_MAPPING.c
    return or_(table.work_account_id == account_id, table.books_account_id == account_id)
