"""What integration.yaml says in `insights`: where analyses find a vendor's transactions, accounts, names and reports.

Part of `integration`. `pipeline` has it checked when the methods are known: a resource, a field, a tool or an argument
that does not exist is reported here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from generator.catalog import Tool
from generator.diagnostics import Diagnostics
from generator.diagnostics import Path as Steps
from generator.effect_rules import Conditions, Path
from generator.insight_rules import (
    FIX_VALUES,
    WORK_FLAGS,
    WORK_PARTS,
    Fields,
    FixRules,
    InsightRules,
    LineRules,
    LinkRules,
    ListRules,
    RecordRules,
    ReportRules,
    WorkRules,
)
from generator.reading.yaml_events import Document
from generator.stages.descriptions import Links
from generator.stages.resolve import Place
from generator.suggestions import did_you_mean

KEY = "insights"
TEMPLATES = "templates"
_IN_BRACES = re.compile(r"\{(\w*)\}")


def parse_insights(document: Document, links: Links) -> InsightRules:
    """Return what analyses know of a vendor; nothing where it says nothing of them."""
    value = document.value.get(KEY)
    if value is None:
        return InsightRules()
    lines, linked, usual = value.get("lines") or {}, value.get("links") or {}, _fields(value.get("usual"))

    def find_tool(link: str, *steps: str | int) -> str:
        return links.fill(f"[[{link}]]", Place(document, (KEY, *steps)))

    return InsightRules(
        transactions=tuple(
            RecordRules(
                name,
                each["kind"],
                usual | _fields(each.get("fields")),
                each.get("party_of", ""),
                dict(each.get("party_kinds") or {}),
                _conditions(each.get("unsent")),
                _conditions(each.get("reversed_when")),
            )
            for name, each in (value.get("transactions") or {}).items()
        ),
        lines=LineRules(
            lines.get("field", ""),
            _fields(lines.get("fields")),
            _path(lines.get("kind", "")),
            tuple(lines.get("skipped") or ()),
            tuple(lines.get("lowering") or ()),
            _path(lines.get("nested", "")),
            tuple(lines.get("debits") or ()),
            dict(lines.get("party_kinds") or {}),
        ),
        links=LinkRules(
            linked.get("field", ""),
            _path(linked.get("id", "")),
            _path(linked.get("kind", "")),
            dict(linked.get("resources") or {}),
        ),
        lists={name: _list(name, each) for name, each in (value.get("lists") or {}).items()},
        templates=_list(TEMPLATES, value[TEMPLATES]) if TEMPLATES in value else None,
        settings={
            name: (find_tool(each["tool"], "settings", name), _path(each["field"]))
            for name, each in (value.get("settings") or {}).items()
        },
        steps=dict(value.get("steps") or {}),
        reports={
            name: ReportRules(
                find_tool(each["tool"], "reports", name),
                {argument: str(text) for argument, text in each["arguments"].items()},
                dict(each.get("totals") or {}),
            )
            for name, each in (value.get("reports") or {}).items()
        },
        fixes={
            name: tuple(
                FixRules(
                    find_tool(each["tool"], "fixes", name, at),
                    dict(each.get("arguments") or {}),
                    each["says"],
                    tuple(each.get("for") or ()),
                )
                for at, each in enumerate(given)
            )
            for name, given in (value.get("fixes") or {}).items()
        },
        work={name: _work(name, value[name]) for name in WORK_PARTS if name in value},
    )


def check_insights(document: Document, tools: Sequence[Tool], diagnostics: Diagnostics) -> None:
    """Report resources without a list tool, fields that they do not have, and arguments that a report does not take."""
    value = document.value.get(KEY)
    if value is None:
        return
    problems = [
        *_find_record_problems(value, tools),
        *_find_work_problems(value),
        *_find_report_problems(value, tools),
        *_find_fix_problems(value, tools),
    ]
    for path, message, hint in problems:
        diagnostics.report(Place(document, (KEY, *path)).make_diagnostic("insights", message, hint))


def _find_record_problems(
    value: Mapping[str, Any], tools: Iterable[Tool]
) -> Iterator[tuple[Steps, str, str]]:
    listed = {tool.resource: tool for tool in tools if tool.listing is not None}
    named: list[tuple[Steps, str]] = [
        (("transactions", name), name) for name in value.get("transactions") or ()
    ]
    named += [
        (("transactions", name, "party_of"), each["party_of"])
        for name, each in (value.get("transactions") or {}).items()
        if "party_of" in each
    ]
    lists = value.get("lists") or {}
    named += [(("lists", name), each.get("resource", name)) for name, each in lists.items()]
    named += [((name,), value[name].get("resource", name)) for name in WORK_PARTS if name in value]
    for kind, resource in ((value.get("links") or {}).get("resources") or {}).items():
        named.append((("links", "resources", kind), resource))
    for path, resource in named:
        if resource not in listed:
            yield path, f'There is no list of "{resource}".', did_you_mean(resource, listed)


NO_PLACES = "A path names fields of objects; there are no places in lists."


def _find_work_problems(value: Mapping[str, Any]) -> Iterator[tuple[Steps, str, str]]:
    """Yield parts and flags of the lists of a work system that no analysis knows."""
    for name in WORK_PARTS:
        each = value.get(name) or {}
        for key, known in (("fields", WORK_PARTS), ("values", WORK_PARTS), ("flags", WORK_FLAGS)):
            for part in each.get(key) or ():
                if part not in known[name]:
                    yield (name, key, part), f'{name} have no "{part}".', did_you_mean(part, known[name])
        for part, paths in (each.get("fields") or {}).items():
            for path in [paths] if isinstance(paths, str) else paths:
                if wrong := next((step for step in path.split(".") if not step.isidentifier()), ""):
                    yield (
                        (name, "fields", part),
                        f'The path {path} has "{wrong}", which is no field.',
                        NO_PLACES,
                    )


def _find_report_problems(
    value: Mapping[str, Any], tools: Sequence[Tool]
) -> Iterator[tuple[Steps, str, str]]:
    by_link = {f"{tool.resource}.{tool.method}": tool for tool in tools}
    for name, each in (value.get("reports") or {}).items():
        tool = by_link.get(each["tool"])
        taken = tool.input_schema["properties"] if tool else {}
        for argument in each["arguments"] if tool else ():
            if argument not in taken:
                message = f'{each["tool"]} takes no argument "{argument}".'
                yield ("reports", name, "arguments", argument), message, did_you_mean(argument, taken)


def _find_fix_problems(value: Mapping[str, Any], tools: Sequence[Tool]) -> Iterator[tuple[Steps, str, str]]:
    by_link = {f"{tool.resource}.{tool.method}": tool for tool in tools}
    resources = {tool.resource for tool in tools}
    for name, given in (value.get("fixes") or {}).items():
        for at, each in enumerate(given):
            for resource in each.get("for") or ():
                if resource not in resources:
                    hint = did_you_mean(resource, resources)
                    yield ("fixes", name, at, "for"), f'There is no "{resource}".', hint
            if each["tool"] in by_link:
                for path, message, hint in _find_argument_problems(each, by_link[each["tool"]]):
                    yield ("fixes", name, at, *path), message, hint


def _find_argument_problems(fix: Mapping[str, Any], tool: Tool) -> Iterator[tuple[Steps, str, str]]:
    """Yield arguments that a tool does not take, those that it needs, and what nothing fills."""
    given, taken = fix.get("arguments") or {}, tool.input_schema["properties"]
    for argument, text in given.items():
        if argument not in taken:
            message = f'{fix["tool"]} takes no argument "{argument}".'
            yield ("arguments", argument), message, did_you_mean(argument, taken)
        for word in sorted({*_list_braces(text)} - {*FIX_VALUES}):
            yield ("arguments", argument), f'Nothing fills "{{{word}}}".', did_you_mean(word, FIX_VALUES)
    for argument in tool.input_schema.get("required", ()):
        if argument not in given:
            yield (), f'{fix["tool"]} needs the argument "{argument}".', ""


def _list_braces(value: Any) -> Iterator[str]:
    """Yield what stands in braces in the texts of some arguments."""
    if isinstance(value, str):
        yield from _IN_BRACES.findall(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _list_braces(each)
    elif isinstance(value, list):
        for each in value:
            yield from _list_braces(each)


def _list(name: str, value: Mapping[str, Any]) -> ListRules:
    roles = {
        role: tuple(_conditions(each) for each in (given if isinstance(given, list) else [given]))
        for role, given in (value.get("roles") or {}).items()
    }
    return ListRules(value.get("resource", name), _fields(value["fields"]), roles)


def _work(name: str, value: Mapping[str, Any]) -> WorkRules:
    return WorkRules(
        value.get("resource", name),
        _fields(value["fields"]),
        {
            part: {str(key): str(meaning) for key, meaning in each.items()}
            for part, each in (value.get("values") or {}).items()
        },
        {flag: _conditions(each) for flag, each in (value.get("flags") or {}).items()},
    )


def _fields(value: Mapping[str, Any] | None) -> Fields:
    return {
        name: tuple(_path(each) for each in (given if isinstance(given, list) else [given]))
        for name, given in (value or {}).items()
    }


def _conditions(value: Mapping[str, Any] | None) -> Conditions:
    return tuple((_path(path), tuple(values)) for path, values in (value or {}).items())


def _path(text: str) -> Path:
    return tuple(text.split(".")) if text else ()
