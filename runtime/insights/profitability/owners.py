"""Whose a customer of the books, or a client of the work system, is. Called by `tallies`.

A customer that is not mapped itself, such as a project of a client, belongs to the nearest one above it that is. Of
those that are mapped nowhere the topmost one stands for all below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from runtime.insights.bookings import CUSTOMERS
from runtime.insights.books import Books, Key
from runtime.insights.client_mapping import ClientMapping

OwnerKind = Literal["client", "books_only", "work_only", "no_client", "nobody"]
"""A client has both: a customer and a client of the work system. What is no client is the company itself, a vendor …"""
DEEPEST = 20
"""Customers above one another: the vendor allows five, and a circle must end."""


class Owner(NamedTuple):
    """Whose money and work is: by the Id of a customer, or of a client of the work system for `work_only`."""

    kind: OwnerKind
    id: str = ""


NOBODY = Owner("nobody")
NO_CLIENT = Owner("no_client")


class Owners:
    """Finds owners by a mapping."""

    def __init__(self, books: Books, mapping: ClientMapping) -> None:
        self._parents: Mapping[str, str] = {
            key.id: party.parent for key, party in books.parties.items() if key.resource == CUSTOMERS
        }
        self._links, self._mapped = mapping.links, mapping.list_customers()
        self._known: dict[str, Owner] = {}
        self._known_of_work: dict[str, Owner] = {}

    def find_of_customer(self, customer: str) -> Owner:
        """Return whose a customer is, by its Id."""
        if not customer:
            return NOBODY
        if customer not in self._known:
            self._known[customer] = self._climb(customer)
        return self._known[customer]

    def find_of_work(self, client: str) -> Owner:
        """Return whose a client of the work system is, by its Id."""
        if client not in self._known_of_work:
            self._known_of_work[client] = self._find_linked(client)
        return self._known_of_work[client]

    def _find_linked(self, client: str) -> Owner:
        link = self._links.get(client)
        if link is None:
            return Owner("work_only", client)
        return Owner("client", link.customer) if link.customer else NO_CLIENT

    def _climb(self, customer: str) -> Owner:
        above = customer
        for _ in range(DEEPEST):
            if above in self._mapped:
                return Owner("client", above)
            parent = self._parents.get(above, "")
            if not parent:
                break
            above = parent
        return Owner("books_only", above)


def name_owner(owner: Owner, books: Books) -> str:
    """Return the name of an owner."""
    if owner.kind == "work_only":
        return books.work.name_client(owner.id) if books.work is not None else owner.id
    return books.name_party(Key(CUSTOMERS, owner.id)) if owner.id else ""
