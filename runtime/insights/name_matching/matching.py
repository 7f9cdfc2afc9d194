"""Matches the clients of a work system with the customers of the books: what is certain is linked, the rest suggested.

Called by `operations.company_mapping`. Nothing is linked where two candidates compete: two customers that fit one
client, or two clients that fit one customer. Several clients of one customer are a matter of people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from runtime.insights.name_matching.details import make_domain_key
from runtime.insights.name_matching.evidence import LEVELS, Common, Families, Level, find_common
from runtime.insights.name_matching.likeness import (
    NOT_ALIKE,
    Likeness,
    Name,
    WordWeights,
    make_name,
    measure_likeness,
)
from runtime.insights.name_matching.near_names import NearNames
from runtime.insights.name_matching.parties import Party
from runtime.insights.name_matching.reasons import (
    OTHER_CLIENT,
    OTHER_CUSTOMER,
    OTHER_DETAILS,
    write_reason,
)
from runtime.insights.name_matching.spelling import list_aliases

LEAST_SCORE = 60
"""What is suggested at least: below it nine of ten suggestions are wrong, by the companies of the tests."""
MOST_SUGGESTIONS = 3
"""Suggestions for one client: the right one is among the first three, or not to be found by its names."""
DETAIL_WEIGHTS: Mapping[Level, float] = {"domain": 0.6, "phone": 0.45, "address": 0.35}
"""How likely a common detail makes it that two parties are the same: a domain is of one firm, a phone number may be an
accountant's, an address has many tenants.
"""
CERTAIN = 0.8
"""How likely it is, by names and details that nobody else has, from which on a detail links by itself."""
SCORES: Mapping[Level, int] = {"exact": 100, "normalised": 98}
"""The scores of names that are the same; no other is as high."""
HIGHEST_ALIKE = 97
"""The score of names that are alike and not the same, at most: below those that are."""
NAMES_IN_ORDER: tuple[Level, ...] = ("exact", "normalised")
NAMES = frozenset(NAMES_IN_ORDER)


@dataclass(frozen=True, slots=True)
class Pair:
    """A client and a customer that are the same, or may be. `how` is the level, `fuzzy` for a suggestion."""

    work_id: str
    customer_id: str
    how: str
    score: int
    reason: str


@dataclass(frozen=True, slots=True)
class Matches:
    """What is linked by itself, by client, and what is suggested: for each client, the likeliest first."""

    links: tuple[Pair, ...]
    suggestions: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    common: Common
    likeness: Likeness
    pair: Pair
    is_other: bool
    """Whether both have web domains, and other ones."""


def match_parties(
    work: Sequence[Party],
    books: Sequence[Party],
    refused: Collection[tuple[str, str]] = frozenset(),
    taken: Collection[str] = frozenset(),
) -> Matches:
    """Return what is certain and what is likely of clients that nobody has decided.

    `refused` are pairs of ids that a person said are not the same, `taken` the customers that have a client already:
    such a customer is suggested, and never linked by itself.
    """
    candidates = _list_candidates(work, books, frozenset(refused))
    families = Families(books)
    firm = _choose_firm(candidates, families, frozenset(taken))
    links = tuple(_explain(firm[each.id]) for each in work if each.id in firm)
    wanted_by = Counter(
        one.pair.customer_id for found in candidates.values() for one in found if one.common.keys
    )
    suggestions: list[Pair] = []
    for each in work:
        if each.id not in firm:
            likely = [one for one in candidates[each.id] if one.pair.score >= LEAST_SCORE]
            suggestions += _suggest(likely, families, wanted_by)
    return Matches(links, tuple(suggestions))


def _list_candidates(
    work: Sequence[Party], books: Sequence[Party], refused: frozenset[tuple[str, str]]
) -> dict[str, list[_Candidate]]:
    """Return the customers that fit each client, the likeliest first."""
    common, comparing = find_common(work, books, Families(books)), _Comparing(books)
    found: dict[str, list[_Candidate]] = {}
    for client in work:
        shared = common.get(client.id, {})
        made = [
            comparing.judge(client, id_, both)
            for id_, both in shared.items()
            if (client.id, id_) not in refused
        ]
        if not any(each.common.decisive & NAMES for each in made):
            near = [
                id_
                for id_ in comparing.find_near(client)
                if id_ not in shared and (client.id, id_) not in refused
            ]
            made += [comparing.judge(client, id_, Common()) for id_ in near]
        found[client.id] = sorted(made, key=lambda one: (-one.pair.score, one.pair.customer_id))
    return found


class _Comparing:
    """Compares clients with customers."""

    def __init__(self, books: Sequence[Party]) -> None:
        self._names = {each.id: _make_names(each) for each in books}
        self._domains = {each.id: _list_domains(each) for each in books}
        listed = [(id_, name) for id_, names in self._names.items() for name in names]
        self._ids = [id_ for id_, _ in listed]
        self._weights = WordWeights([name.words for _, name in listed])
        self._near = NearNames([name for _, name in listed])

    def find_near(self, client: Party) -> list[str]:
        """Return the customers whose names are worth comparing."""
        places = [at for name in _make_names(client) for at in sorted(self._near.find(name))]
        return list(dict.fromkeys(self._ids[at] for at in places))

    def judge(self, client: Party, id_: str, common: Common) -> _Candidate:
        """Return a candidate. Names with other domains are no more than likely."""
        found = (
            measure_likeness(one, other, self._weights)
            for one in _make_names(client)
            for other in self._names[id_]
        )
        likeness = max(found, key=lambda each: each.score, default=NOT_ALIKE)
        mine, theirs = _list_domains(client), self._domains[id_]
        is_other = bool(mine and theirs and not mine & theirs)
        if is_other:
            common.decisive.discard("normalised")
        score = _score(common, likeness, is_other=is_other)
        return _Candidate(common, likeness, Pair(client.id, id_, common.best or "fuzzy", score, ""), is_other)


def _score(common: Common, likeness: Likeness, *, is_other: bool) -> int:
    if not is_other and (named := next((each for each in NAMES_IN_ORDER if each in common.keys), None)):
        return SCORES[named]
    doubt = _doubt(likeness, common.keys)
    return min(round(100 * (1.0 - doubt)), HIGHEST_ALIKE)


def _doubt(likeness: Likeness, levels: Collection[Level]) -> float:
    """Return how likely it is that two parties are not the same."""
    doubt = 1.0 - likeness.score / 100.0
    for level, weight in DETAIL_WEIGHTS.items():
        if level in levels:
            doubt *= 1.0 - weight
    return doubt


def _choose_firm(
    candidates: Mapping[str, Sequence[_Candidate]], families: Families, taken: frozenset[str]
) -> dict[str, _Candidate]:
    """Return the candidates that are linked by themselves, by client."""
    chosen: dict[str, _Candidate] = {}
    for work_id, found in candidates.items():
        decisive = [each for each in found if each.common.best]
        roots = {families.find_root(each.pair.customer_id) for each in decisive}
        if len(roots) == 1:
            best = min(decisive, key=lambda each: _rank(each, families))
            if _is_certain(best):
                chosen[work_id] = best
    by_customer: dict[str, list[_Candidate]] = defaultdict(list)
    for each in chosen.values():
        by_customer[each.pair.customer_id].append(each)
    firm = {}
    for customer_id, rivals in by_customer.items():
        rivals.sort(key=_rank_level)
        is_alone = len(rivals) == 1 or _rank_level(rivals[0]) < _rank_level(rivals[1])
        if is_alone and customer_id not in taken:
            firm[rivals[0].pair.work_id] = rivals[0]
    return firm


def _is_certain(candidate: _Candidate) -> bool:
    """Return whether names are the same, or details that nobody else has say enough."""
    decisive = candidate.common.decisive
    return bool(decisive & NAMES) or 1.0 - _doubt(candidate.likeness, decisive) >= CERTAIN


def _rank(candidate: _Candidate, families: Families) -> tuple[int, int]:
    return _rank_level(candidate), families.measure_depth(candidate.pair.customer_id)


def _rank_level(candidate: _Candidate) -> int:
    best = candidate.common.best
    return LEVELS.index(best) if best else len(LEVELS)


def _explain(candidate: _Candidate) -> Pair:
    """Return a pair with the reason for it."""
    reason = write_reason(candidate.common, candidate.likeness.score, candidate.likeness.kind)
    return replace(candidate.pair, reason=f"{reason} {OTHER_DETAILS}" if candidate.is_other else reason)


def _suggest(likely: Sequence[_Candidate], families: Families, wanted_by: Mapping[str, int]) -> list[Pair]:
    """Return the suggestions for a client, each with what speaks against it."""
    shown = likely[:MOST_SUGGESTIONS]
    roots = {families.find_root(each.pair.customer_id) for each in shown if each.common.keys}
    pairs = []
    for each in shown:
        reason = _explain(each).reason
        if each.common.keys and len(roots) > 1:
            reason = f"{reason} {OTHER_CUSTOMER}"
        if each.common.keys and wanted_by.get(each.pair.customer_id, 0) > 1:
            reason = f"{reason} {OTHER_CLIENT}"
        pairs.append(replace(each.pair, how="fuzzy", reason=reason))
    return pairs


def _make_names(party: Party) -> list[Name]:
    """Return the names of a party as they are compared, each once."""
    aliases = (alias for name in party.names for alias in list_aliases(name))
    return list(dict.fromkeys(make_name(each) for each in aliases))


def _list_domains(party: Party) -> set[str]:
    return set(filter(None, map(make_domain_key, party.sites)))
