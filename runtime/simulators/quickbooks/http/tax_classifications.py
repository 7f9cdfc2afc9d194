"""The tree of tax classifications: what automated sales tax calls the things that are sold.

The service's own tree is not among the collected facts; this small one is made up, in its shape: a top (level 0),
groups (level 1), and the classifications that an item may name (level 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import orjson

from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import (
    JSON,
    make_fault,
    make_not_found_fault,
    make_unsupported_fault,
)
from runtime.simulators.quickbooks.http.api import Api
from runtime.simulators.quickbooks.http.messages import Answer, Request

GOODS, SERVICES = ("Inventory", "NonInventory"), ("Service",)
Leaves = Mapping[str, tuple[str, ...]]
TREE: Mapping[str, Leaves] = {
    "General": {"Taxable at the usual rate": GOODS + SERVICES, "Not taxable": GOODS + SERVICES},
    "Goods": {
        "Plants and garden supplies": GOODS,
        "Irrigation and pumps": GOODS,
        "Computers and network equipment": GOODS,
        "Printed books": GOODS,
        "Work clothes and shoes": GOODS,
    },
    "Services": {
        "Garden design and care": SERVICES,
        "Installation": SERVICES,
        "Consulting": SERVICES,
        "Training": SERVICES,
        "IT support and maintenance": SERVICES,
    },
    "Digital": {"Software by subscription": SERVICES, "Software by download": GOODS, "Hosting": SERVICES},
}


def _record(code: str, name: str, level: int, parent: Body | None, types: tuple[str, ...]) -> Body:
    record: Body = {
        "Id": code,
        "Code": code,
        "Name": name,
        "Description": name,
        "Level": str(level),
        "ApplicableTo": list(types),
        "domain": "QBO",
        "sparse": False,
    }
    return record | ({"ParentRef": {"value": parent["Id"], "name": parent["Name"]}} if parent else {})


def _records() -> Iterator[Body]:
    top = _record("V1-00000000", "All products and services", 0, None, GOODS + SERVICES)
    yield top
    for number, (group, leaves) in enumerate(TREE.items(), 1):
        types = tuple(dict.fromkeys(kind for kinds in leaves.values() for kind in kinds))
        above = _record(f"V1-{number:02d}000000", group, 1, top, types)
        yield above
        for place, (name, kinds) in enumerate(leaves.items(), 1):
            code = f"EUC-{number:02d}{place:02d}0000-V1-{number:02d}{place:02d}0000"
            yield _record(code, name, 2, above, kinds)


@cache
def make_classifications() -> Mapping[str, Body]:
    """Return every classification by its Id, from the top down."""
    return {record["Id"]: record for record in _records()}


def answer(service: Api, request: Request) -> Answer:
    """Answer GET of one by Id, or of those of a `level` and below a `parentId`."""
    if request.method != "GET" or len(request.segments) > 2:
        raise make_unsupported_fault(request.path)
    if len(request.segments) == 1:
        return _listed(service, request.parameters)
    found = make_classifications().get(request.segments[1])
    if found is None:
        raise make_not_found_fault("tax classifications")
    return service.wrap("TaxClassification", found)


def _listed(service: Api, parameters: Mapping[str, str]) -> Answer:
    level, parent = parameters.get("level"), parameters.get("parentid")
    if level and not (level.isascii() and level.isdecimal()):
        raise make_fault("2030", f"level should be a valid number. Supplied value:{level[:100]}", "level")
    found = [
        record
        for record in make_classifications().values()
        if (not level or record["Level"] == str(int(level[:9])))
        and (not parent or get_reference(record.get("ParentRef")) == parent)
    ]
    shown: Body = {"startPosition": 1, "maxResults": len(found), "TaxClassification": found} if found else {}
    return Answer(200, JSON, orjson.dumps({"QueryResponse": shown, "time": service.format_time()}))
