"""The records of link tokens: addresses that a platform gives its customer to connect a company."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, true, update

from runtime.model import Account, AccountId, AuditEntry, TokenHash
from runtime.stores.account_records import store_account
from runtime.stores.record_base import Position, RecordBase, as_json, lock_account, note, read_part
from runtime.stores.tables import LINK_TOKEN
from runtime.tenancy import EVERYTHING, LinkToken, LinkTokenId, Reach, TenantId

LINK_COLUMNS = [column for column in LINK_TOKEN.c if column.name != "token_hash"]


class LinkRecords(RecordBase):
    """Reads and changes link tokens."""

    def add_link_token(self, link: LinkToken, token_hash: TokenHash, audit: AuditEntry) -> bool:
        """Store a new link token. False when the account that it is for is gone."""
        values = {
            "id": link.id,
            "token_hash": token_hash,
            "tenant_id": link.tenant_id,
            "account_id": link.account_id,
            "integration": link.integration,
            "name": link.name,
            "external_id": link.external_id,
            "metadata": as_json(dict(link.metadata)),
            "redirect_uri": link.redirect_uri,
            "read_only": int(link.is_read_only),
            "created_at": link.created_at,
            "expires_at": link.expires_at,
        }
        with self._engine.begin() as connection:
            if link.account_id is not None and not lock_account(connection, link.account_id):
                return False
            connection.execute(insert(LINK_TOKEN).values(values))
            note(connection, audit)
        return True

    def find_link_token(self, token_hash: TokenHash) -> LinkToken | None:
        """Return the link token with this hash, if there is one; whether it still works is for the caller."""
        return self._find_link(LINK_TOKEN.c.token_hash == token_hash)

    def find_link_of(self, link_id: LinkTokenId) -> LinkToken | None:
        """Return the link token with this id, if there is one."""
        return self._find_link(LINK_TOKEN.c.id == link_id)

    def list_link_tokens(
        self, after: Position | None, limit: int, reach: Reach = EVERYTHING
    ) -> list[LinkToken]:
        """Return the link tokens within reach from the oldest on, `limit` of them."""
        with self._reading.begin() as connection:
            found = read_part(connection, LINK_TOKEN, LINK_COLUMNS, after, limit, are_links_within(reach))
            return [read_link(row) for row in found]

    def delete_link_token(self, link_id: LinkTokenId, audit: AuditEntry, reach: Reach = EVERYTHING) -> bool:
        """Forget a link token within reach, and who is on the way with it. False when there is none."""
        mine = and_(LINK_TOKEN.c.id == link_id, are_links_within(reach))
        return self._change(delete(LINK_TOKEN).where(mine), audit)

    def add_account_of_link(self, link: LinkToken, account: Account, audit: AuditEntry) -> AccountId | None:
        """Store the account that a link token connects, unless it has one; return the one that it has.

        None when the link is gone. Of two who open it at once, both get the same account. Raises as
        `AccountRecords.add_account` does.
        """
        table = LINK_TOKEN
        with self._engine.begin() as connection:
            found = _lock_link(connection, link.id)
            if found is None or found.account_id is not None:
                return found.account_id if found else None
            store_account(connection, account, audit)
            connection.execute(update(table).where(table.c.id == link.id).values(account_id=account.id))
        return account.id

    def _find_link(self, condition: Any) -> LinkToken | None:
        with self._reading.begin() as connection:
            row = connection.execute(select(*LINK_COLUMNS).where(condition)).first()
        return None if row is None else read_link(row)


def are_links_within(reach: Reach) -> Any:
    """Return the condition that link tokens are within reach."""
    pairs = ((LINK_TOKEN.c.tenant_id, reach.tenant_id), (LINK_TOKEN.c.account_id, reach.account_id))
    return and_(true(), *(column == value for column, value in pairs if value is not None))


def _lock_link(connection: Connection, link_id: LinkTokenId) -> LinkToken | None:
    row = connection.execute(
        select(*LINK_COLUMNS).where(LINK_TOKEN.c.id == link_id).with_for_update()
    ).first()
    return None if row is None else read_link(row)


def read_link(row: Any) -> LinkToken:
    """Return the link token of a row."""
    return LinkToken(
        LinkTokenId(row.id),
        TenantId(row.tenant_id),
        row.account_id,
        row.integration,
        row.name,
        row.external_id,
        json.loads(row.metadata),
        row.redirect_uri,
        bool(row.read_only),
        row.created_at,
        row.expires_at,
        row.used_at,
    )
