"""Transactions of a vendor as `books`, by the rules of its definitions. Called by `assembly`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, cast

import msgspec

from generator.effect_rules import Path
from generator.insight_rules import InsightRules, LineRules, LinkRules, RecordRules
from runtime.insights.books import ZERO, Key, Kind, Line, Link, Transaction
from runtime.insights.record_types import (
    TEXT,
    Extracted,
    Page,
    Reader,
    list_condition_paths,
    list_paths,
    make_getter,
    make_struct,
    make_test,
    read_page,
    write_text,
)

ONE = Decimal(1)
_HEAD = (
    "id", "number", "day", "due", "party", "party_name", "party_kind", "total", "open", "tax", "currency", "rate",
    "memo", "account", "to_account", "entered", "segment", "sent",
)  # fmt: skip
_LINE = (
    "amount",
    "account",
    "item",
    "segment",
    "customer",
    "quantity",
    "price",
    "text",
    "side",
    "id",
    "party",
    "party_kind",
)
ReadLinks = Callable[[Any, Decimal], tuple[Link, ...]]
ReadLines = Callable[[Any], tuple[Line, ...]]


class TransactionExtraction:
    """Reads the transactions of one vendor."""

    def __init__(self, rules: InsightRules) -> None:
        self._rules = {each.resource: each for each in rules.transactions}
        self._lines, self._links = rules.lines, rules.links
        self._readers: dict[str, Reader] = {}

    def read(self, page: Page) -> Extracted:
        """Return the transactions of a page."""
        reader = self._readers.get(page.resource)
        if reader is None:
            made = _make_reader(self._rules[page.resource], self._lines, self._links)
            reader = self._readers[page.resource] = made
        return read_page(page, reader)


def _make_reader(rules: RecordRules, lines: LineRules, links: LinkRules) -> Reader:
    """Return what reads the records of a resource as transactions."""
    link_type = make_struct({links.id: TEXT, links.kind: TEXT}) if links.name else None
    paths: dict[Path, Any] = list_paths(rules.fields) | list_condition_paths(
        rules.unsent, rules.reversed_when
    )
    line_type = _make_line_struct(lines, links, link_type)
    if lines.name:
        paths[(lines.name,)] = _several(line_type)
    if link_type is not None:
        paths[(links.name,)] = _several(link_type)
    type_ = make_struct(paths)
    read_head = make_getter(rules.fields, _HEAD, type_)
    is_unsent, is_reversed = make_test(rules.unsent), make_test(rules.reversed_when)
    read_links = _make_link_reader(links)
    read_lines = _make_lines_reader(lines, read_links, line_type)
    kind, party_of, kinds, resource = (
        cast("Kind", rules.kind),
        rules.party_of,
        rules.party_kinds,
        rules.resource,
    )

    def make(record: Any) -> Transaction:
        (
            id_, number, day, due, party, party_name, party_kind, total, open_, tax, currency, rate, memo, account,
            to_account, entered, segment, sent,
        ) = read_head(record)  # fmt: skip
        if day is None or id_ is None:
            raise ValueError("A transaction has an Id and a day.")
        of = party_of or kinds.get(write_text(party_kind), "")
        return Transaction(
            Key(resource, str(id_)),
            kind,
            day,
            write_text(number),
            due,
            Key(of, str(party)) if party is not None and of else None,
            write_text(party_name),
            total or ZERO,
            open_ or ZERO,
            tax or ZERO,
            write_text(currency),
            rate or ONE,
            write_text(memo),
            write_text(account),
            write_text(to_account),
            entered,
            is_unsent is not None and is_unsent(record),
            is_reversed is not None and is_reversed(record),
            read_lines(record),
            read_links(record, ZERO),
            write_text(segment),
            sent,
        )

    return Reader(type_, make)


def _several(type_: type[msgspec.Struct]) -> Any:
    return tuple[type_, ...]  # type: ignore[valid-type]


def _make_line_struct(
    rules: LineRules, links: LinkRules, link_type: type[msgspec.Struct] | None, *, is_nested: bool = False
) -> type[msgspec.Struct]:
    paths = list_paths(rules.fields)
    if rules.kind:
        paths[rules.kind] = TEXT
    if link_type is not None:
        paths[(links.name,)] = _several(link_type)
    if rules.nested and not is_nested:
        paths[rules.nested] = _several(_make_line_struct(rules, links, link_type, is_nested=True))
    return make_struct(paths)


def _make_link_reader(rules: LinkRules) -> ReadLinks:
    """Return what reads the transactions that a record or a line is linked with, each with an amount."""
    if not rules.name:
        return lambda _record, _amount: ()
    find, resources = attrgetter(rules.name), rules.resources
    read = attrgetter(".".join(rules.id), ".".join(rules.kind))

    def read_links(record: Any, amount: Decimal) -> tuple[Link, ...]:
        found = find(record)
        if not found:
            return ()
        pairs = ((id_, resources.get(write_text(kind))) for id_, kind in map(read, found))
        return tuple(
            Link(Key(of, str(id_)), amount) for id_, of in pairs if of is not None and id_ is not None
        )

    return read_links


def _make_lines_reader(rules: LineRules, read_links: ReadLinks, type_: type[msgspec.Struct]) -> ReadLines:
    """Return what reads the lines of a record."""
    if not rules.name:
        return lambda _record: ()
    find, read = attrgetter(rules.name), make_getter(rules.fields, _LINE, type_)
    read_kind = attrgetter(".".join(rules.kind)) if rules.kind else None
    read_nested = attrgetter(".".join(rules.nested)) if rules.nested else None
    kinds = rules.party_kinds
    skipped, lowering, debits = frozenset(rules.skipped), frozenset(rules.lowering), frozenset(rules.debits)

    def list_whole(lines: Sequence[Any]) -> Iterator[Any]:
        """Yield the lines, and those inside a line in its place."""
        for each in lines:
            nested = read_nested(each) if read_nested is not None else ()
            if nested:
                yield from nested
            else:
                yield each

    def make(line: Any, kind: Any) -> Line:
        amount, account, item, segment, customer, quantity, price, text, side, id_, party, of = read(line)
        amount = amount or ZERO
        return Line(
            -amount if kind in lowering else amount,
            write_text(account),
            write_text(item),
            write_text(segment),
            write_text(customer),
            quantity,
            price,
            write_text(text),
            "" if side is None else "debit" if side in debits else "credit",
            read_links(line, amount),
            write_text(id_),
            None if party is None or of not in kinds else Key(kinds[of], str(party)),
        )

    def read_lines(record: Any) -> tuple[Line, ...]:
        lines = [
            (each, read_kind(each) if read_kind is not None else None) for each in list_whole(find(record))
        ]
        return tuple(make(each, kind) for each, kind in lines if kind not in skipped)

    return read_lines
