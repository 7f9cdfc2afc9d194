"""A raw statement as it is understood: parsed by the grammar of the vendor's language, before anything is sent.

The grammar is a fact of the integration (`query.grammar`); here are the names of rules that the engine knows. A
language without OR, or without brackets, is parsed with both: `branches` are the conjunctions that a caller's condition
comes to. Called by `exchange.raw_query`; `query_facts` holds a statement to what is known of its fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

from runtime.errors import InvalidArguments

if TYPE_CHECKING:
    from lark import Lark

MOST_COMBINED = 64
"""Conjunctions that a condition may come to before equal ones are joined: 8 values of two fields each."""
MOST_STORED = 256
"""Statements that are parsed once only: one with a thousand Ids takes 20 ms."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is written, and where. `is_text` says that it is quoted, `is_bare` that it lacks its quotes."""

    text: str
    place: int
    is_text: bool = False
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a field or a record, and where it stands."""

    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with one value, or with several; `start` and `end` are its place in the statement."""

    field: Name
    operator: str
    values: tuple[Value, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SortKey:
    """A field to sort by."""

    field: Name
    is_descending: bool


Branch = tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed statement. No `columns` are all of them; no `branches` are no condition."""

    entity: Name
    columns: tuple[Name, ...]
    is_count: bool
    branches: tuple[Branch, ...]
    has_groups: bool
    """Whether the condition has an OR or brackets, so that it cannot be sent as it is."""
    order: tuple[SortKey, ...]
    start: int | None
    limit: int | None
    head_end: int
    """Where the condition begins, or what stands in its place."""
    tail_start: int
    """Where the condition ends: the order, the paging, or the end of the statement."""

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Return each comparison once, in the order in which they are written."""
        found = {each.start: each for branch in self.branches for each in branch}
        return tuple(found[place] for place in sorted(found))


def open_parser(grammar: str) -> Lark:
    """Return the parser of a language."""
    return _parser(grammar)[0]


class NotParsed(Exception):
    """The text is no statement of the language; `place` is where it stops being one."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


@lru_cache(maxsize=MOST_STORED)
def parse_statement(grammar: str, text: str) -> Statement:
    """Return what a text says in the language of a grammar.

    Raises NotParsed, and InvalidArguments for a condition that comes to too many conjunctions.
    """
    from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError

    parser, reading = _parser(grammar)
    try:
        parts: dict[str, Any] = reading.transform(parser.parse(text))
    except VisitError as error:
        raise error.orig_exc from None
    except UnexpectedToken as error:
        is_end = error.token.type == "$END"
        raise NotParsed(len(text.rstrip()) if is_end else error.token.start_pos or 0) from None
    except UnexpectedInput as error:
        raise NotParsed(error.pos_in_stream or 0) from None
    entity: Name = parts["entity"]
    condition: _Condition = parts.get("condition") or _NONE
    tails = [parts[name].start for name in ("order", "start", "limit") if name in parts]
    return Statement(
        entity,
        parts.get("columns", ()),
        "count" in parts,
        condition.branches,
        condition.has_groups,
        parts["order"].value if "order" in parts else (),
        parts["start"].value if "start" in parts else None,
        parts["limit"].value if "limit" in parts else None,
        entity.place + len(entity.text),
        min(tails, default=len(text)),
    )


@dataclass(frozen=True, slots=True)
class _Condition:
    """A condition in disjunctive normal form."""

    branches: tuple[Branch, ...]
    has_groups: bool = False


_NONE = _Condition(())


@dataclass(frozen=True, slots=True)
class _Placed:
    """A part of a statement behind its condition, and where it begins."""

    name: str
    value: Any
    start: int


@lru_cache(maxsize=8)
def _parser(grammar: str) -> tuple[Lark, Any]:
    """Return the parser of a grammar, and what reads its trees without recursion. Making it takes 40 ms."""
    from lark import Lark, v_args
    from lark.visitors import Transformer_NonRecursive

    rules = {name: v_args(meta=True)(rule) for name, rule in _RULES.items()}
    reading = type("Reading", (Transformer_NonRecursive,), rules)()
    return Lark(grammar, parser="lalr", start="statement", propagate_positions=True), reading


def _statement(_self: Any, _meta: Any, children: Sequence[Any]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for each in children:
        if isinstance(each, Name):
            parts["entity"] = each
        elif isinstance(each, _Condition):
            parts["condition"] = each
        elif isinstance(each, _Placed):
            parts[each.name] = each
        elif each == "count":
            parts["count"] = True
        elif isinstance(each, tuple):
            parts["columns"] = each
    return parts


def _condition(_self: Any, meta: Any, children: Sequence[Any]) -> _Condition:
    field, operator, *values = children
    return _Condition(((Comparison(field, operator, tuple(values), meta.start_pos, meta.end_pos),),))


def _conjunction(_self: Any, _meta: Any, children: Sequence[_Condition]) -> _Condition:
    if len(children) == 1:
        return children[0]
    count = 1
    for each in children:
        count *= len(each.branches)
        _refuse_many(count)
    combined = product(*(each.branches for each in children))
    branches = tuple(tuple(each for branch in some for each in branch) for some in combined)
    return _Condition(branches, any(each.has_groups for each in children))


def _disjunction(_self: Any, _meta: Any, children: Sequence[_Condition]) -> _Condition:
    branches = tuple(branch for each in children for branch in each.branches)
    _refuse_many(len(branches))
    return _Condition(branches, len(children) > 1 or any(each.has_groups for each in children))


def _group(_self: Any, _meta: Any, children: Sequence[_Condition]) -> _Condition:
    return _Condition(children[0].branches, has_groups=True)


def _refuse_many(count: int) -> None:
    if count > MOST_COMBINED:
        raise InvalidArguments(
            f'Argument "query" has an OR that comes to more than {MOST_COMBINED} combinations. Nothing was sent.',
            advice="Ask several times, with fewer of them each.",
        )


_RULES: dict[str, Any] = {
    "statement": _statement,
    "columns": lambda _self, _meta, children: tuple(children),
    "everything": lambda _self, _meta, _children: "everything",
    "count": lambda _self, _meta, _children: "count",
    "entity": lambda _self, _meta, children: Name(str(children[0]), children[0].start_pos),
    "field": lambda _self, _meta, children: Name(str(children[0]), children[0].start_pos),
    "operator": lambda _self, _meta, children: " ".join(str(each).lower() for each in children),
    "value": lambda _self, _meta, children: Value(
        str(children[0]), children[0].start_pos, is_text=children[0].type == "TEXT"
    ),
    "bare": lambda _self, _meta, children: Value(str(children[0]), children[0].start_pos, is_bare=True),
    "condition": _condition,
    "conjunction": _conjunction,
    "disjunction": _disjunction,
    "group": _group,
    "sort_key": lambda _self, _meta, children: SortKey(children[0], "descending" in children),
    "descending": lambda _self, _meta, _children: "descending",
    "order": lambda _self, meta, children: _Placed("order", tuple(children), meta.start_pos),
    "start": lambda _self, meta, children: _Placed("start", int(children[0]), meta.start_pos),
    "limit": lambda _self, meta, children: _Placed("limit", int(children[0]), meta.start_pos),
}
