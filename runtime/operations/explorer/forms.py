"""The form of a tool, made from its input schema, and the arguments that a filled one means.

Called by the pages of the tool runner. A field is a line of text, a number, a day, a choice, a switch, or JSON with an
example where the schema has an object or a list of objects. What a form cannot read is an error beside its field; all
else the tool checks itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from generator.catalog import COMPANY, DRY_RUN, Reference, Tool
from runtime.operations.formats import parse_decimal

Control = Literal["line", "text", "number", "date", "choice", "yes_no", "switch", "lines", "json"]
LONGEST_EXAMPLE = 1_500
"""Characters of an example under a field."""
MOST_FIRST = 8
"""Fields that are shown at once, those that are required beside; the others open."""
MOST_FIELDS = 260
"""Fields of one form; the largest tool has about 110 arguments."""
PREFIX = "a."
"""Stands before the name of an argument in a form, so that it is no field of the page's own."""
_NOT_ASKED = frozenset({DRY_RUN, COMPANY, "max_tokens", "embed"})
"""What the page decides itself."""
_LONG = ("note", "memo", "description", "query", "content")


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form. `choices` are those of a choice, `example` is of JSON."""

    name: str
    control: Control
    about: str = ""
    is_required: bool = False
    choices: tuple[str, ...] = ()
    example: str = ""
    is_reference: bool = False
    inside: str = ""
    """The one part of an object that the field is, such as the address of an email address."""

    @property
    def input_name(self) -> str:
        """The name that it has in the form."""
        return PREFIX + self.name


@dataclass(frozen=True, slots=True)
class ToolForm:
    """The fields of a tool: those that are shown at once, and the others."""

    first: tuple[FormField, ...]
    others: tuple[FormField, ...]

    @property
    def every(self) -> tuple[FormField, ...]:
        """All fields."""
        return self.first + self.others


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form was filled with: arguments, and what is wrong, by the names of fields."""

    arguments: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def make_form(tool: Tool) -> ToolForm:
    """Return the form of a tool."""
    schema = tool.input_schema
    required = set(schema.get("required", ()))
    references = {each.path[0]: each for each in tool.references if len(each.path) == 1}
    examples = _list_examples(tool)
    fields = [
        _make_field(tool, name, name in required, references.get(name), examples.get(name))
        for name in schema["properties"]
        if name not in _NOT_ASKED
    ]
    first = [each for each in fields if each.is_required]
    rest = [each for each in fields if not each.is_required]
    later = {*tool.advanced, *tool.options}
    usual = sorted(
        (each for each in rest if each.name in examples), key=lambda each: list(examples).index(each.name)
    )
    usual += [each for each in rest if each not in usual and each.name not in later]
    shown = usual[: max(0, MOST_FIRST - len(first))]
    return ToolForm(tuple(first + shown), tuple(each for each in rest if each not in shown))


def read_filled(form: ToolForm, values: Mapping[str, str]) -> Filled:
    """Return the arguments that a filled form means; what is empty is left out."""
    found = Filled()
    for each in form.every:
        text = values.get(each.input_name, "")
        if not text.strip():
            if each.is_required:
                found.errors[each.name] = "This is needed."
            continue
        try:
            found.arguments[each.name] = _read_value(each, text)
        except ValueError as error:
            found.errors[each.name] = str(error)
    return found


def write_values(form: ToolForm, arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return what the fields of a form hold for arguments; the reverse of `read_filled`."""
    return {
        each.input_name: _write_value(each, arguments[each.name])
        for each in form.every
        if each.name in arguments
    }


def _make_field(
    tool: Tool,
    name: str,
    is_required: bool,  # noqa: FBT001
    reference: Reference | None,
    example: Any,
) -> FormField:
    schema = tool.input_schema["properties"][name]
    about = str(schema.get("description", ""))
    if reference is not None and schema.get("type") == "object" and not reference.kind:
        return FormField(name, "line", about, is_required, is_reference=True)
    if inside := _find_only_part(schema):
        return FormField(name, "line", about, is_required, inside=inside)
    control = _choose_control(tool, name, schema)
    if control == "json":
        shown = example if example is not None else _make_example(schema)
        text = json.dumps(shown, indent=2, ensure_ascii=False)
        return FormField(name, control, about, is_required, example=text[:LONGEST_EXAMPLE])
    choices = tuple(str(each) for each in schema.get("enum", ())) or _list_choices(schema)
    return FormField(name, control, about, is_required, choices)


def _choose_control(tool: Tool, name: str, schema: Mapping[str, Any]) -> Control:
    """Return the control for an argument; an object, or what has several types, is JSON."""
    kind = schema.get("type", "string")
    if schema.get("enum"):
        return "choice"
    if kind == "boolean":
        return "switch" if name in tool.options or tool.is_read_only else "yes_no"
    if kind == "array" and _is_plain(schema.get("items", {})):
        return "lines"
    if kind == "string":
        is_long = name.lower().endswith(_LONG)
        return "date" if schema.get("format") == "date" else "text" if is_long else "line"
    return "number" if kind in ("number", "integer") else "json"


def _find_only_part(schema: Mapping[str, Any]) -> str:
    """Return the name of the only part of an object, where that is a text; empty otherwise."""
    parts = schema.get("properties", {}) if schema.get("type") == "object" else {}
    return next(
        (name for name, part in parts.items() if len(parts) == 1 and part.get("type") == "string"), ""
    )


def _is_plain(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") in ("string", "integer", "number")


def _list_choices(schema: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(each) for each in schema.get("items", {}).get("enum", ()))


def _list_examples(tool: Tool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in tool.examples:
        for name, value in each.arguments.items():
            found.setdefault(name, value)
    return found


def _make_example(schema: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a value of the shape that a schema describes: what it requires, else its first parts."""
    if enum := schema.get("enum"):
        return enum[0]
    kind = schema.get("type")
    if kind == "array":
        return [_make_example(schema.get("items", {}), depth + 1)]
    if kind == "object":
        parts = schema.get("properties", {})
        names = schema.get("required") or list(parts)[:3]
        return {} if depth > 3 else {name: _make_example(parts.get(name, {}), depth + 1) for name in names}
    return {"number": 0, "integer": 0, "boolean": False}.get(str(kind), "")


def _read_value(each: FormField, text: str) -> Any:
    """Return the value that the text of a field means. Raises ValueError with what is wrong."""
    if each.inside:
        return {each.inside: text.strip()}
    if each.control in ("switch", "yes_no"):
        return text == "yes"
    if each.control == "number":
        return _read_number(text)
    if each.control == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if each.control == "json":
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f"This is no JSON: {error}.") from None
    return text if each.control == "text" else text.strip()


def _read_number(text: str) -> int | float:
    number = parse_decimal(text.replace(",", ""))
    if number is None:
        raise ValueError("This is no number. Write digits, with a point before the decimals.")
    return int(number) if number == number.to_integral_value() else float(number)


def _write_value(each: FormField, value: Any) -> str:
    if each.control in ("switch", "yes_no"):
        return "yes" if value else "no"
    if each.control == "lines" and isinstance(value, list):
        return "\n".join(str(line) for line in value)
    if isinstance(value, dict) and (each.is_reference or each.inside):
        return str(value.get(each.inside or "value", ""))
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
