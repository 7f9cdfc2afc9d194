"""Change data capture: what was changed or deleted since a moment, per kind of record, oldest change first.

Called by `http.endpoints` and `http.batch`; reads the books and changes nothing.
"""

from __future__ import annotations

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.clock import format_stamp, parse_moment
from runtime.simulators.quickbooks.faults import make_fault, make_missing_fault
from runtime.simulators.quickbooks.schema import Entity, map_entities_by_lower_name

MOST_OBJECTS = 1000
"""In one answer, as documented."""


def list_changes(books: Books, names: str, since: str) -> bytes:
    """Return the array under `CDCResponse`, for a comma-separated list of entities and an ISO date or date-time."""
    if not names.strip():
        raise make_missing_fault("entities")
    if not since:
        raise make_missing_fault("changedSince")
    try:
        after = parse_moment(since.replace(" ", "+"))
    except ValueError as error:
        raise make_fault("2060", f"Invalid Date Format : {since[:100]}", "changedSince") from error
    chosen = [_entity(name.strip()) for name in names.split(",") if name.strip()]
    left = MOST_OBJECTS
    found: list[bytes] = []
    for entity in dict.fromkeys(chosen):
        part, count = _changes(books, entity, after, left)
        left -= count
        found.append(part)
    return b'[{"QueryResponse":[%b]}]' % b",".join(found)


def _entity(name: str) -> Entity:
    entity = map_entities_by_lower_name().get(name.lower())
    if entity is None or not entity.has_changes:
        raise make_fault("2000", f"Invalid or unsupported object name : {name[:100]}", "entities")
    return entity


def _changes(books: Books, entity: Entity, after: int, most: int) -> tuple[bytes, int]:
    """Return one entity's part, and how many objects it has: live ones first, then the stubs of deleted ones."""
    live = [
        row[0]
        for row in books.store.execute(
            "select body from records where realm = ? and entity = ? and updated >= ? order by updated, num limit ?",
            (books.realm, entity.name, after, most),
        )
    ]
    gone = [
        orjson.dumps(
            {
                "domain": "QBO",
                "status": "Deleted",
                "Id": id,
                "MetaData": {"LastUpdatedTime": format_stamp(at)},
            }
        ).decode()
        for id, at in books.store.execute(
            "select id, at from deletions where realm = ? and entity = ? and at >= ? order by at limit ?",
            (books.realm, entity.name, after, most - len(live)),
        )
    ]
    count = len(live) + len(gone)
    if not count:
        return b"{}", 0
    start = '"startPosition":1,' if live else ""
    joined = ",".join(live + gone)
    text = f'{{"{entity.key}":[{joined}],{start}"maxResults":{count},"totalCount":{count}}}'
    return text.encode(), count
