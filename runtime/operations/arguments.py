"""The arguments of a tool, checked against its schema before anything is sent.

Every mistake is named in one go: which argument, what was wrong, and the nearest name or value that would be right.
Validators are built once per tool, at its first call.
"""

from __future__ import annotations

import difflib
import json
from typing import Any

import jsonschema_rs

from generator.catalog import Tool
from runtime.errors import InvalidArguments
from runtime.safety.masked_updates import without_masks
from runtime.safety.write_answers import refuse_no_change

MOST_MISTAKES = 10
MORE = "more"
"""The argument that takes the rarely needed ones."""
NEAR = 0.61
"""How much two names must have in common, from 0 to 1, for one to be taken for a slip of the other."""
LEAST_BEGINNING = 3
DIGITS = r"^\d+$"
TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class ArgumentChecker:
    """Checks arguments, and keeps the validator of each tool it has met."""

    def __init__(self) -> None:
        self._validators: dict[str, tuple[bytes, Any]] = {}

    def checked(self, tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments without what a read record carries and nobody may set.

        Raises InvalidArguments that names every mistake.
        """
        if tool.rare and MORE in arguments:
            arguments = _unpacked(arguments)
        if tool.tolerated and not tool.input_schema["properties"].keys() >= arguments.keys():
            arguments = _without(tool, arguments)
        bare = without_masks(tool, arguments)
        validator = self._validator(tool)
        try:
            if not validator.is_valid(bare):
                raise _mistakes(tool, validator, bare)
        except ValueError:
            raise InvalidArguments(
                f"{tool.name} was not called: the arguments are nested too deeply.",
                advice="Nothing was sent. No argument here has more than a few levels.",
            ) from None
        refuse_no_change(tool, arguments)
        return arguments

    def _validator(self, tool: Tool) -> Any:
        known = self._validators.get(tool.name)
        if known is None or known[0] is not tool.schema:
            validator = jsonschema_rs.validator_for(tool.input_schema, validate_formats=True)
            known = self._validators[tool.name] = (tool.schema, validator)
        return known[1]


def _unpacked(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with those under `more` beside the others, where they count the same."""
    more = arguments[MORE]
    if not isinstance(more, dict):
        raise InvalidArguments(
            f'Argument "{MORE}" must be an object.', advice="Give the rarely needed arguments in it, by name."
        )
    if twice := sorted(more.keys() & arguments.keys()):
        raise InvalidArguments(
            f'Argument "{twice[0]}" is given twice, by itself and under "{MORE}".', advice="Give it once."
        )
    return {name: value for name, value in arguments.items() if name != MORE} | more


def _without(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    own = tool.input_schema["properties"]
    dropped = [name for name in arguments if name in tool.tolerated and name not in own]
    identifiers = {field: argument for argument, field in tool.call.body_arguments}
    for name in dropped:
        argument = identifiers.get(name)
        if argument and argument in arguments and arguments[argument] != arguments[name]:
            raise InvalidArguments(
                f'Arguments "{argument}" and "{name}" name two different records.',
                advice=f'Give "{argument}" only.',
            )
    return {name: value for name, value in arguments.items() if name not in dropped}


def _mistakes(tool: Tool, validator: Any, arguments: dict[str, Any]) -> InvalidArguments:
    errors: list[dict[str, str]] = []
    total = 0
    for error in validator.iter_errors(arguments):
        for mistake in _described(tool.input_schema, error):
            total += 1
            if len(errors) < MOST_MISTAKES:
                errors.append(mistake)
    text = " ".join(each["problem"] for each in errors)
    if total > len(errors):
        text += f" And {total - len(errors)} more."
    return InvalidArguments(
        f"{tool.name} was not called: {text}",
        advice="Nothing was sent. Correct the arguments and call again.",
        details={"errors": errors},
    )


def _described(schema: dict[str, Any], error: Any) -> list[dict[str, str]]:
    path, kind, value = list(error.instance_path), error.kind.name, error.instance
    where = _where(path)
    if kind == "additionalProperties":
        names = list(_names_at(schema, path))
        return [_unknown(path, str(name), names) for name in error.kind.unexpected]
    if kind == "required":
        full = [*path, error.kind.property]
        return [{"argument": _dotted(full), "problem": f"{_where(full)} is missing."}]
    if kind == "type":
        wanted = " or ".join(TYPES.get(name, name) for name in error.kind.types)
        problem = f"{where} must be {wanted}, but is {_shown(value)}."
    elif kind == "enum":
        problem = f"{where} cannot be {_shown(value)}. {_choices(value, error.kind.options)}"
    elif kind == "format":
        problem = f"{where} must be {_format(error.kind.format)}, but is {_shown(value)}."
    elif kind == "pattern" and error.kind.pattern == DIGITS:
        problem = f"{where} must be digits alone, but is {_shown(value)}."
    else:
        problem = f"{where} is wrong: {_plain(error.message)}."
    return [{"argument": _dotted(path), "problem": problem}]


def _unknown(path: list[Any], name: str, names: list[str]) -> dict[str, str]:
    full = _dotted([*path, name[:80]])
    nearest = nearest_name(name, names)
    hint = f' Did you mean "{nearest}"?' if nearest else ""
    return {"argument": full, "problem": f'Argument "{full}" is not known.{hint}', "nearest": nearest}


def nearest_name(name: str, names: list[str]) -> str:
    """The valid name that is most like the one given, else one that begins with it, or nothing when none is near."""
    given, by_lower = name.lower()[:80], {each.lower(): each for each in names}
    found = difflib.get_close_matches(given, list(by_lower), n=1, cutoff=NEAR)
    if not found and len(given) >= LEAST_BEGINNING:
        found = [each for each in by_lower if each.startswith(given)]
    return by_lower[found[0]] if found else ""


def _names_at(schema: dict[str, Any], path: list[Any]) -> list[str]:
    for step in path:
        inner = (
            schema.get("items", {}) if isinstance(step, int) else schema.get("properties", {}).get(step, {})
        )
        schema = inner if isinstance(inner, dict) else {}
    return list(schema.get("properties", {}))


def _choices(value: Any, options: Any) -> str:
    names = [str(option) for option in options]
    nearest = nearest_name(str(value), names)
    if nearest:
        return f'Did you mean "{nearest}"?'
    return f"It is one of: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}."


def _format(name: str) -> str:
    shapes = {"date": "a date written YYYY-MM-DD", "date-time": "a time written 2026-01-31T09:30:00Z"}
    return shapes.get(name, f"a valid {name}")


def _where(path: list[Any]) -> str:
    return f'Argument "{_dotted(path)}"' if path else "The arguments"


def _dotted(path: list[Any]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text[:200]


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _plain(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:197]}…"
