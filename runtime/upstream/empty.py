"""Records without their empty fields, which some vendors write for all that one might have. Called by `exchange`.

An empty field is cut out of the text: to read a record and write it again takes twenty times as long.
"""

from __future__ import annotations

import re
from typing import Any

from runtime.upstream import figures

_EMPTY = re.compile(rb'":(?:null|""|\[\]|\{\})(?=[,}])')
"""What stands behind the name of an empty field, as JSON writes it without blanks, with the end of the name."""
_QUOTE, _OPENING, _CLOSING, _COMMA = b'"', ord("{"), ord("}"), ord(",")


def drop_empty(text: bytes) -> bytes:
    """Return a record, JSON without blanks, without the fields that are null, "", [] or {}, also those inside others.

    Elements of a list stay, so that each has its place.
    """
    plain = text.replace(b"\\\\", b"__").replace(b'\\"', b"__") if b"\\" in text else text
    pieces, end, empties_objects = [], 0, False
    for found in _EMPTY.finditer(plain):
        start, after = plain.rfind(_QUOTE, 0, found.start()), found.end()
        if plain.count(_QUOTE, end, start) % 2:  # what looks like a field is part of a text
            return figures.write_json(_without(figures.read(text)))
        is_first = start == end or plain[start - 1] == _OPENING  # also behind others that were cut out
        empties_objects |= is_first and plain[after] == _CLOSING
        pieces.append(text[end : start if is_first else start - 1])
        end = after + 1 if is_first and plain[after] == _COMMA else after
    if not pieces:
        return text
    shorter = b"".join([*pieces, text[end:]])
    return drop_empty(shorter) if empties_objects else shorter


def _without(value: Any) -> Any:
    if isinstance(value, list):
        return [_without(each) for each in value]
    if not isinstance(value, dict):
        return value
    members = ((name, _without(each)) for name, each in value.items())
    return {name: each for name, each in members if not _is_empty(each)}


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
