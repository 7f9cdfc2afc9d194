"""Trims the collected facts about the service to what the simulator reads at run time.

Usage: ``python -m runtime.simulators.quickbooks.facts.distil FACTS_DIRECTORY``. The directory holds `entities.json`,
`errors.json`, `reports.json` and `sample_company.json`; the results are written beside this file and committed, so
the directory is not needed afterwards.

A field is stored under short keys: `t` type, `n` nested type, `a` array, `e` enumeration, `m` longest text,
`r` entity referred to, `ro` read-only. Only keys that say something are written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FIELD_KEYS = {"type": "t", "type_name": "n", "array": "a", "enum": "e", "max_length": "m", "ref_to": "r"}


def distil_field(field: dict[str, Any], enums: dict[str, list[str]]) -> dict[str, Any]:
    """Return one field under its short keys."""
    facts = {short: field[key] for key, short in FIELD_KEYS.items() if field.get(key)}
    if facts["t"] == "enum" and "e" not in facts and facts.get("n") in enums:
        facts["e"] = enums[facts["n"]]
    if field.get("read_only"):
        facts["ro"] = True
    if facts["t"] != "object":
        facts.pop("n", None)
    return facts


def distil_entity(entity: dict[str, Any], enums: dict[str, list[str]]) -> dict[str, Any]:
    """Return one entity: what can be done with it, what it needs, what a query may name, its fields."""
    void = entity["operations"].get("void") or {}
    filterable = [*entity["filterable"], *entity["filterable_beyond_registry"]]
    return {
        "kind": entity["kind"],
        "path": entity["path"],
        "key": entity.get("json_key_observed") or entity["json_key"],
        "operations": sorted(entity["operations"]),
        "void": void.get("style"),
        "cdc": bool(entity["change_data_capture"]["supported"]),
        "webhooks": entity["webhook_operations"],
        "required": entity["required_on_create"],
        "required_on_update": entity["required_on_update"],
        "filterable": sorted(set(filterable) - set(entity["not_filterable_observed"])),
        "sortable": entity["sortable"],
        "fields": {field["name"]: distil_field(field, enums) for field in entity["fields"]},
    }


def distil_errors(document: dict[str, Any]) -> dict[str, Any]:
    """Return code -> message, an example of the detail, HTTP status, fault type."""
    return {
        error["code"]: {
            "message": error.get("Message") or error["message_in_docs"],
            "status": error["http_status"],
            "type": error["fault_type"],
        }
        for error in document["errors"]
    }


def distil_reports(document: dict[str, Any]) -> dict[str, Any]:
    """Return report name -> its parameters with their values, its columns; and the date macros."""
    reports = {
        report["name"]: {
            "title": report["title"],
            "parameters": {
                parameter["name"]: {
                    key: parameter[key]
                    for key in ("type", "values", "default", "required")
                    if parameter.get(key)
                }
                for parameter in report["parameters"]
            },
            "columns": report.get("columns"),
        }
        for report in document["reports"]
    }
    return {
        "reports": reports,
        "date_macros": document["date_macros"],
        "summarize_column_by": document["summarize_column_by"],
    }


def write(name: str, value: object) -> None:
    """Write one file of facts, one top-level key per line so that a change can be reviewed."""
    assert isinstance(value, dict)
    lines = [f"{json.dumps(key)}: {json.dumps(item, ensure_ascii=False)}" for key, item in value.items()]
    (HERE / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main(source: Path) -> None:
    """Read the collected facts in `source` and write the trimmed ones."""
    entities = json.loads((source / "entities.json").read_text(encoding="utf-8"))
    enums = entities["enums"]
    write("entities.json", {entity["name"]: distil_entity(entity, enums) for entity in entities["entities"]})
    write(
        "types.json",
        {
            nested["name"]: {field["name"]: distil_field(field, enums) for field in nested["fields"]}
            for nested in entities["nested_types"]
        },
    )
    write("errors.json", distil_errors(json.loads((source / "errors.json").read_text(encoding="utf-8"))))
    write("reports.json", distil_reports(json.loads((source / "reports.json").read_text(encoding="utf-8"))))
    write("sample_company.json", json.loads((source / "sample_company.json").read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
