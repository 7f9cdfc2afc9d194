"""Records without their empty fields, which some vendors write for all that one might have. Called by `exchange`."""

from __future__ import annotations

from typing import Any

from runtime.upstream import figures

EMPTY = (b":null", b':""', b":[]", b":{}")
"""An empty field as JSON writes it without blanks."""


def drop_empty(text: bytes) -> bytes:
    """Return a record, JSON without blanks, without the fields that are null, "", [] or {}, also those inside others.

    Elements of a list stay, so that each has its place. What has no empty field is not read.
    """
    if not any(each in text for each in EMPTY):
        return text
    return figures.write_json(_without(figures.read(text)))


def _without(value: Any) -> Any:
    if isinstance(value, list):
        return [_without(each) for each in value]
    if not isinstance(value, dict):
        return value
    members = ((name, _without(each)) for name, each in value.items())
    return {name: each for name, each in members if not _is_empty(each)}


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
