"""The rows of the lists by account, by customer or vendor, and by item, the largest first. Called by `explaining`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from runtime.insights.books import Books
from runtime.insights.profit_bridge.changes import AccountChange
from runtime.insights.profit_bridge.months import Months
from runtime.insights.profit_bridge.movements import ItemMovement, Movement, collect_evidence, split_item
from runtime.insights.profit_bridge.price_volume import Split
from runtime.insights.profit_bridge.sentences import describe_account, describe_item, describe_party
from runtime.insights.profit_bridge.statements import Section, show


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: its effect on profit, and how it is answered."""

    effect: Decimal
    label: str
    write: Callable[[], dict[str, Any]]


def list_accounts(
    changes: Sequence[AccountChange], parties: Mapping[Any, Movement], books: Books
) -> list[Row]:
    """Return a row for each account whose figure or posting changed."""
    drivers: dict[str, list[tuple[str, Decimal]]] = {}
    for (account, _), movement in parties.items():
        drivers.setdefault(account, []).append((_name_party(movement, books), movement.effect))

    def make(change: AccountChange) -> Row:
        found = sorted(drivers.get(change.id, ()), key=lambda each: (-abs(each[1]), each[0]))
        aligned = [each for each in found if each[1] * change.effect > 0]
        return Row(change.effect, change.label, lambda: _write_account(change, aligned))

    return [make(each) for each in changes if each.effect or each.explained]


def list_parties(
    parties: Mapping[Any, Movement], labels: Mapping[str, str], sections: Mapping[str, Section], books: Books
) -> list[Row]:
    """Return a row for each customer or vendor of an account whose effect changed."""

    def make(account: str, movement: Movement) -> Row:
        name, label, section = _name_party(movement, books), labels[account], sections[account]
        before, after = movement.effect_before, movement.effect_after
        return Row(
            movement.effect,
            name,
            lambda: {
                "party": _find_party(movement),
                "name": name,
                "account": label,
                "before": show(section, before),
                "after": show(section, after),
                "effect": after - before,
                "says": describe_party(name, label, before, after, section),
                **_write_evidence(movement),
            },
        )

    return _sort([make(account, each) for (account, _), each in parties.items() if each.effect])


def list_items(
    items: Mapping[Any, Movement],
    labels: Mapping[str, str],
    sections: Mapping[str, Section],
    books: Books,
    months: Months,
) -> list[Row]:
    """Return a row for each item of an account that changed, with the effects of price, volume and mix."""

    def make(account: str, item: str, movement: Movement, found: ItemMovement) -> Row:
        name = books.items[item].name if item in books.items else f"item {item}"
        section = sections[account]

        def write() -> dict[str, Any]:
            split = found.split
            return {
                "item": name,
                "id": item,
                "account": labels[account],
                "quantity_before": found.before.quantity,
                "quantity_after": found.after.quantity,
                "before": show(section, found.before.effect),
                "after": show(section, found.after.effect),
                **_write_split(split),
                "effect": split.total,
                "says": describe_item(name, found, section, months),
                **_write_evidence(movement),
            }

        return Row(found.split.total, name, write)

    found = {key: (each, split_item(each)) for key, each in items.items()}
    return _sort([make(account, item, *each) for (account, item), each in found.items() if each[1].has_moved])


def _write_account(change: AccountChange, drivers: Sequence[tuple[str, Decimal]]) -> dict[str, Any]:
    name = "cost_of_stock_sold" if change.has_stock else "unexplained"
    return {
        "account": change.label,
        "id": change.id,
        "section": change.section,
        "before": change.before,
        "after": change.after,
        "effect": change.effect,
        "explained": change.explained,
        **({name: change.unexplained} if change.unexplained else {}),
        "says": describe_account(change, drivers),
        **_write_evidence(change.movement),
    }


def _write_split(split: Split) -> dict[str, Decimal]:
    parts = {
        "price_effect": split.price,
        "volume_effect": split.volume,
        "mix_effect": split.mix,
        "new_effect": split.new,
        "lost_effect": split.lost,
        "unpriced_effect": split.unpriced,
    }
    return {
        name: amount for name, amount in parts.items() if amount or name in ("price_effect", "volume_effect")
    }


def _write_evidence(movement: Movement) -> dict[str, Any]:
    found = collect_evidence(movement)
    return {"records": list(found.records), "record_count": found.count}


def _name_party(movement: Movement, books: Books) -> str:
    one = (movement.after or movement.before)[-1].transaction
    return books.name_party(one.party, one.party_name)


def _find_party(movement: Movement) -> str:
    return str((movement.after or movement.before)[-1].transaction.party)


def _sort(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda each: (-abs(each.effect), each.label))
