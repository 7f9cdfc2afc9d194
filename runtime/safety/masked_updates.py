"""Updates by callers who are not shown what is sensitive: what is stored stays, unless they say otherwise.

Called by `operations.stored_values`. A masked value that comes back as an answer showed it stands for what is stored,
which takes its place in what is sent; any other mask is refused. What a full update leaves out, and what is missing in
an object that would be replaced as a whole, is filled in from what is stored: whoever is not shown a value cannot know
that leaving it out clears it. To clear it, send it as an empty text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from generator.catalog import Tool
from runtime.errors import LedgerportError
from runtime.safety.masking import (
    MASK,
    SHOWN,
    WHOLE,
    find_masked,
    is_empty,
    is_masked,
    mask,
    refuse_masked,
    refuse_masks,
)
from runtime.upstream import figures

Record = Mapping[str, Any]
Tree = dict[str, "Tree | int"]
"""The steps of sensitive paths as the vendor writes them; a number is the end of a path: what a mask shows of it."""
LEAST_TO_REDACT = 4
"""Characters. A shorter text would be found in every sentence."""


def drop_masks(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments without what no schema takes: masks, which stand for what is stored, and nulls that
    clear it.

    Raises InvalidArguments for a mask when the tool changes no record, or none that can be read.
    """
    if tool.current is None:
        refuse_masked(tool, arguments)
        return arguments
    bare = _bare(arguments, _tree(tool.sensitive, tool.concealed))
    return bare if isinstance(bare, dict) else arguments


def needs_current(tool: Tool, content: Record) -> bool:
    """Whether a change can be sent only with what is stored beside it. `content` is the body as the caller gave it."""
    if tool.current is None:
        return False
    tree = _tree(tool.sensitive, tool.concealed)
    sent = {name for _, name in tool.call.body_arguments}
    settable = {name: tree[name] for name in tree if name in sent}
    return _lacks(content, settable, fills=_clears(tool, content)) or bool(find_masked(tool, content))


@dataclass(slots=True)
class Completed:
    """A body with what is stored in place of masks and gaps. `secrets` are the stored values that went into it."""

    content: dict[str, Any]
    secrets: list[str] = field(default_factory=list)


def complete(tool: Tool, content: Record, stored: Record, identifier: str) -> Completed:
    """Return the body of a change with what is stored filled in; entries of lists are matched by their `identifier`.

    Raises InvalidArguments for a mask that is not the one of what is stored.
    """
    work = _Work(identifier)
    tree = _tree(tool.sensitive, tool.concealed)
    made = work.merged(content, stored, tree, "", fills=_clears(tool, content))
    if left := work.wrong or find_masked(tool, made):
        raise refuse_masks(tool, left, "but not as an answer here shows")
    return Completed(made, work.secrets)


def list_secrets(tool: Tool, stored: Record) -> list[str]:
    """Return the stored values of a record that a caller is not shown, as a vendor may repeat them in an error."""
    work = _Work("")
    work.note(stored, _tree(tool.sensitive, tool.concealed))
    return work.secrets


def redact(error: LedgerportError, secrets: list[str]) -> LedgerportError:
    """Return the error without stored values that the caller did not send: a vendor may repeat what it refuses."""
    for secret in sorted(secrets, key=len, reverse=True):
        for name in ("message", "advice", "vendor_code", "trace"):
            setattr(error, name, getattr(error, name).replace(secret, MASK))
    error.args = (error.message,)
    return error


def _clears(tool: Tool, content: Record) -> bool:
    return bool(tool.clears_unless) and not content.get(tool.clears_unless)


