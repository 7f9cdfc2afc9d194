"""The facts about entities and their fields as frozen values; read once from `facts/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent / "facts"

REFERRED_TO = frozenset({"Customer", "Vendor", "Employee", "Account", "Item", "Class", "Department", "Term",
                          "PaymentMethod", "TaxCode", "TaxRate", "TaxAgency", "CustomerType"})  # fmt: skip
"""Entities whose existence is checked when a reference names them."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One property: its type, the nested type or enumeration behind it, and whether the service alone sets it."""

    name: str
    type: str
    nested: str | None
    is_array: bool
    enumeration: frozenset[str] | None
    longest: int | None
    refers_to: str | None
    is_read_only: bool


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """One kind of record: where it lives, what can be done with it, what it needs, what a query may name."""

    name: str
    key: str
    """The key of the record in answers, queries and batches; the name in all cases but one."""
    path: str
    kind: str
    operations: frozenset[str]
    void: str | None
    has_changes: bool
    webhooks: frozenset[str]
    required: tuple[str, ...]
    filterable: Mapping[str, str]
    sortable: Mapping[str, str]
    fields: Mapping[str, Field]

    @property
    def is_transaction(self) -> bool:
        """Return whether its Ids come from the counter that transactions share."""
        return self.kind.startswith("transaction")

    @property
    def has_active(self) -> bool:
        """Return whether records are made inactive instead of deleted."""
        return "Active" in self.fields and not self.is_transaction


def _field(name: str, fact: Mapping[str, Any]) -> Field:
    refers_to = fact.get("r")
    return Field(
        name,
        fact["t"].removeprefix("string (").removesuffix(")")
        if fact["t"].startswith("string (")
        else fact["t"],
        fact.get("n"),
        bool(fact.get("a")),
        frozenset(fact["e"]) if fact.get("e") else None,
        None if fact.get("ro") else fact.get("m"),
        refers_to if refers_to in REFERRED_TO else None,
        bool(fact.get("ro")),
    )


def _by_lower_name(names: list[str]) -> dict[str, str]:
    return {name.lower(): name for name in names}


def _entity(name: str, fact: Mapping[str, Any]) -> Entity:
    times = ["MetaData.CreateTime", "MetaData.LastUpdatedTime"] if "query" in fact["operations"] else []
    return Entity(
        name,
        fact["key"],
        fact["path"] or "",
        fact["kind"],
        frozenset(fact["operations"]),
        fact["void"],
        fact["cdc"],
        frozenset(fact["webhooks"] or ()),
        tuple(fact["required"]),
        _by_lower_name([*fact["filterable"], *times]),
        _by_lower_name([*fact["sortable"], *times]),
        {key: _field(key, value) for key, value in fact["fields"].items()},
    )


@cache
def load_entities() -> Mapping[str, Entity]:
    """Return every kind of record by name."""
    facts = json.loads((FACTS / "entities.json").read_text("utf-8"))
    return {name: _entity(name, fact) for name, fact in facts.items()}


@cache
def map_entities_by_path() -> Mapping[str, Entity]:
    """Return every kind of record by its lower-case path segment."""
    return {entity.path.lower(): entity for entity in load_entities().values() if entity.path}


@cache
def map_entities_by_lower_name() -> Mapping[str, Entity]:
    """Return every kind of record by its name and its key in lower case; the query language does not mind the case."""
    by_key = {entity.key.lower(): entity for entity in load_entities().values()}
    return by_key | {name.lower(): entity for name, entity in load_entities().items()}


@cache
def load_nested_types() -> Mapping[str, Mapping[str, Field]]:
    """Return every nested type: name -> field name -> field."""
    facts = json.loads((FACTS / "types.json").read_text("utf-8"))
    return {
        name: {key: _field(key, value) for key, value in fields.items()} for name, fields in facts.items()
    }
