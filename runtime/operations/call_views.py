"""The call log as people look through it: calls with the names of who made them, totals of a time by day, a table.

Called by the pages of the call log. A call has neither arguments nor results; an error is said in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from generator.catalog import Catalog
from runtime.deployment import Deployment
from runtime.error_codes import ERROR_CODES
from runtime.operations.call_log import CallLog
from runtime.operations.caller_names import PERSON, SERVER, TOKEN, CallerName, make_key, read_names
from runtime.operations.exports.sheet import Column, Sheet, SheetRow
from runtime.operations.formats import Formats
from runtime.operations.journal_views import list_titles
from runtime.stores.call_log_records import CallSum
from runtime.watching.calls import CallFilter, LoggedCall, LogType, StoredCall

PART = 25
"""Calls of one page."""
MOST_SUMMED = 200_000
"""Calls of which totals are made, some 0.3 s on SQLite; of more the newest."""
MOST_MAKERS = 5_000
"""The newest calls, whose callers, tools and errors can be chosen from."""
MOST_EXPORTED = 50_000
"""Calls of one file."""
_AT_ONCE = 2_000
"""Calls that are read together for a file, some 1 MB."""
TYPES: dict[LogType, str] = {"mcp": "MCP", "api": "API", "page": "Page"}
_KINDS: dict[LogType, str] = {"mcp": SERVER, "api": TOKEN, "page": PERSON}
_OTHER_CODES = {"cancelled": "The program that called did not wait for the answer."}
COLUMNS = (
    Column("Time"), Column("Endpoint"), Column("Who"), Column("Who: details"), Column("Program"), Column("Version"),
    Column("Tool"), Column("Ended"), Column("Error"), Column("Milliseconds", "number"),
    Column("Size of the answer", "number"), Column("Request"), Column("Caller Id"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call, who made it, and what its error means."""

    call: LoggedCall
    who: CallerName
    error: str = ""
    explained: str = ""


@dataclass(frozen=True, slots=True)
class DayTotal:
    """The calls of one day of the viewer."""

    day: date
    calls: int = 0
    errors: int = 0
    slowest_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Totals:
    """The calls of a time. `is_cut`: there are more than are summed, and these are the newest."""

    days: Sequence[DayTotal]
    is_cut: bool = False

    @property
    def calls(self) -> int:
        """All calls."""
        return sum(each.calls for each in self.days)

    @property
    def errors(self) -> int:
        """Those that ended in an error."""
        return sum(each.errors for each in self.days)

    @property
    def slowest_ms(self) -> float:
        """The longest time that one took."""
        return max((each.slowest_ms for each in self.days), default=0.0)


@dataclass(frozen=True, slots=True)
class CallChoices:
    """What the filters offer, from the newest calls of the time."""

    callers: Sequence[CallerName]
    clients: Sequence[str]
    tools: Sequence[tuple[str, str]]
    errors: Sequence[tuple[str, str]]


class CallViews:
    """Reads the call log for people. One for the process."""

    def __init__(self, deployment: Deployment, log: CallLog) -> None:
        self._deployment, self._records, self._log = deployment, deployment.stores.records, log

    async def list_part(
        self, wanted: CallFilter, next_cursor: str, limit: int = PART, known: Sequence[CallerName] = ()
    ) -> tuple[Sequence[CallRow], str]:
        """Return a part of the calls, and where the list goes on; `known` are callers whose names have been read.

        Raises InvalidRequest for a wrong cursor.
        """
        found, cursor = await self._log.read(wanted, limit, next_cursor)
        return await self._deployment.stores.read(lambda: self._name(found, known)), cursor

    def count_by_day(self, wanted: CallFilter, days: Sequence[tuple[date, float]]) -> Totals:
        """Return the totals of a time, of which the days are given with when each begins."""
        found = self._records.count_calls_by_time(wanted, [begin for _, begin in days], MOST_SUMMED)
        by_part = {each.part: each for each in found}
        totals = [_make_total(day, by_part.get(place)) for place, (day, _) in enumerate(days)]
        return Totals(totals, sum(each.calls for each in totals) >= MOST_SUMMED)

    def list_choices(self, wanted: CallFilter) -> CallChoices:
        """Return what the filters offer for the calls of an account in a time."""
        whole = CallFilter(wanted.since, wanted.until, account_id=wanted.account_id)
        found = self._records.list_call_makers(whole, MOST_MAKERS)
        names = read_names(self._records, {_make_caller(each.log_type, each.caller_id) for each in found})
        return CallChoices(
            sorted(names.values(), key=lambda each: (each.kind, each.name.casefold())),
            sorted({each.client_name for each in found if each.client_name}, key=str.casefold),
            list_titles(self._catalog, {each.tool for each in found}),
            sorted((code, name_error(code)) for code in {each.error_code for each in found} if code),
        )

    async def make_sheet(self, wanted: CallFilter, title: str, formats: Formats) -> Sheet:
        """Return the calls as a table, the newest first; its notes say whether it has all of them."""
        rows, cursor = list[CallRow](), ""
        while len(rows) < MOST_EXPORTED:
            part, cursor = await self.list_part(wanted, cursor, min(_AT_ONCE, MOST_EXPORTED - len(rows)))
            rows += part
            if not cursor:
                break
        notes = (
            title,
            f"{len(rows)} calls." if not cursor else f"The newest {len(rows)} calls; there are more.",
        )
        return Sheet("Calls", COLUMNS, [_make_row(each, formats) for each in rows], notes)

    @property
    def _catalog(self) -> Catalog:
        return self._deployment.catalog()

    def _name(self, found: Iterable[StoredCall], known: Sequence[CallerName]) -> Sequence[CallRow]:
        calls = [each.call for each in found]
        names = read_names(
            self._records, {_make_caller(each.log_type, each.caller_id) for each in calls}, known
        )
        return [
            CallRow(
                each,
                names[_make_caller(each.log_type, each.caller_id)],
                name_error(each.error_code),
                explain_error(each.error_code),
            )
            for each in calls
        ]


def name_error(code: str) -> str:
    """Return a code of an error as a page writes it: `Rate limited`."""
    return code.replace("_", " ").capitalize()


def explain_error(code: str) -> str:
    """Return what an error means, in a sentence or two; empty for none, and for a code that is not known."""
    if code in _OTHER_CODES:
        return _OTHER_CODES[code]
    return ERROR_CODES[code].happened if code in ERROR_CODES else ""


def _make_caller(log_type: LogType, caller_id: str) -> str:
    return make_key(_KINDS[log_type], caller_id)


def _make_total(day: date, found: CallSum | None) -> DayTotal:
    return DayTotal(day) if found is None else DayTotal(day, found.calls, found.errors, found.slowest_ms)


def _make_row(row: CallRow, formats: Formats) -> SheetRow:
    call = row.call
    return SheetRow(
        (
            datetime.fromtimestamp(call.at, formats.zone).isoformat(timespec="milliseconds"),
            TYPES[call.log_type], row.who.name, row.who.about, call.client_name, call.client_version, call.tool,
            call.status, row.call.error_code, round(call.ms), call.size, call.request_id, call.caller_id,
        )
    )  # fmt: skip
