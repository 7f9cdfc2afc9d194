"""YAML files as plain values with their lines. Called by `documents`.

YAML is read as JSON would be: `true false null`, numbers and strings; `on`, `no` and `2026-12-31` are strings. The
file is read event by event with the C parser, never into Python objects, so that nothing in it can run, recurse or
grow: anchors, aliases, tags, repeated keys, tabs, deep nesting and big files are errors with a line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from generator.diagnostics import Diagnostic, Diagnostics, Path, format_path
from generator.reading.yaml_problems import QUOTES, explain_problem

MOST_BYTES = 2_000_000
"""Of one file. The largest has 48 kB, and one that people have to read should not be much larger."""
MOST_DEPTH = 32
"""The definitions have 11 levels at most; reading is recursive, and Python's limit is 1,000 calls."""

MARKED = f"A text cannot begin with an exclamation mark. {QUOTES}"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {"true": True, "false": False, "null": None}
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,17})?\Z")
_TAB = re.compile(rb"^ *\t", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its value, and the line of every place in it. `file` is its name as errors show it."""

    file: str
    value: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)
    laid: dict[Path, Document] = field(default_factory=dict)
    """Places that another file wrote: a folder that is laid over the one of this file."""
    layer: str = ""
    """The name of the folder of definitions that it is in, where that is laid over another one."""

    def find_file(self, path: Path) -> Document:
        """Return the file that wrote a place."""
        while path:
            if path in self.laid:
                return self.laid[path]
            path = path[:-1]
        return self

    def find_line(self, path: Path) -> int:
        """Return the line of a place, or of the nearest one around it that is written down."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def make_diagnostic(self, path: Path, rule: str, message: str, suggestion: str = "") -> Diagnostic:
        """Return an error at a place of this document, reported in the file that wrote the place."""
        writer = self.find_file(path)
        return Diagnostic(writer.file, writer.find_line(path), format_path(path), rule, message, suggestion)


class _Unreadable(Exception):
    """Reading cannot go on; carries the one error that says why."""

    def __init__(self, line: int, rule: str, message: str) -> None:
        super().__init__(message)
        self.line, self.rule, self.message = line, rule, message


def load(path: FilePath, diagnostics: Diagnostics) -> Document | None:
    """Read one file. None when it is no document at all; every reason is reported."""
    file = show_path(path)
    try:
        text = _text(path)
        document = Document(file, {})
        value = _Builder(document, diagnostics).build(text)
        if not isinstance(value, dict):
            raise _Unreadable(1, "mapping", "The file must be a mapping of keys to values.")
    except _Unreadable as reason:
        diagnostics.report(Diagnostic(file, reason.line, "", reason.rule, reason.message))
        return None
    document.value.update(value)
    return document


def show_path(path: FilePath) -> str:
    """Return a file's name as errors show it: relative where the reader stands above it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else FilePath(relative).as_posix()


def _text(path: FilePath) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _Unreadable(1, "readable", f"The file cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise _Unreadable(1, "size", f"The file is larger than {MOST_BYTES:,} bytes. Split it by subject.")
    if found := _TAB.search(content):
        line = content.count(b"\n", 0, found.start()) + 1
        raise _Unreadable(line, "tabs", "A tab stands where YAML wants spaces. Indent with two spaces.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _Unreadable(line, "utf-8", "The file is not UTF-8 text.") from error


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line, said = explain_problem(error, text)
        raise _Unreadable(line, "yaml", said) from error
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position if isinstance(position, int) else 0) + 1
        raise _Unreadable(line, "yaml", "This is not YAML: a character is not allowed in it.") from error


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled, with the key whose value comes next."""

    value: Any
    path: Path
    key: str | None = None


class _Builder:
    """Puts a document together from its events, without recursion."""

    def __init__(self, document: Document, diagnostics: Diagnostics) -> None:
        self.document, self.diagnostics = document, diagnostics
        self.stack: list[_Open] = []
        self.root: Any = None
        self.documents = 0

    def build(self, text: str) -> Any:
        """Return the value of the text's one document; raises _Unreadable."""
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._begin_mapping,
            yaml.SequenceStartEvent: self._begin_list,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._begin_document,
        }
        for event in _events(text):
            if handler := handlers.get(type(event)):
                handler(event)
        return self.root

    def _begin_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _Unreadable(
                event.start_mark.line + 1, "one document", "A file holds one document; split it."
            )

    def _alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        raise _Unreadable(
            line,
            "anchors",
            "Anchors and aliases are not allowed. Share with $ref or include. A text cannot begin with & or *: "
            + QUOTES,
        )

    def _begin_mapping(self, event: Any) -> None:
        self._begin({}, event)

    def _begin_list(self, event: Any) -> None:
        self._begin([], event)

    def _begin(self, value: Any, event: Any) -> None:
        path = self._add(value, event)
        self.stack.append(_Open(value, path))
        if len(self.stack) > MOST_DEPTH:
            line = event.start_mark.line + 1
            raise _Unreadable(line, "depth", f"This is nested more than {MOST_DEPTH} levels deep.")

    def _end(self, _event: Any) -> None:
        self.stack.pop()

    def _scalar(self, event: Any) -> None:
        self._add(event, event)

    def _add(self, value: Any, event: Any) -> Path:
        """Put a value in its place; a scalar comes as its event, for as a key it is taken letter by letter."""
        self._refuse_marks(event)
        top = self.stack[-1] if self.stack else None
        if top is None:
            self.root = _plain(value) if value is event else value
            self.document.lines[()] = event.start_mark.line + 1
            return ()
        if isinstance(top.value, dict) and top.key is None:
            self._open_key(top, event)
            return top.path
        path = self._place(top, event)
        value = _plain(value) if value is event else value
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            top.value[top.key] = value
            top.key = None
        return path

    def _place(self, top: _Open, event: Any) -> Path:
        if isinstance(top.value, list):
            path = (*top.path, len(top.value))
            self.document.lines[path] = event.start_mark.line + 1
            return path
        return (*top.path, str(top.key))

    def _open_key(self, top: _Open, event: Any) -> None:
        line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent):
            raise _Unreadable(line, "keys", "A key must be a single name.")
        key = str(event.value)
        path = (*top.path, key)
        if key in top.value:
            first = self.document.lines[path]
            message = f'"{key}" is given twice; the first is on line {first}.'
            where = format_path(path)
            self.diagnostics.report(Diagnostic(self.document.file, line, where, "repeated key", message))
        else:
            self.document.lines[path] = line
        top.key = key

    def _refuse_marks(self, event: Any) -> None:
        if getattr(event, "anchor", None):
            self._alias(event)
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            line = event.start_mark.line + 1
            raise _Unreadable(line, "tags", f'The YAML tag "{tag[:60]}" is not allowed. {MARKED}')


def _plain(event: Any) -> Any:
    """Return a scalar as JSON would read it: quoted is text, and plain is a word of JSON, a number or text."""
    text = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text == "":
        return None
    if _NUMBER.match(text):
        return float(text) if "." in text else int(text)
    return text
