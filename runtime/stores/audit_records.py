"""The audit of one organization: what was done in it and by whom, the newest first.

Part of `records`. `record_base.note` writes the entries, each with the tenant that it is of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from runtime.model import AuditEntry
from runtime.stores.people_tables import MEMBER
from runtime.stores.record_base import RecordBase
from runtime.stores.tables import AUDIT
from runtime.tenancy import TenantId

_ENTRY = (AUDIT.c.id, AUDIT.c.at, AUDIT.c.actor, AUDIT.c.action, AUDIT.c.subject, AUDIT.c.details)


@dataclass(frozen=True, slots=True)
class NotedEntry:
    """An entry of the audit with its number, behind which a list goes on."""

    number: int
    entry: AuditEntry


class AuditRecords(RecordBase):
    """Reads the audit."""

    def list_audit_of_tenant(
        self, tenant_id: TenantId, limit: int, before: int | None = None, kinds: tuple[str, ...] = ()
    ) -> list[NotedEntry]:
        """Return entries of a tenant, the newest first: those before a number, of some kinds where they are named.

        A kind is what an action has before its dot, such as `account`. How its people sign in, which is of no tenant,
        is among them.
        """
        members = select(MEMBER.c.person_id).where(MEMBER.c.tenant_id == tenant_id)
        of_person = and_(
            AUDIT.c.tenant_id == "", AUDIT.c.subject.in_(members), AUDIT.c.action.startswith("person.")
        )
        wanted = select(*_ENTRY).where(or_(AUDIT.c.tenant_id == tenant_id, of_person))
        if before is not None:
            wanted = wanted.where(AUDIT.c.id < before)
        if kinds:
            wanted = wanted.where(or_(*(AUDIT.c.action.startswith(f"{kind}.") for kind in kinds)))
        with self._reading.begin() as connection:
            rows = connection.execute(wanted.order_by(AUDIT.c.id.desc()).limit(limit)).all()
        return [NotedEntry(row[0], AuditEntry(*row[1:5], json.loads(row[5]))) for row in rows]
