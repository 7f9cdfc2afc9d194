"""Values that are filled from the arguments of a short tool: templates that may be objects and lists.

The one reading of them: the stage `short_tools` lists the names that a template has, and `runtime.operations` fills it.
A text that is one `{path}` becomes the value there, of whatever type; other texts become texts. What nothing fills is
left out, with the object or list around it where nothing else of that is filled. Operators begin with `$`:

    $each: list, $as: template    an element for each one of a list, which the template calls by the list's own name
    $first: [template, ...]       the first of them that is filled
    $if: path, $then: template    the template where the path has a value
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

EACH, AS, FIRST, IF, THEN = "$each", "$as", "$first", "$if", "$then"
OPERATORS = (frozenset({EACH, AS}), frozenset({FIRST}), frozenset({IF, THEN}))
"""The keys that stand together in an object that is an operator."""
ABSENT: Any = object()
"""What a template is that nothing fills."""
_PATH = re.compile(r"\{([A-Za-z_]\w*(?:\.\w+)*)\}", re.ASCII)
Scope = Mapping[str, Any]
"""What paths begin at, by name."""


class Filler:
    """Fills templates from one scope, and remembers what each place was filled from.

    `origins` has, for each place of what was made, such as `Line[0].Amount`, the argument that it came from.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._places = {name: name for name in scope}
        self.origins: dict[str, str] = {}

    def fill(self, template: Any, place: str = "") -> Any:
        """Return the value that a template becomes at a place; ABSENT when nothing fills it."""
        if isinstance(template, str):
            return self._fill_text(template, place)
        if isinstance(template, list):
            return self._fill_list(template, place)
        if not isinstance(template, dict):
            return template
        is_operator = frozenset(template) in OPERATORS
        return self._fill_operator(template, place) if is_operator else self._fill_object(template, place)

    def _fill_operator(self, template: Mapping[str, Any], place: str) -> Any:
        if EACH in template:
            return self._fill_each(template, place)
        if FIRST in template:
            found = (self.fill(each, place) for each in template[FIRST])
            return next((each for each in found if each is not ABSENT), ABSENT)
        is_there = look_up(self._scope, template[IF]) is not ABSENT
        return self.fill(template[THEN], place) if is_there else ABSENT

    def _fill_text(self, template: str, place: str) -> Any:
        if whole := _PATH.fullmatch(template):
            self._note(place, whole[1])
            return look_up(self._scope, whole[1])
        parts = _PATH.split(template)
        values = [look_up(self._scope, path) for path in parts[1::2]]
        if not values:
            return template
        self._note(place, parts[1])
        if any(each is ABSENT for each in values):
            return ABSENT
        parts[1::2] = [_as_text(each) for each in values]
        return "".join(parts)

    def _fill_list(self, template: list[Any], place: str) -> Any:
        made: list[Any] = []
        for each in template:
            if isinstance(each, dict) and EACH in each:
                value = self._fill_each(each, place, len(made))
                made += [] if value is ABSENT else value
                continue
            value = self.fill(each, f"{place}[{len(made)}]")
            if value is not ABSENT:
                made.append(value)
        return made if made or not template else ABSENT

    def _fill_each(self, template: Mapping[str, Any], place: str, before: int = 0) -> Any:
        """Return an element for each of a list; `before` is how many stand before it in the list around it."""
        path = template[EACH]
        elements = look_up(self._scope, path)
        if not isinstance(elements, list):
            return ABSENT
        name, source = path.rpartition(".")[2], self._find_source(path)
        made: list[Any] = []
        for at, element in enumerate(elements):
            inner = Filler({**self._scope, name: element})
            inner._places = {**self._places, name: f"{source}[{at}]"}
            value = inner.fill(template[AS], f"{place}[{before + len(made)}]")
            if value is not ABSENT:
                made.append(value)
                self.origins |= inner.origins
        return made or ABSENT

    def _fill_object(self, template: Mapping[str, Any], place: str) -> Any:
        inner = f"{place}." if place else ""
        filled = {name: self.fill(each, f"{inner}{name}") for name, each in template.items()}
        made = {name: value for name, value in filled.items() if value is not ABSENT}
        is_left_out = place and list_paths(template) and not any(list_paths(template[name]) for name in made)
        return ABSENT if is_left_out else made

    def _note(self, place: str, path: str) -> None:
        if place:
            self.origins.setdefault(place, self._find_source(path))

    def _find_source(self, path: str) -> str:
        name, dot, rest = path.partition(".")
        return f"{self._places.get(name, name)}{dot}{rest}"


def look_up(scope: Scope, path: str) -> Any:
    """Return the value at a dotted path; ABSENT where there is none. A step into a list is one into each element."""
    value: Any = scope
    for step in path.split("."):
        value = _descend(value, step)
        if value is ABSENT:
            return ABSENT
    return ABSENT if value is None or value == [] else value


def _descend(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step, ABSENT)
    if not isinstance(value, list):
        return ABSENT
    if step.isdigit():
        return value[int(step)] if int(step) < len(value) else ABSENT
    found = [_descend(each, step) for each in value]
    return [each for each in found if each is not ABSENT] or ABSENT


def list_paths(template: Any) -> list[tuple[str, ...]]:
    """Return every path that a template names, as its steps; what is inside an `$each` begins with the whole list."""
    return [tuple(path.split(".")) for path in _walk(template, {})]


def _walk(template: Any, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths of a template; `names` has the whole list for the name of each element."""
    if isinstance(template, str):
        yield from (_whole(path, names) for path in _PATH.findall(template))
    for each in template if isinstance(template, list) else ():
        yield from _walk(each, names)
    if isinstance(template, dict):
        yield from _walk_object(template, names)


def _walk_object(template: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    paths = {key: _whole(template[key], names) for key in (EACH, IF) if isinstance(template.get(key), str)}
    yield from paths.values()
    inner = {**names, template[EACH].rpartition(".")[2]: paths[EACH]} if EACH in paths else names
    for name, each in template.items():
        if name not in (EACH, IF):
            yield from _walk(each, inner)


def _whole(path: str, names: Mapping[str, str]) -> str:
    name, dot, rest = path.partition(".")
    return f"{names.get(name, name)}{dot}{rest}"


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_as_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
