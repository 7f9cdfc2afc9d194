"""A query with another order: by a field that the vendor sorts by, or, where it does not, the rows that are there.

Called by the explorer's page for the heads of columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from generator.vendor import QueryLanguage
from runtime.operations.explorer.language import Entity
from runtime.upstream.query import fill
from runtime.upstream.statements import Statement

_Key = tuple[int, Decimal, str]


def can_be_ordered(entity: Entity | None, statement: Statement | None, path: str) -> bool:
    """Whether the vendor sorts all records that a query finds by a field.

    A query with a paging of its own stays as it is: in another order it would find other records.
    """
    if entity is None or statement is None or statement.has_groups:
        return False
    field = entity.find_field(path)
    return (
        statement.limit is None and statement.start is None and field is not None and field.can_sort is True
    )


def write_order(
    language: QueryLanguage, text: str, statement: Statement, path: str, *, is_descending: bool
) -> str:
    """Return a query that `can_be_ordered`, in the order of a field instead of its own."""
    direction = "DESC" if is_descending else "ASC"
    values = {"field": path.replace(".", language.path_separator), "direction": direction}
    return f"{text[: statement.tail_start].rstrip()} {fill(language.order_by, values)}"


def sort_records(records: Sequence[Any], path: str, *, is_descending: bool) -> list[Any]:
    """Return records in the order of a field: numbers before texts, and those without it last."""
    keyed = [(_make_key(each, path), each) for each in records]
    filled = [(key, each) for key, each in keyed if key is not None]
    filled.sort(key=lambda pair: pair[0], reverse=is_descending)
    return [each for _, each in filled] + [each for key, each in keyed if key is None]


def read_path(record: Any, path: str) -> Any:
    """Return the value of a field of a record by its dotted path; None where there is none."""
    for step in path.split("."):
        if not isinstance(record, dict):
            return None
        record = record.get(step)
    return record


def _make_key(record: Any, path: str) -> _Key | None:
    value = read_path(record, path)
    if isinstance(value, dict):
        value = value.get("name", value.get("value"))
    if value is None or value == "":
        return None
    if isinstance(value, int | Decimal):
        return (0, Decimal(value), "")
    return (1, Decimal(0), str(value).casefold())
