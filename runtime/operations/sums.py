"""Adding up a field of all records that a list tool finds, page by page, and holding it against the vendor's report.

Called by `calls` for a list tool that is asked for a sum. It is over all records or it is refused; one that differs
from the report that has to show the same figure is no figure, and both numbers are answered as the difference. Of one
that no report shows the answer says that it was not checked.
"""

from __future__ import annotations

import time
from asyncio import sleep
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from generator.catalog import Tool
from generator.vendor_rules import Tie
from runtime.errors import Conflict, InvalidArguments
from runtime.exchange import sums
from runtime.exchange.allowance import PLAIN
from runtime.exchange.bounds import write_json
from runtime.exchange.context import CallContext, Request
from runtime.exchange.kinds import Kind
from runtime.exchange.named_filters import NAMED, replace_named
from runtime.exchange.page_request import get_listing
from runtime.exchange.tool_answer import Answer
from runtime.operations.answers import format_time
from runtime.upstream import figures
from runtime.upstream.answer import UnexpectedShape
from runtime.upstream.limits import SPARE_SECONDS

UNBOUND = 10**9
"""Bytes of a page that is not answered but added up: as many as come."""
LONGEST_PAUSE = 2
"""Seconds that are waited for between two pages: a window of one second opens within them. One of a minute is not
waited for, as a caller would not know why nothing comes; the refusal is passed on.
"""
KindOf = Callable[[Tool], Kind]
Send = Callable[[Kind, CallContext, Request], Awaitable[Answer]]


