"""Finds a client by its name in either system, for tools and reports that filter by customer.

For what takes the name of a client. Only the stored mapping is read: no vendor is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from runtime.deployment import Deployment
from runtime.errors import InvalidArguments
from runtime.insight_values import name_mapping_owner
from runtime.model import Account
from runtime.operations.clients import ClientMatch
from runtime.operations.company_mapping.links import Link, read_mapping

MOST_NEAR = 5
"""Near names in an error: a model reads so many, and asks its user."""
NEAR = 60.0
"""How alike a name is that may have been meant."""


class MappedClients:
    """Finds clients in the mappings of an account. One for the process."""

    def __init__(self, deployment: Deployment) -> None:
        self._stores, self._keys = deployment.stores, deployment.keys

    async def has_mapping(self, account: Account, /) -> bool:
        """Return whether a client of this account is linked to a customer."""
        return any(each.status == "linked" for each in await self._list_links(account))

    async def find_client(self, account: Account, name: str, /) -> ClientMatch | None:
        """Return the client with a name in either system; None where nothing is mapped.

        Raises InvalidArguments with near names where none or several have it.
        """
        links = await self._list_links(account)
        if not any(each.status == "linked" for each in links):
            return None
        found = _find(links, name)
        linked = [each for each in found if each.status == "linked"]
        customers = dict.fromkeys(str(each.customer_id) for each in linked)
        if len(customers) == 1:
            return _describe(links, next(iter(customers)))
        if found and not linked:
            raise InvalidArguments(
                f'"{name[:80]}" is marked as no client in the company mapping.',
                advice="Ask for another client, or change the mapping.",
            )
        near = sorted({each.customer_name for each in linked}) or _list_near(links, name)
        raise InvalidArguments(
            f'{len(customers)} clients are called "{name[:80]}".'
            if customers
            else f'No client is called "{name[:80]}" in the company mapping.',
            advice=f"Name one of these: {', '.join(near)}." if near else "Look at the company mapping.",
        )

    async def _list_links(self, account: Account) -> list[Link]:
        stored = await asyncio.to_thread(self._stores.records.list_mappings, account.id)
        links: list[Link] = []
        for each in stored:
            content = self._keys.open(each.sealed, name_mapping_owner(each.id))
            links += read_mapping(content, each.version, each.created_at, each.updated_at).links.values()
        return links


def _list_names(links: Iterable[Link]) -> Iterator[tuple[str, Link]]:
    for each in links:
        yield each.work_name, each
        if each.customer_name:
            yield each.customer_name, each


def _find(links: list[Link], name: str) -> list[Link]:
    """Return the links with a name: as it is written, else but for what people write differently."""
    from runtime.insights.name_matching import make_name_key  # with a library that few calls need

    wanted, key = " ".join(name.split()).casefold(), make_name_key(name)
    exact = [link for each, link in _list_names(links) if each.casefold() == wanted]
    return exact or [link for each, link in _list_names(links) if key and make_name_key(each) == key]


def _list_near(links: list[Link], name: str) -> list[str]:
    from rapidfuzz import fuzz, process

    from runtime.insights.name_matching import make_name_key

    names = list(dict.fromkeys(each for each, link in _list_names(links) if link.status == "linked"))
    keys = [make_name_key(each) for each in names]
    found = process.extract(make_name_key(name), keys, scorer=fuzz.WRatio, score_cutoff=NEAR, limit=MOST_NEAR)
    return [names[place] for _, _, place in found]


def _describe(links: list[Link], customer_id: str) -> ClientMatch:
    mine = [each for each in links if each.customer_id == customer_id]
    return ClientMatch((customer_id,), tuple(each.work_id for each in mine), mine[0].customer_name)
