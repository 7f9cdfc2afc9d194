"""The options of a report, made from the schema of its tool, and what somebody has entered for them as arguments.

Called by the page of a report and by the form of a schedule. Records are entered by their names or Ids, one on each
line; the call finds the Ids of names. Bad values are collected by option, so that a page shows each beside its field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from runtime.operations.report_runs.report_list import Report
from runtime.operations.report_runs.report_view import COMPARISONS, Comparison, ReportChoice

OptionKind = Literal["choice", "period", "day", "number", "yes or no", "text", "lines", "several"]
COMPARE = "compare"
"""The name of the option that is no argument of the tool."""
LONGEST_TEXT = 2_000
"""Characters of one option: fifty names of forty letters."""
MOST_VALUES = 100
"""Values of one option; the address of a vendor's request holds some more."""
_MACRO_ENDING = "_macro"
_DATES = frozenset({"date_macro", "start_date", "end_date", "report_date"})
_SPANS = ("Week", "Month", "Fiscal Quarter", "Fiscal Year", "Calendar Quarter", "Calendar Year")
PERIODS = (
    "Today",
    "Yesterday",
    *(f"This {span}{end}" for span in _SPANS for end in ("", "-to-date")),
    *(f"Last {span}{end}" for span in _SPANS for end in ("", "-to-date")),
    *(f"Next {span}" for span in _SPANS),
    "Next 4 Weeks",
)
"""Names of periods that accounting services have; the schema of an option says which of them it takes."""
_TITLES = {
    "accounting_method": "Basis",
    "summarize_column_by": "Split by",
    "columns": "Columns to show",
    "date_macro": "Period",
    "start_date": "From",
    "end_date": "To",
    "report_date": "As of",
    "arpaid": "Invoices",
    "appaid": "Bills",
    "department": "Location",
    "item": "Product or service",
    "docnum": "Document number",
    "bothamount": "Exact amount",
    "moddate_macro": "Changed in",
    "createdate_macro": "Entered in",
    "duedate_macro": "Due in",
    "svcdate_macro": "Service date in",
    "shipvia": "Delivery",
    "num_periods": "Number of periods",
    "agency_id": "Tax agency",
}
"""Titles of options whose names are abbreviations; another one is called as its argument."""
_DATE_PARTS = (("moddate", "change date"), ("duedate", "due date"), ("svcdate", "service date"))
_ID_SENTENCE = re.compile(r", by Id\b|\s*Id from \S+")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a report. `choices` are values with what people read; `is_rare` ones are folded."""

    name: str
    title: str
    hint: str
    kind: OptionKind
    choices: tuple[tuple[str, str], ...] = ()
    resource: str = ""
    """The resource whose records it names."""
    is_rare: bool = False
    is_required: bool = False
    is_period: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """What somebody has entered: the choice that it comes to, and what is wrong, by the names of options."""

    choice: ReportChoice
    values: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, str]

    def find(self, name: str) -> tuple[str, ...]:
        """Return the values of an option as they were entered."""
        return self.values.get(name, ())


def list_options(report: Report) -> tuple[Option, ...]:
    """Return the options of a report in the order of its tool: those of its period, the usual ones, the rare ones."""
    resources = {each.path[0]: next(iter(each.resources.values()), "") for each in report.tool.references}
    made = [
        _make_option(report, name, schema, resources.get(name, ""))
        for name, schema in report.arguments.items()
    ]
    return tuple(sorted(made, key=lambda each: (not each.is_period, each.is_rare)))


def read_options(report: Report, pairs: Iterable[tuple[str, str]]) -> Entered:
    """Return what the fields of a form or of an address come to; what is no option of the report is ignored."""
    sent: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            sent.setdefault(name, []).append(value[:LONGEST_TEXT])
    arguments, errors = dict[str, Any](), dict[str, str]()
    values = {each.name: tuple(sent.get(each.name, ())) for each in list_options(report)}
    for option in list_options(report):
        if not values[option.name]:
            if option.is_required:
                errors[option.name] = f"{option.title} is needed for this report."
            continue
        try:
            arguments[option.name] = _read_values(report, option, values[option.name])
        except ValueError as problem:
            errors[option.name] = str(problem)
    compare = _read_comparison(report, sent.get(COMPARE, [""])[0])
    _settle_period(report, arguments, errors)
    return Entered(ReportChoice(report.tool.name, arguments, compare), values | {COMPARE: (compare,)}, errors)


def write_options(report: Report, choice: ReportChoice) -> list[tuple[str, str]]:
    """Return the fields that come to a choice, for the address of a report."""
    pairs: list[tuple[str, str]] = []
    for option in list_options(report):
        value = choice.arguments.get(option.name)
        if value is None:
            continue
        if isinstance(value, bool):
            pairs.append((option.name, "yes" if value else "no"))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            texts = [str(each) for each in value]
            pairs += [
                (option.name, each) for each in (["\n".join(texts)] if option.kind == "lines" else texts)
            ]
        else:
            pairs.append((option.name, str(value)))
    return [*pairs, (COMPARE, choice.compare)] if choice.compare else pairs


def _make_option(report: Report, name: str, schema: Mapping[str, Any], resource: str) -> Option:
    kind, choices = _find_kind(name, schema)
    return Option(
        name,
        _write_title(name),
        _ID_SENTENCE.sub("", str(schema.get("description", ""))).strip(),
        kind,
        choices,
        resource,
        name in report.tool.advanced,
        name in report.required,
        name in _DATES,
    )


def _find_kind(name: str, schema: Mapping[str, Any]) -> tuple[OptionKind, tuple[tuple[str, str], ...]]:
    if enum := schema.get("enum"):
        return "choice", _show_choices(enum)
    kind = schema.get("type")
    if kind == "array":
        enum = schema.get("items", {}).get("enum")
        return ("several", _show_choices(enum)) if enum else ("lines", ())
    if kind == "boolean":
        return "yes or no", (("yes", "Yes"), ("no", "No"))
    if name.endswith(_MACRO_ENDING):
        pattern = schema.get("pattern", "")
        return "period", tuple((each, each) for each in PERIODS if re.search(pattern, each))
    if kind in ("integer", "number"):
        return "number", ()
    return ("day" if schema.get("format") == "date" else "text"), ()


def _show_choices(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((each, _split_name(each)) for each in values)


def _write_title(name: str) -> str:
    if name in _TITLES:
        return _TITLES[name]
    for short, long in _DATE_PARTS:
        if name.endswith(short):
            return f"{long.capitalize()}, {'from' if name.startswith('start') else 'to'}"
    return _split_name(name)


def _split_name(name: str) -> str:
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").split()
    text = " ".join([*parts[:1], *(part if part.isupper() else part.lower() for part in parts[1:])])
    return text[:1].upper() + text[1:]


def _read_values(report: Report, option: Option, sent: Sequence[str]) -> Any:
    """Return what was entered as the value of an argument. Raises ValueError with what is wrong with it."""
    if option.kind in ("lines", "several"):
        lines = [line.strip() for text in sent for line in text.splitlines()]
        values = list(dict.fromkeys(line for line in lines if line))
        if len(values) > MOST_VALUES:
            raise ValueError(f"{len(values)} values are given; at most {MOST_VALUES} are sent at once.")
        if option.kind == "several":
            for value in values:
                _check_choice(option, value)
        return values
    text = sent[0].strip()
    if option.kind in ("choice", "yes or no", "period"):
        _check_choice(option, text)
        return text == "yes" if option.kind == "yes or no" else text
    if option.kind == "day":
        return _read_day(text)
    if option.kind == "number":
        return _read_number(text, is_whole=report.arguments[option.name].get("type") == "integer")
    return text


def _check_choice(option: Option, value: str) -> None:
    if all(value != known for known, _ in option.choices):
        raise ValueError(f"“{value[:60]}” is none of the choices of {option.title}.")


def _read_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"“{text[:20]}” is no day. Write it as 2026-01-31.") from None


def _read_number(text: str, *, is_whole: bool) -> int | float:
    try:
        return int(text) if is_whole else float(text)
    except ValueError:
        raise ValueError(f"“{text[:20]}” is no {'whole ' if is_whole else ''}number.") from None


def _read_comparison(report: Report, text: str) -> Comparison:
    known: Sequence[Comparison] = COMPARISONS if report.can_compare else ()
    return next((each for each in known if each == text), "")


def _settle_period(report: Report, arguments: dict[str, Any], errors: dict[str, str]) -> None:
    """Leave one period: a named one is used in place of days, and two days are in their order."""
    if "date_macro" in arguments:
        for name in report.period_arguments:
            arguments.pop(name, None)
            errors.pop(name, None)
        return
    start, end = arguments.get("start_date"), arguments.get("end_date")
    if "start_date" in report.arguments and bool(start) != bool(end):
        missing = "end_date" if start else "start_date"
        errors.setdefault(missing, "A period has two days: give both.")
    elif start and end and start > end:
        errors["end_date"] = "The last day is before the first one."
