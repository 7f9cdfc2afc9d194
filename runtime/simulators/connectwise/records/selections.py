"""What a list finds: the records that meet its conditions, in its order.

A client reads a list page by page, and each page says how many there are. The last selections are therefore remembered
until their collection changes. Called by `http.answers`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from runtime.simulators.connectwise.conditions.members import find_member
from runtime.simulators.connectwise.conditions.nested import (
    compile_child_condition,
    compile_custom_field_condition,
)
from runtime.simulators.connectwise.conditions.ordering import parse_order, sort_records
from runtime.simulators.connectwise.conditions.parser import parse_condition
from runtime.simulators.connectwise.conditions.predicates import Predicate, compile_node
from runtime.simulators.connectwise.records.store import Body, Store
from runtime.simulators.connectwise.schema import Entity

MOST_REMEMBERED = 16
"""Selections: a few clients, each paging through a few lists; one of 60,000 records takes half a megabyte."""


class Query(NamedTuple):
    """What a list is asked for, in the words of the client."""

    conditions: str = ""
    child_conditions: str = ""
    custom_field_conditions: str = ""
    order_by: str = ""


class Selections:
    """The records that lists find, with a memory of the last ones."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._remembered: OrderedDict[tuple[object, ...], Sequence[Body]] = OrderedDict()

    def select(self, entity: Entity, parent: int | None, query: Query) -> Sequence[Body]:
        """Return the records of an entity that meet a query, by id where it has no order; refuse a wrong query."""
        key = (entity.name, parent, query, self.store.get_collection(entity).revision)
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = self._search(entity, parent, query)
            if len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(key)
        return found

    def _search(self, entity: Entity, parent: int | None, query: Query) -> list[Body]:
        predicates = list_predicates(entity, query)
        order = parse_order(entity, query.order_by) if query.order_by.strip() else []
        found = list(self.store.list_below(entity, parent))
        for predicate in predicates:
            found = [record for record in found if predicate(record)]
        sort_records(found, order)
        return found


def list_predicates(entity: Entity, query: Query) -> list[Predicate]:
    """Return the predicates of the conditions of a query; refuse those that cannot be followed."""
    predicates = []
    if query.conditions.strip():
        node = parse_condition(query.conditions)
        predicates.append(compile_node(node, lambda name: find_member(entity, name)))
    if query.child_conditions.strip():
        predicates.append(compile_child_condition(entity, query.child_conditions))
    if query.custom_field_conditions.strip():
        predicates.append(compile_custom_field_condition(entity, query.custom_field_conditions))
    return predicates
