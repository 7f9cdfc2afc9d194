"""Pages of records of a work system as `Work`. Called by `worker`, beside `assembly`, which makes the books.

A list that was not read whole is not in `Work.lists`; of dated records `Work.read` has the days that were read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from generator.insight_rules import WorkRules
from runtime.insights.assembly import Reading
from runtime.insights.books import Key, Missing
from runtime.insights.work_extraction import WorkExtraction
from runtime.insights.work_records import Work

_DATED = ("time_entries", "expenses", "products")


def assemble_work(rules: Mapping[str, WorkRules], reading: Reading) -> Work:
    """Return the work that some pages make, each of the list that its part names.

    A record that came twice counts once.
    """
    found: dict[str, dict[Key, Any]] = {name: {} for name in rules}
    missing, extraction = [*reading.missing], WorkExtraction(rules)
    for each in reading.pages:
        records = extraction.read(each.part, each.page)
        found[each.part] |= {one.key: one for one in records.values}
        if records.unreadable:
            missing.append(Missing(each.page.resource, "Their values cannot be read.", records.unreadable))

    def list_records(name: str) -> list[Any]:
        return list(found.get(name, {}).values())

    def find_by_id(name: str) -> dict[str, Any]:
        return {each.key.id: each for each in list_records(name)}

    entries, expenses, products = (sorted(list_records(name), key=_sort_by_day) for name in _DATED)
    return Work(
        today=reading.today,
        clients=find_by_id("clients"),
        agreements=find_by_id("agreements"),
        additions=tuple(list_records("additions")),
        time_entries=tuple(entries),
        expenses=tuple(expenses),
        products=tuple(products),
        members=find_by_id("members"),
        projects=find_by_id("projects"),
        invoices=find_by_id("invoices"),
        work_types=find_by_id("work_types"),
        read=reading.read,
        lists=reading.lists,
        missing=tuple(missing),
    )


def _sort_by_day(record: Any) -> tuple[date, int, str]:
    return (record.day or date.min, len(record.key.id), record.key.id)
