"""The use cases of a company mapping: read, set, mapped by itself, suggested, decided.

Called by `api.company_mapping` and `web.mapping_pages`, with how tools are called for whoever asks. A change names the
version that it was made from: of two people who decide at once, the later one is asked to look again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runtime.deployment import Deployment
from runtime.errors import Conflict
from runtime.insight_values import StoredMapping, name_mapping_owner
from runtime.insights.name_matching import Matches
from runtime.model import AuditEntry
from runtime.operations.company_mapping.amounts import Amounts, UnmappedAmounts
from runtime.operations.company_mapping.changes import (
    Decided,
    Decisions,
    Wish,
    add_links,
    decide,
    set_links,
)
from runtime.operations.company_mapping.links import CompanyMapping, read_mapping, write_mapping
from runtime.operations.company_mapping.pairs import Chosen, Pair, Pairs
from runtime.operations.company_mapping.readings import Reading, Readings, ToolCall
from runtime.operations.company_mapping.suggesting import (
    Suggestions,
    list_clients,
    list_customers,
    list_unmapped,
    match_open,
    name_parties,
)
from runtime.tenancy import TenantId

NOTHING_LINKED = "Nothing is linked by itself before both sides are read whole."


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: for the audit, and how tools are called for it."""

    actor: str
    call: ToolCall


