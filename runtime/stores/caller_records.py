"""The names of who calls: MCP servers, API tokens and people, many at once. Called by `operations.caller_names`.

Also those that nobody can use any more, as long as they are in the records: the journal and the call log have longer
memories than they.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import bindparam, or_, select

from runtime.model import AccountId
from runtime.stores.oauth_tables import OAUTH_GRANT
from runtime.stores.people_tables import PERSON
from runtime.stores.record_base import RecordBase
from runtime.stores.tables import API_TOKEN, MCP_SERVER


class ServerCaller(NamedTuple):
    """An MCP server that calls: its name and, where it is part of a grant, the grant's program and its person."""

    name: str
    client: str | None
    email: str | None


_SERVERS = (
    select(MCP_SERVER.c.id, MCP_SERVER.c.name, OAUTH_GRANT.c.client_name, PERSON.c.email)
    .outerjoin_from(MCP_SERVER, OAUTH_GRANT, OAUTH_GRANT.c.id == MCP_SERVER.c.grant_id)
    .outerjoin(PERSON, PERSON.c.id == OAUTH_GRANT.c.person_id)
    .where(MCP_SERVER.c.id.in_(bindparam("ids", expanding=True)))
)

_TOKENS = select(API_TOKEN.c.id, API_TOKEN.c.name).where(API_TOKEN.c.id.in_(bindparam("ids", expanding=True)))


class CallerRecords(RecordBase):
    """Finds the names of callers."""

    def find_servers(self, server_ids: Collection[str]) -> dict[str, ServerCaller]:
        """Return MCP servers under their ids, the expired ones too."""
        with self._reading.begin() as connection:
            rows = connection.execute(_SERVERS, {"ids": list(server_ids)}).all()
        return {row[0]: ServerCaller(*row[1:]) for row in rows}

    def list_server_names(self, account_id: AccountId, most: int) -> dict[str, str]:
        """Return the names of MCP servers of an account under their ids, the expired ones too."""
        table = MCP_SERVER
        wanted = select(table.c.id, table.c.name).where(table.c.account_id == account_id).limit(most)
        with self._reading.begin() as connection:
            return {row[0]: row[1] for row in connection.execute(wanted)}

    def find_token_names(self, token_ids: Collection[str]) -> dict[str, str]:
        """Return the names of API tokens under their ids."""
        with self._reading.begin() as connection:
            return {row[0]: row[1] for row in connection.execute(_TOKENS, {"ids": list(token_ids)})}

    def is_token_alive(self, token_id: str, now: float) -> bool:
        """Return whether an API token can still be used."""
        table = API_TOKEN.c
        is_alive = or_(table.expires_at.is_(None), table.expires_at > now)
        wanted = select(table.id).where(table.id == token_id, is_alive)
        with self._reading.begin() as connection:
            return connection.execute(wanted).first() is not None

    def find_person_names(self, person_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Return the names and email addresses of people under their ids."""
        table = PERSON
        wanted = select(table.c.id, table.c.name, table.c.email).where(table.c.id.in_(person_ids))
        with self._reading.begin() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(wanted)} if person_ids else {}
