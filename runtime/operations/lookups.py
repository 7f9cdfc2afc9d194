"""Records that a write refers to, found by their Ids, names or numbers with the list tools of the catalog.

Called by `preflight`, `name_resolution` and `duplicates`. One call for each resource finds all that is wanted of it,
and what it found is known for some seconds. These are reads like any other: counted, and authorized for the account.
A look that fails leaves open what it was for: the vendor checks a write itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from generator.catalog import Condition, Tool
from generator.vendor import Integration
from runtime.errors import BudgetReached, LedgerportError
from runtime.exchange.context import NOTHING_ADDED, CallContext
from runtime.exchange.failures import read_value
from runtime.exchange.listing import prepare
from runtime.model import AccountId
from runtime.operations.vendor_calls import VendorCalls
from runtime.recent import Recent
from runtime.upstream.answer import UnexpectedShape, find_records, follow_path
from runtime.upstream.client import VendorResponse

SECONDS = 10.0
"""How long a list is known, and what changes with every payment. An agent that corrects a refused write calls again
within a few seconds.
"""
NAME_SECONDS = 60.0
"""How long any other record is known: whether a name is in use changes a few times in a year."""
SETTINGS_SECONDS = 60.0
"""How long the settings of a company are known. People change them a few times in a year."""
MOST_ACCOUNTS = 1_000
"""Accounts whose records are known at once: those that wrote last."""
MOST_RECORDS = 200
"""Records of one account that are known at once; the lines of a long form refer to fewer."""
MOST_LISTS = 20
"""Answers to one wish that are known at once; a write has a few."""
MOST_SEEN = 256
"""Answers to reads that are retained until a write asks for what is in them; 16 MiB with the largest ones."""
LARGEST_SEEN = 64 * 1024
"""Bytes of such an answer: a page of 50 customers takes less."""
MOST_VALUES = 200
"""Ids or names in one call. An address of so many stays far below what servers take."""
OK = 200
"""RFC 9110."""
Record = Mapping[str, Any]
Key = tuple[str, str, str]
"""(resource, field, value without regard to case)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Records of one resource whose `field` has one of some values. `is_any` finds those no longer in use, too."""

    resource: str
    field: str
    values: tuple[str, ...]
    operator: str = "any_of"
    is_any: bool = False


@dataclass(slots=True)
class _Known:
    """What is known of one account, each with when it was read."""

    records: Recent[Key, tuple[float, Record]] = field(default_factory=lambda: Recent(MOST_RECORDS))
    lists: Recent[Wanted, tuple[float, list[Record]]] = field(default_factory=lambda: Recent(MOST_LISTS))
    settings: tuple[float, Record] | None = None


class _Seen(NamedTuple):
    """An answer that a caller read, not looked into yet: most are never asked for."""

    at: float
    account: AccountId
    tool: Tool
    response: VendorResponse


class Lookups:
    """Finds records for checks. One for the process."""

    def __init__(self, vendor: VendorCalls, clock: Callable[[], float] = time.monotonic) -> None:
        self._vendor = vendor
        self._clock = clock
        self._accounts: Recent[AccountId, _Known] = Recent(MOST_ACCOUNTS)
        self._seen: deque[_Seen] = deque(maxlen=MOST_SEEN)

    def forget(self, call: CallContext, changes: Sequence[CallContext]) -> None:
        """Forget what the writes of a call may change: records of their kinds, and those with open balances."""
        known = self._known(call)
        written = {change.tool.resource for change in changes} | _list_with_balances(call.integration)
        former, known.records, known.lists = known.records, Recent(MOST_RECORDS), Recent(MOST_LISTS)
        for key, each in former.list_items():
            if key[0] not in written:
                known.records.put(key, each)
        for resource in written:
            self._take_seen(call, resource)
        settings = call.integration.preflight.settings
        if any(tool.name == settings and tool.resource in written for tool in call.known):
            known.settings = None

    def note(self, call: CallContext, response: VendorResponse) -> None:
        """Note what a caller has just read: a write that refers to it need not look it up."""
        tool = call.tool
        if tool.returns.path and response.status == OK and len(response.body) <= LARGEST_SEEN:
            self._seen.append(_Seen(self._clock(), call.account.id, tool, response))

    async def find_all(
        self, call: CallContext, wanted: Iterable[Wanted]
    ) -> list[dict[str, Record | None] | None]:
        """Return for each wish the record under each of its values, None where there is none.

        The whole is None where it could not be read.
        """
        return list(await asyncio.gather(*(self._find(call, each) for each in wanted)))

    async def _find(self, call: CallContext, wanted: Wanted) -> dict[str, Record | None] | None:
        self._learn(call, wanted.resource)
        found: dict[str, Record | None] = {
            value: self._recall(call, wanted, value) for value in wanted.values
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
                self._remember(call, wanted, value, record)
        return found

    async def find_recent(self, call: CallContext, wanted: Wanted) -> list[Record] | None:
        """Return the records that a list tool finds, or found for the same wish within the last seconds."""
        lists = self._known(call).lists
        known = lists.get(wanted)
        if known and self._clock() - known[0] < SECONDS:
            return known[1]
        rows = await self.list_records(call, wanted)
        if rows is not None:
            lists.put(wanted, (self._clock(), rows))
            for row in rows:
                self._remember(call, wanted, "", row)
        return rows

    async def list_records(
        self, call: CallContext, wanted: Wanted, *more: tuple[Condition, Any]
    ) -> list[Record] | None:
        """Return the records that a list tool finds, at most one page of them; None where it cannot be asked."""
        tool = find_list(call, wanted.resource)
        if tool is None or tool.listing is None:
            return None
        conditions = [*_conditions(call, wanted), *more]
        if any(each.operator not in call.integration.query_language.conditions for each, _ in conditions):
            return None
        listing = replace(tool.listing, conditions=tuple(each for each, _ in conditions), raw_query=False)
        arguments = {each.argument: value for each, value in conditions}
        return await self._read(call, replace(tool, listing=listing), arguments)

    async def read_settings(self, call: CallContext) -> Record:
        """Return the settings of the company, their pairs as members; nothing where they cannot be read."""
        known, rules = self._known(call), call.integration.preflight
        if known.settings and self._clock() - known.settings[0] < SETTINGS_SECONDS:
            return known.settings[1]
        tool = next((each for each in call.known if each.name == rules.settings), None)
        value = await self._send(call, tool, {}) if tool else None
        found = follow_path(value, tool.returns.path) if tool else None
        settings = _with_pairs(found, rules.settings_pairs, rules.pair) if isinstance(found, dict) else {}
        known.settings = (self._clock(), settings)
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

    def _known(self, call: CallContext) -> _Known:
        return self._accounts.get(call.account.id) or self._accounts.put(call.account.id, _Known())

    def _recall(self, call: CallContext, wanted: Wanted, value: str) -> Record | None:
        found = self._known(call).records.get((wanted.resource, wanted.field, value.casefold()))
        is_changing = wanted.resource in _list_with_balances(call.integration)
        longest = SECONDS if is_changing else NAME_SECONDS
        return found[1] if found and self._clock() - found[0] < longest else None

    def _learn(self, call: CallContext, resource: str) -> None:
        """Note the records of a resource in what callers have read."""
        records, identifier = self._known(call).records, call.integration.identifier
        for seen in self._take_seen(call, resource):
            for row in _read_rows(call, seen.tool, seen.response):
                key = (resource, identifier, str(row.get(identifier)).casefold())
                if (former := records.get(key)) is None or former[0] < seen.at:
                    records.put(key, (seen.at, row))

    def _take_seen(self, call: CallContext, resource: str) -> list[_Seen]:
        """Return the answers with records of a resource, which are no longer retained."""
        found = [
            each for each in self._seen if each.account == call.account.id and each.tool.resource == resource
        ]
        for each in found:
            self._seen.remove(each)
        return found

    def _remember(self, call: CallContext, wanted: Wanted, value: str, record: Record) -> None:
        """Note a record under what it was found by, and under its Id."""
        known, now = self._known(call), self._clock()
        if value:
            known.records.put((wanted.resource, wanted.field, value.casefold()), (now, record))
        identifier = call.integration.identifier
        known.records.put((wanted.resource, identifier, str(record.get(identifier))), (now, record))


def _list_with_balances(integration: Integration) -> set[str]:
    """Return the resources whose records other records pay."""
    return {resource for rule in integration.preflight.open_balances for resource in rule.pays.values()}


def _read_rows(call: CallContext, tool: Tool, response: VendorResponse) -> list[Record]:
    """Return the records of an answer; none where it is an error or has another shape."""
    try:
        value = read_value(call, response)
        if tool.listing is None:
            rows = [follow_path(value, tool.returns.path)]
        else:
            rows = find_records(value, tool.returns.path, call.integration.pagination.beside)
    except (LedgerportError, UnexpectedShape):
        return []
    return [row for row in rows if isinstance(row, Mapping)]


def find_list(call: CallContext, resource: str) -> Tool | None:
    """Return the tool that lists a resource, whether the caller has it or not."""
    return call.listings.get((call.integration.name, resource))


def _conditions(call: CallContext, wanted: Wanted) -> Iterable[tuple[Condition, Any]]:
    value: Any = list(wanted.values) if wanted.operator == "any_of" else wanted.values[0]
    yield Condition("wanted", wanted.field, wanted.operator), value
    active = call.integration.preflight.active
    tool = find_list(call, wanted.resource)
    fields = {each.field for each in tool.listing.conditions} if tool and tool.listing else set()
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
