"""The arguments of a short tool as its caller meant them: in any style of writing, checked, and one choice made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from generator.filling import ABSENT, look_up
from generator.short_tools import ShortTool, Target
from generator.suggestions import LONGEST_COMPARED, strip_style
from runtime.errors import InvalidArguments
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.short.listing import ListedShortTool

LONGEST_SHOWN = 60
"""Characters of a value that an error repeats."""
NOT_SENT = "Nothing was sent. Correct the arguments and call again."
_CHECKER = ArgumentChecker()


class Choice(NamedTuple):
    """The tool that is called, and what stood behind the value that chose it."""

    target: Target
    rest: str = ""


def read_arguments(listed: ListedShortTool, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments, checked. Raises InvalidArguments."""
    arguments = _CHECKER.check(listed.tool, _read_values(listed.short, given), ())
    for paths in listed.short.exactly_one:
        _check_exactly_one(listed.short, paths, arguments)
    return arguments


def choose_target(short: ShortTool, arguments: Mapping[str, Any]) -> Choice:
    """Return the one tool that is called. Raises InvalidArguments for a value that chooses none, and for an argument
    that means nothing to that tool.
    """
    if not short.by:
        return Choice(next(iter(short.targets.values())))
    given = str(arguments.get(short.by, ""))
    value, _, rest = given.partition(short.separator) if short.separator else (given, "", "")
    target = short.targets.get(short.aliases[short.by].get(strip_style(value[:LONGEST_COMPARED]), ""))
    if target is None or (short.separator and not rest):
        forms = ", ".join(f"{name}{short.separator}" for name in short.targets)
        problem = f'Argument "{short.by}" begins with one of these, and an Id follows: {forms}'
        raise make_error(short, short.by, f"{problem}.")
    for name in target.unused:
        if name in arguments:
            problem = f'Argument "{name}" means nothing for {short.by} {given[:LONGEST_SHOWN]}.'
            raise make_error(short, name, problem, "Nothing was sent. Leave it out and call again.")
    return Choice(target, rest)


def make_error(short: ShortTool, argument: str, problem: str, advice: str = NOT_SENT) -> InvalidArguments:
    """Return the error for one argument of a short tool."""
    return InvalidArguments(
        f"{short.name} was not called: {problem}",
        advice=advice,
        details={"errors": [{"argument": argument, "problem": problem}]},
    )


def _read_values(short: ShortTool, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with each value that has one certain meaning as it is declared."""
    read = dict(given)
    for name, meant in short.aliases.items():
        value = read.get(name)
        if isinstance(value, str) and not (short.separator and name == short.by):
            read[name] = meant.get(strip_style(value[:LONGEST_COMPARED]), value)
    return read


def _check_exactly_one(short: ShortTool, paths: tuple[str, ...], arguments: Mapping[str, Any]) -> None:
    """Check that each element has one of some members, or the call one of some arguments. Raises InvalidArguments."""
    name = paths[0].partition(".")[0]
    members = [path.partition(".")[2] for path in paths]
    elements = arguments.get(name) if members[0] else [arguments]
    for at, element in enumerate(elements if isinstance(elements, list) else ()):
        found = [each for each in (members if members[0] else paths) if look_up(element, each) is not ABSENT]
        if len(found) != 1:
            place = f"{name}[{at}]" if members[0] else "The call"
            named = " or ".join(members if members[0] else paths)
            raise make_error(short, place, f'"{place}" has exactly one of {named}, but has {len(found)}.')
