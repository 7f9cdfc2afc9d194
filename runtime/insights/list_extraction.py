"""Lists of a vendor as `books`: accounts, names, products, recurring transactions. Called by `assembly`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from generator.effect_rules import Path
from generator.insight_rules import Fields, InsightRules, ListRules
from runtime.insights.books import ZERO, Account, Item, Key, Party, Template
from runtime.insights.record_types import (
    Extracted,
    Page,
    Reader,
    decode_records,
    list_condition_paths,
    list_paths,
    make_getter,
    make_struct,
    make_test,
    read_page,
    write_text,
)

_ACCOUNT = ("id", "name", "number", "balance", "currency", "active")
_PARTY = (
    "id", "name", "email", "phone", "address", "postal_code", "bank", "tax_number", "balance", "currency", "parent",
    "entered", "active",
)  # fmt: skip
_ITEM = (
    "id", "name", "on_hand", "price", "cost", "income_account", "expense_account", "asset_account", "active",
)  # fmt: skip


class ListExtraction:
    """Reads the lists of one vendor."""

    def __init__(self, rules: InsightRules) -> None:
        self._rules = rules
        self._parties = {each.resource: each.party_of for each in rules.transactions}
        self._kinds = {each.resource: each.kind for each in rules.transactions}

    def read(self, name: str, page: Page) -> Extracted:
        """Return the records of a page of a list: accounts, items, or names of any other as parties."""
        make = {"accounts": _make_account_reader, "items": _make_item_reader}.get(name, _make_party_reader)
        return read_page(page, make(self._rules.lists[name]))

    def read_templates(self, page: Page) -> Extracted:
        """Return the recurring transactions of a page: each record holds a transaction under its entity."""
        rules, records = self._rules.templates, decode_records(page)
        if rules is None:
            return Extracted([], 0)
        made = [self._make_template(rules, each) for each in records]
        return Extracted([each for each in made if each is not None], sum(each is None for each in made))

    def _make_template(self, rules: ListRules, record: Mapping[str, Any]) -> Template | None:
        held = ((name, each) for name, each in record.items() if isinstance(each, dict))
        entity, inner = next(held, ("", record))
        part = _make_dict_getter(rules.fields, inner)
        id_ = part("id")
        if id_ is None:
            return None
        resource = self._rules.links.resources.get(entity, "")
        of = self._parties.get(resource, "")
        party = part("party")
        return Template(
            Key(rules.resource, str(id_)),
            write_text(part("name")),
            self._kinds.get(resource, ""),
            Key(of, str(party)) if party is not None and of else None,
            _read_number(part("total")) or self._sum_lines(inner),
            write_text(part("interval")).casefold(),
            int(_read_number(part("every"))) or 1,
            _read_day(part("next_day")),
            part("active") is not False,
            write_text(part("account")),
        )

    def _sum_lines(self, record: Mapping[str, Any]) -> Decimal:
        """Return the sum of the lines of a transaction that has no total yet."""
        rules, total = self._rules.lines, ZERO
        fields = {**rules.fields, "kind": (rules.kind,)}
        for each in record.get(rules.name) or ():
            part = _make_dict_getter(fields, each)
            if part("kind") not in rules.skipped:
                amount = _read_number(part("amount"))
                total += -amount if part("kind") in rules.lowering else amount
        return total


def _make_account_reader(rules: ListRules) -> Reader:
    roles = [(role, [make_test(each) for each in tests]) for role, tests in rules.roles.items()]
    paths: dict[Path, Any] = list_paths(rules.fields)
    paths |= list_condition_paths(*(each for tests in rules.roles.values() for each in tests))
    type_ = make_struct(paths)
    read, resource = make_getter(rules.fields, _ACCOUNT, type_), rules.resource

    def make(record: Any) -> Account:
        id_, name, number, balance, currency, active = read(record)
        found = frozenset(
            role for role, tests in roles if any(test is not None and test(record) for test in tests)
        )
        return Account(
            Key(resource, write_text(id_)),
            write_text(name),
            write_text(number),
            balance or ZERO,
            write_text(currency),
            found,
            active is not False,
        )

    return Reader(type_, make)


def _make_party_reader(rules: ListRules) -> Reader:
    type_ = make_struct(list_paths(rules.fields))
    read, resource = make_getter(rules.fields, _PARTY, type_), rules.resource

    def make(record: Any) -> Party:
        (
            id_, name, email, phone, address, postal_code, bank, tax_number, balance, currency, parent, entered, active,
        ) = read(record)  # fmt: skip
        return Party(
            Key(resource, write_text(id_)),
            write_text(name),
            write_text(email),
            write_text(phone),
            write_text(address),
            write_text(postal_code),
            write_text(bank),
            write_text(tax_number),
            balance or ZERO,
            write_text(currency),
            write_text(parent),
            entered,
            active is not False,
        )

    return Reader(type_, make)


def _make_item_reader(rules: ListRules) -> Reader:
    type_ = make_struct(list_paths(rules.fields))
    read, resource = make_getter(rules.fields, _ITEM, type_), rules.resource

    def make(record: Any) -> Item:
        id_, name, on_hand, price, cost, income, expense, asset, active = read(record)
        return Item(
            Key(resource, write_text(id_)),
            write_text(name),
            on_hand,
            price or ZERO,
            cost or ZERO,
            write_text(income),
            write_text(expense),
            write_text(asset),
            active is not False,
        )

    return Reader(type_, make)


def _make_dict_getter(fields: Fields, record: Mapping[str, Any]) -> Callable[[str], Any]:
    def find(name: str) -> Any:
        for path in fields.get(name, ()):
            value: Any = record
            for step in path:
                value = value.get(step) if isinstance(value, dict) else None
            if value is not None:
                return value
        return None

    return find


def _read_number(value: Any) -> Decimal:
    try:
        found = Decimal(str(value)) if value is not None else ZERO
    except InvalidOperation:
        return ZERO
    return found if found.is_finite() else ZERO


def _read_day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value is not None else None
    except ValueError:
        return None
