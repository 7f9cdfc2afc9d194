"""The files of one integration, each read and found to be written by the grammar of the format.

Called by `pipeline`. Calls `yaml_events`, `grammar` and `overlays`. What cannot be compiled is left out and named, so
that links to it are not reported as dead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from generator.diagnostics import Diagnostic, Diagnostics
from generator.reading.files import Layers, list_files, list_grammars, name_layer
from generator.reading.grammar import Kind, check_grammar
from generator.reading.overlays import HIDDEN, apply_overlay, apply_short_overlay, merge_shared
from generator.reading.yaml_events import Document, load, show_path

SHORT = "short"
"""The folder of an integration with its short tools."""
MOST_FILES = 2_000
"""Files of one folder. The largest integration has about 80; more is a folder that was named in error."""
LARGEST_GRAMMAR = 20_000
"""Bytes. That of a whole SQL dialect has about so many; ours has 2,000."""
KINDS: dict[str, Kind] = {
    "integration.yaml": "integration",
    "types.yaml": "types",
    "coverage.yaml": "coverage",
}


@dataclass(frozen=True, slots=True)
class Documents:
    """The files of one integration. `broken` names the resources whose files cannot be compiled yet."""

    integration: Document | None
    types: Document | None
    resources: tuple[Document, ...]
    broken: frozenset[str]
    coverage: Document | None = None
    short: tuple[Document, ...] = ()
    """The short tools, without those that are hidden."""
    grammars: Mapping[str, str] = field(default_factory=dict)
    """The text of each grammar of a query language, by the name of its file."""


def read_documents(folders: Layers, diagnostics: Diagnostics) -> Documents:
    """Read and check every file of an integration, the later folders laid over the first."""
    reading = _Reading(diagnostics)
    for at, folder in enumerate(folders):
        reading.layer = name_layer(folder) if at else ""
        files = list_files(folder)
        if len(files) > MOST_FILES:
            message = f"There are {len(files):,} files here; {MOST_FILES:,} is the most."
            diagnostics.report(Diagnostic(show_path(folder), 1, "", "files", message))
            return Documents(None, None, (), frozenset())
        for path in files:
            if path.parent == folder / SHORT:
                reading.read_short(path)
                continue
            reading.read(path, KINDS.get(path.name, "resource") if path.parent == folder else "resource")
        reading.read_grammars(folder)
    return reading.documents()


class _Reading:
    """The files read so far: by kind, and the changes that are laid over them in the end."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.special: dict[Kind, Document] = {}
        self.resources: list[Document] = []
        self.changes: list[Document] = []
        self.broken: set[str] = set()
        self.short: dict[str, Document] = {}
        self.hidden: set[str] = set()
        self.grammars: dict[str, str] = {}
        self.layer = ""

    def read(self, path: Path, kind: Kind) -> None:
        """Read one file. What cannot be compiled is reported and left out."""
        document = load(path, self.diagnostics)
        if document is None:
            self.broken |= {path.stem, f"{path.stem}s"}
            return
        document = replace(document, layer=self.layer)
        kind = "overlay" if "extends" in document.value and kind in ("resource", "integration") else kind
        if not check_grammar(document, kind, self.diagnostics):
            self.broken |= {path.stem, str(document.value.get("resource"))}
        elif kind == "resource":
            self.resources.append(document)
        elif kind == "overlay":
            self.changes.append(document)
        elif kind == "types":
            self.special[kind] = merge_shared(self.special.get(kind), document, self.diagnostics)
        elif kind in self.special and kind == "integration":
            message = f"The integration is defined in {self.special[kind].file} already."
            self.diagnostics.report(document.make_diagnostic((), "twice", message, "Change it with extends."))
        else:
            self.special[kind] = document

    def read_short(self, path: Path) -> None:
        """Read a short tool, or the changes of one that an earlier folder has."""
        document = load(path, self.diagnostics)
        if document is None:
            return
        if "extends" not in document.value:
            if check_grammar(document, "short", self.diagnostics):
                self._add_short(document)
        elif check_grammar(document, "short_overlay", self.diagnostics):
            made = apply_short_overlay(self.short, document, self.diagnostics)
            if document.value.get(HIDDEN):
                self.hidden.add(document.value["extends"])
            if made is not None and check_grammar(made, "short", self.diagnostics):
                self.short[made.value["short_tool"]] = made

    def _add_short(self, document: Document) -> None:
        name = document.value["short_tool"]
        if name in self.short:
            message = f'The short tool "{name}" is defined in {self.short[name].file} already.'
            hint = "Change it with extends."
            self.diagnostics.report(document.make_diagnostic(("short_tool",), "twice", message, hint))
        else:
            self.short[name] = document

    def read_grammars(self, folder: Path) -> None:
        """Read the grammars of a folder. One of a later folder takes the place of another with its name."""
        for path in list_grammars(folder):
            content = path.read_bytes()
            if len(content) > LARGEST_GRAMMAR:
                message = f"A grammar has at most {LARGEST_GRAMMAR:,} bytes."
                self.diagnostics.report(Diagnostic(show_path(path), 1, "", "grammar", message))
                continue
            self.grammars[path.name] = content.decode("utf-8", "replace")

    def documents(self) -> Documents:
        """Everything, with the changes laid over it."""
        resources = {each.value["resource"]: each for each in _once_each(self.resources, self.diagnostics)}
        for changes in self.changes:
            self._lay_over(changes, resources)
        return Documents(
            integration=self.special.get("integration"),
            types=self.special.get("types"),
            resources=tuple(resources.values()),
            broken=frozenset(self.broken),
            coverage=self.special.get("coverage"),
            short=tuple(self.short[name] for name in sorted(self.short) if name not in self.hidden),
            grammars=self.grammars,
        )

    def _lay_over(self, changes: Document, resources: dict[str, Document]) -> None:
        integration = self.special.get("integration")
        base = {integration.value["integration"]: integration, **resources} if integration else resources
        if changes.value["extends"] in self.broken:
            return
        made = apply_overlay(base, changes, self.diagnostics)
        if made is None:
            return
        if "integration" in made.value:
            if check_grammar(made, "integration", self.diagnostics):
                self.special["integration"] = made
        elif check_grammar(made, "resource", self.diagnostics):
            resources[made.value["resource"]] = made


def _once_each(resources: list[Document], diagnostics: Diagnostics) -> tuple[Document, ...]:
    """Return the resources, without one whose name was taken by an earlier file."""
    first: dict[str, Document] = {}
    for document in resources:
        name = document.value["resource"]
        if name in first:
            message = f'The resource "{name}" is defined in {first[name].file} already.'
            diagnostics.report(document.make_diagnostic(("resource",), "resource twice", message))
        else:
            first[name] = document
    return tuple(first.values())
