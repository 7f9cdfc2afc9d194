"""The arguments of a tool, checked against its schema before anything is sent.

All errors are reported together: which argument, what was wrong, and the nearest name or value that would be right.
Validators are built once per tool, at its first call.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

import jsonschema_rs

from generator.catalog import Tool
from generator.vendor import BARE_IDS, ReferenceForm
from runtime.errors import InvalidArguments
from runtime.operations.argument_errors import Meanings, describe_error
from runtime.operations.interpretation import LARGEST_EXACT, interpret, parse_text
from runtime.operations.structure import (
    MOST_READ_VALUES,
    MOST_VALUES,
    cut_excerpt,
    find_structural_problem,
)
from runtime.safety.masked_updates import drop_masks
from runtime.safety.reference_spots import make_copy, put_names, set_apart
from runtime.safety.write_answers import refuse_no_change

MOST_ERRORS = 10
"""As many as a model corrects in one step; the rest is counted."""
MORE = "more"
"""The argument that takes the rarely needed ones."""


class _Validator(NamedTuple):
    """What checks the arguments of one tool. `schema` shows whether it is still the tool's own."""

    schema: bytes
    checks: Any
    whole: Any
    """Where whole numbers stand: a tree of names, `True` for a whole number, `[]` before the elements of a list."""


class _Names(NamedTuple):
    """Arguments with placeholders, and the name that each place of a reference had."""

    arguments: dict[str, Any]
    found: dict[str, str]


class ArgumentChecker:
    """Check arguments, and cache the validator of each tool it has met."""

    def __init__(self) -> None:
        self._validators: dict[str, _Validator] = {}

    def check(
        self,
        tool: Tool,
        arguments: dict[str, Any],
        means: Meanings = (),
        reference: ReferenceForm = BARE_IDS,
    ) -> dict[str, Any]:
        """Return the arguments without what a read record carries and nobody may set.

        What clients shape otherwise is read as the schema declares it (`interpretation`). A whole number may be
        written 10.0. Raises InvalidArguments with at most ten errors worked out; `means` is what the
        integration says of names that callers make up, `reference` how its records refer to one another.
        """
        _check_structure(tool, arguments)
        if tool.advanced and MORE in arguments:
            arguments = _unpacked(arguments)
        validator = self._validator(tool)
        is_plain = tool.is_read_only and "" not in arguments.values() and validator.checks.is_valid(arguments)
        if is_plain and not tool.references:  # a read has no masks, and nothing to change
            return _with_whole_numbers(arguments, validator.whole) if validator.whole else arguments
        if not is_plain:
            arguments = _interpreted(tool, arguments, reference)
        names = _set_names_apart(tool, reference, arguments)
        arguments = names.arguments
        bare = drop_masks(tool, arguments)
        if not (is_plain and bare is arguments and not names.found) and not validator.checks.is_valid(bare):
            raise _refusal(tool, validator.checks, bare, means, reference.suffix)
        refuse_no_change(tool, arguments)
        if validator.whole:
            arguments = _with_whole_numbers(arguments, validator.whole)
        return put_names(tool, reference, arguments, names.found) if names.found else arguments

    def _validator(self, tool: Tool) -> _Validator:
        known = self._validators.get(tool.name)
        if known is None or known.schema is not tool.schema:
            schema = tool.input_schema
            # A linear engine for the patterns: no text can make one look back and forth without end.
            checks = jsonschema_rs.validator_for(
                schema, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
            )
            known = self._validators[tool.name] = _Validator(tool.schema, checks, _whole_numbers(schema))
        return known


def _check_structure(tool: Tool, arguments: dict[str, Any]) -> None:
    """Raise InvalidArguments when there is more than anything after this should look at."""
    most = MOST_READ_VALUES if tool.is_read_only else MOST_VALUES
    if problem := find_structural_problem(arguments, most):
        raise InvalidArguments(
            f"{tool.name} was not called: the arguments {problem}.",
            advice="Nothing was sent. Split the call, or send only what the tool's schema names.",
        )


