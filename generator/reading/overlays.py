"""An operator's folder laid over ours: files that change a definition without copying it. Part of `documents`.

A file with `extends` changes the resource (or the integration) that it names: whole keys are replaced, methods key by
key; `hidden` takes a tool out of the catalog, and what begins with `add_` adds to what is there. Each part remembers
the file it came from, so that an error names where the operator wrote it. A file without `extends` adds a resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from generator.diagnostics import Diagnostics, Path
from generator.reading.yaml_events import Document
from generator.suggestions import did_you_mean

HIDDEN = "hidden"
_ADDED = ("add_tags", "add_description")
_OF_AN_INTEGRATION = frozenset({"extends", "guidance", "add_guidance", "tags"})


def apply_overlay(
    base: Mapping[str, Document], changes: Document, diagnostics: Diagnostics
) -> Document | None:
    """Return the document that a file extends, with its changes; None when it extends nothing that is there."""
    target = _find_target(base, changes, diagnostics, "resource")
    if target is None:
        return None
    made = Document(target.file, dict(target.value), target.lines, {**target.laid}, target.layer)
    layer = _Layer(made, changes, diagnostics)
    if "integration" in target.value:
        layer.change_integration()
    else:
        layer.change_resource()
    return made


def _find_target(
    base: Mapping[str, Document], changes: Document, diagnostics: Diagnostics, what: str
) -> Document | None:
    """Return the document that a file extends; None, which is reported, where it is not there."""
    name = changes.value["extends"]
    target = base.get(name)
    if target is None:
        message = f'There is no {what} "{name}" to extend.'
        diagnostics.report(
            changes.make_diagnostic(("extends",), "extends", message, did_you_mean(name, base))
        )
    return target


def apply_short_overlay(
    base: Mapping[str, Document], changes: Document, diagnostics: Diagnostics
) -> Document | None:
    """Return the short tool that a file extends, its keys replaced; None when it extends none that is there."""
    target = _find_target(base, changes, diagnostics, "short tool")
    if target is None:
        return None
    replaced = {key: value for key, value in changes.value.items() if key not in ("extends", HIDDEN)}
    made = Document(target.file, {**target.value, **replaced}, target.lines, {**target.laid}, target.layer)
    for key in replaced:
        made.laid[(key,)] = changes
    return made


def merge_shared(base: Document | None, more: Document, diagnostics: Diagnostics) -> Document:
    """Shared types and groups with those of a further file; a name that is taken is reported."""
    if base is None:
        return more
    made = Document(base.file, dict(base.value), base.lines, {**base.laid})
    for kind in ("types", "groups"):
        known = dict(made.value.get(kind) or {})
        for name, each in (more.value.get(kind) or {}).items():
            if name in known:
                message = f'"{name}" is defined in {made.find_file((kind, name)).file} already.'
                diagnostics.report(more.make_diagnostic((kind, name), "twice", message))
            else:
                known[name] = each
                made.laid[kind, name] = more
        made.value[kind] = known
    return made


class _Layer:
    """One file of changes on its way into one document."""

    def __init__(self, made: Document, changes: Document, diagnostics: Diagnostics) -> None:
        self.made, self.changes, self.diagnostics = made, changes, diagnostics

    def change_integration(self) -> None:
        """Say more to agents, and add tags to the table."""
        given = self.changes.value
        for key in sorted(given.keys() - _OF_AN_INTEGRATION):
            message = f'"{key}" cannot be changed for a whole integration.'
            self.diagnostics.report(self.changes.make_diagnostic((key,), "extends", message))
        if "guidance" in given:
            self._put(("guidance",), given["guidance"])
        if "add_guidance" in given:
            self._add_paragraph("guidance", "add_guidance")
        if isinstance(given.get("tags"), list):
            message = "The tags of an integration are a mapping of each tag to what it stands for."
            self.diagnostics.report(self.changes.make_diagnostic(("tags",), "extends", message))
        elif "tags" in given:
            self.made.value["tags"] = {**self.made.value["tags"], **given["tags"]}
            self._remember(("tags", name) for name in given["tags"])

    def change_resource(self) -> None:
        """Replace what the file gives, and add what it adds."""
        given = self.changes.value
        for key in ("summary", "description", "docs", "tags"):
            if key in given:
                self._put((key,), given[key])
        if "add_description" in given:
            self._add_paragraph("description", "add_description")
        for key, added in (("tags", "add_tags"), ("include", "include")):
            if added in given and not (key == "tags" and "tags" in given):
                self._add(key, added, given[added])
        if "fields" in given:
            self.made.value["fields"] = {**(self.made.value.get("fields") or {}), **given["fields"]}
            self._remember(("fields", name) for name in given["fields"])
        self._change_methods(given.get("methods") or {})

    def _change_methods(self, changed: dict[str, Any]) -> None:
        methods = dict(self.made.value["methods"])
        for name, change in changed.items():
            if change == HIDDEN:
                if name not in methods:
                    message = f'There is no method "{name}" to hide.'
                    hint = did_you_mean(name, methods)
                    self.diagnostics.report(
                        self.changes.make_diagnostic(("methods", name), "extends", message, hint)
                    )
                    continue
                methods[name] = {**methods[name], HIDDEN: True}
                self.made.laid["methods", name, HIDDEN] = self.changes
                continue
            methods[name] = self._changed_method(name, methods.get(name) or {}, change)
        self.made.value["methods"] = methods

    def _changed_method(self, name: str, before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
        after = {**before, **{key: each for key, each in change.items() if key not in _ADDED}}
        if "add_tags" in change:
            after["tags"] = list(dict.fromkeys((*after.get("tags", ()), *change["add_tags"])))
            self.made.laid["methods", name, "tags"] = self.changes
        if "add_description" in change:
            after["description"] = (
                f"{after.get('description', '').rstrip()} {change['add_description']}".lstrip()
            )
            self.made.laid["methods", name, "description"] = self.changes
            self._locate(("methods", name, "description"), ("methods", name, "add_description"))
        if not before:
            self.made.laid["methods", name] = self.changes
        self._remember(("methods", name, key) for key in change)
        return after

    def _add(self, key: str, added: str, more: Iterable[str]) -> None:
        self._put((key,), list(dict.fromkeys((*(self.made.value.get(key) or ()), *more))))
        self._locate((key,), (added,))

    def _add_paragraph(self, key: str, added: str) -> None:
        before = str(self.made.value.get(key) or "").rstrip()
        self._put((key,), f"{before}\n\n{self.changes.value[added]}".lstrip())
        self._locate((key,), (added,))

    def _locate(self, path: Path, added: Path) -> None:
        """Report an error in what was put together where it was added."""
        self.changes.lines.setdefault(path, self.changes.find_line(added))

    def _put(self, path: Path, value: Any) -> None:
        self.made.value[str(path[0])] = value
        self.made.laid[path] = self.changes

    def _remember(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self.made.laid[path] = self.changes
