"""How much of a vendor's service the definitions cover. `ledgerport coverage` prints it.

Each thing that the reference has (`vendor_reference`) is looked for in the tools as they were made. What is missing is
reported, with the reason where coverage.yaml of the integration gives one; a reason for something that is there is an
error, so that the file never says less than the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from generator.diagnostics import Diagnostic, Diagnostics
from generator.reading.yaml_events import Document
from generator.reports.vendor_reference import Reference, WantedEntity, WantedReport
from generator.stages.lint import CompiledTool

LEAST_WRITABLE = 98.0
"""Per cent of the writable fields that must be there: of those of records, and apart from them of those inside objects
and lines, which are more and would hide a gap among the first.
"""
KINDS = (
    "entities",
    "operations",
    "writable",
    "inside",
    "read_only",
    "filterable",
    "sortable",
    "reports",
    "parameters",
)
_REASONS_FOR = {
    "writable": "fields",
    "inside": "fields",
    "read_only": "fields",
    "filterable": "filters",
    "sortable": "filters",
}
"""Under which key of coverage.yaml a kind is left out, where it is not the kind itself."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that the reference has and the definitions lack; `why` is empty when nobody gave a reason."""

    kind: str
    name: str
    why: str = ""


@dataclass(slots=True)
class Row:
    """One entity or report: for each kind how many of its things are there, and how many there are."""

    name: str
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Coverage:
    """What comparing comes to."""

    entities: list[Row] = field(default_factory=list)
    reports: list[Row] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    diagnostics: Diagnostics = field(default_factory=Diagnostics)

    def count(self, kind: str) -> tuple[int, int]:
        """Return how many things of a kind are there, of how many."""
        found = [row.counts[kind] for row in (*self.entities, *self.reports) if kind in row.counts]
        return sum(have for have, _ in found), sum(of for _, of in found)

    def meets_target(self) -> bool:
        """Return whether nothing whole is missing without a reason, and 98 % of the writable fields are there, those of
        records and those inside them each by themselves.
        """
        must = ("entities", "operations", "reports")
        has_gaps = any(each.kind in must and not each.why for each in self.missing)
        shares = (compute_percent(*self.count(kind)) for kind in ("writable", "inside"))
        return not has_gaps and not self.diagnostics and all(share >= LEAST_WRITABLE for share in shares)


def compute_percent(have: int, of: int) -> float:
    """Return a share in per cent; all of nothing is all."""
    return 100.0 * have / of if of else 100.0


def compare(reference: Reference, made: Iterable[CompiledTool], notes: Document | None) -> Coverage:
    """Measure the tools of one integration against the reference of its service."""
    ours: dict[str, list[CompiledTool]] = {}
    for each in made:
        ours.setdefault(each.method.resource.entity, []).append(each)
    comparison = _Comparison(_Notes(notes))
    for entity in reference.entities:
        comparison.add_entity(entity, ours.get(entity.name, []))
    for report in reference.reports:
        comparison.add_report(report, ours.get(report.name, []))
    comparison.coverage.diagnostics.report_all(comparison.notes.unused())
    return comparison.coverage


class _Notes:
    """coverage.yaml, with a memory of which of its reasons were wanted."""

    def __init__(self, document: Document | None) -> None:
        self._document = document
        value: dict[str, Any] = document.value if document else {}
        self.operations: dict[str, str] = value.get("operations") or {}
        self.mapped_fields: dict[str, str] = value.get("mapped_fields") or {}
        self._reasons: dict[tuple[str, str], tuple[str, tuple[str | int, ...]]] = {}
        self._used: set[tuple[str, str]] = set()
        for at, reason in enumerate(value.get("omitted") or ()):
            for kind in ("entities", "operations", "fields", "filters", "reports", "parameters"):
                for position, name in enumerate(reason.get(kind) or ()):
                    self._reasons[kind, name] = (reason["reason"].strip(), ("omitted", at, kind, position))

    def why(self, kind: str, name: str) -> str:
        """Return the reason why something is left out; empty when there is none."""
        word = _REASONS_FOR.get(kind, kind)
        owner, _, thing = name.partition(".")
        for candidate in (name, f"*.{thing}", f"{owner}.*"):
            if (word, candidate) in self._reasons:
                self._used.add((word, candidate))
                return " ".join(self._reasons[word, candidate][0].split())
        return ""

    def unused(self) -> Iterator[Diagnostic]:
        """Yield an error for each reason that nothing wanted."""
        if self._document is None:
            return
        for (kind, name), (_, path) in self._reasons.items():
            if (kind, name) not in self._used:
                message = f'"{name}" is not missing, so it needs no reason.'
                yield self._document.make_diagnostic(path, "coverage", message, "Take it out.")


