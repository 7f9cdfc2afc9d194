"""The records of tenants: made at their first use, with what each may have and what it has now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, text, update

from runtime.errors import LimitReached
from runtime.model import AuditEntry
from runtime.stores.record_base import Position, RecordBase, note, read_part
from runtime.stores.tables import ACCOUNT, MCP_SERVER, TENANT
from runtime.stores.tenant_rows import read_tenant_limits, write_tenant_limits
from runtime.tenancy import Tenant, TenantId, TenantLimits

_MAKE = text("INSERT INTO tenant (id, limits, created_at) VALUES (:id, '', :now) ON CONFLICT (id) DO NOTHING")
_TENANT = [TENANT.c.id, TENANT.c.limits, TENANT.c.created_at, TENANT.c.tools_role]
_FIND_TENANT = select(*_TENANT).where(TENANT.c.id == bindparam("tenant_id"))


class TenantRecords(RecordBase):
    """Reads and changes tenants."""

    def list_tenants(self, after: Position | None, limit: int) -> list[Tenant]:
        """Return the tenants from the oldest on."""
        with self._reading.begin() as connection:
            return [_read_tenant(row) for row in read_part(connection, TENANT, _TENANT, after, limit)]

    def find_tenant(self, tenant_id: TenantId) -> Tenant | None:
        """Return one tenant, if there is one."""
        with self._reading.begin() as connection:
            row = connection.execute(_FIND_TENANT, {"tenant_id": tenant_id}).first()
        return None if row is None else _read_tenant(row)

    def change_tenant(
        self,
        tenant_id: TenantId,
        changes: Mapping[str, Any],
        audit: AuditEntry,
        tools_role: str | None = None,
    ) -> Tenant:
        """Set the limits that are named, of which `approval` is one, and the least role for tools where one is given.

        A tenant that has not been used before is made.
        """
        with self._engine.begin() as connection:
            before = hold_tenant(connection, tenant_id, audit.at)
            limits = replace(before, **changes)
            change = update(TENANT).where(TENANT.c.id == tenant_id).values(limits=write_tenant_limits(limits))
            if limits != before:
                connection.execute(change)
                note(connection, audit, {"before": before.as_dict(), "after": limits.as_dict()})
            if tools_role is not None:
                _change_tools_role(connection, tenant_id, tools_role, audit)
            row = connection.execute(select(*_TENANT).where(TENANT.c.id == tenant_id)).one()
        return _read_tenant(row)

    def count_of_tenants(self, tenant_ids: Sequence[str], now: float) -> dict[str, tuple[int, int]]:
        """Return how many accounts and live MCP servers each of these tenants has; none is left out."""
        accounts = (
            select(ACCOUNT.c.tenant_id, func.count())
            .where(ACCOUNT.c.tenant_id.in_(tenant_ids))
            .group_by(ACCOUNT.c.tenant_id)
        )
        with self._reading.begin() as connection:
            have = {row[0]: row[1] for row in connection.execute(accounts)}
            return {each: (have.get(each, 0), count_servers(connection, each, now)) for each in tenant_ids}


def hold_tenant(connection: Connection, tenant_id: str, now: float) -> TenantLimits:
    """Return the limits of a tenant, made where it is new, and have nobody else count its things meanwhile."""
    connection.execute(_MAKE, {"id": tenant_id, "now": now})
    wanted = select(TENANT.c.limits).where(TENANT.c.id == tenant_id).with_for_update()
    return read_tenant_limits(connection.execute(wanted).scalar_one())


def _change_tools_role(connection: Connection, tenant_id: str, tools_role: str, audit: AuditEntry) -> None:
    """Set the least role for tools of a tenant that is held, and note what it was."""
    mine = TENANT.c.id == tenant_id
    before = connection.execute(select(TENANT.c.tools_role).where(mine)).scalar_one()
    if before != tools_role:
        connection.execute(update(TENANT).where(mine).values(tools_role=tools_role))
        note(connection, audit, {"before": {"tools_role": before}, "after": {"tools_role": tools_role}})


def count_servers(connection: Connection, tenant_id: str, now: float) -> int:
    """Return how many MCP servers of a tenant have not expired."""
    mine = (MCP_SERVER.c.account_id == ACCOUNT.c.id, ACCOUNT.c.tenant_id == tenant_id, is_alive(now))
    found: int = connection.execute(
        select(func.count()).select_from(MCP_SERVER, ACCOUNT).where(*mine)
    ).scalar_one()
    return found


def check_servers(connection: Connection, tenant_id: str, now: float) -> None:
    """Hold a tenant, and raise LimitReached when it has as many MCP servers as it may."""
    most = hold_tenant(connection, tenant_id, now).mcp_servers
    if most and count_servers(connection, tenant_id, now) >= most:
        raise LimitReached.refuse_more(most, "MCP servers")


def is_alive(now: float) -> Any:
    """Return the condition that an MCP server has not expired."""
    return or_(MCP_SERVER.c.expires_at.is_(None), MCP_SERVER.c.expires_at > now)


def _read_tenant(row: Any) -> Tenant:
    return Tenant(TenantId(row[0]), read_tenant_limits(row[1]), row[2], row[3])
