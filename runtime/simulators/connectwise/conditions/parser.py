"""From the text of a condition to its tree. AND binds more than OR; keywords are accepted in any case.

    expression  = conjunction { OR conjunction }
    conjunction = part { AND part }
    part        = NOT part | ( expression ) | name comparison
    comparison  = sign value | [NOT] (contains | like) value | [NOT] in ( value {, value} )

Called by `conditions.predicates`.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.simulators.connectwise.conditions.tokens import Token, Value, list_tokens
from runtime.simulators.connectwise.errors import Refusal, make_bad_condition

SIGNS = frozenset({"=", "!=", "<", "<=", ">", ">="})
VALUES = frozenset({"text", "number", "boolean", "date", "null"})
DEEPEST = 40
"""Parentheses inside each other: more than a person writes, and far from what the interpreter's stack holds."""
MOST_PARTS = 2_000
"""Comparisons in one condition: more than fit in an address of 10,000 characters."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with one value, or with a list for `in`."""

    name: str
    operator: str
    values: tuple[Token, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    part: Node


@dataclass(frozen=True, slots=True)
class Both:
    """Conditions that all have to hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Conditions of which one has to hold."""

    parts: tuple[Node, ...]


Node = Comparison | Not | Both | Either


def parse_condition(text: str) -> Node:
    """Return the tree of a condition; refuse what does not follow the grammar."""
    parser = _Parser(list_tokens(text))
    node = parser.read_expression()
    if parser.here.kind != "end":
        raise parser.make_error()
    return node


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at, self.depth, self.count = tokens, 0, 0, 0

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def make_error(self) -> Refusal:
        if self.here.kind == "end":
            return make_bad_condition("Syntax error: the condition ends too early.")
        shown: Value = self.here.value
        return make_bad_condition(f"Syntax error near '{str(shown)[:60]}'.")

    def take(self, *words: str) -> bool:
        if self.here.word not in words:
            return False
        self.at += 1
        return True

    def need(self, word: str) -> None:
        if not self.take(word):
            raise self.make_error()

    def read_expression(self) -> Node:
        parts = [self.read_conjunction()]
        while self.take("or"):
            parts.append(self.read_conjunction())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def read_conjunction(self) -> Node:
        parts = [self.read_part()]
        while self.take("and"):
            parts.append(self.read_part())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def read_part(self) -> Node:
        self.depth += 1
        self.count += 1
        if self.depth > DEEPEST or self.count > MOST_PARTS:
            raise make_bad_condition("The condition is too complex.")
        try:
            if self.take("not"):
                return Not(self.read_part())
            if self.take("("):
                inner = self.read_expression()
                self.need(")")
                return inner
            return self.read_comparison()
        finally:
            self.depth -= 1

    def read_comparison(self) -> Comparison:
        if self.here.kind != "name":
            raise self.make_error()
        name = str(self.here.value)
        self.at += 1
        is_negated = self.take("not")
        operator = self.here.word
        if operator == "in":
            self.at += 1
            return Comparison(name, "in", self.read_list(), is_negated)
        if operator in ("contains", "like") or (operator in SIGNS and not is_negated):
            self.at += 1
            return Comparison(name, operator, (self.read_value(),), is_negated)
        raise self.make_error()

    def read_list(self) -> tuple[Token, ...]:
        self.need("(")
        values = [self.read_value()]
        while self.take(","):
            values.append(self.read_value())
        self.need(")")
        return tuple(values)

    def read_value(self) -> Token:
        token = self.here
        if token.kind not in VALUES:
            raise self.make_error()
        self.at += 1
        return token
