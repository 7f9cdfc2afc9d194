"""What is wrong with an argument, in a sentence: which one, what it must be, and what is near to what was given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from generator.catalog import Tool
from generator.meanings import Meant
from generator.suggestions import LONGEST_COMPARED, Suggestion, find_nearest_name, suggest
from runtime.operations.interpretation import DIGITS
from runtime.operations.structure import write_path

Meanings = Sequence[Meant]
AMOUNT = re.compile(r"-?[^\d\s,.+-]{0,3}\s?-?\d{1,3}(,\d{3})*(\.\d{1,4})?", re.ASCII)
"""An amount of money with a sign of its currency or commas in it."""
OTHER_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
COUNTED = {"maxLength": "characters", "maxItems": "elements"}
"""What a rule about a length counts."""


def describe_error(
    tool: Tool, error: Any, along: list[Any], means: Meanings, suffix: str = ""
) -> Iterable[dict[str, str]]:
    """Return sentences for an error; `along` is the path that the excerpt begins at.

    `means` and `suffix` are what the integration says of names, as in `suggest`.
    """
    path, kind, value = write_path(error.instance_path, along), error.kind.name, error.instance
    where = _where(path)
    if kind == "additionalProperties":
        names = list(_names_at(tool.input_schema, path))
        unknown = map(str, error.kind.unexpected)
        return (_unknown(path, name, suggest(name, names, means, tool.resource, suffix)) for name in unknown)
    if kind == "required":
        full = [*path, error.kind.property]
        return [{"argument": _dotted(full), "problem": f"{_where(full)} is missing."}]
    return [{"argument": _dotted(path), "problem": f"{where} {_problem(error, kind, value)}"}]


def _problem(error: Any, kind: str, value: Any) -> str:
    """Return what is wrong with one value, as the end of a sentence that begins with where it is."""
    if kind == "type":
        kinds = list(error.kind.types)
        wanted = " or ".join(TYPES.get(name, name) for name in kinds)
        return f"must be {wanted}, but is {_shown(value)}.{_correction(kinds, value)}"
    if kind == "enum":
        return f"cannot be {_shown(value)}. {_choices(value, error.kind.options)}"
    if kind == "format":
        correction = _dates(value) if error.kind.format == "date" else ""
        return f"must be {_format(error.kind.format)}, but is {_shown(value)}.{correction}"
    if kind == "pattern" and error.kind.pattern == DIGITS:
        return f"must be digits alone, but is {_shown(value)}."
    if kind in COUNTED:
        return f"may have {error.kind.limit} {COUNTED[kind]} at most, but has {len(value)}."
    return f"is wrong: {_plain(error.message)}."


def _unknown(path: list[Any], name: str, meant: Suggestion) -> dict[str, str]:
    full = _dotted([*path, name])
    nearest = meant.names[0] if meant.names else ""
    return {
        "argument": full,
        "problem": f'Argument "{full}" is not known.{meant.sentence}',
        "nearest": nearest,
    }


def _names_at(schema: dict[str, Any], path: list[Any]) -> list[str]:
    for step in path:
        inner = (
            schema.get("items", {}) if isinstance(step, int) else schema.get("properties", {}).get(step, {})
        )
        schema = inner if isinstance(inner, dict) else {}
    return list(schema.get("properties", {}))


def _choices(value: Any, options: Any) -> str:
    names = [str(option) for option in options]
    nearest = find_nearest_name(str(value)[:LONGEST_COMPARED], names)
    if nearest:
        return f'Did you mean "{nearest}"?'
    return f"It is one of: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}."


def _format(name: str) -> str:
    shapes = {"date": "a date written YYYY-MM-DD", "date-time": "a time written 2026-01-31T09:30:00Z"}
    return shapes.get(name, f"a valid {name}")


def _correction(kinds: list[str], value: Any) -> str:
    """How a value of the wrong type would be written, where that can be seen."""
    if not isinstance(value, str):
        return ""
    if not {"object", "array"}.isdisjoint(kinds) and value.lstrip()[:1] in ("{", "["):
        return " It is a text that begins like JSON and is not valid JSON."
    if not {"number", "integer"}.isdisjoint(kinds) and AMOUNT.fullmatch(value[:LONGEST_COMPARED].strip()):
        plain = "".join(each for each in value if each in "-.0123456789")
        return f" Write {plain}."
    return ""


def _dates(value: Any) -> str:
    """Return the dates that a text of another form may mean, as they should be written."""
    found = OTHER_DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return ""
    one, two, year = int(found[1]), int(found[2]), found[3]
    meant = sorted(
        f"{year}-{month:02d}-{day:02d}"
        for month, day in {(one, two), (two, one)}
        if 1 <= month <= 12 and 1 <= day <= 31
    )
    return (
        f" Write {' or '.join(meant)}, whichever is meant."
        if len(meant) == 2
        else "".join(f" Write {each}." for each in meant)
    )


def _where(path: list[Any]) -> str:
    return f'Argument "{_dotted(path)}"' if path else "The arguments"


def _dotted(path: list[Any]) -> str:
    text = ""
    for step in path:
        name = str(step)[:80]
        text += f"[{name}]" if isinstance(step, int) else f".{name}" if text else name
    return text[:200]


def _shown(value: Any) -> str:
    text = json.dumps(value[:60] if isinstance(value, str) else value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _plain(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:197]}…"
