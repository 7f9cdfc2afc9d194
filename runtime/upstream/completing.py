"""What may follow in a statement of a vendor's language, by its grammar: keywords and signs, and what a name would be.

Called by `operations.explorer.completion`. The parser itself is asked, so that nothing is offered which it would not
take; what a name stands for is seen from what may come after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from runtime.upstream.statements import open_parser

if TYPE_CHECKING:
    from lark import Lark

NameKind = Literal["", "column", "filter", "sort", "entity", "value"]
"""What a name would be at a place: a field that is shown, compared or sorted by, a record, or a value."""
_NAME, _TEXT, _END, _COMMA = "NAME", "TEXT", "$END", "COMMA"
_NOT_OFFERED = frozenset("(),")


@dataclass(frozen=True, slots=True)
class Expected:
    """What may come next: words and signs of the language, and what a name would be."""

    words: tuple[str, ...] = ()
    names: NameKind = ""


NOTHING = Expected()


def list_expected(grammar: str, text: str) -> Expected:
    """Return what may come behind a text, which ends where a new part begins; nothing behind what cannot be read."""
    from lark.exceptions import LarkError

    parser = open_parser(grammar)
    state: Any = parser.parse_interactive(text)
    try:
        state.exhaust_lexer()
        accepted = state.accepts()
    except LarkError:
        return NOTHING
    return Expected(tuple(_list_words(parser, accepted)), _find_kind(state, accepted))


@lru_cache(maxsize=8)
def list_keywords(grammar: str) -> frozenset[str]:
    """Return the words of a language in capitals, without its signs."""
    parser = open_parser(grammar)
    words = (_read_word(each) for each in parser.terminals)
    return frozenset(word.upper() for word in words if word[:1].isalpha())


def _list_words(parser: Lark, accepted: set[str]) -> Iterator[str]:
    for terminal in parser.terminals:
        word = _read_word(terminal)
        if terminal.name in accepted and word and word not in _NOT_OFFERED:
            yield word


def _read_word(terminal: Any) -> str:
    """Return the text of a terminal that is always the same; empty for one that is a pattern."""
    return str(terminal.pattern.value) if type(terminal.pattern).__name__ == "PatternStr" else ""


def _find_kind(state: Any, accepted: set[str]) -> NameKind:
    from lark import Token

    if _NAME not in accepted:
        return ""
    if _TEXT in accepted:
        return "value"
    after = state.copy()
    after.feed_token(Token(_NAME, "x"))
    following = after.accepts()
    if _END not in following:
        return "column" if _COMMA in following else "filter"
    return "sort" if _COMMA in following else "entity"
