"""Records that a write refers to, found by their Ids, names or numbers with the list tools of the catalog.

Called by `preflight`, `name_resolution` and `duplicates`. One call for each resource finds all that is wanted of it,
and what it found is known for some seconds (`known_records`). These are reads like any other: counted, and authorized
for the account. A look that fails leaves open what it was for: the vendor checks a write itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from generator.catalog import Condition, Tool
from runtime.errors import BudgetReached, LedgerportError
from runtime.exchange.context import NOTHING_ADDED, CallContext
from runtime.exchange.failures import read_value
from runtime.exchange.listing import prepare
from runtime.operations.known_records import KnownRecords, Wanted
from runtime.operations.vendor_calls import VendorCalls
from runtime.upstream.answer import UnexpectedShape, find_records, follow_path

MOST_RECORDS = 200
"""Records in one answer."""
MOST_VALUES = 200
"""Ids or names in one call. An address of so many stays far below what servers take."""
Record = Mapping[str, Any]


class Lookups:
    """Finds records for checks. One for the process."""

    def __init__(self, vendor: VendorCalls, known: KnownRecords) -> None:
        self._vendor = vendor
        self._known = known

    async def find_all(
        self, call: CallContext, wanted: Iterable[Wanted]
    ) -> list[dict[str, Record | None] | None]:
        """Return for each wish the record under each of its values, None where there is none.

        The whole is None where it could not be read.
        """
        return list(await asyncio.gather(*(self._find(call, each) for each in wanted)))

    async def _find(self, call: CallContext, wanted: Wanted) -> dict[str, Record | None] | None:
        found: dict[str, Record | None] = {
            value: self._known.get_record(call, wanted, value) for value in wanted.values
        }
        missing = tuple(value for value, record in found.items() if record is None)[:MOST_VALUES]
        if not missing:
            return found
        rows = await self.list_records(call, replace(wanted, values=missing))
        if rows is None:
            return None
        by_value = {str(follow_path(row, tuple(wanted.field.split(".")))).casefold(): row for row in rows}
        for value in missing:
            record = found[value] = by_value.get(value.casefold())
            if record is not None:
                self._known.put_record(call, wanted, value, record)
        return found

    async def find_recent(self, call: CallContext, wanted: Wanted) -> list[Record] | None:
        """Return the records that a list tool finds, or found for the same wish within the last seconds."""
        known = self._known.get_list(call, wanted)
        if known is not None:
            return known
        rows = await self.list_records(call, wanted)
        if rows is not None:
            self._known.put_list(call, wanted, rows)
        return rows

    async def list_records(
        self, call: CallContext, wanted: Wanted, *more: tuple[Condition, Any]
    ) -> list[Record] | None:
        """Return the records that a list tool finds, at most one page of them; None where it cannot be asked."""
        tool = find_list(call, wanted.resource)
        if tool is None or tool.listing is None or tool.input_schema["required"]:
            return None  # a list that is found through another record has no answer by itself
        conditions = [*_conditions(call, wanted), *more]
        if any(each.operator not in call.integration.query_language.conditions for each, _ in conditions):
            return None
        listing = replace(
            tool.listing,
            conditions=tuple(each for each, _ in conditions),
            raw_query=False,
            raw_conditions=False,
        )
        arguments = {each.argument: value for each, value in conditions}
        return await self._read(call, replace(tool, listing=listing), arguments)

    async def read_settings(self, call: CallContext) -> Record:
        """Return the settings of the company, their pairs as members; nothing where they cannot be read."""
        known, rules = self._known.get_settings(call), call.integration.preflight
        if known is not None:
            return known
        tool = next((each for each in call.known if each.name == rules.settings), None)
        value = await self._send(call, tool, {}) if tool else None
        found = follow_path(value, tool.returns.path) if tool else None
        settings = _with_pairs(found, rules.settings_pairs, rules.pair) if isinstance(found, dict) else {}
        self._known.put_settings(call, tool.resource if tool else "", settings)
        return settings

    async def _read(self, call: CallContext, tool: Tool, arguments: dict[str, Any]) -> list[Record] | None:
        try:
            value = await self._send(call, tool, arguments)
            if follow_path(value, tool.returns.path[:-1]) is None:
                return None  # where records would be, there is not even "none"
            rows = find_records(value, tool.returns.path, call.integration.pagination.beside)
        except UnexpectedShape:
            return None
        return [row for row in rows if isinstance(row, Mapping)]

    async def _send(self, call: CallContext, tool: Tool, arguments: dict[str, Any]) -> Any:
        """Return what the vendor answers to a read; None when it is an error."""
        limit = min(MOST_RECORDS, call.integration.pagination.maximum)
        arguments = arguments | ({"limit": limit} if tool.listing else {})
        read = replace(call, tool=tool, arguments=arguments, vendor_key="", caller_key="", content=None)
        read.changes_data, read.before = False, None
        try:
            response = await self._vendor.send(read, prepare(read) if tool.listing else NOTHING_ADDED)
            call.limits = read.limits
            return read_value(read, response)
        except BudgetReached:
            raise  # what may not be looked at may not be written unseen
        except LedgerportError:
            return None


def find_list(call: CallContext, resource: str) -> Tool | None:
    """Return the tool that lists a resource, whether the caller has it or not."""
    return call.listings.get((call.integration.name, resource))


def _conditions(call: CallContext, wanted: Wanted) -> Iterable[tuple[Condition, Any]]:
    value: Any = list(wanted.values) if wanted.operator == "any_of" else wanted.values[0]
    active = call.integration.preflight.active
    tool = find_list(call, wanted.resource)
    fields = {each.field: each.kind for each in tool.listing.conditions} if tool and tool.listing else {}
    yield Condition("wanted", wanted.field, wanted.operator, fields.get(wanted.field, "string")), value
    if wanted.is_any and active in fields:
        yield Condition("active", active, "any_of", "boolean"), [True, False]


def _with_pairs(settings: dict[str, Any], path: tuple[str, ...], pair: tuple[str, ...]) -> dict[str, Any]:
    """Return settings with a list of names and values in them as an object."""
    pairs = follow_path(settings, path) if path else None
    if not isinstance(pairs, list):
        return settings
    named: Any = {
        each[pair[0]]: each.get(pair[1]) for each in pairs if isinstance(each, dict) and pair[0] in each
    }
    for step in reversed(path):
        named = {step: named}
    return {**settings, **named}
