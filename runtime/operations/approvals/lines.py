"""The lines of a record before and after a change, side by side. Pure, and of any vendor.

Called by `views`. Which field has the lines, what of one is its amount and which two figures make it up are facts of
the integration; a line is called by what it refers to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from generator.vendor_rules import RecordAmount
from runtime.operations.entry_matching import Marks, match_entries
from runtime.operations.field_names import split_name
from runtime.operations.formats import NONE, Formats
from runtime.operations.record_diff import DiffRules, Masked, compare_records, make_rules
from runtime.operations.text_pieces import cut_text
from runtime.safety.policies import measure_record
from runtime.safety.values import is_reference
from runtime.upstream.answer import follow_path
from runtime.upstream.visible_text import show_unseen

MOST_LINES = 60
"""Lines that the page of a change shows, those that change first: with more of them it passes 60 kB."""
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """What a line comes to: its amount, and the quantity and rate that make it up where it has them."""

    amount: str = NONE
    parts: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line now and after the change. `kind` is `added`, `removed` or `changed`; empty where it stays as it is."""

    kind: str
    name: str
    about: str
    before: Side
    after: Side


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a record, and its totals; `left_out` is how many are not shown."""

    title: str
    field: str
    rows: tuple[Line, ...]
    total_before: str
    total_after: str
    left_out: int = 0

    @property
    def count_changed(self) -> int:
        """How many of those that are shown change."""
        return sum(bool(each.kind) for each in self.rows)


def find_lines_field(integration: Integration, resource: str) -> str:
    """Return the field of the records of a resource that has their lines; empty where they have none."""
    fact = integration.policy_facts.amounts.get(resource)
    return fact.lines if fact is not None else ""


def compare_lines(
    integration: Integration, tool: Tool, before: Record | None, after: Record, formats: Formats
) -> Lines | None:
    """Return the lines of two states of a record, of which sensitive values are masks; None where there are none."""
    fact = integration.policy_facts.amounts.get(tool.resource)
    if fact is None or not fact.lines:
        return None
    old, new = (_list_lines(each, fact) for each in (before or {}, after))
    if not old and not new:
        return None
    work = _Work(integration, tool, fact, formats)
    work.names = _list_names((before, after), work.rules)
    rows = [work.make_line(one, other) for _, one, other in match_entries(old, new, work.marks)]
    ranked = sorted(range(len(rows)), key=lambda at: (not rows[at].kind, at))[:MOST_LINES]
    return Lines(
        split_name(fact.lines),
        fact.lines,
        tuple(rows[at] for at in sorted(ranked)),
        work.sum_up(before),
        work.sum_up(after),
        len(rows) - len(ranked),
    )


def _list_lines(record: Record, fact: RecordAmount) -> list[Record]:
    """Return the lines of a record, without those that only repeat what others come to."""
    found = record.get(fact.lines)
    every = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    if len(fact.kind) != 1:
        return every
    return [each for each in every if each.get(fact.kind[0]) not in fact.ignored or _has_text(each, fact)]


def _has_text(line: Record, fact: RecordAmount) -> bool:
    return fact.field not in line


class _Work:
    """What is known of the lines of one record."""

    def __init__(self, integration: Integration, tool: Tool, fact: RecordAmount, formats: Formats) -> None:
        self._integration, self._fact, self._formats = integration, fact, formats
        self.rules: DiffRules = make_rules(integration, tool)
        self.names: Mapping[str, str] = {}
        rules = self.rules
        self.marks = Marks(
            rules.entries.get(fact.lines, ()), rules.identifier, rules.kind, rules.reference_id
        )
        checks = integration.preflight
        self._product = next((each for each in checks.products if tool.resource in each.resources), None)
        self._side = next((each.side for each in checks.balanced if tool.resource in each.resources), None)

    def make_line(self, before: Record | None, after: Record | None) -> Line:
        """Return one line."""
        kind = "added" if before is None else "removed" if after is None else ""
        if not kind and compare_records(before, after, self.rules).groups:
            kind = "changed"
        name, about = self._name(after or before or {})
        return Line(kind, name, about, self._make_side(before), self._make_side(after))

    def sum_up(self, record: Record | None) -> str:
        """Return what a record comes to; a dash where there is none, or nobody can know."""
        try:
            return self._formats.write_amount(measure_record(self._fact, record)) if record else NONE
        except ValueError:
            return NONE

    def _make_side(self, line: Record | None) -> Side:
        if line is None:
            return Side()
        amount = self._formats.write_amount(_show(line.get(self._fact.field)))
        return Side(amount, self._multiply(line))

    def _multiply(self, line: Record) -> str:
        """Return the quantity and the rate that a line says; empty where it has not both."""
        product = self._product
        if product is None:
            return ""
        holders = [line.get(each) for each in product.details] if product.details else [line]
        for holder in holders:
            factors = [holder.get(each) for each in product.factors] if isinstance(holder, Mapping) else []
            if factors and all(isinstance(each, int | float | Decimal) for each in factors):
                quantity, rate = (Decimal(str(each)) for each in factors)
                return f"{self._formats.write_number(quantity)} × {self._formats.write_amount(rate)}"  # noqa: RUF001
        return ""

    def _name(self, line: Record) -> tuple[str, str]:
        """Return what a line is called, and what else it says of itself."""
        texts = [_clean(value) for value in self._list_texts(line)]
        name = next(self._list_references(line), "")
        side = follow_path(line, self._side) if self._side else ""
        if not name:
            name, texts = (texts[0], texts[1:]) if texts else (self._name_kind(line), [])
        return name, ", ".join(filter(None, (_clean(side), *texts)))

    def _list_texts(self, line: Record) -> Iterator[object]:
        unsaid = {self.rules.kind, self.rules.identifier}
        for name, value in line.items():
            if isinstance(_show(value), str) and name not in unsaid and name not in self.rules.skipped:
                yield _show(value)

    def _list_references(self, line: Record, levels: int = 2) -> Iterator[str]:
        """Yield the names of what a line refers to, its particulars first."""
        for value in line.values():
            if is_reference(value, self.rules.reference_id):
                id_ = str(_show(value[self.rules.reference_id]))
                if name := _clean(_show(value.get(self.rules.reference_name)) or self.names.get(id_)):
                    yield name
            elif isinstance(value, Mapping) and levels > 1:
                yield from self._list_references(value, levels - 1)

    def _name_kind(self, line: Record) -> str:
        """Return what a line without a name or text is called: the first record that it refers to by its Id alone."""
        kind, suffix = str(_show(line.get(self.rules.kind)) or ""), self.rules.reference_suffix
        inside = line.get(kind)
        for field, value in (inside if isinstance(inside, Mapping) else line).items():
            if is_reference(value, self.rules.reference_id):
                return f"{split_name(field.removesuffix(suffix))} {_clean(_show(value[self.rules.reference_id]))}"
        return split_name(kind or self._fact.lines)


def _show(value: Any) -> Any:
    return value.shown if isinstance(value, Masked) else value


def _clean(value: object) -> str:
    return cut_text(show_unseen(str(value))) if value not in (None, "") else ""


def _list_names(states: Sequence[Record | None], rules: DiffRules) -> dict[str, str]:
    """Return the names that references in some records say, under the Ids of what they refer to."""
    return {
        str(_show(each[rules.reference_id])): str(name)
        for each in _find_references(list(states), rules)
        if (name := _show(each.get(rules.reference_name)))
    }


def _find_references(value: Any, rules: DiffRules) -> Iterator[Record]:
    if is_reference(value, rules.reference_id):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _find_references(each, rules)
