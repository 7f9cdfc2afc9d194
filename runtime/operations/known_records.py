"""What was read at the vendor moments ago, so that a write need not read it again. In memory, bounded, of one process.

Called by `exchanges` and `writes` with every answer, which costs a read next to nothing: an answer is put aside as it
is, and looked into only when a write asks for what may be in it. `guarded_updates` asks for a record in a version: the
vendor refuses one that is not current, so nothing stale is ever written, and a former one says what changed since.
`lookups` asks for records that a write refers to; those are forgotten with every write that may change them.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.errors import LedgerportError
from runtime.exchange.context import CallContext
from runtime.exchange.failures import read_value
from runtime.model import AccountId
from runtime.recent import Recent
from runtime.upstream import figures
from runtime.upstream.answer import UnexpectedShape, find_records, follow_path
from runtime.upstream.client import VendorResponse

VERSION_SECONDS = 120.0
"""How long a record is known under its version. An agent that reads a record, thinks and changes it takes less, by the
journeys of the tests.
"""
CHANGING_SECONDS = 10.0
"""How long a list is known, and what changes with every payment. An agent that corrects a refused write calls again
within a few seconds.
"""
NAME_SECONDS = 60.0
"""How long any other record and the settings of a company are known: people change them a few times in a year."""
MOST_BYTES = 64 * 1024 * 1024
"""Of all answers together. Of invoices of five lines, of 2 kB each, these are 30,000."""
LARGEST = 64 * 1024
"""Bytes of an answer that is retained: a page of 50 customers takes less, and so does an invoice of 80 lines."""
MOST_ACCOUNTS = 1_000
"""Accounts of which anything is known at once: those that called last."""
MOST_ANSWERS = 256
"""Answers of one account: an agent that reads records and then changes each of them does so with fewer."""
MOST_RECORDS = 200
"""Records of one account that are known by an Id or a name; the lines of a long form refer to fewer."""
MOST_LISTS = 20
"""Answers to one wish that are known at once; a write has a few."""
OK = 200
"""RFC 9110."""
Record = Mapping[str, Any]
Key = tuple[str, str, str]
"""(resource, field, value without regard to case)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Records of one resource whose `field` has one of some values. `is_any` finds those no longer in use, too.

    `is_current` is for their balances, which every write of the account may move: what was read before the last one is
    not known then.
    """

    resource: str
    field: str
    values: tuple[str, ...]
    operator: str = "any_of"
    is_any: bool = False
    is_current: bool = False


_Answer = tuple[int, float, Tool, Mapping[str, Any], VendorResponse]
"""An answer as it came: its number, when, of which tool, to what arguments. A plain tuple, for each read makes one."""


@dataclass(slots=True)
class _Known:
    """What is known of one account, each with when it was read."""

    answers: deque[_Answer] = field(default_factory=deque)
    learned: dict[str, int] = field(default_factory=dict)
    """The number of the last answer of each resource whose records are among `records`."""
    records: Recent[Key, tuple[float, Record]] = field(default_factory=lambda: Recent(MOST_RECORDS))
    lists: Recent[Wanted, tuple[float, list[Record]]] = field(default_factory=lambda: Recent(MOST_LISTS))
    settings: tuple[float, str, Record] | None = None
    """With the resource of which they are."""
    written: dict[str, float] = field(default_factory=dict)
    """When records of a resource may have changed last: what was read before is known no longer."""
    moved: float = -math.inf
    """When balances may have changed last."""


class KnownRecords:
    """Remembers what was read. One for the process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._accounts: OrderedDict[AccountId, _Known] = OrderedDict()
        self._bytes = self._count = 0

    def note(self, call: CallContext, response: VendorResponse) -> None:
        """Note the answer to a read."""
        self._note(call.account.id, call.tool, call.arguments, response)

    def note_written(self, call: CallContext, response: VendorResponse) -> None:
        """Note a record that a write answered as if it had been read."""
        get = call.tool.current
        if get is not None and get.returns.path == call.tool.returns.path:
            self._note(call.account.id, get, _choose_own(get, call.arguments), response)

    def forget(self, call: CallContext, changes: Sequence[CallContext]) -> None:
        """Forget what the writes of a call may change: records of their kinds, and those with open balances."""
        known, now = self._find(call.account.id), self._clock()
        written = {change.tool.resource for change in changes} | _list_with_balances(call.integration)
        known.written.update(dict.fromkeys(written, now))
        known.moved = now
        if len(known.lists):
            known.lists = Recent(MOST_LISTS)

    def get_version(
        self, account_id: AccountId, get: Tool, arguments: Mapping[str, Any], version: tuple[str, Any]
    ) -> Record | None:
        """Return a record as it was in a version, given as field and value; None when it is not known."""
        field, wanted = version
        own, oldest = _choose_own(get, arguments), self._clock() - VERSION_SECONDS
        for _, at, tool, given, response in reversed(self._find(account_id).answers):
            if at < oldest:
                return None
            if tool.name == get.name and given == own:
                record = _read_exactly(response.body, get.returns.path)
                if record is not None and record.get(field) == wanted:
                    return record
        return None

    def get_record(self, call: CallContext, wanted: Wanted, value: str) -> Record | None:
        """Return the record of a resource with a value in a field."""
        known = self._find(call.account.id)
        self._learn(known, call, wanted.resource)
        found = known.records.get((wanted.resource, wanted.field, value.casefold()))
        is_changing = wanted.is_current or wanted.resource in _list_with_balances(call.integration)
        if found and wanted.is_current and found[0] <= known.moved:
            return None
        longest = CHANGING_SECONDS if is_changing else NAME_SECONDS
        return found[1] if found and self._is_fresh(known, wanted.resource, found[0], longest) else None

    def put_record(self, call: CallContext, wanted: Wanted, value: str, record: Record) -> None:
        """Note a record under the value by which it was found, unless that is empty, and under its Id."""
        records, now = self._find(call.account.id).records, self._clock()
        if value:
            records.put((wanted.resource, wanted.field, value.casefold()), (now, record))
        records.put(_name_record(call, wanted.resource, record), (now, record))

    def get_list(self, call: CallContext, wanted: Wanted) -> list[Record] | None:
        """Return the records that were found for the same wish within the last seconds."""
        known = self._find(call.account.id)
        found = known.lists.get(wanted)
        return (
            found[1] if found and self._is_fresh(known, wanted.resource, found[0], CHANGING_SECONDS) else None
        )

    def put_list(self, call: CallContext, wanted: Wanted, rows: list[Record]) -> None:
        """Note the records that were found for a wish."""
        self._find(call.account.id).lists.put(wanted, (self._clock(), rows))
        for row in rows:
            self.put_record(call, wanted, "", row)

    def get_settings(self, call: CallContext) -> Record | None:
        """Return the settings of the company."""
        known = self._find(call.account.id)
        found = known.settings
        return found[2] if found and self._is_fresh(known, found[1], found[0], NAME_SECONDS) else None

    def put_settings(self, call: CallContext, resource: str, settings: Record) -> None:
        """Note the settings of the company, which are records of a resource."""
        self._find(call.account.id).settings = (self._clock(), resource, settings)

    def _find(self, account_id: AccountId) -> _Known:
        known = self._accounts.get(account_id)
        if known is None:
            known = self._accounts[account_id] = _Known()
            if len(self._accounts) > MOST_ACCOUNTS:
                _, oldest = self._accounts.popitem(last=False)
                self._bytes -= sum(map(_measure, oldest.answers))
        else:
            self._accounts.move_to_end(account_id)
        return known

    def _note(
        self, account_id: AccountId, tool: Tool, arguments: Mapping[str, Any], response: VendorResponse
    ) -> None:
        size = len(response.body)
        if response.status != OK or size > LARGEST:
            return
        answers = self._find(account_id).answers
        self._count += 1
        answers.append((self._count, self._clock(), tool, arguments, response))
        self._bytes += size
        if len(answers) > MOST_ANSWERS:
            self._bytes -= _measure(answers.popleft())
        while self._bytes > MOST_BYTES:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Drop an answer of the account that called the longest ago, and all of that once it has none."""
        account_id, known = next(iter(self._accounts.items()))
        if known.answers:
            self._bytes -= _measure(known.answers.popleft())
        else:
            del self._accounts[account_id]

    def _learn(self, known: _Known, call: CallContext, resource: str) -> None:
        """Note the records of a resource in the answers that were not looked into before."""
        for answer in _list_new(known, resource):
            known.learned[resource], at = answer[:2]
            for row in _read_rows(call, answer):
                key = _name_record(call, resource, row)
                if (former := known.records.get(key)) is None or former[0] < at:
                    known.records.put(key, (at, row))

    def _is_fresh(self, known: _Known, resource: str, at: float, longest: float) -> bool:
        """Return whether what was read at a moment is neither too old nor written since."""
        return self._clock() - at < longest and at > known.written.get(resource, -math.inf)


def _measure(answer: _Answer) -> int:
    return len(answer[4].body)


def _list_new(known: _Known, resource: str) -> list[_Answer]:
    """Return the answers of a resource since those that were looked into, the oldest first."""
    last, found = known.learned.get(resource, 0), []
    for answer in reversed(known.answers):
        number, _, tool, _, _ = answer
        if number <= last:
            break
        if tool.resource == resource:
            found.append(answer)
    return found[::-1]


def _choose_own(get: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the arguments of a write by which its record is read."""
    names = get.input_schema["properties"]
    return {name: value for name, value in arguments.items() if name in names}


def _name_record(call: CallContext, resource: str, record: Record) -> Key:
    identifier = call.integration.identifier
    return resource, identifier, str(record.get(identifier)).casefold()


def _read_exactly(body: bytes, path: tuple[str, ...]) -> Record | None:
    """Return a record with its figures as they were written; None where there is none."""
    try:
        found = follow_path(figures.read(body), path)
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def _list_with_balances(integration: Integration) -> set[str]:
    """Return the resources whose records other records pay."""
    return {resource for rule in integration.preflight.open_balances for resource in rule.pays.values()}


def _read_rows(call: CallContext, answer: _Answer) -> list[Record]:
    """Return the records of an answer; none where it is an error or has another shape."""
    _, _, tool, _, response = answer
    try:
        value = read_value(call, response)
        if tool.listing is None:
            rows = [follow_path(value, tool.returns.path)]
        else:
            rows = find_records(value, tool.returns.path, call.integration.pagination.beside)
    except (LedgerportError, UnexpectedShape):
        return []
    return [row for row in rows if isinstance(row, Mapping)]
