"""What two parties have in common, and who else has it: the same name, domain, phone or address.

Called by `matching`. A key is decisive where one client and one customer have it and nobody else; a customer and its
sub-customers are one family, of which the uppermost that has the key stands for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from runtime.insights.name_matching.details import make_address_key, make_domain_key, make_phone_key
from runtime.insights.name_matching.parties import Party
from runtime.insights.name_matching.spelling import list_aliases, make_exact_key, make_name_key

Level = Literal["exact", "normalised", "domain", "phone", "address"]
LEVELS: tuple[Level, ...] = ("exact", "normalised", "domain", "phone", "address")
"""From the most certain on."""
MOST_SHARING = 20
"""Customers that have a detail in common and are still worth comparing: more share it by chance."""
DEEPEST_FAMILY = 10
"""Parents of a customer that are followed: books nest five or fewer, and records may name each other."""


@dataclass(slots=True)
class Common:
    """What a client and a customer have in common: every level, its key, and whether that is decisive."""

    keys: dict[Level, str] = field(default_factory=dict)
    decisive: set[Level] = field(default_factory=set)

    @property
    def best(self) -> Level | None:
        """The most certain level that is decisive."""
        return next((each for each in LEVELS if each in self.decisive), None)


class Families:
    """The customers that belong together."""

    def __init__(self, books: Sequence[Party]) -> None:
        self._parents = {each.id: each.parent_id for each in books}

    def find_root(self, id_: str) -> str:
        """Return the uppermost customer above one."""
        return self._climb(id_)[0]

    def measure_depth(self, id_: str) -> int:
        """Return how many customers are above one."""
        return self._climb(id_)[1]

    def _climb(self, id_: str) -> tuple[str, int]:
        for depth in range(DEEPEST_FAMILY):
            parent = self._parents.get(id_, "")
            if not parent or parent not in self._parents:
                return id_, depth
            id_ = parent
        return id_, DEEPEST_FAMILY


def list_keys(party: Party) -> Iterator[tuple[Level, str]]:
    """Yield each key of a party with its level."""
    for name in party.names:
        yield "exact", make_exact_key(name)
        for alias in list_aliases(name):
            yield "normalised", make_name_key(alias)
    for site in party.sites:
        yield "domain", make_domain_key(site)
    for phone in party.phones:
        yield "phone", make_phone_key(phone)
    for address in party.addresses:
        yield "address", make_address_key(address)


def find_common(
    work: Sequence[Party], books: Sequence[Party], families: Families
) -> dict[str, dict[str, Common]]:
    """Return what each client has in common with customers, by the ids of both."""
    clients, customers = _index(work), _index(books)
    found: dict[str, dict[str, Common]] = defaultdict(lambda: defaultdict(Common))
    for (level, key), ids in clients.items():
        holders = customers.get((level, key), ())
        roots = {families.find_root(each) for each in holders}
        if len(roots) > MOST_SHARING or len(ids) > MOST_SHARING:
            continue
        chosen = _choose_uppermost(holders, families)
        for client in ids:
            for holder in chosen:
                common = found[client][holder]
                common.keys.setdefault(level, key)
                if len(ids) == len(chosen) == 1:
                    common.decisive.add(level)
    return found


def _index(parties: Sequence[Party]) -> Mapping[tuple[Level, str], Sequence[str]]:
    found: dict[tuple[Level, str], dict[str, None]] = defaultdict(dict)
    for party in parties:
        for level, key in list_keys(party):
            if key:
                found[level, key][party.id] = None
    return {key: list(ids) for key, ids in found.items()}


def _choose_uppermost(holders: Sequence[str], families: Families) -> list[str]:
    """Return the uppermost of each family; of several at one depth, all."""
    by_root: dict[str, list[str]] = defaultdict(list)
    for each in holders:
        by_root[families.find_root(each)].append(each)
    chosen = []
    for members in by_root.values():
        least = min(families.measure_depth(each) for each in members)
        chosen += [each for each in members if families.measure_depth(each) == least]
    return chosen
