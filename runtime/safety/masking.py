"""Hides what is sensitive in answers, and refuses to write a mask over what it hides.

Called by `exchange.masked_response`, before any kind of call reads what the vendor answered. Which fields are sensitive
is data of the tool. A tool without any pays nothing, and one that has some pays a look for their names in the bytes of
the answer; only when a name is there is the value walked. Names are compared without regard to case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from generator.catalog import Tool
from runtime.errors import InvalidArguments

MASK = "•••"
SHOWN = 4
"""Characters at the end of a value, as statements show of a card or an account."""
LEAST_TO_SHOW = 8
"""The last characters of a text that long are shown, so that people can distinguish numbers."""
WHOLE, PUBLIC, OMITTED = 0, -1, -2
"""Ends of paths beside SHOWN: nothing of the value is shown; all of it is; not even that there is one."""
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_ESCAPE = re.compile(rb"\\u")
_BEGINNING = 200
"""Bytes in which an answer that is JSON begins, whatever blanks stand before."""
_BLANK = b"\xef\xbb\xbf \t\r\n"

Path = tuple[str, ...]
Paths = tuple[Path, ...]
Tree = dict[str, "Tree | int"]
"""The steps of paths in lower case; a number is the end of a path."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What of a tool's answers is hidden. `names` has a step of each of its paths, as it stands in JSON."""

    names: tuple[bytes, ...]
    tree: Tree


def cover_of(tool: Tool, tools: Container[str], *, is_masked: bool) -> Cover | None:
    """Return what is hidden in the answers of a tool beside the others of its toolset; None when nothing is."""
    closed = tuple(path for path, opener in tool.gated if opener not in tools) if tool.gated else ()
    if is_masked and tool.sensitive:
        return _cover(tool.sensitive, tool.concealed, tool.public, closed)
    return _cover((), (), (), closed) if closed else None


def may_hide(cover: Cover, body: bytes) -> bool:
    """Whether an answer may hold something that is hidden. Only in plain JSON is a name sure to be found as it is."""
    if body[:_BEGINNING].lstrip(_BLANK)[:1] not in (b"{", b"["):
        return True
    if b"\\" in body and _ESCAPE.search(body):  # the search for one byte is ten times as fast
        return True
    lowered = body.lower()
    return any(name in lowered for name in cover.names)


def cover_value(cover: Cover | None, body: bytes, value: Any) -> Any:
    """Return the value of an answer with what is hidden masked or left out, in place. `body` is the answer as it
    came.
    """
    return value if cover is None or not may_hide(cover, body) else hide(cover, value)


def hide(cover: Cover, value: Any) -> Any:
    """Return the value, of which something may be hidden, with that masked or left out, in place."""
    for holder, name, _, end in list(_places(value, cover.tree)):
        if end == OMITTED:
            del holder[name]
        else:
            holder[name] = mask(holder[name], end)
    return value


def mask(value: Any, shown: int = SHOWN) -> Any:
    """Return what is shown of a value: the end of a long text, nothing of anything else. What is empty stays so."""
    if is_empty(value):
        return value
    if shown and isinstance(value, str) and len(value) >= LEAST_TO_SHOW and not _DATE.match(value):
        return MASK + value[-shown:]
    return MASK


def is_empty(value: Any) -> bool:
    """Whether there is nothing to hide."""
    return value is None or value in ("", [], {})


def find_masked(tool: Tool, arguments: Mapping[str, Any]) -> list[str]:
    """Return the sensitive arguments, as dotted paths, whose value is masked as an answer would show it."""
    if not tool.sensitive or tool.is_read_only or tool.returns.kind == "batch":
        return []  # each call of a batch is checked as if it came alone
    places = _places(arguments, _cover(tool.sensitive, tool.concealed, (), ()).tree)
    return list(dict.fromkeys(path for holder, name, path, _ in places if is_masked(holder[name])))