class Sums:
    """Adds up. One for the process."""

    def __init__(self, send: Send, kind_of: KindOf, *, clock: Callable[[], float] = time.time) -> None:
        self._send = send
        self._kind_of = kind_of
        self._clock = clock

    async def answer(self, call: CallContext) -> Answer:
        """Return `{sums: {field: {sum, count, currency?}}, as_of, ids | records, ties?, note?, complete}`.

        Raises InvalidArguments where there are more records than are added up, and the errors of the vendor.
        """
        wanted = sums.check_sum(call)
        notes: list[str] = []
        if NAMED in call.arguments:
            call.arguments, notes = replace_named(
                get_listing(call.tool), call.arguments, call.today(), call.time_zone
            )
        as_of = format_time(self._clock())
        records = await self._read_all(call, wanted)
        currency = call.integration.currency
        try:
            totals = {name: sums.add_up(records, name, currency) for name in wanted}
        except UnexpectedShape as cause:
            raise InvalidArguments(
                f"There is no sum: {cause}.", advice="Name fields that are numbers."
            ) from cause
        shown = {name: sums.write_totals(each) for name, each in totals.items()}
        ties = [
            found
            for name, each in totals.items()
            if (found := await self._tie(call, name, each, shown)) is not None
        ]
        answer: dict[str, Any] = {"sums": shown, "as_of": as_of, "complete": True}
        if ties:
            answer["ties"] = ties
        if untied := [name for name in wanted if name not in {each["field"] for each in ties}]:
            notes.append(f"Not checked against a report: {', '.join(untied)}.")
        if notes:
            answer["note"] = " ".join(notes)
        return call.answer(_write(call, answer, records).decode())

    async def _read_all(self, call: CallContext, wanted: Sequence[str]) -> list[dict[str, Any]]:
        """Return every record that matches, with the fields that are added up. Raises InvalidArguments and Conflict."""
        most = call.integration.pagination.maximum
        arguments = {
            **sums.select_filters(call),
            "limit": most,
            "fields": sums.name_read_fields(call, wanted),
        }
        found: list[dict[str, Any]] = []
        for _ in range(sums.MOST_PAGES + 1):  # the last one only shows that there is nothing more
            page = await self._read(call, call.tool, arguments)
            _refuse_count(page)
            found += page["records"]
            if len(found) > sums.MOST_PAGES * most:
                break
            if not page.get("next_cursor"):
                _refuse_twice(call, found)
                return found
            arguments = {**arguments, "next_cursor": page["next_cursor"]}
        raise InvalidArguments(
            f"More than {sums.MOST_PAGES * most:,} records match, and a sum is over all of them or none.",
            advice="Add up parts of them, such as one month each by a filter on a date, or take a report.",
        )

    async def _read(self, call: CallContext, tool: Tool, arguments: dict[str, Any]) -> Any:
        """Return what a call of a tool answers, whole and as values.

        The first request of a sum is sent at once, as that of any call. The further ones wait where those before have
        used up a window of seconds: more pages than that allows could be added up at no time, however often a caller
        tries again. No refusal is waited out or repeated.
        """
        if (wait := call.limits.retry_after) and wait <= LONGEST_PAUSE:
            await sleep(wait + SPARE_SECONDS)
        part = replace(
            call,
            tool=tool,
            arguments=arguments,
            budget=UNBOUND,
            form=PLAIN,
            max_rows=0,
            max_answer_tokens=0,
            is_fenced=False,
        )
        kind = self._kind_of(tool)
        answer = await self._send(kind, part, kind.prepare(part))
        call.limits, call.status, call.notice = part.limits, part.status, part.notice
        return figures.read(answer.text.encode())

    async def _tie(
        self, call: CallContext, name: str, totals: Mapping[str, sums.Total], shown: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Return how a sum compares with the report that has to show it; one that differs is taken out of `shown`."""
        tie = _find_tie(call, name)
        if tie is None or len(totals) > 1:
            return None
        tool = _find_tool(call, tie)
        if tool is None:
            return None
        [total] = totals.values() or [sums.Total(Decimal(), 0)]
        report = await self._read(call, tool, dict(tie.arguments))
        figure = _read_figure(report, tie.group)
        if figure is None:
            return None
        if figure == total.sum:
            return {"field": name, "report": tool.name, "figure": sums.write_number(figure), "agrees": True}
        shown[name] = {
            "does_not_tie": {
                "records": sums.write_number(total.sum),
                "report": sums.write_number(figure),
                "difference": sums.write_number(total.sum - figure),
            },
            "count": total.count,
            "note": tie.note,
        }
        return {"field": name, "report": tool.name, "figure": sums.write_number(figure), "agrees": False}


def _find_tie(call: CallContext, name: str) -> Tie | None:
    """Return the report that shows the same as a sum; None where other records are meant than it is about."""
    given = sums.select_filters(call)
    ties = (each for each in get_listing(call.tool).ties if each.field == name)
    return next((each for each in ties if _is_about(each, given)), None)


def _is_about(tie: Tie, given: Mapping[str, Any]) -> bool:
    """Whether filters mean the records that the report of a tie is about."""
    allowed = {**tie.filters, **tie.only_with}
    return all(name in given for name in tie.only_with) and all(
        name in allowed and allowed[name] == value for name, value in given.items()
    )


def _find_tool(call: CallContext, tie: Tie) -> Tool | None:
    """Return the tool of a report, among those that the caller has: no sum shows what it may not read."""
    own = (each for each in call.tools.values() if each.integration == call.tool.integration)
    return next((each for each in own if (each.resource, each.method) == (tie.resource, tie.method)), None)


def _read_figure(report: Mapping[str, Any], group: str) -> Decimal | None:
    """Return the last cell of the last total of a report, or of a group in it."""
    totals = (row for row in report.get("rows") or () if isinstance(row, dict) and row.get("kind") == "total")
    rows = [row for row in totals if not group or row.get("group") == group]
    cells = rows[-1].get("cells") if rows else None
    return sums.read_total(cells[-1]) if cells else None


def _refuse_count(page: Mapping[str, Any]) -> None:
    """Raise InvalidArguments for the answer of a query that counts, which has no records to add up."""
    if "total" in page:
        raise InvalidArguments(
            "The query counts records, and there is nothing to add up.",
            advice="Ask for the records themselves.",
        )


def _refuse_twice(call: CallContext, records: Sequence[Mapping[str, Any]]) -> None:
    """Raise Conflict where a record came on two pages: others changed the list while it was read."""
    ids = [record.get(sums.get_identifier(call)) for record in records]
    named = [str(each) for each in ids if each is not None]
    if len(set(named)) < len(named):
        raise Conflict(
            "The records changed while they were read, and one of them came twice.", advice="Ask again."
        )


def _write(call: CallContext, answer: dict[str, Any], records: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the answer with the Ids that it came from, or the call that lists them where they take too much."""
    allowance = call.compute_allowance()
    ids = [record.get(sums.get_identifier(call)) for record in records]
    with_ids = write_json({**answer, "ids": ids})
    takes = allowance.measure(write_json(ids))
    if (
        len(ids) <= sums.MOST_IDS
        and takes <= allowance.size * sums.SHARE_OF_IDS
        and allowance.holds(with_ids)
    ):
        return with_ids
    listed = {"tool": call.tool.name, "arguments": sums.select_filters(call)}
    return write_json({**answer, "records": {"count": len(ids), "listed_by": listed}})