def _set_names_apart(tool: Tool, reference: ReferenceForm, arguments: dict[str, Any]) -> _Names:
    """Return the arguments with a placeholder for each name in the place of an Id; themselves where there is none."""
    if not reference.ids or not any(each.path[0] in arguments for each in tool.references):
        return _Names(arguments, {})
    copy = make_copy(tool, arguments)
    return _Names(copy, set_apart(tool, reference, copy))


def _interpreted(tool: Tool, arguments: dict[str, Any], reference: ReferenceForm) -> dict[str, Any]:
    """Return the arguments as the schema declares them, and nothing that a read record carries and nobody may set."""
    schema = tool.input_schema
    read = interpret(schema, arguments, reference, empty_clears=tool.risk == "overwrite")
    _check_structure(tool, read)  # a JSON text may hold any number of values
    if tool.ignored_arguments and not schema["properties"].keys() >= read.keys():
        read = _without(tool, read)
    return read


def _whole_numbers(schema: Any) -> Any:
    """Return the places of a schema where a whole number belongs; None when it has none."""
    if not isinstance(schema, dict):
        return None
    if schema.get("type") == "integer":
        return True
    found = {name: _whole_numbers(inner) for name, inner in schema.get("properties", {}).items()}
    found["[]"] = _whole_numbers(schema.get("items"))
    return {name: places for name, places in found.items() if places} or None


def _with_whole_numbers(value: Any, places: Any) -> Any:
    """Return the value with 10 for 10.0 where a whole number belongs; itself when there is none."""
    if places is True:
        is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_EXACT
        return int(value) if is_whole else value
    if isinstance(value, list) and "[]" in places:
        return [_with_whole_numbers(each, places["[]"]) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _with_whole_numbers(value[name], places[name]) for name in places.keys() & value.keys()}
    return value | changed if changed else value


def _unpacked(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with those under `more` beside the others, where they count the same."""
    more = parse_text(arguments[MORE], dict)
    if more is None or more == "":
        more = {}
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
    dropped = [name for name in arguments if name in tool.ignored_arguments and name not in own]
    identifiers = {field: argument for argument, field in tool.call.body_arguments}
    for name in dropped:
        argument = identifiers.get(name)
        if argument and argument in arguments and arguments[argument] != arguments[name]:
            raise InvalidArguments(
                f'Arguments "{argument}" and "{name}" name two different records.',
                advice=f'Give "{argument}" only.',
            )
    return {name: value for name, value in arguments.items() if name not in dropped}


def _refusal(
    tool: Tool, validator: Any, arguments: dict[str, Any], means: Meanings, suffix: str
) -> InvalidArguments:
    """Return the error that names what is wrong. All errors of an excerpt are counted, and few of them worked out.

    The validator makes every error that there is before it hands over the first. So it sees an excerpt: few elements
    of each list, from where the first error is, which it finds without making others.
    """
    first = _first_error(validator, arguments)
    path = list(first.instance_path)
    part = cut_excerpt(arguments, path)
    found = list(validator.iter_errors(part))
    described = [describe_error(tool, error, path, means, suffix) for error in found[:MOST_ERRORS]]
    if not described:  # it is in what the excerpt leaves out, such as the length of a list
        described = [describe_error(tool, first, [], means, suffix)]
    errors = list(islice((each for some in described for each in some), MOST_ERRORS))
    total = max(sum(_count(error) for error in found), len(errors))
    text = " ".join(each["problem"] for each in errors)
    if total > len(errors):
        text += f" And {'' if part == arguments else 'at least '}{total - len(errors)} more."
    return InvalidArguments(
        f"{tool.name} was not called: {text}",
        advice="Nothing was sent. Correct the arguments and call again.",
        details={"errors": errors},
    )


def _first_error(validator: Any, arguments: dict[str, Any]) -> Any:
    try:
        validator.validate(arguments)
    except jsonschema_rs.ValidationError as error:
        return error
    raise AssertionError("there is no error")


def _count(error: Any) -> int:
    return len(error.kind.unexpected) if error.kind.name == "additionalProperties" else 1
