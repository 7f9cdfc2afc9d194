"""Records without their empty fields, which some vendors write for all that one might have. Called by `exchange`.

An empty field is cut out of the text: to read a record and write it again takes twenty times as long.
"""

from __future__ import annotations

import re
from typing import Any

from runtime.upstream import figures

_EMPTY = re.compile(rb'":(?:null|""|\[\]|\{\})(?=[,}])')
"""What stands behind the name of an empty field, as JSON writes it without blanks, with the end of the name."""
_QUOTE, _OPENING, _COMMA = b'"', ord("{"), ord(",")


def drop_empty(text: bytes) -> bytes:
    """Return a record, JSON without blanks, without the fields that are null, "", [] or {}, also those inside others.

    Elements of a list stay, so that each has its place.
    """
    while b":null" in text or b':""' in text or b":[]" in text or b":{}" in text:
        shorter = _cut(text)
        if shorter is None:
            return figures.write_json(_without(figures.read(text)))
        if shorter == text:
            return text
        text = shorter
    return text


def _cut(text: bytes) -> bytes | None:
    """Return a record without its empty fields; those that held nothing else are empty then.

    None where what looks like a field is part of a text: before it stands an odd number of quotes.
    """
    plain = text.replace(b"\\\\", b"__").replace(b'\\"', b"__") if b"\\" in text else text
    pieces, end = [], 0
    for found in _EMPTY.finditer(plain):
        start, after = plain.rfind(_QUOTE, 0, found.start()), found.end()
        if plain.count(_QUOTE, end, start) % 2:
            return None
        is_first = start == end or plain[start - 1] == _OPENING  # also behind others that were cut out
        pieces.append(text[end : start if is_first else start - 1])
        end = after + 1 if is_first and plain[after] == _COMMA else after
    return b"".join([*pieces, text[end:]])


def _without(value: Any) -> Any:
    if isinstance(value, list):
        return [_without(each) for each in value]
    if not isinstance(value, dict):
        return value
    members = ((name, _without(each)) for name, each in value.items())
    return {name: each for name, each in members if not _is_empty(each)}


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
