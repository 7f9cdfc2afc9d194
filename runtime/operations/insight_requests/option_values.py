"""One option of an analysis: the field that its schema comes to, and what somebody entered for it as an argument.

Called by `analysis_options`. What is refused here would be refused by the tool too; here it is said beside its field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from runtime.operations.formats import parse_decimal

OptionKind = Literal["choice", "several", "list", "amounts", "day", "month", "number", "yes or no", "text"]
"""A list is texts with commas between, or several fields; amounts are as `Lawsuit: 1200`, with semicolons between."""
LONGEST_TEXT = 200
"""Characters of one value, as the field takes; names of customers have a hundred."""
MOST_VALUES = 50
"""Values of one option; the longest choice of definitions has twelve."""
LONGEST_LIST = 2_000
"""Characters of a list: fifty ids of analyses have about as many."""
LONGEST_LABEL = 100
"""Characters of what an amount is for, as the tool takes."""
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_TITLES = {"start_date": "From", "end_date": "To", "by": "Split by", "limit": "Rows at most",
           "add_backs": "Add-backs", "custom_add_backs": "Other add-backs"}  # fmt: skip
"""Titles of options whose names say little; another one is called as its argument."""


@dataclass(frozen=True, slots=True)
class Option:
    """One field. `name` is that in the form: of an argument within another one, both with a point between."""

    name: str
    title: str
    hint: str
    kind: OptionKind
    schema: Mapping[str, Any]
    choices: tuple[tuple[str, str], ...] = ()
    is_required: bool = False


def make_option(name: str, schema: Mapping[str, Any]) -> Option:
    """Return the field of an argument."""
    own = name.rpartition(".")[2]
    kind, choices = _find_kind(schema)
    hint = str(schema.get("description", ""))
    return Option(name, _TITLES.get(own) or split_name(own), hint, kind, schema, choices)


def split_name(name: str) -> str:
    """Return a name of definitions as people write it: `delay_customer` becomes "Delay customer"."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def read_option(option: Option, sent: Sequence[str]) -> Any:
    """Return what was entered as the value of an argument. Raises ValueError with what is wrong with it."""
    if option.kind == "several":
        values = list(dict.fromkeys(each.strip() for each in sent[:MOST_VALUES]))
        return [_choose(option, each) for each in values]
    text = (", ".join(sent[:MOST_VALUES]) if option.kind == "list" else sent[0]).strip()
    if option.kind in ("list", "amounts"):
        return _read_list(option, text)
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"{option.title} has at most {LONGEST_TEXT} characters.")
    return _read_one(option, text)


def _read_one(option: Option, text: str) -> Any:
    if option.kind == "yes or no":
        return _choose(option, text) == "yes"
    if option.kind == "choice":
        return _choose(option, text)
    if option.kind == "day":
        return _read_day(text)
    if option.kind == "month":
        return _read_month(text)
    return _read_number(option, text) if option.kind == "number" else text


def _find_kind(schema: Mapping[str, Any]) -> tuple[OptionKind, tuple[tuple[str, str], ...]]:
    kind, enum = schema.get("type"), schema.get("enum") or schema.get("items", {}).get("enum")
    if enum:
        choices = tuple((str(each), split_name(str(each))) for each in enum)
        return ("several" if kind == "array" else "choice"), choices
    if kind == "array":
        return ("amounts" if schema.get("items", {}).get("type") == "object" else "list"), ()
    if kind == "boolean":
        return "yes or no", (("yes", "Yes"), ("no", "No"))
    if kind in ("integer", "number"):
        return "number", ()
    if schema.get("format") == "date":
        return "day", ()
    return ("month" if _is_month(str(schema.get("pattern", ""))) else "text"), ()


def _is_month(pattern: str) -> bool:
    """Whether a pattern takes months and nothing like them."""
    if not pattern:
        return False
    try:
        found = [bool(re.fullmatch(pattern, each)) for each in ("2026-10", "2026-13", "2026-10-01")]
    except re.error:
        return False
    return found == [True, False, False]


def _choose(option: Option, value: str) -> str:
    if all(value != known for known, _ in option.choices):
        raise ValueError(f"“{value[:60]}” is none of the choices of {option.title}.")
    return value


def _read_list(option: Option, text: str) -> list[Any]:
    """Return the entries of a list, as many as the argument takes; of amounts each with its label."""
    if len(text) > LONGEST_LIST:
        raise ValueError(f"{option.title} has at most {LONGEST_LIST:,} characters.")
    parts = [each.strip() for each in text.split(";" if option.kind == "amounts" else ",")]
    found = [each for each in parts if each]
    most = option.schema.get("maxItems", MOST_VALUES)
    if len(found) > most:
        raise ValueError(f"{option.title} has at most {most} entries.")
    if option.kind == "amounts":
        return [_read_labelled(each) for each in found]
    longest = option.schema.get("items", {}).get("maxLength", LONGEST_TEXT)
    if any(len(each) > longest for each in found):
        raise ValueError(f"An entry of {option.title} has at most {longest} characters.")
    return list(dict.fromkeys(found))


def _read_labelled(text: str) -> dict[str, Any]:
    label, _, amount = text.rpartition(":")
    number = parse_decimal(amount.strip().replace(",", ""))
    if not label.strip() or len(label) > LONGEST_LABEL or number is None or abs(number) >= Decimal(10) ** 15:
        raise ValueError(f"“{text[:40]}” is no label with an amount. Write it as Lawsuit: 1200.")
    return {"label": label.strip(), "amount": float(number)}


def _read_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"“{text[:20]}” is no day. Write it as 2026-01-31.") from None


def _read_month(text: str) -> str:
    if not _MONTH.fullmatch(text) or text.startswith("0000"):
        raise ValueError(f"“{text[:20]}” is no month. Write it as 2026-01.")
    return text


def _read_number(option: Option, text: str) -> int | float:
    is_whole = option.schema.get("type") == "integer"
    number = parse_decimal(text.replace(",", "")) if not is_whole or _WHOLE.fullmatch(text) else None
    if number is None or abs(number) >= Decimal(10) ** 15:
        raise ValueError(f"“{text[:20]}” is no {'whole ' if is_whole else ''}number.")
    least, most = option.schema.get("minimum"), option.schema.get("maximum")
    if least is not None and number < Decimal(str(least)):
        raise ValueError(f"{option.title} is at least {least}.")
    if most is not None and number > Decimal(str(most)):
        raise ValueError(f"{option.title} is at most {most}.")
    return int(number) if is_whole else float(number)
