"""What two catalogs do differently, and which of it breaks callers. `ledgerport diff` prints it.

A caller is an agent with a prompt that names tools and arguments. It breaks when a tool vanishes or changes its name,
when an argument is gone, wanted all at once, or takes less than before. New tools, new arguments and other words do
not break it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from generator.catalog import Catalog, Tool
from generator.reports.token_estimate import count_tokens

Schema = dict[str, Any]
_MORE_IS_LESS = ("minimum", "minLength", "minItems")
_LESS_IS_LESS = ("maximum", "maxLength", "maxItems")
_WIDENS = {("integer", "number")}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different about a tool. `kind` is a key for programs, `text` a sentence for people."""

    kind: str
    text: str
    is_breaking: bool = False


@dataclass(frozen=True, slots=True)
class ToolDifference:
    """One tool that is new, gone, or changed, and what it costs before and after."""

    name: str
    changes: tuple[Change, ...]
    tokens_before: int
    tokens_after: int

    @property
    def is_breaking(self) -> bool:
        """Whether any of it breaks callers."""
        return any(each.is_breaking for each in self.changes)


@dataclass(slots=True)
class Difference:
    """Everything that is different between two catalogs."""

    tokens_before: int
    tokens_after: int
    tools: list[ToolDifference] = field(default_factory=list)

    @property
    def is_breaking(self) -> bool:
        """Whether any of it breaks callers."""
        return any(each.is_breaking for each in self.tools)


def compare_catalogs(before: Catalog, after: Catalog) -> Difference:
    """Return what became of the tools of one catalog in another."""
    found = Difference(_tokens(before), _tokens(after))
    old, new = before.by_name, after.by_name
    renamed = {_identity(tool): tool for tool in after.tools if tool.name not in old}
    for name in sorted(old.keys() | new.keys()):
        changes = tuple(_changes(old.get(name), new.get(name), renamed))
        if changes:
            costs = [count_tokens(tools[name].wire) if name in tools else 0 for tools in (old, new)]
            found.tools.append(ToolDifference(name, changes, *costs))
    return found


def _tokens(catalog: Catalog) -> int:
    return sum(count_tokens(tool.wire) for tool in catalog.tools)


def _identity(tool: Tool) -> tuple[str, str, str]:
    """Return what a tool is, whatever it is called."""
    return tool.integration, tool.resource, tool.method


def _changes(
    old: Tool | None, new: Tool | None, renamed: dict[tuple[str, str, str], Tool]
) -> Iterator[Change]:
    if old is None:
        yield Change("new", "It is new.")
    elif new is None:
        other = renamed.get(_identity(old))
        if other and old.name in other.former_names:
            yield Change("renamed", f"It is called {other.name} now, and calls by its old name are answered.")
        elif other:
            yield Change("renamed", f"It is called {other.name} now.", is_breaking=True)
        else:
            yield Change("vanished", "It is gone.", is_breaking=True)
    elif old != new:
        yield from _schema_changes(old.input_schema, new.input_schema, "")
        yield from _other_changes(old, new)


def _other_changes(old: Tool, new: Tool) -> Iterator[Change]:
    yield from _changes_shown(old, new)
    yield from _changes_in_what_is_taken(old, new)
    for tag in sorted(set(old.tags) ^ set(new.tags)):
        yield Change("tags", f"The tag {tag} is {'new' if tag in new.tags else 'gone'}.")
    for name in sorted({*old.former_names} - {*new.former_names, new.name}):
        yield Change("former name", f"Calls by its former name {name} are refused now.", is_breaking=True)
    if old.advanced != new.advanced:
        yield Change("shown", "Other arguments than before are shown in one line.")


def _changes_shown(old: Tool, new: Tool) -> Iterator[Change]:
    """Yield what a client reads otherwise: what is said of the tool, what it asks, how it is answered."""
    if old.description != new.description:
        yield Change("description", "Its description says something else.")
    if old.title != new.title:
        yield Change("title", f'Its title is "{new.title}" and was "{old.title}".')
    if _annotations(old) != _annotations(new):
        yield Change("annotations", f"Its risk is {new.risk} and was {old.risk}.")
    if old.call != new.call:
        yield Change("request", f"It asks {new.call.verb} {new.call.path} in another way than before.")
    if old.returns != new.returns or old.listing != new.listing:
        yield Change("answer", "It is answered, filtered or paged in another way.")