class _Comparison:
    """Fills a Coverage, entity by entity."""

    def __init__(self, notes: _Notes) -> None:
        self.notes = notes
        self.coverage = Coverage()

    def add_entity(self, entity: WantedEntity, ours: list[CompiledTool]) -> None:
        """Look for an entity, its operations and its fields in our tools of it."""
        row = Row(entity.name)
        self.coverage.entities.append(row)
        if not self._has(row, "entities", {"": bool(ours)}, entity.name):
            return
        given, listed = _given(ours), _listed(ours)
        known = {name for each in ours for name in each.method.resource.fields}
        operations = {name: self._does(name, ours) for name in entity.operations}
        self._has(row, "operations", operations, entity.name)
        for kind, wanted in (("writable", entity.writable), ("inside", entity.inside)):
            found = {
                each.name: any(self._place(entity.name, place) in given for place in each.places)
                for each in wanted
            }
            self._has(row, kind, found, entity.name)
        self._has(row, "read_only", {name: name in known for name in entity.read_only}, entity.name)
        if "list" in {each.method.name for each in ours}:
            filters = {name: _is_among(name, listed[0]) for name in entity.filterable}
            self._has(row, "filterable", filters, entity.name)
            self._has(row, "sortable", {name: name in listed[1] for name in entity.sortable}, entity.name)

    def add_report(self, report: WantedReport, ours: list[CompiledTool]) -> None:
        """Look for a report and its parameters."""
        row = Row(report.name)
        self.coverage.reports.append(row)
        if self._has(row, "reports", {"": bool(ours)}, report.name):
            given = _given(ours) | {name for each in ours for name, _ in each.tool.call.query}
            self._has(row, "parameters", {name: name in given for name in report.parameters}, report.name)

    def _has(self, row: Row, kind: str, found: dict[str, bool], owner: str) -> bool:
        for name, is_there in found.items():
            full = f"{owner}.{name}" if name else owner
            if not is_there:
                self.coverage.missing.append(Missing(kind, full, self.notes.why(kind, full)))
        row.counts[kind] = (sum(found.values()), len(found))
        return all(found.values())

    def _does(self, operation: str, ours: list[CompiledTool]) -> bool:
        method, _, argument = self.notes.operations.get(operation, operation).partition(" with ")
        return any(
            each.method.name == method and (not argument or argument in each.tool.input_schema["properties"])
            for each in ours
        )

    def _place(self, entity: str, place: str) -> str:
        name, _, rest = place.partition(".")
        there = self.notes.mapped_fields.get(f"{entity}.{name}", name)
        return f"{there}.{rest}" if rest else there


def _given(ours: list[CompiledTool]) -> set[str]:
    """Return the dotted path of everything that callers may give to our tools, lists apart, in the vendor's words."""
    found: set[str] = set()
    for each in ours:
        if each.tool.listing is None:
            names = dict(each.tool.call.body_arguments)
            for name, schema in each.tool.input_schema["properties"].items():
                found.update(_paths(schema, names.get(name, name)))
    return found


def _paths(schema: dict[str, Any], path: str) -> Iterator[str]:
    yield path
    if "items" in schema:
        yield from _paths(schema["items"], path)
    for name, each in (schema.get("properties") or {}).items():
        yield from _paths(each, f"{path}.{name}")


def _listed(ours: list[CompiledTool]) -> tuple[set[str], set[str]]:
    """Return the fields that our list tools filter on, and those they sort by."""
    listings = [each.tool.listing for each in ours if each.tool.listing]
    return (
        {condition.field for listing in listings for condition in listing.conditions},
        {name for listing in listings for name in listing.sortable},
    )


def _is_among(name: str, fields: set[str]) -> bool:
    return name in fields or any(each.startswith(f"{name}.") for each in fields)
