"""Trims the collected facts about the service to what the simulator reads at run time.

Usage: ``python -m runtime.simulators.connectwise.facts.distil FACTS_DIRECTORY``. The directory holds `entities.json`;
the results are written beside this file and committed, so the directory is not needed afterwards. `rules.json` is
written by hand: what the schema of the service does not say.

A field is stored under short keys: `t` type, `s` the reference or object behind it, `g` the entity referred to, `a`
array, `e` enumeration, `m` longest text, `q` required, `u` required on update, `ro` read-only. Only keys that say
something are written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FIELD_KEYS = {
    "type": "t", "schema": "s", "target": "g", "array": "a", "enum": "e", "maxLength": "m", "required": "q",
    "readOnly": "ro",
}  # fmt: skip
NOT_SERVED = frozenset(
    {"agreementRecap", "unpostedInvoice", "unpostedExpense", "unpostedProcurement", "accountingBatch", "callback",
     "memberInfo"}
)  # fmt: skip
"""Computed by the service from other records, or of no use without what the simulator does not do."""


def distil_field(field: dict[str, Any]) -> dict[str, Any]:
    """Return one field under its short keys."""
    facts = {short: field[key] for key, short in FIELD_KEYS.items() if field.get(key)}
    if field.get("note") == "required on update":
        facts["u"] = True
    return facts


def distil_entity(entity: dict[str, Any]) -> dict[str, Any]:
    """Return one entity: its name in messages, where it lives, what can be done with it, its fields."""
    fields = {field["name"]: distil_field(field) for field in entity["fields"]}
    for observed in entity.get("requiredObserved", ()):
        fields[observed["field"]]["q"] = True
    return {
        "schema": entity["schema"],
        "path": entity["path"],
        "operations": sorted(entity["operations"]),
        "fields": fields,
    }


def list_members(named: dict[str, Any]) -> dict[str, str]:
    """Return the members of a reference or an object with their types; what is nested deeper is an object."""
    plain = {"string", "integer", "number", "boolean", "date-time", "any"}
    return {
        field["name"]: field["type"] if field.get("type") in plain else "object"
        for field in named["fields"]
        if field["name"] != "_info"
    }


def write(name: str, value: dict[str, Any]) -> None:
    """Write one file of facts, one top-level key per line so that a change can be reviewed."""
    lines = [f"{json.dumps(key)}: {json.dumps(item, ensure_ascii=False)}" for key, item in value.items()]
    (HERE / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main(source: Path) -> None:
    """Read the collected facts in `source` and write the trimmed ones."""
    facts = json.loads((source / "entities.json").read_text(encoding="utf-8"))
    entities = {name: entity for name, entity in facts["entities"].items() if name not in NOT_SERVED}
    write("entities.json", {name: distil_entity(entity) for name, entity in entities.items()})
    nested = {**facts["references"], **facts["objects"]}
    write("members.json", {name: list_members(each) for name, each in nested.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
