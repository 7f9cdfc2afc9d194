"""What the address of a page of the journal, or of the call log, asks for: filters, days of the viewer, a place.

Called by `journal_pages` and `call_log_pages`. What cannot be read is reported beside its field, with what was entered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from urllib.parse import urlencode

from starlette.requests import Request

from runtime.errors import InvalidRequest
from runtime.journal_filter import JournalFilter
from runtime.operations.journal_filters import STATES, read_state
from runtime.operations.journal_views import Wanted

LONGEST_VALUE = 200
"""Characters of one filter; an Id or a name has fewer."""
JOURNAL_FIELDS = ("q", "caller", "client", "tool", "record", "state", "from", "to")


@dataclass(frozen=True, slots=True)
class Query:
    """The values of filters as they were entered, and for each that cannot be read a sentence that says why."""

    values: Mapping[str, str]
    cursor: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_filtered(self) -> bool:
        """Whether anything is asked for."""
        return any(self.values.values())

    def make_query(self, **changed: str) -> str:
        """Return a query string with the same filters, or with some changed; empty for none at all."""
        values = {**self.values, **changed}
        found = urlencode({name: value for name, value in values.items() if value})
        return f"?{found}" if found else ""


def read_query(request: Request, fields: tuple[str, ...]) -> Query:
    """Return the filters that an address has."""
    given = request.query_params
    values = {name: given.get(name, "").strip()[:LONGEST_VALUE] for name in fields}
    return Query(values, given.get("cursor", "")[:LONGEST_VALUE])


def read_journal_query(request: Request, zone: tzinfo) -> tuple[Query, Wanted]:
    """Return the filters of the journal, and the entries that they mean."""
    query = read_query(request, JOURNAL_FIELDS)
    values = query.values
    query, since, until = read_dates(query, zone)
    wanted = JournalFilter(
        tool=values["tool"] or None,
        record_id=values["record"] or None,
        since=since,
        until=until,
        caller=values["caller"] or None,
        client=values["client"] or None,
    )
    if values["state"] not in ("", *STATES):
        return replace(query, errors={**query.errors, "state": "Choose an outcome of the list."}), Wanted(
            wanted
        )
    return query, Wanted(read_state(values["state"], wanted), values["q"])


def read_dates(query: Query, zone: tzinfo) -> tuple[Query, float | None, float | None]:
    """Return the times that `from` and `to` mean: whole days in a zone, the last one included."""
    errors, found = dict(query.errors), dict[str, float | None]()
    for name, days in (("from", 0), ("to", 1)):
        try:
            found[name] = read_day(query.values[name], zone, days)
        except InvalidRequest as problem:
            errors[name], found[name] = problem.message, None
    since, until = found["from"], found["to"]
    if since is not None and until is not None and since >= until:
        errors["to"] = "It is before the first day."
    return replace(query, errors=errors), since, until


def read_day(text: str, zone: tzinfo, days: int = 0) -> float | None:
    """Return when a day begins in a zone, or one some days after it; None for none. Raises InvalidRequest."""
    if not text:
        return None
    try:
        return make_time(date.fromisoformat(text) + timedelta(days=days), zone)
    except (ValueError, OverflowError):
        raise InvalidRequest("Give it as a date, such as 2026-01-31.") from None


def make_time(day: date, zone: tzinfo) -> float:
    """Return when a day begins in a zone, in seconds since the epoch."""
    return datetime.combine(day, time.min, zone).timestamp()
