"""A comparison with the reference as a table for people and as a value for programs. Calls `coverage`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from generator.reports.coverage import KINDS, LEAST_WRITABLE, Coverage, Missing, Row, compute_percent
from generator.reports.tables import render_table

WORDS = {
    "entities": "entities",
    "operations": "operations",
    "writable": "writable fields",
    "inside": "fields inside",
    "read_only": "read-only fields",
    "filterable": "filters",
    "sortable": "orders",
    "reports": "reports",
    "parameters": "parameters",
}
_OF_ENTITIES = ("operations", "writable", "inside", "read_only", "filterable", "sortable")
_OF_REPORTS = ("parameters",)


def render_text(coverage: Coverage) -> str:
    """Return two tables, the totals, and what is missing with its reason."""
    parts = [
        _table("Entity", coverage.entities, _OF_ENTITIES),
        _table("Report", coverage.reports, _OF_REPORTS),
        _totals(coverage),
        *_gaps(coverage.missing),
        *(["\n".join(map(str, coverage.diagnostics))] if coverage.diagnostics else []),
        _verdict(coverage),
    ]
    return "\n\n".join(parts)


def render_value(coverage: Coverage) -> dict[str, Any]:
    """Return the same as plain parts of JSON."""
    return {
        "meets_target": coverage.meets_target(),
        "totals": {kind: _share(coverage, kind) for kind in KINDS},
        "entities": [{"name": row.name, **_counts(row)} for row in coverage.entities],
        "reports": [{"name": row.name, **_counts(row)} for row in coverage.reports],
        "missing": [asdict(each) for each in coverage.missing],
        "errors": [asdict(each) for each in coverage.diagnostics],
    }


def _table(head: str, rows: list[Row], kinds: tuple[str, ...]) -> str:
    lines = [[row.name, *(_of(row, kind) for kind in kinds)] for row in rows]
    return render_table([head, *(WORDS[kind] for kind in kinds)], lines)


def _of(row: Row, kind: str) -> str:
    have, of = row.counts.get(kind, (0, 0))
    return f"{have}/{of}" if of else "-"


def _counts(row: Row) -> dict[str, dict[str, int]]:
    return {kind: {"have": have, "of": of} for kind, (have, of) in row.counts.items()}


def _share(coverage: Coverage, kind: str) -> dict[str, float]:
    have, of = coverage.count(kind)
    left_out = sum(1 for each in coverage.missing if each.kind == kind and each.why)
    return {"have": have, "of": of, "left_out": left_out, "percent": round(compute_percent(have, of), 1)}


def _totals(coverage: Coverage) -> str:
    rows = []
    for kind in KINDS:
        share = _share(coverage, kind)
        missing = f"{share['of'] - share['have'] - share['left_out']:.0f}"
        rows.append(
            [
                WORDS[kind],
                f"{share['have']:.0f}/{share['of']:.0f}",
                f"{share['percent']:.1f} %",
                f"{share['left_out']:.0f}",
                missing,
            ]
        )
    return render_table(["In all", "there", "share", "left out on purpose", "missing"], rows)


def _gaps(missing: list[Missing]) -> list[str]:
    """Return what is missing, first without a reason, then under each reason."""
    parts = []
    if open_gaps := [each for each in missing if not each.why]:
        parts.append("Missing:\n" + "\n".join(_by_kind(open_gaps)))
    for why in dict.fromkeys(each.why for each in missing if each.why):
        found = _by_kind([each for each in missing if each.why == why])
        parts.append(f"Left out on purpose. {why}\n" + "\n".join(found))
    return parts


def _by_kind(missing: list[Missing]) -> list[str]:
    """Return one line for each kind, with a thing that several owners lack said once: `Note of Bill, Invoice`."""
    owners: dict[str, dict[str, list[str]]] = {}
    for each in missing:
        owner, _, thing = each.name.partition(".")
        owners.setdefault(WORDS[each.kind], {}).setdefault(thing, []).append(owner)
    return [
        f"  {word}: " + "; ".join(_thing(name, found) for name, found in things.items())
        for word, things in owners.items()
    ]


def _thing(name: str, owners: list[str]) -> str:
    return f"{name} of {', '.join(owners)}" if name else ", ".join(owners)


def _verdict(coverage: Coverage) -> str:
    aims = f"every entity, operation and report, and {LEAST_WRITABLE:.0f} % of the writable fields"
    own, inside = (f"{compute_percent(*coverage.count(kind)):.1f} %" for kind in ("writable", "inside"))
    share = f"{own} of those of records, {inside} of those inside their objects and lines"
    return f"The aims are {'reached' if coverage.meets_target() else 'not reached'}: {aims} ({share})."