class CompanyMappings:
    """Reads and changes mappings. One for each endpoint."""

    def __init__(self, deployment: Deployment) -> None:
        self._stores, self._keys, self._clock = deployment.stores, deployment.keys, deployment.clock
        self.pairs, self._readings = Pairs(deployment), Readings(deployment)
        self._amounts = UnmappedAmounts(deployment, self._readings)

    async def choose(self, tenant_id: TenantId, chosen: Chosen) -> Pair:
        """Return the pair of accounts that is asked for. Raises NotFound and InvalidRequest."""
        return await asyncio.to_thread(self.pairs.choose, tenant_id, chosen)

    async def read(self, pair: Pair) -> CompanyMapping:
        """Return what is decided of a pair; an empty mapping of version 0 where nothing is."""
        stored = await asyncio.to_thread(self._stores.records.find_mapping, pair.id)
        if stored is None:
            return CompanyMapping()
        content = self._keys.open(stored.sealed, name_mapping_owner(stored.id))
        return read_mapping(content, stored.version, stored.created_at, stored.updated_at)

    async def suggest(self, pair: Pair, asker: Asker, *, is_fresh: bool = False) -> Suggestions:
        """Return what is likely, and what is not mapped, as far as both sides could be read."""
        mapping = await self.read(pair)
        work, books = await self._read_sides(pair, asker, is_fresh=is_fresh)
        matches, names = await _match(mapping, work, books), name_parties(work, books)
        clients, customers = list_clients(mapping, work), list_customers(mapping, names)
        revenue, hours = await asyncio.gather(
            self._amounts.read_revenue(pair.books, asker.call),
            self._amounts.read_hours(pair.work, asker.call, [each.id for each in clients]),
        )
        # What is certain and not linked yet is likely, too: a person may confirm it before it is mapped by itself.
        pairs = sorted((*matches.links, *matches.suggestions), key=lambda each: -each.score)
        return Suggestions(
            mapping,
            tuple(pairs),
            names,
            list_unmapped(clients, hours),
            list_unmapped(customers, revenue),
            _list_missing(work, books, hours, revenue),
        )

    async def map_automatically(
        self, pair: Pair, version: int, asker: Asker
    ) -> tuple[CompanyMapping, int, list[str]]:
        """Link what is certain. Return the mapping, how many links are new, and what could not be read.

        Raises Conflict for another version.
        """
        mapping = self._check(await self.read(pair), version)
        work, books = await self._read_sides(pair, asker, is_fresh=True)
        if missing := [each.missing for each in (work, books) if each.missing]:
            return mapping, 0, [*missing, NOTHING_LINKED]
        matches = await _match(mapping, work, books)
        if not matches.links:
            return mapping, 0, []
        changed = add_links(mapping, matches.links, name_parties(work, books), self._decided(asker))
        count = len(matches.links)
        return (
            await self._save(pair, mapping, changed, asker, "company_mapping.mapped", linked=count),
            count,
            [],
        )

    async def decide(self, pair: Pair, version: int, decisions: Decisions, asker: Asker) -> CompanyMapping:
        """Carry out what somebody decided of suggestions. Raises Conflict and InvalidRequest."""
        mapping = self._check(await self.read(pair), version)
        work, books = await self._read_sides(pair, asker)
        matches, names = await _match(mapping, work, books), name_parties(work, books)
        suggestions = (*matches.links, *matches.suggestions)
        changed = decide(mapping, decisions, suggestions, names, self._decided(asker))
        details = {
            "confirmed": len(decisions.confirm),
            "refused": len(decisions.refuse),
            "not_clients": len(decisions.not_clients),
            "unlinked": len(decisions.unlink),
        } | ({"above": decisions.above} if decisions.above is not None else {})
        return await self._save(pair, mapping, changed, asker, "company_mapping.decided", **details)

    async def set_links(
        self, pair: Pair, version: int, wishes: Sequence[Wish], asker: Asker
    ) -> CompanyMapping:
        """Replace all links. Raises Conflict and InvalidRequest."""
        mapping = self._check(await self.read(pair), version)
        work, books = await self._read_sides(pair, asker)
        changed = set_links(mapping, wishes, name_parties(work, books), self._decided(asker))
        return await self._save(
            pair, mapping, changed, asker, "company_mapping.set", links=len(changed.links)
        )

    async def _read_sides(
        self, pair: Pair, asker: Asker, *, is_fresh: bool = False
    ) -> tuple[Reading, Reading]:
        return await asyncio.gather(
            self._readings.read(pair.work, asker.call, is_fresh=is_fresh),
            self._readings.read(pair.books, asker.call, is_fresh=is_fresh),
        )

    async def _save(
        self,
        pair: Pair,
        before: CompanyMapping,
        after: CompanyMapping,
        asker: Asker,
        action: str,
        **details: Any,
    ) -> CompanyMapping:
        now, id_ = self._clock(), pair.id
        after = replace(
            after, version=before.version + 1, created_at=before.created_at or now, updated_at=now
        )
        stored = StoredMapping(
            id_,
            pair.books.tenant_id,
            pair.work.id,
            pair.books.id,
            after.version,
            self._keys.seal(write_mapping(after), name_mapping_owner(id_)),
            after.created_at,
            now,
        )
        said = details | {"tenant_id": pair.books.tenant_id, "version": after.version}
        audit = AuditEntry(now, asker.actor, action, id_, said)
        save: Callable[[], bool] = lambda: self._stores.records.save_mapping(stored, audit)  # noqa: E731
        if not await self._stores.write(save):
            raise _refuse_stale()
        return after

    def _check(self, mapping: CompanyMapping, version: int) -> CompanyMapping:
        """Return a mapping that is in the version somebody saw. Raises Conflict."""
        if mapping.version != version:
            raise _refuse_stale()
        return mapping

    def _decided(self, asker: Asker) -> Decided:
        return Decided(asker.actor, self._clock())


async def _match(mapping: CompanyMapping, work: Reading, books: Reading) -> Matches:
    return await asyncio.to_thread(match_open, mapping, work, books)


def _list_missing(work: Reading, books: Reading, hours: Amounts, revenue: Amounts) -> tuple[str, ...]:
    return tuple(filter(None, (work.missing, books.missing, hours.missing, revenue.missing)))


def _refuse_stale() -> Conflict:
    return Conflict(
        "The mapping was changed since you read it, or one of its accounts was disconnected.",
        advice="Read it again, and decide on what it is now, with its new version.",
    )
