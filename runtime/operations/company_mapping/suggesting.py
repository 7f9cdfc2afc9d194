"""What is likely of a mapping, and what is not mapped, in amounts. Called by `mappings` with what was read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from runtime.insights.name_matching import Matches, Pair, Party, match_parties
from runtime.operations.company_mapping.amounts import Amounts
from runtime.operations.company_mapping.changes import Names
from runtime.operations.company_mapping.links import CompanyMapping
from runtime.operations.company_mapping.readings import Reading


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A client without a customer, or a customer without a client; `amount` is None where it is not known."""

    id: str
    name: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What is likely, the likeliest first, what is not mapped, the most first, and what could not be read."""

    mapping: CompanyMapping
    pairs: tuple[Pair, ...]
    names: Names
    work: tuple[Unmapped, ...] = ()
    money: tuple[Unmapped, ...] = ()
    incomplete: tuple[str, ...] = ()


def match_open(mapping: CompanyMapping, work: Reading, books: Reading) -> Matches:
    """Return what is certain and likely of the clients that nobody has decided."""
    open_ = [each for each in work.parties if each.id not in mapping.links]
    return match_parties(open_, books.parties, mapping.refused, mapping.customers)


def name_parties(work: Reading, books: Reading) -> Names:
    """Return the parties of both sides by their ids."""
    return Names({each.id: each for each in work.parties}, {each.id: each for each in books.parties})


def list_clients(mapping: CompanyMapping, work: Reading) -> list[Party]:
    """Return the clients that nobody has decided."""
    return [each for each in work.parties if each.id not in mapping.links]


def list_customers(mapping: CompanyMapping, names: Names) -> list[Party]:
    """Return the uppermost customers that have no client, nor has any customer below them."""
    busy = set()
    for id_ in mapping.customers:
        for _ in range(10):
            busy.add(id_)
            parent = names.books[id_].parent_id if id_ in names.books else ""
            if not parent or parent in busy:
                break
            id_ = parent
    return [
        each for each in names.books.values() if each.id not in busy and each.parent_id not in names.books
    ]


def list_unmapped(parties: list[Party], amounts: Amounts) -> tuple[Unmapped, ...]:
    """Return what is not mapped, the largest amount first."""
    known = not amounts.missing or bool(amounts.by_id)
    found = [
        Unmapped(each.id, each.name, amounts.by_id.get(each.id, Decimal(0)) if known else None)
        for each in parties
    ]
    return tuple(sorted(found, key=lambda each: (-(each.amount or 0), each.name.casefold(), each.id)))


def add_up(unmapped: tuple[Unmapped, ...]) -> Decimal | None:
    """Return the sum of what is not mapped; None where no amount is known."""
    known = [each.amount for each in unmapped if each.amount is not None]
    return sum(known, Decimal(0)) if known or not unmapped else None