def _bare(value: Any, tree: Tree) -> Any:
    """Return a value without the ends of paths that are masked or empty."""
    if isinstance(value, list):
        return [_bare(each, tree) if isinstance(each, dict) else each for each in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for name, inner in value.items():
        branch = tree.get(name)
        if isinstance(branch, int):
            if not is_empty(inner) and not is_masked(inner):
                out[name] = inner
        else:
            out[name] = _bare(inner, branch) if branch else inner
    return out


def _lacks(given: Any, tree: Tree, *, fills: bool) -> bool:
    """Whether something is left out at the ends of some paths that would be cleared with what is around it."""
    if isinstance(given, list):
        return any(_lacks(each, tree, fills=True) for each in given if isinstance(each, dict))
    if not isinstance(given, Mapping):
        return False
    for name, branch in tree.items():
        if name not in given:
            if fills:
                return True
        elif not isinstance(branch, int) and _lacks(given[name], branch, fills=True):
            return True
    return False


class _Work:
    """One merge: what went wrong, and what was filled in."""

    def __init__(self, identifier: str) -> None:
        self.identifier = identifier
        self.wrong: list[str] = []
        self.secrets: list[str] = []

    def merged(self, given: Record, stored: Record, tree: Tree, path: str, *, fills: bool) -> dict[str, Any]:
        out = dict(given)
        for name, branch in tree.items():
            was = stored.get(name)
            if name in given:
                where = f"{path}.{name}" if path else name
                out[name] = self._one(given[name], was, branch, where)
            elif fills and _has(was, branch):
                out[name] = was
                self.note(was, branch)
        return out

    def _one(self, given: Any, was: Any, branch: Tree | int, where: str) -> Any:
        if isinstance(branch, int):
            if not is_masked(given):
                return given
            if is_empty(was) or given != mask(was, branch):
                self.wrong.append(where)
                return given
            self.note(was, branch)
            return was
        if isinstance(given, list):
            return self._entries(given, was if isinstance(was, list) else [], branch, where)
        if isinstance(given, dict):
            stored = was if isinstance(was, dict) else {}
            return self.merged(given, stored, branch, where, fills=True)
        return given

    def _entries(self, given: list[Any], stored: list[Any], branch: Tree, where: str) -> list[Any]:
        """Return the entries of a list: one with an identifier is that of the same one, another that of the same
        place.
        """
        by_id = {
            str(each[self.identifier]): each
            for each in stored
            if isinstance(each, dict) and self.identifier in each
        }
        made = []
        for at, each in enumerate(given):
            if not isinstance(each, dict):
                made.append(each)
                continue
            own = each.get(self.identifier)
            was = by_id.get(str(own)) if own is not None else stored[at] if at < len(stored) else None
            known = was if isinstance(was, dict) else {}
            made.append(self.merged(each, known, branch, f"{where}[{at}]", fills=own is not None))
        return made

    def note(self, value: Any, branch: Tree | int) -> None:
        """Remember the texts and numbers at the ends of paths."""
        waiting: list[tuple[Any, Tree | int]] = [(value, branch)]
        while waiting:
            node, at = waiting.pop()
            if isinstance(node, list):
                waiting.extend((each, at) for each in node)
            elif isinstance(node, dict):
                deeper = ((each, at if isinstance(at, int) else at.get(name)) for name, each in node.items())
                waiting.extend((each, inner) for each, inner in deeper if inner is not None)
            elif isinstance(at, int) and len(text := figures.write_text(node)) >= LEAST_TO_REDACT:
                self.secrets.append(text)


def _has(value: Any, branch: Tree | int) -> bool:
    """Whether there is something to lose at the ends of some paths."""
    if isinstance(branch, int):
        return not is_empty(value)
    if isinstance(value, list):
        return any(_has(each, branch) for each in value if isinstance(each, dict))
    return isinstance(value, dict) and any(
        _has(value[name], inner) for name, inner in branch.items() if name in value
    )


@lru_cache(maxsize=256)
def _tree(sensitive: tuple[tuple[str, ...], ...], concealed: tuple[tuple[str, ...], ...]) -> Tree:
    root: Tree = {}
    for path in sensitive:
        branch = root
        for name in path[:-1]:
            inner = branch.setdefault(name, {})
            if isinstance(inner, int):
                break
            branch = inner
        else:
            branch[path[-1]] = WHOLE if path in concealed else SHOWN
    return root
