"""The names of who calls: MCP servers, API tokens and people, many at once. Called by `operations.caller_names`.

Also those that nobody can use any more, as long as they are in the records: the journal and the call log have longer
memories than they.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Table, select

from runtime.model import AccountId
from runtime.stores.people_tables import PERSON
from runtime.stores.record_base import RecordBase
from runtime.stores.tables import API_TOKEN, MCP_SERVER


class CallerRecords(RecordBase):
    """Finds the names of callers."""

    def find_server_names(self, server_ids: Collection[str]) -> dict[str, str]:
        """Return the names of MCP servers under their ids, the expired ones too."""
        with self._reading.begin() as connection:
            return _find_names(connection, MCP_SERVER, server_ids)

    def list_server_names(self, account_id: AccountId, most: int) -> dict[str, str]:
        """Return the names of MCP servers of an account under their ids, the expired ones too."""
        table = MCP_SERVER
        wanted = select(table.c.id, table.c.name).where(table.c.account_id == account_id).limit(most)
        with self._reading.begin() as connection:
            return {row[0]: row[1] for row in connection.execute(wanted)}

    def find_token_names(self, token_ids: Collection[str]) -> dict[str, str]:
        """Return the names of API tokens under their ids."""
        with self._reading.begin() as connection:
            return _find_names(connection, API_TOKEN, token_ids)

    def find_person_names(self, person_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Return the names and email addresses of people under their ids."""
        table = PERSON
        wanted = select(table.c.id, table.c.name, table.c.email).where(table.c.id.in_(person_ids))
        with self._reading.begin() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(wanted)} if person_ids else {}


def _find_names(connection: Connection, table: Table, ids: Collection[str]) -> dict[str, str]:
    if not ids:
        return {}
    found = connection.execute(select(table.c.id, table.c.name).where(table.c.id.in_(ids)))
    return {row[0]: row[1] for row in found}
