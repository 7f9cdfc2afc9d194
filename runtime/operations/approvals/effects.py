"""What a change does to the books: to balances, to stock and to the period. Computed from what is read, never posted.

Called by `proposing`. What follows from a booking is a fact of the definitions (`bookings`); what cannot be known, such
as a tax that the vendor adds, is said and not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from generator.effect_rules import Booking, MovedFigure
from runtime.operations.approvals.bookings import Moved, Record, Target, meets
from runtime.operations.approvals.proposals import Effect
from runtime.operations.approvals.referenced import Referenced, State
from runtime.operations.formats import MINUS, Formats
from runtime.safety.likeness import read_day
from runtime.safety.preflight.amounts import list_lines
from runtime.upstream import figures
from runtime.upstream.answer import follow_path

MOST_EFFECTS = 20
"""Figures that one change names: a form with more accounts and items than that is read line by line."""
IN_OTHER_CURRENCY = "It is in {currency}; what that is here follows from the rate when it is posted."
NOT_READ = "What it is now could not be read."
BELOW_ZERO = "There would be less than none."
TODAY = "It gives no day, so the day on which it is posted counts."


@dataclass(slots=True)
class _Sum:
    """What one figure is moved by, before and after together."""

    amount: Decimal = Decimal(0)
    is_known: bool = True
    notes: dict[str, None] = field(default_factory=dict)


def list_effects(state: State, referenced: Referenced, today: date, formats: Formats) -> tuple[Effect, ...]:
    """Return what a change does to other records and to its period; nothing for one that books nothing."""
    integration, tool = referenced.integration, state.change.tool
    booking = integration.effects.bookings.get(tool.resource)
    if booking is None or tool.risk == "send":
        return ()
    moved = [
        each
        for target, summed in _add_up(state, referenced).items()
        if (each := _describe(state, target, summed, referenced, formats)) is not None
    ]
    moved += _list_unsure(state, booking)
    moved.sort(key=lambda each: each.kind)
    return (*moved[:MOST_EFFECTS], *_list_periods(state, referenced, today, formats, is_moving=bool(moved)))


def _add_up(state: State, referenced: Referenced) -> dict[Target, _Sum]:
    sums: dict[Target, _Sum] = {}
    for moved, sign in state.moved:
        if _counts(moved, referenced):
            _add(sums.setdefault(moved.target, _Sum()), moved, sign)
    return sums


def _counts(moved: Moved, referenced: Referenced) -> bool:
    """Return whether what stands beside a reference is what it has to be."""
    if not moved.move.beside_of:
        return True
    return moved.beside is not None and meets(moved.move.beside_has, referenced.records.get(moved.beside, {}))


def _add(into: _Sum, moved: Moved, sign: int) -> None:
    if moved.amount is None:
        into.is_known = False
    else:
        into.amount += sign * moved.amount
    into.notes |= dict.fromkeys(each for each in (moved.note, moved.move.note) if each)


def _describe(
    state: State, target: Target, summed: _Sum, referenced: Referenced, formats: Formats
) -> Effect | None:
    """Return what happens to one figure; None where nothing does, or the record has none."""
    figure, record = referenced.integration.effects.figures[target[0]], referenced.records.get(target)
    if not _has_figure(figure, record) or (summed.is_known and not summed.amount):
        return None
    now = figures.read_decimal(record.get(figure.field)) if record is not None else None
    amount, notes = summed.amount if summed.is_known else None, dict(summed.notes)
    currency = own = ""
    if figure.kind == "balance":
        own, currency = _find_currencies(state, record, referenced)
        if own != currency and amount is not None:
            amount = None
            notes[IN_OTHER_CURRENCY.format(currency=own)] = None
    after = None if now is None or amount is None else now + amount
    if now is None:
        notes[NOT_READ] = None
    if figure.kind == "stock" and after is not None and after < 0:
        notes[BELOW_ZERO] = None
    tax = referenced.integration.effects.tax
    is_whole = tax is None or tax.note not in summed.notes
    return Effect(
        figure.kind,
        figure.label.replace("{name}", referenced.find_name(target) or target[1]),
        _write(now, figure, currency, formats),
        _write(amount, figure, currency, formats, has_sign=True),
        _write(after, figure, currency, formats),
        currency,
        " ".join(notes),
        after is not None and is_whole,
        *target,
    )


def _has_figure(figure: MovedFigure, record: Record | None) -> bool:
    if record is None:
        return not figure.only_with and not figure.unless
    return meets(figure.only_with, record) and not (figure.unless and meets(figure.unless, record))


def _find_currencies(state: State, record: Record | None, referenced: Referenced) -> tuple[str, str]:
    """Return the currency that a change is in, and that of the record whose balance it moves."""
    path, home = referenced.integration.currency, referenced.home_currency
    theirs = (follow_path(record, path) if record is not None and path else None) or home
    own = find_currency(state, referenced) or home
    return str(own), str(theirs)


def find_currency(state: State, referenced: Referenced) -> str:
    """Return the currency that a change is in: its own, or that of whom it is with; empty for that of the company."""
    path, facts = referenced.integration.currency, referenced.integration.policy_facts.currency
    if not path:
        return ""
    for record in (state.after, state.before):
        if found := follow_path(record, path):
            return str(found)
    booking = referenced.integration.effects.bookings.get(state.change.tool.resource)
    for move in booking.moves if booking is not None and facts is not None else ():
        if facts is not None and move.of in facts.named_by and not move.lines:
            value = follow_path(state.after or state.before, move.field)
            id_ = value.get(referenced.integration.reference_form.id) if isinstance(value, dict) else value
            if found := follow_path(referenced.records.get((move.of, str(id_)), {}), path):
                return str(found)
    return ""


def _write(
    number: Decimal | None, figure: MovedFigure, currency: str, formats: Formats, *, has_sign: bool = False
) -> str:
    if number is None:
        return ""
    sign = ("+" if number > 0 else MINUS if number < 0 else "") if has_sign else ""
    number = abs(number) if sign else number
    if figure.kind == "stock":
        return f"{sign}{formats.write_number(number.normalize() if number % 1 else int(number))}"
    return f"{sign}{formats.write_amount(number, currency)}"


def _list_unsure(state: State, booking: Booking) -> Iterator[Effect]:
    """Yield what is not computed, where a part of the record says so that is not as it was."""
    before = state.before or {}
    for each in booking.unsure:
        first = each.lines or each.field[0]
        if before.get(first) == state.after.get(first):
            continue
        for record in (state.after, before):
            parts = [line for _, line in list_lines(record, each.lines)] if each.lines else [record]
            if any(follow_path(part, each.field) not in (None, "", [], {}) for part in parts):
                label = "Other stock" if each.kind == "stock" else "Other balances"
                yield Effect(each.kind, label, note=each.note, is_exact=False)
                break


def _list_periods(
    state: State, referenced: Referenced, today: date, formats: Formats, *, is_moving: bool
) -> Iterator[Effect]:
    """Yield the months in which a change books: where it is booked now, and where it would be."""
    facts = referenced.integration.policy_facts
    name = facts.days.get(state.change.tool.resource)
    if name is None:
        return
    before = read_day((state.before or {}).get(name))
    after = (read_day(state.after.get(name)) or today) if state.after else None
    if before == after and not is_moving:
        return
    closed = read_day(referenced.read_setting(facts.closing_date))
    days = [formats.write_full_day(each) if each else "" for each in (before, after)]
    notes = [_say_days(*days), *([] if not state.after or state.after.get(name) else [TODAY])]
    notes += [_say_closed(day, closed, formats) for day in dict.fromkeys((before, after)) if day is not None]
    yield Effect(
        "period",
        "Period",
        days[0],
        _say_month(before, after, formats),
        days[1],
        note=" ".join(dict.fromkeys(each for each in notes if each)),
        is_exact=TODAY not in notes,
    )


def _say_days(before: str, after: str) -> str:
    if not before:
        return f"Added on {after}."
    if not after:
        return f"Removed from {before}."
    return f"Changed on {after}." if before == after else f"Moved from {before} to {after}."


def _say_month(before: date | None, after: date | None, formats: Formats) -> str:
    months = [formats.write_month(each) if each else "" for each in (before, after)]
    if before is None:
        return f"added to {months[1]}"
    if after is None:
        return f"removed from {months[0]}"
    return f"changed in {months[0]}" if months[0] == months[1] else f"moved from {months[0]} to {months[1]}"


def _say_closed(day: date, closed: date | None, formats: Formats) -> str:
    if closed is None:
        return ""
    if day <= closed:
        return f"{formats.write_full_day(day)} is in the closed books, which end on {formats.write_full_day(closed)}."
    return f"The books are closed until {formats.write_full_day(closed)}, before it."
