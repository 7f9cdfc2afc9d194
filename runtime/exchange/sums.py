"""Sums of a field over all records that a list tool finds: exact, one for each currency, with what they came from.

Called by `operations.sums`, which reads the pages. Nothing here is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

import msgspec

from generator.suggestions import did_you_mean
from runtime.errors import InvalidArguments
from runtime.exchange.context import COUNT, CallContext
from runtime.exchange.page_request import get_listing
from runtime.exchange.raw_query import read_query
from runtime.upstream import figures
from runtime.upstream.answer import UnexpectedShape, follow_path

SUM = "sum"
MOST_PAGES = 20
"""Pages of one sum. Each is a call at the vendor, which counts them; of more records a report says the total."""
MOST_IDS = 500
"""Ids in an answer. Of more records the call that lists them is answered."""
SHARE_OF_IDS = 0.5
"""Of an answer, what Ids may take."""
OTHERS = frozenset(
    {
        SUM,
        COUNT,
        "limit",
        "fields",
        "detail",
        "format",
        "max_tokens",
        "order_by",
        "descending",
        "next_cursor",
    }
)
"""Arguments that say nothing of which records are meant."""
_exact = Context(prec=400, traps=[Inexact, InvalidOperation])


@dataclass(frozen=True, slots=True)
class Total:
    """What a field of some records comes to in one currency, and how many of them have it."""

    sum: Decimal
    count: int


def check_sum(call: CallContext) -> list[str]:
    """Return the fields to add up. Raises InvalidArguments for one that is no number, and for a part of a list."""
    wanted, known = list(dict.fromkeys(call.arguments[SUM])), get_listing(call.tool).numbers
    unknown = [name for name in wanted if known and name not in known]
    if unknown:
        raise InvalidArguments(
            f"{unknown[0][:80]!r} is no number that can be added up. {did_you_mean(unknown[0], known)}".rstrip(),
            advice=f"Nothing was sent. These can be: {', '.join(known)}.",
        )
    _refuse_part(call)
    if call.arguments.get("next_cursor"):
        raise InvalidArguments(
            "A sum is over all records that match, and next_cursor is one part of them.",
            advice="Nothing was sent. Leave next_cursor out.",
        )
    return wanted


def _refuse_part(call: CallContext) -> None:
    """Raise InvalidArguments for a raw query that asks for some of the fields, or for a part of the records."""
    asked = read_query(call.tool, call.integration, call.arguments, call.known)
    if asked is None or asked.is_count:
        return
    if asked.columns or asked.start is not None or asked.limit is not None:
        raise InvalidArguments(
            "A sum is over all records that match, with their currencies, and the query asks for a part of them.",
            advice="Nothing was sent. Begin it with select *, and end it with the condition or the order.",
        )


def select_filters(call: CallContext) -> dict[str, Any]:
    """Return the arguments of a list that say which records are meant."""
    return {name: value for name, value in call.arguments.items() if name not in OTHERS}


def name_read_fields(call: CallContext, wanted: Sequence[str]) -> list[str]:
    """Return the fields that are read of each record: those to add up, its Id and its currency."""
    currency = call.integration.currency
    return list(dict.fromkeys([get_identifier(call), *wanted, *currency[:1]]))


def get_identifier(call: CallContext) -> str:
    """Return the field that holds the Id of a record."""
    return call.tool.identifier or call.integration.identifier


def add_up(records: Sequence[Mapping[str, Any]], name: str, currency: tuple[str, ...]) -> dict[str, Total]:
    """Return the totals of a field by currency, "" where records name none. Raises UnexpectedShape."""
    totals: dict[str, Total] = {}
    for record in records:
        value = record.get(name)
        if value is None:
            continue
        found = follow_path(record, currency) if currency else None
        key = found if isinstance(found, str) else ""
        before = totals.get(key, Total(Decimal(), 0))
        totals[key] = Total(_add(before.sum, _read(value, name)), before.count + 1)
    return totals


def write_totals(totals: Mapping[str, Total]) -> dict[str, Any]:
    """Return totals as they are answered: `{sum, count, currency?}`, or by currency where there are several."""
    if len(totals) > 1:
        return {"by_currency": [_write_total(key, each) for key, each in sorted(totals.items())]}
    return next((_write_total(key, each) for key, each in totals.items()), {"sum": 0, "count": 0})


def write_number(number: Decimal) -> msgspec.Raw:
    """Return a number as JSON with all its digits."""
    return msgspec.Raw(f"{number:f}".encode())


def read_total(value: Any) -> Decimal | None:
    """Return the figure in a report; None for anything else."""
    return figures.read_decimal(value.replace(",", "") if isinstance(value, str) else value)


def _write_total(currency: str, total: Total) -> dict[str, Any]:
    named = {"currency": currency} if currency else {}
    return {"sum": write_number(total.sum), "count": total.count, **named}


def _read(value: Any, name: str) -> Decimal:
    is_number = isinstance(value, (int, msgspec.Raw)) and not isinstance(value, bool)
    if not is_number:
        raise UnexpectedShape(f"{name[:80]} is no number in every record")
    return Decimal(bytes(value).decode() if isinstance(value, msgspec.Raw) else value)


def _add(one: Decimal, other: Decimal) -> Decimal:
    try:
        return _exact.add(one, other)
    except Inexact as error:
        raise UnexpectedShape("the numbers differ too much to be added up exactly") from error
