"""Two texts side by side, of which the parts that only one of them has are marked. Called by `record_diff`."""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

LONGEST_TEXT = 600
"""Characters of a value that are shown; a longer one is cut and says how long it is."""
LONGEST_COMPARED = 2_000
"""Characters of texts whose parts are compared: the time for it grows with the square."""
LEAST_ALIKE = 0.3
"""Share of two texts that is the same, from which on they are compared in parts; others are read more easily whole."""
_TOKENS = re.compile(r"\w+|\s+|[^\w\s]")


class Piece(NamedTuple):
    """A part of a text. `is_changed`: the other side has it not."""

    text: str
    is_changed: bool = False


def split_texts(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return two texts in parts, of which those that only one of them has are changed; whole where they are long."""
    if max(len(before), len(after)) > LONGEST_COMPARED:
        return (Piece(before),), (Piece(after, is_changed=True),)
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < LEAST_ALIKE:
        return (Piece(before),), (Piece(after, is_changed=True),)
    one, other = list[Piece](), list[Piece]()
    for kind, a, b, c, d in matcher.get_opcodes():
        if b > a:
            one.append(Piece("".join(old[a:b]), kind != "equal"))
        if d > c:
            other.append(Piece("".join(new[c:d]), kind != "equal"))
    return tuple(one), tuple(other)


def cut_text(text: str) -> str:
    """Return a text, or the beginning of a long one with how long it is."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(text):,} characters)"
