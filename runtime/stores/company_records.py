"""The accounts that a person sees: searched by name and status, what uses each, who has made the links to them.

Called by the pages of `web`. Part of `records`. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from runtime.model import Account, AccountId
from runtime.people import PersonId
from runtime.stores.account_records import ACCOUNT_VALUES
from runtime.stores.grant_rows import read_account
from runtime.stores.link_records import LINK_COLUMNS, are_links_within, read_link
from runtime.stores.people_tables import MEMBER, PERSON
from runtime.stores.record_base import RecordBase, count
from runtime.stores.tables import ACCOUNT, API_TOKEN, AUDIT, LINK_TOKEN, MCP_SERVER
from runtime.stores.tenant_records import is_alive
from runtime.tenancy import LinkToken, Reach


class Uses(NamedTuple):
    """What uses the connection of an account: MCP servers with a secret URL, OAuth grants, API tokens bound to it."""

    servers: int = 0
    grants: int = 0
    api_tokens: int = 0


class SearchedAccounts(NamedTuple):
    """A page of the accounts that a search has found, and how many it has found in all."""

    accounts: list[Account]
    total: int


class OpenLink(NamedTuple):
    """A customer's link that still works, with who has made it: the name of a person, else empty, and the actor."""

    link: LinkToken
    maker_name: str
    maker: str


class CompanyRecords(RecordBase):
    """Reads what the pages of accounts show."""

    def search_accounts(
        self, person_id: PersonId, text: str, status: str, limit: int, after: int = 0
    ) -> SearchedAccounts:
        """Return the accounts of a person's tenants, by name: those with a text in their name, and a status."""
        wanted = _are_searched(person_id, text, status)
        found = (
            select(*ACCOUNT_VALUES)
            .where(wanted)
            .order_by(func.lower(ACCOUNT.c.name), ACCOUNT.c.id)
            .limit(limit)
            .offset(after)
        )
        with self._reading.begin() as connection:
            rows = connection.execute(found).all()
            return SearchedAccounts([read_account(row) for row in rows], count(connection, ACCOUNT, wanted))

    def count_uses(self, account_ids: Sequence[AccountId], now: float) -> dict[AccountId, Uses]:
        """Return what uses each of some accounts; what has expired does not count."""
        with self._reading.begin() as connection:
            servers = connection.execute(_count_servers(account_ids, now)).all()
            tokens = connection.execute(_count_tokens(account_ids, now)).all()
        found = {each: Uses() for each in account_ids}
        for account_id, count_of_servers, count_of_grants in servers:
            found[account_id] = Uses(count_of_servers, count_of_grants)
        for account_id, count_of_tokens in tokens:
            found[account_id] = found[account_id]._replace(api_tokens=count_of_tokens)
        return found

    def list_open_links(self, reach: Reach, now: float, limit: int) -> list[OpenLink]:
        """Return the customers' links within reach that still work, newest first, with who has made each."""
        made = and_(AUDIT.c.subject == LINK_TOKEN.c.id, AUDIT.c.action == "link_token.created")
        makers = LINK_TOKEN.outerjoin(AUDIT, made).outerjoin(PERSON, PERSON.c.id == AUDIT.c.actor)
        is_open = and_(LINK_TOKEN.c.used_at.is_(None), LINK_TOKEN.c.expires_at > now)
        wanted = (
            select(*LINK_COLUMNS, PERSON.c.name.label("maker_name"), AUDIT.c.actor)
            .select_from(makers)
            .where(are_links_within(reach), is_open)
            .order_by(LINK_TOKEN.c.created_at.desc(), LINK_TOKEN.c.id)
            .limit(limit)
        )
        with self._reading.begin() as connection:
            rows = connection.execute(wanted).all()
        return [OpenLink(read_link(row), row.maker_name or "", row.actor or "") for row in rows]


def _are_searched(person_id: PersonId, text: str, status: str) -> ColumnElement[bool]:
    """Return the condition of a search. SQLite lowers letters of ASCII only: the text is compared as it is too."""
    tenants = select(MEMBER.c.tenant_id).where(MEMBER.c.person_id == person_id)
    name = ACCOUNT.c.name
    is_named = or_(
        name.contains(text, autoescape=True), func.lower(name).contains(text.lower(), autoescape=True)
    )
    return and_(
        ACCOUNT.c.tenant_id.in_(tenants),
        is_named if text else true(),
        ACCOUNT.c.status == status if status else true(),
    )


def _count_servers(account_ids: Sequence[AccountId], now: float) -> Any:
    grants = MCP_SERVER.c.grant_id
    return (
        select(MCP_SERVER.c.account_id, func.count() - func.count(grants), func.count(grants.distinct()))
        .where(MCP_SERVER.c.account_id.in_(account_ids), is_alive(now))
        .group_by(MCP_SERVER.c.account_id)
    )


def _count_tokens(account_ids: Sequence[AccountId], now: float) -> Any:
    ends = API_TOKEN.c.expires_at
    return (
        select(API_TOKEN.c.account_id, func.count())
        .where(API_TOKEN.c.account_id.in_(account_ids), or_(ends.is_(None), ends > now))
        .group_by(API_TOKEN.c.account_id)
    )
