"""The audit of one organization: what was done in it and by whom, the newest first.

Part of `records`. `record_base.note` writes the entries, each with the tenant that it is of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from runtime.model import AuditEntry
from runtime.stores.people_tables import MEMBER
from runtime.stores.record_base import RecordBase, note
from runtime.stores.tables import ACCOUNT, AUDIT, MCP_SERVER
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


def list_places(connection: Connection, servers: ColumnElement[bool]) -> dict[str, list[str]]:
    """Return the companies of some MCP servers, by tenant."""
    wanted = (
        select(ACCOUNT.c.tenant_id, ACCOUNT.c.id)
        .join(MCP_SERVER, MCP_SERVER.c.account_id == ACCOUNT.c.id)
        .where(servers)
        .distinct()
        .order_by(ACCOUNT.c.tenant_id, ACCOUNT.c.id)
    )
    found: dict[str, list[str]] = {}
    for tenant_id, account_id in connection.execute(wanted):
        found.setdefault(tenant_id, []).append(account_id)
    return found


def note_in_tenants(connection: Connection, audit: AuditEntry, places: Mapping[str, list[str]]) -> None:
    """Note what was done to a grant in each tenant with its own companies, so that each can read it."""
    for tenant_id, account_ids in places.items():
        note(connection, audit, {"tenant_id": tenant_id, "integrated_account_ids": account_ids})
    if not places:
        note(connection, audit)
