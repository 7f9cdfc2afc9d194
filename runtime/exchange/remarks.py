"""Why a raw query may have found nothing: a value that its field cannot have. Called by `page_answer`.

A typed filter refuses such a value by its schema. A raw query goes to the vendor as it is written, and one that
compares a reference with a name is answered with no record, which reads as "there is none".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from generator.catalog import Condition, Tool
from generator.vendor import QueryLanguage
from runtime.upstream.quoted_text import blank_quoted

LONGEST_VALUE = 80
"""Characters of a value of the query that a remark repeats."""
MOST_REMARKS = 5
"""More is not read by a model that wants the records."""
MOST_CHOICES = 20
"""Values of a field that a remark names."""
_OPERATOR = re.compile(r"\{field\}\s*([^\s({]+)")


def remark_on_nothing(tool: Tool, language: QueryLanguage, raw: str, tools: Iterable[Tool]) -> list[str]:
    """Return a sentence for each value of a query that found nothing which its field cannot have.

    `tools` are looked through for what can be asked of the entity, where the tool itself reads any.
    """
    if not raw or not language.quote:
        return []
    asked = _asked(tool, language, raw, tools)
    if asked is None or asked.listing is None:
        return []
    blanked = blank_quoted(language, raw)
    remarks = (
        _remark(condition.field, given, value)
        for condition, given in _checked(asked)
        for value in _compared(language, condition.field, _operators(given), raw, blanked)
    )
    return list(islice(dict.fromkeys(each for each in remarks if each), MOST_REMARKS))


def _asked(tool: Tool, language: QueryLanguage, raw: str, tools: Iterable[Tool]) -> Tool | None:
    """Return the list tool of the entity that a query reads."""
    if tool.listing is None or tool.listing.entity != "*":
        return tool
    entry = re.match(language.entry, raw)
    entity = entry.group("entity").lower() if entry else ""
    own = (each for each in tools if each.integration == tool.integration and each.listing is not None)
    return next((each for each in own if each.listing and each.listing.entity.lower() == entity), None)


def _checked(tool: Tool) -> Iterator[tuple[Condition, Mapping[str, Any]]]:
    """Return each condition of a list tool whose values have a form, or are known, with their schema."""
    for condition in tool.listing.conditions if tool.listing else ():
        if condition.operator in ("equals", "any_of"):
            given = tool.input_schema["properties"].get(condition.argument) or {}
            given = given.get("items", given)
            if "pattern" in given or "enum" in given:
                yield condition, given


def _operators(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the comparisons that find nothing for a value of another form; a part of a known value is found."""
    return ("equals", "any_of") if "enum" in given else ("equals", "any_of", "contains")


def _compared(
    language: QueryLanguage, field: str, names: Iterable[str], raw: str, blanked: str
) -> Iterator[str]:
    """Yield the quoted values that a query compares a field with. `blanked` is the query without its quoted texts."""
    found = (_OPERATOR.match(language.conditions.get(name, "")) for name in names)
    operators = "|".join(re.escape(each[1]) for each in found if each)
    quoted = rf"{re.escape(language.quote)}\s*{re.escape(language.quote)}"
    comparison = rf"(?i)(?<![\w.]){re.escape(field)}\s*(?:{operators})\s*\(?\s*"
    for place in re.finditer(rf"{comparison}({quoted}(?:\s*,\s*{quoted})*)", blanked):
        for value in re.finditer(quoted, place[1]):
            yield raw[place.start(1) + value.start() + 1 : place.start(1) + value.end() - 1]


def _remark(field: str, given: Mapping[str, Any], value: str) -> str:
    shown = value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 1]}…"
    if not value.strip():
        return ""  # what asks for an empty field
    if "pattern" in given and re.search(given["pattern"], value[:LONGEST_VALUE]) is None:
        return f'{field} is compared with an Id, and "{shown}" is none: look the Id up by its name first.'
    choices = [str(each) for each in given.get("enum") or ()]
    if choices and value.casefold() not in {each.casefold() for each in choices}:
        return f'{field} is never "{shown}"; it is {", ".join(choices[:MOST_CHOICES])}.'
    return ""
