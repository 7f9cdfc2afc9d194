"""Answers are bounded and honest: as many rows as fit the budget, and never a cut without a word and a cursor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from runtime.upstream.answer import UnexpectedShape


@dataclass(frozen=True, slots=True)
class Fitted:
    """The rows that fit, written as JSON, and how many they are."""

    text: bytes
    count: int


def written(value: Any) -> bytes:
    """A value of the vendor as JSON. Raises UnexpectedShape when it is nested more than 254 levels deep."""
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise UnexpectedShape("nested too deeply") from error


def fit(rows: Sequence[Any], budget: int) -> Fitted:
    """As many rows from the front as fit into `budget` bytes; at least one, because a row is never cut in two."""
    parts: list[bytes] = []
    size = 0
    for row in rows:
        part = written(row)
        size += len(part) + 1
        if parts and size > budget:
            break
        parts.append(part)
    return Fitted(b"[" + b",".join(parts) + b"]", len(parts))


def project(records: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[Mapping[str, Any]]:
    """The records with only the named fields, in the order named. No names, or `*`, leave them whole."""
    if not names or "*" in names:
        return list(records)
    return [{name: record[name] for name in names if name in record} for record in records]


def with_rows(head: Mapping[str, Any], name: str, rows: Fitted, tail: Mapping[str, Any]) -> str:
    """One JSON object: the entries of `head`, the rows under `name`, the entries of `tail`."""
    before, after = written(head)[1:-1], written(tail)[1:-1]
    members = [before, b'"%s":%s' % (name.encode(), rows.text), after]
    return (b"{" + b",".join(member for member in members if member) + b"}").decode()
