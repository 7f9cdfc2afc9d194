"""Hides what is sensitive in answers, and keeps what was hidden from being written back.

Before it: the value that the vendor answered. After it: the text that an agent reads. Which fields are sensitive is
data of the tool. A tool without any pays nothing, and one that has some pays a look for their names in the bytes of
the answer; only when a name is there is the value walked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from generator.catalog import Tool
from runtime.errors import InvalidArguments

MASK = "•••"
SHOWN = 4
LEAST_TO_SHOW = 8
"""The last characters of a text that long are shown, so that people can tell one number from another."""
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")

Paths = tuple[tuple[str, ...], ...]
Tree = dict[str, "Tree"]
"""The steps of paths; an empty one is the end of a path."""


def masked(tool: Tool, body: bytes, value: Any) -> Any:
    """The value of an answer with what is sensitive masked, in place. `body` is the answer as it came."""
    if not tool.sensitive or not any(name in body for name in _names(tool.sensitive)):
        return value
    for holder, name, _ in _places(value, _tree(tool.sensitive)):
        holder[name] = mask(holder[name])
    return value


def mask(value: Any) -> Any:
    """What is shown of a value: the end of a long text, nothing of anything else. What is empty stays so."""
    if value is None or value == "" or value == [] or value == {}:
        return value
    if isinstance(value, str) and len(value) >= LEAST_TO_SHOW and not _DATE.match(value):
        return MASK + value[-SHOWN:]
    return MASK


def refuse_masked(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Raises InvalidArguments when a masked value comes back: written, it would take the place of the real one."""
    if not tool.sensitive or tool.is_read_only:
        return
    found = [
        path for holder, name, path in _places(arguments, _tree(tool.sensitive)) if _is_masked(holder[name])
    ]
    if found:
        names = ", ".join(f'"{path}"' for path in found)
        is_one = len(found) == 1
        raise InvalidArguments(
            f"{tool.name} was not called: {names} {'is' if is_one else 'are'} masked, as an answer here showed "
            f"{'it' if is_one else 'them'}, and would overwrite the real value.",
            advice=f"Nothing was sent. Leave {'it' if is_one else 'them'} out and send only what changes, or give the "
            "real value.",
            details={"errors": [{"argument": path, "problem": "It is masked."} for path in found]},
        )


def refuse_conditions(tool: Tool, entry: str, query: str) -> None:
    """Raises InvalidArguments when a query names a sensitive field behind its entity (`entry` ends there).

    Whoever may compare with a value can find it out, one letter at a time.
    """
    begin = re.match(entry, query) if tool.sensitive else None
    rest = _without_blanks_at_dots(query[begin.end() :]) if begin else ""
    named = [f".{word.lower()}." for word in re.findall(r"[\w.]+", rest)]
    for path in tool.sensitive if named else ():
        name = ".".join(path)
        if any(f".{name.lower()}." in word for word in named):
            raise InvalidArguments(
                f'"{name}" is sensitive: a query may neither compare with it nor sort by it.',
                advice="Find the record by another field.",
            )


def _without_blanks_at_dots(text: str) -> str:
    """`a . b` as `a.b`. Without a pattern: one that begins with `\\s*` takes quadratic time for a run of blanks."""
    return ".".join(part.strip() for part in text.split("."))


def _is_masked(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_is_masked(each) for each in value.values())
    if isinstance(value, list):
        return any(_is_masked(each) for each in value)
    return isinstance(value, str) and MASK in value


@lru_cache(maxsize=256)
def _names(paths: Paths) -> tuple[bytes, ...]:
    """The first step of each path: without it there is nothing to hide."""
    return tuple({path[0].encode() for path in paths})


@lru_cache(maxsize=256)
def _tree(paths: Paths) -> Tree:
    root: Tree = {}
    for path in paths:
        branch = root
        for name in path:
            branch = branch.setdefault(name, {})
    return root


def _places(value: Any, root: Tree) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Every place where a path ends, as its object and key: a path may begin at any depth of the value."""
    waiting: list[tuple[Any, tuple[Tree, ...], str]] = [(value, (), "")]
    while waiting:
        node, trees, path = waiting.pop()
        if isinstance(node, list):
            waiting.extend((each, trees, path) for each in node if isinstance(each, (dict, list)))
            continue
        for name, inner in node.items() if isinstance(node, dict) else ():
            is_holder = isinstance(inner, (dict, list))
            if name not in root and not trees:  # nearly all
                if is_holder:
                    waiting.append((inner, (), f"{path}.{name}" if path else name))
                continue
            found = [tree[name] for tree in (root, *trees) if name in tree]
            where = f"{path}.{name}" if path else name
            if {} in found:
                yield node, name, where
            elif is_holder:
                waiting.append((inner, tuple(found), where))