def _changes_in_what_is_taken(old: Tool, new: Tool) -> Iterator[Change]:
    """Yield what is dropped, demanded or masked otherwise, which no schema shows."""
    taken = {*new.ignored_arguments, *new.input_schema["properties"]}
    if refused := sorted(set(old.ignored_arguments) - taken):
        text = f"A record that is sent back with {', '.join(refused)} is refused now."
        yield Change("no longer dropped", text, is_breaking=True)
    if wanted := sorted(set(new.always_send) - set(old.always_send)):
        yield Change("always sent", f"Every update must send {', '.join(wanted)} now.", is_breaking=True)
    if (old.sensitive, old.concealed, old.gated) != (new.sensitive, new.concealed, new.gated):
        yield Change("masked", "Other parts of its answers than before are masked.")


def _annotations(tool: Tool) -> Any:
    return json.loads(tool.wire).get("annotations")


def _schema_changes(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    """Yield what changed in an object: its parts, which of them must be given, and each of them by itself."""
    before, after = old.get("properties") or {}, new.get("properties") or {}
    for name in sorted(before.keys() - after.keys()):
        yield Change("argument removed", f"{path}{name} is gone.", is_breaking=True)
    for name in sorted(after.keys() - before.keys()):
        yield Change("argument added", f"{path}{name} is new.")
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield Change("newly required", f"{path}{name} must be given now.", is_breaking=True)
    for name in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
        if name in after:
            yield Change("no longer required", f"{path}{name} may be left out now.")
    for name, given in before.items():
        if name in after and given != after[name]:
            yield from _part_changes(given, after[name], f"{path}{name}")


def _part_changes(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    kinds = (old.get("type"), new.get("type"))
    if kinds[0] != kinds[1]:
        is_wider = kinds in _WIDENS
        yield Change("type", f"{path} is {kinds[1]} and was {kinds[0]}.", is_breaking=not is_wider)
    yield from _value_changes(old, new, path)
    if old.get("description") != new.get("description"):
        yield Change("argument description", f"{path} is described in other words.")
    if "items" in old and "items" in new:
        yield from _part_changes(old["items"], new["items"], f"{path}[]")
    yield from _schema_changes(old, new, f"{path}.")


def _value_changes(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    if old.get("enum") != new.get("enum"):
        lost = sorted(map(str, set(old.get("enum") or ()) - set(new.get("enum") or ())))
        is_narrower = "enum" in new and (bool(lost) or "enum" not in old)
        text = f"{path} does not take {', '.join(lost)} any more." if lost else f"{path} takes other values."
        yield Change("enum", text, is_breaking=is_narrower)
    if old.get("default") != new.get("default"):
        text = f"{path} is {json.dumps(new.get('default'))} when left out, and was {json.dumps(old.get('default'))}."
        yield Change("default", text)
    for key in ("format", "pattern"):
        if old.get(key) != new.get(key):
            yield Change(
                key, f"{path} has the {key} {new.get(key)} and had {old.get(key)}.", is_breaking=key in new
            )
    for key in (*_MORE_IS_LESS, *_LESS_IS_LESS):
        if old.get(key) != new.get(key):
            yield Change(key, f"{path} has {key} {new.get(key)}.", is_breaking=_is_narrower(old, new, key))


def _is_narrower(old: Schema, new: Schema, key: str) -> bool:
    if key not in new:
        return False
    if key not in old:
        return True
    return bool(new[key] > old[key] if key in _MORE_IS_LESS else new[key] < old[key])


def render_text(found: Difference) -> str:
    """Return the difference for people: what is gone and new, then each tool that changed."""
    if not found.tools:
        return "No tool is different."
    lines = []
    for each in found.tools:
        mark = " (breaks callers)" if each.is_breaking else ""
        lines.append(f"{each.name}{mark}: {each.tokens_before:,} → {each.tokens_after:,} tokens")
        lines += [f"  {'!' if change.is_breaking else '-'} {change.text}" for change in each.changes]
    return "\n".join([*lines, "", _summary(found)])


def _summary(found: Difference) -> str:
    kinds = [change.kind for each in found.tools for change in each.changes]
    new, gone = kinds.count("new"), kinds.count("vanished") + kinds.count("renamed")
    breaking = sum(each.is_breaking for each in found.tools)
    return (
        f"{new} new, {gone} gone, {len(found.tools) - new - gone} changed; {breaking} break callers. "
        f"All tools: {found.tokens_before:,} → {found.tokens_after:,} tokens."
    )


def render_value(found: Difference) -> dict[str, Any]:
    """Return the same as plain parts of JSON."""
    return {
        "breaking": found.is_breaking,
        "tokens": {"before": found.tokens_before, "after": found.tokens_after},
        "tools": [
            {
                "name": each.name,
                "breaking": each.is_breaking,
                "tokens": {"before": each.tokens_before, "after": each.tokens_after},
                "changes": [
                    {"kind": change.kind, "text": change.text, "breaking": change.is_breaking}
                    for change in each.changes
                ],
            }
            for each in found.tools
        ],
    }
