"""Records of a work system as `work_records`, by the rules of its definitions. Called by `work_assembly`.

A vendor may hide what it does not want to show, such as the cost of an hour: what is no number is not known. A day may
come with a time, which is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple

from generator.insight_rules import WORK_PARTS, WorkRules
from runtime.insights.books import Key
from runtime.insights.record_types import (
    TEXT,
    Extracted,
    Page,
    Reader,
    list_condition_paths,
    list_paths,
    make_getter,
    make_struct,
    make_test,
    read_page,
)
from runtime.insights.work_records import (
    Addition,
    Agreement,
    TimeEntry,
    WorkClient,
    WorkExpense,
    WorkInvoice,
    WorkMember,
    WorkProduct,
    WorkProject,
    WorkType,
)

DAY_LENGTH = len("2026-10-31")
MOST = Decimal(10) ** 15
"""Of an amount or a number of hours: more is an error of the vendor's, and cannot be added up to the cent."""
_LEAST = -MOST
MOST_KNOWN = 4_096
"""Days and rates whose values are remembered: ten years, and a rate for each client and member of a large company."""
_FLAGS: Mapping[str, tuple[str, bool]] = {
    "inactive": ("is_active", False),
    "unbillable": ("is_billable", False),
    "billed": ("is_billed", True),
    "written_off": ("is_written_off", True),
    "cancelled": ("is_cancelled", True),
    "fixed_fee": ("is_fixed_fee", True),
    "closed": ("is_closed", True),
}
"""What a record is that has the values of a flag."""
_INVOICE_KINDS = ("agreement", "standard", "progress", "down_payment", "credit")
_UNITS = ("hours", "amount", "incidents")


MAKERS: Mapping[str, Callable[..., Any]] = {
    "clients": WorkClient,
    "agreements": Agreement,
    "additions": Addition,
    "time_entries": TimeEntry,
    "expenses": WorkExpense,
    "products": WorkProduct,
    "members": WorkMember,
    "projects": WorkProject,
    "invoices": WorkInvoice,
    "work_types": WorkType,
}
_OWNERS = {"additions": "agreement", "members": "", "work_types": "", "clients": ""}
"""What the records of a list belong to, where it is no client."""


class WorkExtraction:
    """Reads the lists of one work system."""

    def __init__(self, rules: Mapping[str, WorkRules]) -> None:
        self._rules = rules
        self._readers: dict[str, Reader] = {}

    def read(self, name: str, page: Page) -> Extracted:
        """Return the records of a page of a list."""
        if name not in self._readers:
            self._readers[name] = _make_reader(name, self._rules[name])
        return read_page(page, self._readers[name])


def read_rate(value: Any) -> Decimal | None:
    """Return a number as a vendor has it; None for what is no number, or is below zero or absurdly large."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    return _parse_rate(value)


@lru_cache(maxsize=MOST_KNOWN, typed=True)
def _parse_rate(value: str | float | Decimal) -> Decimal | None:
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found < MOST else None


def _make_reader(name: str, rules: WorkRules) -> Reader:
    parts = [part for part in WORK_PARTS[name] if part in rules.fields and part != "id"]
    types = {part: conversion.type for part, conversion in _CONVERSIONS.items()}
    type_ = make_struct(list_condition_paths(*rules.flags.values()) | list_paths(rules.fields, types))
    read = make_getter(rules.fields, ("id", *parts), type_)
    converted = [(part, _choose_conversion(part, rules)) for part in parts]
    flags = [(flag, make_test(conditions)) for flag, conditions in rules.flags.items()]
    resource, make_record, complete = rules.resource, MAKERS[name], _COMPLETIONS.get(name)
    owner = {each: "" for each in (_OWNERS.get(name, "client"),) if each}

    def make(record: Any) -> Any:
        id_, *values = read(record)
        if id_ is None:
            raise ValueError("A record has an Id.")
        found: dict[str, Any] = dict(owner)
        for (part, convert), value in zip(converted, values, strict=True):
            if value is not None and (made := convert(value)) is not None:
                found[part] = made
        marked = [flag for flag, test in flags if test is not None and test(record)]
        if complete is not None:
            complete(found, marked)
        if marked:
            found |= dict(_FLAGS[flag] for flag in marked if flag in _FLAGS)
        try:
            return make_record(Key(resource, str(id_)), **found)
        except TypeError as error:
            raise ValueError("A record lacks its name or its day.") from error

    return Reader(type_, make)


def _choose_conversion(part: str, rules: WorkRules) -> Callable[[Any], Any]:
    """Return what makes a part of the vendor's value, by way of what the vendor's names mean."""
    convert: Callable[[Any], Any] = _CONVERSIONS[part].convert if part in _CONVERSIONS else str
    meanings = rules.values.get(part)
    if meanings is None:
        return convert
    return lambda value: convert(meanings.get(str(value), ""))


def _complete_agreement(found: dict[str, Any], marked: list[str]) -> None:
    """Leave out the limit of an agreement that has none."""
    if "unlimited" in marked or not found.get("limit") or not found.get("limit_unit"):
        found.pop("limit", None)


def _complete_invoice(found: dict[str, Any], _marked: list[str]) -> None:
    """Leave out a kind that no analysis knows."""
    if found.get("kind") not in _INVOICE_KINDS:
        found.pop("kind", None)


def _complete_member(found: dict[str, Any], _marked: list[str]) -> None:
    """Make the name of a member of its parts."""
    names = (found.pop("first_name", ""), found.pop("last_name", ""))
    found["name"] = found.get("name") or " ".join(each for each in names if each) or "member"


_COMPLETIONS: Mapping[str, Callable[[dict[str, Any], list[str]], None]] = {
    "agreements": _complete_agreement,
    "invoices": _complete_invoice,
    "members": _complete_member,
}


def _read_day(value: str | int) -> date:
    return _parse_day(str(value)[:DAY_LENGTH])


_parse_day = lru_cache(maxsize=MOST_KNOWN)(date.fromisoformat)


def _read_end(value: str | int) -> date | None:
    try:
        return _read_day(value)
    except ValueError:
        return None


def _read_months(value: Any) -> int:
    number = read_rate(value)
    return max(int(number), 1) if number is not None else 1


class _Conversion(NamedTuple):
    """What a part is in JSON, and what makes a value of it."""

    type: Any
    convert: Callable[[Any], Any]


def _check_number(value: Decimal) -> Decimal:
    try:
        if _LEAST < value < MOST:
            return value
    except InvalidOperation:  # it is no number, which cannot be compared
        pass
    raise ValueError("A number is out of range.")


_NUMBER = _Conversion(Decimal | None, _check_number)
_RATE = _Conversion(Any, read_rate)
_CONVERSIONS: Mapping[str, _Conversion] = {
    **dict.fromkeys(
        (
            "amount", "limit", "quantity", "included", "price", "hours", "billed_hours", "agreement_hours",
            "agreement_amount", "bill_amount", "budget_hours", "total", "tax", "services", "expenses", "products",
        ),
        _NUMBER,
    ),
    **dict.fromkeys(("cost", "rate", "list_price", "multiplier"), _RATE),
    **dict.fromkeys(("start", "end", "next_invoice"), _Conversion(TEXT, _read_end)),
    "day": _Conversion(TEXT, _read_day),
    **dict.fromkeys(("months", "limit_months"), _Conversion(TEXT, _read_months)),
    "limit_unit": _Conversion(TEXT, lambda value: value if value in _UNITS else ""),
}  # fmt: skip
"""The parts that are no text."""