def refuse_masked(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArguments when a masked value comes back: written, it would take the place of the real one."""
    if found := find_masked(tool, arguments):
        raise refuse_masks(tool, found)


def refuse_masks(tool: Tool, found: list[str], why: str = "as an answer here showed") -> InvalidArguments:
    """Return the error for masked arguments that cannot be sent. `why` ends in a verb whose object they are."""
    names = ", ".join(f'"{path}"' for path in found[:MOST_NAMED])
    is_one = len(found) == 1
    them = "it" if is_one else "them"
    return InvalidArguments(
        f"{tool.name} was not called: {names} {'is' if is_one else 'are'} masked, {why} {them}, and would overwrite "
        "the real value.",
        advice=f"Nothing was sent. Leave {them} out and send only what changes, or give the real value.",
        details={"errors": [{"argument": path, "problem": "It is masked."} for path in found[:MOST_NAMED]]},
    )


LONGEST_PATH = 200
"""Characters of a dotted path in an error; as many as are shown of any other argument."""
MOST_NAMED = 10
"""Masked arguments that an error names; whoever sent more reads enough from these."""


def is_masked(value: Any) -> bool:
    """Whether a value, or anything in it, looks like what a mask leaves."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, str) and MASK in node:
            return True
    return False


@lru_cache(maxsize=256)
def _cover(sensitive: Paths, concealed: Paths, public: Paths, closed: Paths) -> Cover:
    root: Tree = {}
    whole = frozenset(concealed)
    for path in sensitive:
        _grow(root, path, WHOLE if path in whole else SHOWN)
    for path in public:
        _grow(root, path, PUBLIC)
    for path in closed:
        _grow(root, path, OMITTED)
    return Cover(tuple(f'"{name}"'.encode() for name in _few_names((*sensitive, *closed))), root)


def _few_names(paths: Paths) -> list[str]:
    """Names of which each path has one, as few as can be: an answer without any of them has no path."""
    left = {tuple(step.lower() for step in path) for path in paths}
    names: list[str] = []
    while left:
        counts = Counter(step for path in left for step in set(path))
        best = max(counts, key=lambda step: (counts[step], len(step), step))
        names.append(best)
        left = {path for path in left if best not in path}
    return names


def _grow(root: Tree, path: Path, end: int) -> None:
    branch = root
    for name in path[:-1]:
        inner = branch.setdefault(name.lower(), {})
        if isinstance(inner, int):
            return  # what is around it is hidden already
        branch = inner
    there = branch.get(path[-1].lower())
    branch[path[-1].lower()] = min(there, end) if isinstance(there, int) else end


def _places(value: Any, root: Tree) -> Iterator[tuple[dict[str, Any], str, str, int]]:
    """Every place where a path ends, as object, key, dotted path and end: a path may begin at any depth."""
    waiting: list[tuple[Any, tuple[Tree, ...], str]] = [(value, (), "")]
    while waiting:
        node, trees, path = waiting.pop()
        if isinstance(node, list):
            waiting.extend((each, trees, path) for each in node if isinstance(each, (dict, list)))
            continue
        for name, inner in node.items() if isinstance(node, dict) else ():
            is_holder = isinstance(inner, (dict, list))
            key = name.lower()
            if key not in root and not trees:  # nearly all
                if is_holder:
                    waiting.append((inner, (), _step(path, name)))
                continue
            found = [tree[key] for tree in (root, *trees) if key in tree]
            where = _step(path, name)
            end = min((each for each in found if isinstance(each, int)), default=None)
            if end is not None and end != PUBLIC:
                yield node, name, where, end
            elif is_holder:
                waiting.append((inner, tuple(each for each in found if isinstance(each, dict)), where))


def _step(path: str, name: str) -> str:
    """Return a dotted path one step on, cut where nobody reads on: a long name around many others would be copied
    for each.
    """
    return f"{path}.{name}"[:LONGEST_PATH] if path else name[:LONGEST_PATH]
