"""What is particular about each kind of record: what it needs, what is worked out from it, what it posts.

A preparation takes the checked body (references resolved, properties known) and the record as it was, fills in what
the service fills in, and raises the service's fault for what it would refuse.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body

Preparation = Callable[[Books, str, Body, Body | None], None]
PREPARATIONS: dict[str, Preparation] = {}


def prepares(*entities: str) -> Callable[[Preparation], Preparation]:
    """Registers the preparation of one or more kinds of record."""

    def register(preparation: Preparation) -> Preparation:
        for entity in entities:
            PREPARATIONS[entity] = preparation
        return preparation

    return register


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Fills in and checks what is particular to `entity`."""
    preparation = PREPARATIONS.get(entity)
    if preparation is not None:
        preparation(books, entity, body, old)
