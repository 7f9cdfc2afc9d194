"""What integration.yaml says of some records or errors only, as rules of the catalog. Part of `integration`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from generator.diagnostics import Diagnostics, Path
from generator.preflight_rules import NetTotal
from generator.reading.yaml_events import Document
from generator.stages.descriptions import Links
from generator.stages.resolve import Place
from generator.templates import find_names
from generator.texts import fold
from generator.vendor import Advice
from generator.vendor_rules import (
    AdviceCase,
    CarriedTax,
    FormRules,
    Needed,
    OftenForgotten,
    UndoRules,
    UpdateRules,
)

Rule = TypeVar("Rule")


def parse_advice(kind: str, given: str | dict[str, Any], links: Links, place: Place) -> Advice:
    """Return the advice of one code: a sentence, or cases with the sentence for all others in `otherwise`."""
    if isinstance(given, str):
        return Advice(kind, links.fill(fold(given), place))
    cases = tuple(
        AdviceCase(
            advice=links.fill(fold(case["message"]), place),
            text=case["when"].get("text", ""),
            element=case["when"].get("element", ""),
            methods=tuple(case["when"].get("methods") or ()),
            resources=tuple(case["when"].get("resources") or ()),
            given=tuple(case["when"].get("has_arguments") or ()),
            sent=dict(case["when"].get("has_values") or {}),
        )
        for case in given["cases"]
    )
    return Advice(kind, links.fill(fold(given["otherwise"]), place), cases)


def check_cases(document: Document, path: Path, diagnostics: Diagnostics) -> None:
    """Check that the patterns of cases are patterns, and that each `{name}` in what they say is a group of one."""
    _, kind, code = path
    given = document.value["errors"][kind][code]
    for at, case in enumerate(() if isinstance(given, str) else given["cases"]):
        named: set[str] = set()
        for key in ("text", "element"):
            try:
                named |= set(re.compile(case["when"].get(key, "")).groupindex)
            except re.error as error:
                here = (*path, "cases", at, "when", key)
                diagnostics.report(
                    document.make_diagnostic(here, "pattern", f"This is not a pattern: {error}.")
                )
        for name in sorted(set(find_names(case["message"])) - named):
            message = f"{{{name}}} is filled by nothing: it is no group of a pattern of this case."
            diagnostics.report(
                document.make_diagnostic((*path, "cases", at, "message"), "placeholder", message)
            )


def parse_form_rules(document: Document, links: Links) -> FormRules:
    """Return what is looked at in a record before it is sent."""

    def read(key: str, one: Callable[[dict[str, Any], Links, Place], Rule]) -> tuple[Rule, ...]:
        found = enumerate(document.value.get(key) or ())
        return tuple(one(each, links, Place(document, (key, at))) for at, each in found)

    return FormRules(
        read("carried_taxes", _carried_tax),
        read("net_totals", _net_total),
        read("recommended_together", _missed),
        read("required_together", _needed),
    )


def parse_update_rules(document: Document, identifier: str) -> UpdateRules:
    """Return what an update of a whole record is checked by."""
    value = document.value.get("updates") or {}
    return UpdateRules(
        version=value.get("version", ""),
        stale_codes=tuple(value.get("stale_codes") or ()),
        identifier=identifier,
        kind=value.get("kind", ""),
        entries={
            name: tuple(tuple(_path(path) for path in paths) for paths in sets)
            for name, sets in (value.get("entries") or {}).items()
        },
        computed=tuple(value.get("computed") or ()),
    )


def _net_total(value: dict[str, Any], links: Links, place: Place) -> NetTotal:
    return NetTotal(
        resources=tuple(value["resources"]),
        total=value["total"],
        lines=value["lines"],
        amount=value["amount"],
        kind=_path(value["kind"]),
        raising=tuple(value["raising"]),
        lowering=tuple(value["lowering"]),
        advice=links.fill(fold(value["message"]), place),
        excess=links.fill(fold(value["excess"]), place),
    )


def _needed(value: dict[str, Any], links: Links, place: Place) -> Needed:
    advice = links.fill(fold(value["message"]), place)
    return Needed(tuple(value["resources"]), value["field"], value["requires"], advice)


def _missed(value: dict[str, Any], links: Links, place: Place) -> OftenForgotten:
    return OftenForgotten(value["field"], value["when_given"], links.fill(fold(value["message"]), place))


def _carried_tax(value: dict[str, Any], links: Links, place: Place) -> CarriedTax:
    lines = value["lines"]
    return CarriedTax(
        resources=tuple(value["resources"]),
        tax_lines=_path(value["tax_lines"]),
        base=_path(value["base"]),
        total=_path(value["total"]),
        lines=lines["field"],
        kind=lines["kind"],
        amount=lines["amount"],
        codes={kind: _path(path) for kind, path in lines["codes"].items()},
        taxed=tuple(lines["taxed"]),
        untaxed=tuple(lines["untaxed"]),
        ignored=tuple(lines.get("ignored") or ()),
        lowering=tuple(lines.get("lowering") or ()),
        nested={kind: _path(path) for kind, path in (lines.get("nested") or {}).items()},
        comparable={name: tuple(values) for name, values in (value.get("comparable") or {}).items()},
        advice=links.fill(fold(value["message"]), place),
    )


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split("."))


def parse_undo_rules(document: Document) -> UndoRules:
    """Return by which methods a write is undone."""
    value = document.value.get("undo") or {}
    methods = {method: tuple(undone_by) for method, undone_by in value.items() if method != "set_inactive"}
    return UndoRules(methods, dict(value.get("set_inactive") or {}))
