"""The work account that is mapped with an account of the books, for analyses over both.

Called by `operations.insights`, which decides whether a caller may have the work account read. Only the stored mapping
is read: no vendor is asked.
"""

from __future__ import annotations

import asyncio

from runtime.deployment import Deployment
from runtime.insight_values import StoredMapping, name_mapping_owner
from runtime.insights.client_mapping import ClientLink, ClientMapping
from runtime.model import Account
from runtime.operations.company_mapping.links import Link, read_mapping
from runtime.operations.insights.work_pairs import WorkPair


class StoredPairs:
    """Finds pairs by the mappings that people made. One for the process."""

    def __init__(self, deployment: Deployment) -> None:
        self._stores, self._keys = deployment.stores, deployment.keys

    async def find(self, books: Account) -> WorkPair | None:
        """Return the work account that is mapped with an account of books; of several, the one mapped first."""
        stored = await asyncio.to_thread(self._stores.records.list_mappings, books.id)
        for each in stored:
            if each.books_account_id == books.id and (links := self._open(each)):
                work = await asyncio.to_thread(self._stores.records.find_account, each.work_account_id)
                if work is not None:
                    return WorkPair(work, ClientMapping({one.work_id: _describe(one) for one in links}))
        return None

    def _open(self, stored: StoredMapping) -> list[Link]:
        content = self._keys.open(stored.sealed, name_mapping_owner(stored.id))
        return list(
            read_mapping(content, stored.version, stored.created_at, stored.updated_at).links.values()
        )


def _describe(link: Link) -> ClientLink:
    return ClientLink(link.work_id, link.status, link.customer_id or "")
