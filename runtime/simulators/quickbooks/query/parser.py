"""The query language: text to a statement. Knows the grammar and its limits, and nothing of any entity.

select (* {, property} | count(*) | property {, property}) from Entity [where condition {and condition}]
    [orderby property [asc|desc] {, …}] [startposition n] [maxresults n]
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from runtime.simulators.quickbooks.faults import Fault, make_fault
from runtime.simulators.quickbooks.query.tokens import Token, make_parser_fault, tokenize

MOST_RESULTS, USUAL_RESULTS = 1000, 100
"""Records in one answer, as documented, and when the statement does not say how many."""
AFTER_CONDITION = (
    "<EOF> ", "<AND> ...", '"iterator" ...', '"maxresults" ...', "<OR> ...", '"order" ...', '"orderby" ...',
    '"startposition" ...',
)  # fmt: skip

Literal = str | bool
"""A value of a query: text, a number as text, or a boolean."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A property compared with one value, or with several for `in`."""

    property: str
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A property to sort by."""

    property: str
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed query. `properties` is empty for `*`, and names what stands beside it when `is_whole`."""

    entity: str
    properties: tuple[str, ...]
    is_count: bool
    conditions: tuple[Condition, ...]
    order: tuple[Order, ...]
    start: int
    most: int
    is_whole: bool = False


def make_invalid_fault(detail: str) -> Fault:
    """Return the fault 4001: the statement can be parsed but not be meant."""
    return make_fault("4001", f"QueryValidationError: {detail}")


def _unescaped(literal: str) -> str:
    characters = iter(literal[1:-1])
    return "".join(next(characters, "") if character == "\\" else character for character in characters)


@lru_cache(maxsize=1024)
def parse(text: str) -> Statement:
    """Return the statement that a text means; 4000 for bad syntax, 4001 for positions out of range."""
    if not text.strip():
        raise make_parser_fault("The query provided was empty")
    return _Parser(tokenize(text)).read_statement()


class _Parser:
    """Reads tokens one after the other; every method takes what it is named after."""

    def __init__(self, found: list[Token]) -> None:
        self.found = found
        self.position = 0

    @property
    def token(self) -> Token:
        return self.found[self.position]

    def is_next(self, *keywords: str) -> bool:
        """Return whether one of these keywords comes next."""
        return self.token.kind == "KEYWORD" and self.token.text.lower() in keywords

    def skip(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def refuse(self, *expected: str) -> NoReturn:
        """Raise 4000 with the sentence of the service's parser."""
        token = self.token
        if token.kind == "EOF":
            met = '"<EOF>"'
        elif token.kind in ("IDENTIFIER", "STRING", "NUMBER"):
            met = f'" <{token.kind}> "{token.text} ""'
        else:
            met = f'" "{token.text}" "{token.text} ""'
        heading = "Was expecting:" if len(expected) == 1 else "Was expecting one of:"
        listed = "".join(f"    {each}\n" for each in expected)
        raise make_parser_fault(
            f"Encountered {met} at line {token.line}, column {token.column}.\n{heading}\n{listed}    "
        )

    def skip_keyword(self, name: str) -> None:
        if not self.is_next(name):
            self.refuse(f'"{name}" ...')
        self.position += 1

    def mark(self, kind: str) -> None:
        if self.token.kind != kind:
            self.refuse(f'"{kind}" ...')
        self.position += 1

    def read_name(self) -> str:
        if self.token.kind != "IDENTIFIER":
            self.refuse("<IDENTIFIER> ...")
        return self.skip().text

    def read_statement(self) -> Statement:
        self.skip_keyword("select")
        properties, is_count, is_whole = self.read_selection()
        self.skip_keyword("from")
        entity = self.read_name()
        conditions = self.read_conditions()
        order, start, most = self.read_tail()
        return Statement(entity, properties, is_count, conditions, order, start, most, is_whole)

    def read_selection(self) -> tuple[tuple[str, ...], bool, bool]:
        """Return names, whether it is a count, whether names stand beside `*`."""
        if self.token.kind == "*":
            self.skip()
            names = self.read_more_names()
            return names, False, bool(names)
        if self.is_next("count"):
            self.skip()
            for kind in "(*)":
                self.mark(kind)
            return (), True, False
        if self.token.kind != "IDENTIFIER":
            self.refuse('"*" ...', '"count" ...', "<IDENTIFIER> ...")
        return (self.skip().text, *self.read_more_names()), False, False

    def read_more_names(self) -> tuple[str, ...]:
        names: list[str] = []
        while self.token.kind == ",":
            self.skip()
            names.append(self.read_name())
        return tuple(names)

    def read_conditions(self) -> tuple[Condition, ...]:
        if not self.is_next("where"):
            return ()
        self.skip()
        found = [self.read_condition()]
        while self.is_next("and"):
            self.skip()
            found.append(self.read_condition())
        return tuple(found)

    def read_condition(self) -> Condition:
        name = self.read_name()
        if self.is_next("in"):
            self.skip()
            self.mark("(")
            values = [self.read_value()]
            while self.token.kind == ",":
                self.skip()
                values.append(self.read_value())
            self.mark(")")
            return Condition(name, "in", tuple(values))
        if self.is_next("like"):
            self.skip()
            return Condition(name, "like", (self.read_value(),))
        if self.token.kind != "OPERATOR":
            self.refuse('"=" ...', '"<" ...', '">" ...', '"<=" ...', '">=" ...', '"in" ...', '"like" ...')
        return Condition(name, self.skip().text, (self.read_value(),))

    def read_value(self) -> Literal:
        token = self.token
        if token.kind == "STRING":
            self.skip()
            return _unescaped(token.text)
        if token.kind == "NUMBER":
            return self.skip().text
        if self.is_next("true", "false"):
            return self.skip().text.lower() == "true"
        if token.kind == "IDENTIFIER" and token.text.upper() == "CURRENT_DATE":
            return self.skip().text.upper()
        return self.refuse("<STRING> ...", "<NUMBER> ...", '"true" ...', '"false" ...')

    def read_tail(self) -> tuple[tuple[Order, ...], int, int]:
        """Return order, start and size, each at most once; start and size in either order, as recorded."""
        order: tuple[Order, ...] = ()
        if self.is_next("orderby", "order"):
            if self.skip().text.lower() == "order":
                self.skip_keyword("by")
            order = self.read_order()
        given: dict[str, int] = {}
        while self.is_next("startposition", "maxresults") and self.token.text.lower() not in given:
            name = self.skip().text.lower()
            given[name] = self.read_whole_number()
        if self.token.kind != "EOF":
            self.refuse(*AFTER_CONDITION)
        return order, given.get("startposition", 1), given.get("maxresults", USUAL_RESULTS)

    def read_order(self) -> tuple[Order, ...]:
        found: list[Order] = []
        while True:
            name = self.read_name()
            is_descending = self.is_next("desc")
            if self.is_next("asc", "desc"):
                self.skip()
            found.append(Order(name, is_descending))
            if self.token.kind != ",":
                return tuple(found)
            self.skip()

    def read_whole_number(self) -> int:
        if self.token.kind != "NUMBER" or not (
            self.token.text.isascii() and self.token.text.lstrip("+-").isdigit()
        ):
            self.refuse("<NUMBER> ...")
        value = int(self.skip().text[:18])
        if value < 1:
            raise make_invalid_fault(f"value {value} is too small. Min allowed value is 1")
        return value
