"""Whether the caller of an analysis of the books may have the work system of the same tenant read beside them.

Called by `answering`. An analysis over both systems reads a second account, which the address of the call does not
name. So it is denied unless all of this holds:

- people of the tenant mapped the two accounts with each other: that is what they agreed to;
- both belong to the same tenant, and the work account is connected;
- a person who calls is a member of that tenant now, with the role that its money needs;
- a grant of OAuth names the work account too, because its person chose the companies that a client reaches;
- no API token calls: its call names one account, and it may be bound to that.

An MCP server of the books needs no more than the mapping: whoever made both decided it. What is read is never answered
as records, only as figures and the names of records. Where it is denied, the answer has the books alone and says why.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from runtime.deployment import Deployment
from runtime.insights.client_mapping import ClientMapping
from runtime.model import Account, Grant
from runtime.people import ROLES, PersonId

USUAL_ROLE = "billing_admin"
"""The least role for money where a tenant says nothing else, as `identity.roles` has it."""
NOT_CONNECTED = "The work system is not connected: connect it again."
NOT_A_MEMBER = "The person who asks may not use the tools of the work system."
NOT_GRANTED = "The grant of this client names the books alone: grant it the work system too."
ONE_ACCOUNT = "An API token reads the account that its call names: ask through an MCP server or on a page."


@dataclass(frozen=True, slots=True)
class WorkPair:
    """The account of a work system that is mapped with books, and who is who."""

    account: Account
    mapping: ClientMapping


class WorkPairs(Protocol):
    """Where pairs of accounts come from: the mapping that people of a tenant made."""

    async def find(self, books: Account) -> WorkPair | None:
        """Return the work system that is mapped with an account of books; None where none is."""


class NoPairs:
    """No tenant has mapped anything."""

    async def find(self, _books: Account) -> WorkPair | None:
        """Return nothing."""
        return None


class Entitled(NamedTuple):
    """The pair that a caller may have read; else why not, empty where there is none."""

    pair: WorkPair | None
    why: str = ""


class Entitlement:
    """Finds the work system that a caller may have read. One for the process."""

    def __init__(self, pairs: WorkPairs, deployment: Deployment | None) -> None:
        self._pairs, self._deployment = pairs, deployment

    async def find(self, grant: Grant | None) -> Entitled:
        """Return the pair that a grant lets its caller have read."""
        pair = await self._pairs.find(grant.account) if grant is not None else None
        if grant is None or pair is None or pair.account.tenant_id != grant.account.tenant_id:
            return Entitled(None)
        why = await self._refuse(grant, pair.account)
        return Entitled(None, why) if why else Entitled(pair)

    async def _refuse(self, grant: Grant, work: Account) -> str:
        """Return why a caller may not have an account read; empty where it may."""
        if work.status != "active":
            return NOT_CONNECTED
        if grant.oauth is not None and work.id not in grant.reaches:
            return NOT_GRANTED
        if grant.person_id:
            return "" if await self._is_member(grant, work) else NOT_A_MEMBER
        return "" if grant.server_id is not None else ONE_ACCOUNT

    async def _is_member(self, grant: Grant, work: Account) -> bool:
        """Whether the person of a grant has the role that the money of an account needs."""
        if self._deployment is None:
            return False
        records = self._deployment.stores.records
        found = await asyncio.to_thread(records.list_grantable, PersonId(grant.person_id))
        return any(
            account_id == work.id and ROLES.index(role) >= ROLES.index(tools_role or USUAL_ROLE)
            for account_id, role, tools_role in found
        )
