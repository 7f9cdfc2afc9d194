"""What integration.yaml says in `preflight`, as rules of the catalog. Part of `integration`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from generator.preflight_rules import (
    Balanced,
    ClosedBooks,
    DateWindow,
    DuplicateRule,
    GivenTotal,
    OpenBalance,
    Path,
    Preflight,
    Product,
    ReversalRule,
    SameCurrency,
    TakenNumber,
    WantedKind,
)
from generator.reading.yaml_events import Document
from generator.stages.descriptions import Links
from generator.stages.resolve import Place
from generator.texts import fold

KEY = "preflight"
Rule = TypeVar("Rule")
RULES: dict[str, type[Any]] = {
    "products": Product,
    "balanced": Balanced,
    "given_totals": GivenTotal,
    "closed_books": ClosedBooks,
    "taken_numbers": TakenNumber,
    "open_balances": OpenBalance,
    "wanted_kinds": WantedKind,
    "same_currency": SameCurrency,
}
"""The key of each list of rules in YAML, and what one of them becomes. Each has the keys of its class."""


def parse_preflight(document: Document, links: Links) -> Preflight:
    """Return what records are held against before they are sent."""
    value = document.value.get(KEY) or {}
    found: dict[str, Any] = {}
    for key, kind in RULES.items():
        rules = enumerate(value.get(key) or ())
        found[key] = tuple(_rule(kind, each, links, Place(document, (KEY, key, at))) for at, each in rules)
    settings, dates = value.get("settings"), value.get("dates")
    return Preflight(
        **found,
        settings=links.fill(f"[[{settings}]]", Place(document, (KEY, "settings"))) if settings else "",
        active=value.get("active") or "",
        dates=_rule(DateWindow, dates, links, Place(document, (KEY, "dates"))) if dates else None,
        settings_pairs=_split((value.get("pairs") or {}).get("list")),
        pair=tuple((value.get("pairs") or {}).get(name, "") for name in ("name", "value")),
        shared_ids=tuple(tuple(each) for each in value.get("shared_ids") or ()),
    )


def _rule(kind: type[Rule], value: dict[str, Any], links: Links, place: Place) -> Rule:
    """Return a rule from its keys: a path is written with dots, the advice is its `message`."""
    made = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name == "advice":
            made["advice"] = links.fill(fold(value.get("message") or ""), place)
        else:
            made[field.name] = READERS[str(field.type)](value.get(field.name))
    return kind(**made)


def parse_duplicates(value: dict[str, Any] | None) -> DuplicateRule | None:
    """Return when a new record is taken for one that is there already; None where a method does not say it."""
    if value is None:
        return None
    lists = {name: tuple(value.get(name) or ()) for name in ("same", "filters", "fields", "ignored")}
    return DuplicateRule(**{**value, **lists})


def parse_reversal(value: dict[str, Any] | None) -> ReversalRule | None:
    """Return how a record is reversed; None where a method does not say it."""
    if value is None:
        return None
    one, other = value["sides"]
    leave_out = tuple(value.get("leave_out") or ())
    return ReversalRule(value["lines"], _split(value["side"]), (one, other), value["date"], leave_out)


def _split(value: Any) -> Path:
    return tuple(value.split(".")) if value else ()


def _tuples(value: Any) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(each) for name, each in (value or {}).items()}


READERS: dict[str, Callable[[Any], Any]] = {
    "str": lambda value: value or "",
    "int": int,
    "Path": _split,
    "tuple[str, ...]": lambda value: tuple(value or ()),
    "tuple[str, str]": tuple,
    "dict[str, str]": lambda value: dict(value or {}),
    "dict[str, tuple[Any, ...]]": _tuples,
}
"""How the value of a key is read, by the type of its field."""
