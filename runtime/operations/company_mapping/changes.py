"""What a person decides of a mapping: confirmed, refused, not a client, set by hand; and what is linked by itself.

Called by `mappings`. Pure: each returns the mapping as it is afterwards, or raises for what does not fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from runtime.errors import InvalidRequest
from runtime.insights.name_matching import Pair, Party
from runtime.operations.company_mapping.links import CompanyMapping, Link, Status

MOST_AT_ONCE = 10_000
"""Decisions of one change: as many as there are clients."""
BY_HAND = "Set by hand."


class Decided(NamedTuple):
    """Who decides, and when."""

    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Decisions:
    """What somebody decides of suggestions. `above` confirms every only suggestion with at least that score."""

    confirm: tuple[tuple[str, str], ...] = ()
    refuse: tuple[tuple[str, str], ...] = ()
    not_clients: tuple[str, ...] = ()
    unlink: tuple[str, ...] = ()
    above: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client is said to be."""

    work_id: str
    customer_id: str | None
    status: Status


@dataclass(frozen=True, slots=True)
class Names:
    """The parties of both sides by their ids."""

    work: Mapping[str, Party] = field(default_factory=dict)
    books: Mapping[str, Party] = field(default_factory=dict)


def add_links(
    mapping: CompanyMapping, pairs: Iterable[Pair], names: Names, decided: Decided
) -> CompanyMapping:
    """Return a mapping with the links that are certain."""
    links = dict(mapping.links)
    for each in pairs:
        links[each.work_id] = _make_link(each, names, each.how, decided)
    return replace(mapping, links=links)


def decide(
    mapping: CompanyMapping, decisions: Decisions, suggestions: Sequence[Pair], names: Names, decided: Decided
) -> CompanyMapping:
    """Return a mapping after what somebody decided. Raises InvalidRequest for what is not there."""
    links, refused = dict(mapping.links), set(mapping.refused)
    known = {(each.work_id, each.customer_id): each for each in suggestions}
    confirmed = list(decisions.confirm)
    if decisions.above is not None:
        confirmed += list_above(suggestions, decisions.above, {*decisions.refuse, *confirmed})
    for work_id, customer_id in decisions.refuse:
        refused.add((work_id, customer_id))
        if work_id in links and links[work_id].customer_id == customer_id:
            del links[work_id]
    for work_id, customer_id in confirmed:
        pair = known.get((work_id, customer_id)) or Pair(work_id, customer_id, "manual", 0, BY_HAND)
        how = "confirmed" if (work_id, customer_id) in known else "manual"
        links[work_id] = _make_link(pair, names, how, decided)
        refused.discard((work_id, customer_id))
    for work_id in decisions.not_clients:
        links[work_id] = _make_no_client(work_id, names, decided)
    for work_id in decisions.unlink:
        links.pop(work_id, None)
    return replace(mapping, links=links, refused=frozenset(refused))


def set_links(
    mapping: CompanyMapping, wishes: Sequence[Wish], names: Names, decided: Decided
) -> CompanyMapping:
    """Return a mapping with the links wished for; one that is as before stays as it is. Raises InvalidRequest."""
    links: dict[str, Link] = {}
    for each in wishes:
        before = mapping.links.get(each.work_id)
        if each.work_id in links:
            raise InvalidRequest(
                f'The client "{each.work_id[:80]}" is named twice.', advice="Name each client once."
            )
        if before is not None and (before.customer_id, before.status) == (each.customer_id, each.status):
            links[each.work_id] = before
        elif each.status == "not_a_client":
            links[each.work_id] = _make_no_client(each.work_id, names, decided)
        else:
            pair = Pair(each.work_id, each.customer_id or "", "manual", 0, BY_HAND)
            links[each.work_id] = _make_link(pair, names, "manual", decided)
    return replace(mapping, links=links)


def list_above(
    suggestions: Sequence[Pair], score: int, others: Iterable[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """Return the pairs with at least a score whose client has no other such suggestion, and no decision in `others`."""
    decided = set(others)
    high: dict[str, list[str]] = {}
    for each in suggestions:
        if each.score >= score and (each.work_id, each.customer_id) not in decided:
            high.setdefault(each.work_id, []).append(each.customer_id)
    busy = {work_id for work_id, _ in decided}
    return [(work_id, ids[0]) for work_id, ids in high.items() if len(ids) == 1 and work_id not in busy]


def _make_link(pair: Pair, names: Names, how: str, decided: Decided) -> Link:
    client, customer = names.work.get(pair.work_id), names.books.get(pair.customer_id)
    if client is None:
        raise _refuse_unknown("client", pair.work_id)
    if customer is None:
        raise _refuse_unknown("customer", pair.customer_id)
    return Link(
        client.id, client.name, customer.id, customer.name, "linked", how, pair.score, pair.reason, *decided
    )


def _make_no_client(work_id: str, names: Names, decided: Decided) -> Link:
    client = names.work.get(work_id)
    if client is None:
        raise _refuse_unknown("client", work_id)
    return Link(client.id, client.name, None, "", "not_a_client", "manual", 0, "", *decided)


def _refuse_unknown(kind: str, id_: str) -> InvalidRequest:
    return InvalidRequest(
        f'There is no {kind} with the id "{id_[:80]}".',
        advice="Take the ids from the suggestions, or from the lists of both systems.",
    )
