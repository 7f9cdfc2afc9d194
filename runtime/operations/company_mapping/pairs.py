"""The two accounts of a tenant that are mapped: one of a work system, one of the books. Called by `mappings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from generator.mapping_rules import Side
from runtime.deployment import Deployment
from runtime.errors import InvalidRequest, NotFound
from runtime.insight_values import name_mapping
from runtime.model import Account
from runtime.operations.companies import show_name
from runtime.tenancy import AccountFilter, TenantId

MOST_ACCOUNTS = 500
"""Accounts of a tenant that are looked at; no tenant has both systems hundreds of times."""
_TITLES: dict[Side, str] = {"work": "work system", "books": "books"}
_MISSING: dict[Side, str] = {"work": "work system is", "books": "books are"}


class Chosen(NamedTuple):
    """The ids of the accounts that somebody asks for; empty for the only one there is."""

    work_account: str = ""
    books_account: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two accounts."""

    work: Account
    books: Account

    @property
    def id(self) -> str:
        """The id of their mapping."""
        return name_mapping(self.work.id, self.books.id)


class Pairs:
    """Finds the accounts that can be mapped."""

    def __init__(self, deployment: Deployment) -> None:
        self._stores, self._catalog = deployment.stores, deployment.catalog

    def list_accounts(self, tenant_id: TenantId, side: Side) -> list[Account]:
        """Return the connected accounts of a tenant on one side."""
        wanted = AccountFilter(tenant_id=tenant_id)
        found = self._stores.records.list_accounts(None, MOST_ACCOUNTS, wanted)
        return [
            each for each in found if each.status in ("active", "needs_reauth") and self._is_on(each, side)
        ]

    def choose(self, tenant_id: TenantId, chosen: Chosen) -> Pair:
        """Return the pair that is asked for. Raises NotFound and InvalidRequest, which say what to do."""
        return Pair(
            self._choose(tenant_id, "work", chosen.work_account),
            self._choose(tenant_id, "books", chosen.books_account),
        )

    def _choose(self, tenant_id: TenantId, side: Side, id_: str) -> Account:
        found = self.list_accounts(tenant_id, side)
        if not found:
            raise NotFound(
                f"There is nothing to map: no {_MISSING[side]} connected in this organization.",
                advice="Connect a work system and the books first; both belong to the same organization.",
            )
        if not id_ and len(found) == 1:
            return found[0]
        if not id_:
            raise InvalidRequest(
                f"Several accounts of the {_TITLES[side]} are connected.",
                advice=f"Name one with {side}_account: {_list(found)}.",
            )
        for each in found:
            if each.id == id_:
                return each
        raise NotFound(
            f"No account with this id is connected as the {_TITLES[side]} of this organization.",
            advice=f"Name one of these with {side}_account: {_list(found)}.",
        )

    def _is_on(self, account: Account, side: Side) -> bool:
        integration = self._catalog().integrations.get(account.integration)
        return (
            integration is not None
            and integration.system == side
            and bool(integration.company.mapping.resource)
        )


def _list(accounts: Sequence[Account]) -> str:
    return ", ".join(f"{each.id} ({show_name(each)})" for each in accounts[:10])
