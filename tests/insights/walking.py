"""An accountant's walk through a checklist: opens the records that each item names in the simulator, and reads its fix.

An item is `{name, status, says, evidence: ["invoices:12"], fix: {tool, arguments}}`; evidence and fix may be missing.
`walk` opens everything, `find_faults` says what of it is not there, does not fit the tool, or is no status.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from runtime.errors import LedgerportError
from runtime.insights.analysis import Analysis
from runtime.operations.arguments import ArgumentChecker
from runtime.simulators.quickbooks.books.store import Body, Store
from tests.builtin import builtin_catalog
from tests.insights.companies import find_realm

STATUSES = ("done", "open", "attention", "not_known", "not_used")
"""The last two where something could not be read, and where a company has nothing of the kind."""


@dataclass(frozen=True, slots=True)
class Visited:
    """An item with the records that it names, as the simulator has them."""

    name: str
    status: str
    says: str
    records: Mapping[str, Body]
    fix: Mapping[str, Any] | None
    faults: tuple[str, ...] = field(default=())


def walk(analysis: Analysis, store: Store) -> dict[str, Visited]:
    """Return each item of a checklist by its name, with its evidence opened."""
    return {str(item["name"]): visit(item, store) for item in analysis.figures["items"]}


def find_faults(analysis: Analysis, store: Store) -> list[str]:
    """Return what is wrong with the items of a checklist; a test asserts that it is nothing."""
    items = analysis.figures["items"]
    names = [item["name"] for item in items]
    twice = [f"{each}: listed twice" for each in sorted({name for name in names if names.count(name) > 1})]
    return twice + [
        f"{name}: {fault}" for name, each in walk(analysis, store).items() for fault in each.faults
    ]


def visit(item: Mapping[str, Any], store: Store) -> Visited:
    """Return an item with what it names."""
    found: dict[str, Body] = {}
    faults = [] if item["status"] in STATUSES else [f"{item['status']} is no status"]
    if not item.get("says"):
        faults.append("says nothing")
    for key in map(str, item.get("evidence") or ()):
        body = open_record(store, key)
        if body is None:
            faults.append(f"{key} is not in the books")
        else:
            found[key] = body
    fix = item.get("fix") or None
    faults += list(check_fix(fix, store)) if fix else []
    return Visited(item["name"], item["status"], item.get("says", ""), found, fix, tuple(faults))


def open_record(store: Store, key: str) -> Body | None:
    """Return a record of the simulator by its name among records ("invoices:12"); None where there is none."""
    resource, _, id = key.partition(":")
    entity = next((each.entity for each in builtin_catalog().resources if each.resource == resource), "")
    row = store.execute(
        "select body from records where realm = ? and entity = ? and id = ?",
        (find_realm(store), entity, id),
    ).fetchone()
    return None if row is None else orjson.loads(row[0])


def check_fix(fix: Mapping[str, Any], store: Store) -> Iterator[str]:
    """Yield what is wrong with a call that fixes something: its tool, its arguments, or the record that it names."""
    tool = builtin_catalog().by_name.get(fix.get("tool", ""))
    arguments = orjson.loads(orjson.dumps(fix.get("arguments") or {}, default=float))
    if tool is None:
        yield f"there is no tool {fix.get('tool')}"
        return
    integration = builtin_catalog().integrations[tool.integration]
    try:
        ArgumentChecker().check(tool, arguments, integration.meant, integration.reference_form)
    except LedgerportError as error:
        yield f"{tool.name} does not take the arguments: {error}"
    if "id" in arguments and open_record(store, f"{tool.resource}:{arguments['id']}") is None:
        yield f"{tool.resource}:{arguments['id']} is not in the books"
