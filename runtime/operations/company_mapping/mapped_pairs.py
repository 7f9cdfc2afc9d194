"""The work system that is mapped with an account of books, for analyses over both.

Called by `operations.insights.work_pairs`, which decides who may have it read. Only the stored mapping is read: no
vendor is asked.
"""

from __future__ import annotations

import asyncio

from runtime.deployment import Deployment
from runtime.insight_values import name_mapping_owner
from runtime.insights.client_mapping import ClientLink, ClientMapping
from runtime.model import Account
from runtime.operations.company_mapping.links import Link, read_mapping
from runtime.operations.insights.work_pairs import WorkPair


class MappedPairs:
    """Finds pairs in the mappings of a tenant. One for the process."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    async def find(self, books: Account) -> WorkPair | None:
        """Return the work system that is mapped with an account of books; None where no client is linked.

        Of several mappings the one that was begun last counts.
        """
        return await asyncio.to_thread(self._find, books)

    def _find(self, books: Account) -> WorkPair | None:
        records, keys = self._deployment.stores.records, self._deployment.keys
        for stored in reversed(records.list_mappings(books.id)):
            if stored.books_account_id != books.id or stored.tenant_id != books.tenant_id:
                continue
            content = keys.open(stored.sealed, name_mapping_owner(stored.id))
            mapping = read_mapping(content, stored.version, stored.created_at, stored.updated_at)
            work = records.find_account(stored.work_account_id) if mapping.customers else None
            if work is not None:
                return WorkPair(
                    work, ClientMapping({id_: _show(link) for id_, link in mapping.links.items()})
                )
        return None


def _show(link: Link) -> ClientLink:
    return ClientLink(link.work_id, link.status, link.customer_id or "")
