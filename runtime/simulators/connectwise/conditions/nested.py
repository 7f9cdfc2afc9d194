"""The conditions on what stands inside a record: on the elements of its arrays, and on its custom fields.

Called by `records.selections`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.simulators.connectwise.conditions.members import (
    Member,
    Record,
    find_element_member,
    make_unknown,
)
from runtime.simulators.connectwise.conditions.parser import (
    Both,
    Comparison,
    Either,
    Node,
    Not,
    parse_condition,
)
from runtime.simulators.connectwise.conditions.predicates import Predicate, compile_node
from runtime.simulators.connectwise.errors import make_bad_condition
from runtime.simulators.connectwise.schema import Entity, Field

CUSTOM = "customFields"


def compile_child_condition(entity: Entity, text: str) -> Predicate:
    """Return the predicate of conditions on an array: met where one element meets them all. `in` is not possible."""
    node = parse_condition(text)
    comparisons = list(_list_comparisons(node))
    arrays = {each.name.partition("/")[0].lower() for each in comparisons}
    if any(each.operator == "in" for each in comparisons):
        raise make_bad_condition("childConditions do not take the operator in.")
    if len(arrays) > 1:
        raise make_bad_condition("childConditions take the members of one array.")
    array = _find_array(entity, comparisons[0].name)

    def find(name: str) -> Member:
        return find_element_member(array.members, name, name.partition("/")[2])

    return _holds_for_one(array.name, compile_node(node, find))


def compile_custom_field_condition(entity: Entity, text: str) -> Predicate:
    """Return the predicate of pairs of caption and value; each caption begins another pair."""
    if CUSTOM not in entity.fields:
        raise make_unknown(CUSTOM)
    return _custom(parse_condition(text), entity.fields[CUSTOM])


def _custom(node: Node, array: Field) -> Predicate:
    if isinstance(node, Either):
        either = tuple(_custom(part, array) for part in node.parts)
        return lambda record: any(part(record) for part in either)

    def find(name: str) -> Member:
        return find_element_member(array.members, name, name)

    pairs = _list_pairs(node) if isinstance(node, Both) else [node]
    every = tuple(_holds_for_one(CUSTOM, compile_node(pair, find)) for pair in pairs)
    return lambda record: all(part(record) for part in every)


def _list_pairs(node: Both) -> list[Node]:
    """Return the parts of a conjunction in groups, of which each but the first begins with a caption."""
    groups: list[list[Node]] = [[]]
    for part in node.parts:
        if isinstance(part, Comparison) and part.name.lower() == "caption" and groups[-1]:
            groups.append([])
        groups[-1].append(part)
    return [Both(tuple(group)) for group in groups]


def _find_array(entity: Entity, name: str) -> Field:
    field = entity.by_lower_name.get(name.partition("/")[0].lower())
    if field is None or not field.is_array or not field.members:
        raise make_unknown(name)
    return field


def _holds_for_one(name: str, predicate: Predicate) -> Predicate:
    def holds(record: Record) -> bool:
        elements: Any = record.get(name) or ()
        return any(predicate(element) for element in elements)

    return holds


def _list_comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
    elif isinstance(node, Not):
        yield from _list_comparisons(node.part)
    else:
        for part in node.parts:
            yield from _list_comparisons(part)
