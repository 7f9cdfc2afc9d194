"""What a record moves of other records: whose figure, which direction, by how much. Pure, by the definitions' facts.

Called by `referenced`, which reads those other records, and by `effects`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from generator.catalog import Tool
from generator.effect_rules import Booking, Conditions, Move
from generator.preflight_rules import GivenTotal
from generator.vendor import Integration
from runtime.safety.policies import measure_record
from runtime.safety.preflight.amounts import add_lines, is_comparable, list_lines
from runtime.safety.reference_spots import find_spots
from runtime.upstream import figures
from runtime.upstream.answer import follow_path

Record = Mapping[str, Any]
Target = tuple[str, str]
"""(resource, Id) of another record."""
UNKNOWN_TOTAL = "Its total is worked out when it is posted."
UNKNOWN_LINE = "A line does not say by how much."
NOT_COMPARABLE = (
    "Its amounts hold a tax, or are in another currency: what it comes to is worked out when it is posted."
)


class Total(NamedTuple):
    """What a record comes to; None where that cannot be known. `note` says what is not in it."""

    amount: Decimal | None
    note: str = ""


class Moved(NamedTuple):
    """One figure that a record moves. `amount` has its sign, and is None where it cannot be known."""

    target: Target
    amount: Decimal | None
    move: Move
    beside: Target | None = None
    note: str = ""


def list_moved(integration: Integration, booking: Booking, record: Record, total: Total) -> Iterator[Moved]:
    """Yield what a record moves; the empty record moves nothing."""
    is_reversed = bool(booking.reversed_by) and record.get(booking.reversed_by) is True
    for move in booking.moves:
        sign = 1 if move.is_raised != is_reversed else -1
        parts = [line for _, line in list_lines(record, move.lines)] if move.lines else [record]
        for part in parts if record else ():
            target = _find_target(integration, move.of, follow_path(part, move.field))
            if target is None or not meets(move.when, part):
                continue
            beside = _find_target(integration, move.beside_of, follow_path(part, move.beside))
            by, note = _find_amount(move, part, total)
            if by is None and not note:
                continue
            yield Moved(target, None if by is None else sign * by, move, beside, note)


def list_changes_of(
    tool: Tool, integration: Integration, before: Record | None, after: Record
) -> tuple[tuple[Moved, int], ...]:
    """Return what a change moves: what the record moves now, taken back (-1), and what it would move (1)."""
    booking = integration.effects.bookings.get(tool.resource)
    if booking is None or tool.risk == "send":
        return ()
    return tuple(
        (moved, sign)
        for record, sign in ((before or {}, -1), (after, 1))
        for moved in list_moved(
            integration, booking, record, find_total(tool, integration, booking, record, before)
        )
    )


def meets(conditions: Conditions, record: Any) -> bool:
    """Return whether a record has one of the values that stand at each path."""
    return all(follow_path(record, path) in values for path, values in conditions)


def find_total(
    tool: Tool, integration: Integration, booking: Booking, record: Record, stored: Record | None
) -> Total:
    """Return what a record comes to, of which the lines, or a total that callers say, stand in it.

    `stored` is the record as the vendor has it: its total holds as long as the lines and the tax are the same.
    """
    if not record or not booking.total:
        return Total(Decimal(0) if not record else None)
    of_record = figures.read_decimal(record.get(booking.total))
    fact = integration.policy_facts.amounts.get(tool.resource)
    if record is stored or fact is None or not fact.lines:
        return Total(of_record, "" if of_record is not None else UNKNOWN_TOTAL)
    rules = integration.preflight.given_totals
    rule = next((each for each in rules if tool.resource in each.resources), None)
    parts = (fact.lines, *((rule.tax[0], *rule.comparable) if rule is not None else ()))
    if stored is not None and all(stored.get(name) == record.get(name) for name in parts):
        return Total(of_record, "" if of_record is not None else UNKNOWN_TOTAL)
    if rule is not None:
        return _add_up(tool, integration, rule, record)
    try:
        return Total(measure_record(fact, record))
    except ValueError:
        return Total(None, UNKNOWN_TOTAL)


def _add_up(tool: Tool, integration: Integration, rule: GivenTotal, record: Record) -> Total:
    if not is_comparable(rule.comparable, record):
        return Total(None, NOT_COMPARABLE)
    added = add_lines(rule, record)
    if added is None:
        return Total(None, UNKNOWN_TOTAL)
    tax = figures.read_decimal(follow_path(record, rule.tax))
    facts = integration.effects.tax
    note = facts.note if tax is None and facts is not None and _is_taxed(tool, integration, record) else ""
    return Total(added[0] - added[1] + (tax or Decimal(0)), note)


def _is_taxed(tool: Tool, integration: Integration, record: Record) -> bool:
    facts, form = integration.effects.tax, integration.reference_form
    return facts is not None and any(
        spot.resource == facts.codes and (id_ := spot.read_id(form)) and id_ not in facts.untaxed
        for spot in find_spots(tool, record)
    )


def _find_target(integration: Integration, resource: str, value: Any) -> Target | None:
    id_ = value.get(integration.reference_form.id) if isinstance(value, Mapping) else value
    return (resource, str(id_)) if resource and isinstance(id_, str | int) and id_ not in ("", True) else None


def _find_amount(move: Move, part: Record, total: Total) -> tuple[Decimal | None, str]:
    """Return by how much something is moved, and what is not known of it; neither where it is not moved at all."""
    if not move.by:
        return total
    given = follow_path(part, move.by)
    if given in (None, "") and not move.lines:
        return None, ""
    amount = figures.read_decimal(given)
    return amount, "" if amount is not None else UNKNOWN_LINE
