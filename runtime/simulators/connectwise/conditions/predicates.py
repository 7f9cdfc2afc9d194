"""From a condition to the function that says whether a record meets it.

A value that is not there meets only `= null`, as in SQL; texts are compared without case. Called by
`records.selections`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from runtime.simulators.connectwise.conditions.members import Getter, Member, Record
from runtime.simulators.connectwise.conditions.parser import Both, Comparison, Node, Not
from runtime.simulators.connectwise.conditions.tokens import Token
from runtime.simulators.connectwise.errors import make_bad_condition

Predicate = Callable[[Record], bool]
Finder = Callable[[str], Member]

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
TAKEN = {
    "string": {"text", "date"},
    "integer": {"number"},
    "number": {"number"},
    "boolean": {"boolean"},
    "date-time": {"date"},
    "any": {"text", "number", "boolean", "date"},
}
"""Kinds of values that a type can be compared with; any can be compared with null."""
EXPECTED = {
    "string": "a text in quotes", "integer": "a number", "number": "a number", "boolean": "True or False",
    "date-time": "a date in square brackets",
}  # fmt: skip
WILD = re.compile(r"\[\[\]|[*%]")


def compile_node(node: Node, find: Finder) -> Predicate:
    """Return the predicate of a tree; refuse names that `find` refuses and values that do not fit."""
    if isinstance(node, Comparison):
        return _comparison(node, find(node.name))
    if isinstance(node, Not):
        inner = compile_node(node.part, find)
        return lambda record: not inner(record)
    parts = tuple(compile_node(part, find) for part in node.parts)
    if isinstance(node, Both):
        return _both(parts)
    return lambda record: any(part(record) for part in parts)


def _both(parts: tuple[Predicate, ...]) -> Predicate:
    if len(parts) == 2:
        first, second = parts
        return lambda record: first(record) and second(record)
    return lambda record: all(part(record) for part in parts)


def _comparison(node: Comparison, member: Member) -> Predicate:
    for value in node.values:
        _check(node, member, value)
    if node.operator in ("like", "contains"):
        return _matching(node, member)
    if node.operator == "in":
        return _listed(node, member)
    value = node.values[0]
    if value.kind == "null":
        read, is_wanted = member.read, node.operator == "="
        return lambda record: (read(record) is None) == is_wanted
    if value.kind == "text" and "*" in str(value.value) and node.operator in ("=", "!="):
        return _wild(member.read, _pattern(str(value.value), "*"), is_negated=node.operator == "!=")
    return _valued(member, value, COMPARED[node.operator])


def _check(node: Comparison, member: Member, value: Token) -> None:
    if value.kind == "null":
        is_fitting = node.operator in ("=", "!=")
    elif node.operator in ("like", "contains"):
        is_fitting = value.kind == "text" and member.type in ("string", "any")
    else:
        is_fitting = value.kind in TAKEN.get(member.type, ())
    if member.type == "boolean" and node.operator not in ("=", "!="):
        is_fitting = False
    if not is_fitting:
        expected = EXPECTED.get(member.type, "null")
        raise make_bad_condition(
            f"{member.name[:100]} {node.operator} cannot be evaluated: it takes {expected}."
        )


def _valued(member: Member, value: Token, compare: Callable[[Any, Any], bool]) -> Predicate:
    read, wanted = member.read, value.value
    if value.kind == "text":
        text = str(wanted).lower()

        def compare_text(record: Record) -> bool:
            found = read(record)
            return found is not None and compare(str(found).lower(), text)

        return compare_text
    if member.type == "any":
        kinds = (bool,) if value.kind == "boolean" else (str,) if value.kind == "date" else (int, float)

        def compare_alike(record: Record) -> bool:
            found = read(record)
            return type(found) in kinds and compare(found, wanted)

        return compare_alike

    def compare_value(record: Record) -> bool:
        found = read(record)
        return found is not None and compare(found, wanted)

    return compare_value


def _listed(node: Comparison, member: Member) -> Predicate:
    read, is_negated = member.read, node.is_negated
    wanted = {str(each.value).lower() if each.kind == "text" else each.value for each in node.values}

    def is_listed(record: Record) -> bool:
        found = read(record)
        if found is None:
            return False
        return ((found.lower() if isinstance(found, str) else found) in wanted) != is_negated

    if any(each.kind == "date" for each in node.values):
        return lambda record: read(record) is not None and (read(record) in wanted) != is_negated
    return is_listed


def _matching(node: Comparison, member: Member) -> Predicate:
    text = str(node.values[0].value)
    if node.operator == "like":
        return _wild(member.read, _pattern(text, "*%"), is_negated=node.is_negated)
    if WILD.search(text):
        return _wild(member.read, _pattern(f"*{text}*", "*"), is_negated=node.is_negated)
    read, wanted, is_negated = member.read, text.lower(), node.is_negated

    def contains(record: Record) -> bool:
        found = read(record)
        return found is not None and (wanted in str(found).lower()) != is_negated

    return contains


def _wild(read: Getter, pattern: re.Pattern[str], *, is_negated: bool) -> Predicate:
    def is_matched(record: Record) -> bool:
        found = read(record)
        return found is not None and (pattern.fullmatch(str(found)) is not None) != is_negated

    return is_matched


def _pattern(text: str, wildcards: str) -> re.Pattern[str]:
    """Return the pattern of a text with wildcards; `[[]` is a bracket.

    Each run of wildcards is taken once and without going back (an atomic group), so that no text is slow to match.
    """
    literals, at = [""], 0
    for match in WILD.finditer(text):
        literals[-1] += text[at : match.start()]
        at = match.end()
        if match[0] in wildcards:
            literals.append("")
        else:
            literals[-1] += "[" if match[0] == "[[]" else match[0]
    literals[-1] += text[at:]
    first, *rest = literals
    if not rest:
        return re.compile(re.escape(first), re.IGNORECASE | re.DOTALL)
    middle = "".join(f"(?>.*?{re.escape(each)})" for each in rest[:-1] if each)
    return re.compile(f"{re.escape(first)}{middle}.*{re.escape(rest[-1])}", re.IGNORECASE | re.DOTALL)
