"""The tokens of the query language: where each begins, what kind it is, and the error for what is none.

Called by `query.parser`, before the grammar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runtime.simulators.quickbooks.faults import Fault, make_fault

OPERATORS = ("<=", ">=", "=", "<", ">")
DIGITS = frozenset("0123456789")
KEYWORDS = frozenset(
    {"select", "from", "where", "and", "or", "in", "like", "orderby", "order", "by", "asc", "desc", "startposition",
     "maxresults", "count", "true", "false", "iterator"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement: its kind, its text, where it starts (1-based)."""

    kind: str
    text: str
    line: int
    column: int


def make_parser_fault(detail: str) -> Fault:
    """Return the fault 4000: the statement cannot be parsed."""
    return make_fault("4000", f"QueryParserError: {detail}")


def tokenize(text: str) -> list[Token]:
    """Cut a statement into tokens, closed by one of kind EOF; raises 4000 for a character that has no place."""
    found: list[Token] = []
    position, line, line_start = 0, 1, 0
    while position < len(text):
        character = text[position]
        column = position - line_start + 1
        if character.isspace():
            if character == "\n":
                line, line_start = line + 1, position + 1
            position += 1
            continue
        kind, end = _token_at(text, position, line, column)
        found.append(Token(kind, text[position:end], line, column))
        position = end
    last = found[-1] if found else None
    found.append(Token("EOF", "", last.line if last else 0, last.column + len(last.text) - 1 if last else 0))
    return found


def _token_at(text: str, start: int, line: int, column: int) -> tuple[str, int]:
    character = text[start]
    if character == "'":
        return "STRING", _string_end(text, start, line, column)
    for operator in OPERATORS:
        if text.startswith(operator, start):
            return "OPERATOR", start + len(operator)
    if character in "(),*":
        return character, start + 1
    if character in DIGITS or (character in "+-." and text[start + 1 : start + 2] in DIGITS):
        return "NUMBER", _span_end(text, start, lambda sign: sign in "0123456789.")
    if character.isalpha() or character == "_":
        end = _span_end(text, start, lambda sign: sign.isalnum() or sign in "_.")
        return ("KEYWORD" if text[start:end].lower() in KEYWORDS else "IDENTIFIER"), end
    raise _lexical(line, column, character, "")


def _span_end(text: str, start: int, belongs: Callable[[str], bool]) -> int:
    """Return where a token ends whose first character stands at `start`."""
    end = start + 1
    while end < len(text) and belongs(text[end]):
        end += 1
    return end


def _string_end(text: str, start: int, line: int, column: int) -> int:
    position = start + 1
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text[position] == "'":
            return position + 1
        else:
            position += 1
    raise _lexical(line, column + len(text) - start, None, text[start:])


def _lexical(line: int, column: int, character: str | None, after: str) -> Fault:
    met = "<EOF>" if character is None else f'"{character}" ({ord(character)}),'
    return make_parser_fault(
        f'Invalid content. Lexical error at line {line}, column {column}.  Encountered: {met} after : "{after[:200]}"'
    )
