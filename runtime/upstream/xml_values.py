"""From the XML of a vendor to a value, in one pass and within bounds.

An element becomes an object of its attributes and children, a repeated child a list, an element without either its
text. A document type is refused: no API answers with one, and entities are declared in nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from runtime.upstream.visible_text import show_unseen

DEEPEST = 100
"""Levels of elements. A report, the deepest answer known, has about twenty."""


def read_xml(body: bytes) -> Any:
    """Return the value of the outermost element. Raises ValueError for what is not XML, nested too deeply, or has a
    type.
    """
    parser = ElementTree.XMLParser(target=_Values())  # noqa: S314 - a document type, and so every entity, is refused
    try:
        parser.feed(body)
        return parser.close()
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError("not XML") from error


def read_partial_xml(body: bytes) -> Any:
    """Return the value of what can be read of a broken document, from its beginning; None when that is nothing."""
    values = _Values()
    parser = ElementTree.XMLParser(target=values)  # noqa: S314 - as above
    with contextlib.suppress(ElementTree.ParseError, LookupError, ValueError):
        parser.feed(body)
        parser.close()
    return values.part()


class _Values:
    """What the parser calls for each piece of the document. `_open` are the elements it is inside of."""

    def __init__(self) -> None:
        self._open: list[_Element] = [_Element("", {})]

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise ValueError("a document type is not read")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if len(self._open) > DEEPEST:
            raise ValueError("nested too deeply")
        self._open.append(_Element(tag, attributes))

    def data(self, text: str) -> None:
        element = self._open[-1]
        if (
            not element.has_children
        ):  # as in ElementTree, the text of an element is what comes before its children
            element.texts.append(text)

    def end(self, tag: str) -> None:
        element = self._open.pop()
        self._open[-1].add(tag.rsplit("}", 1)[-1], element.value())

    def close(self) -> Any:
        return next(iter(self._open[0].content.values()), None)

    def part(self) -> Any:
        """Return the value of the outermost element, with whatever is open closed."""
        while len(self._open) > 1:
            self.end(self._open[-1].tag)
        return self.close()


class _Element:
    """An element that is not closed yet."""

    __slots__ = ("content", "has_children", "repeated", "tag", "texts")

    def __init__(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.tag = tag
        self.content: dict[str, Any] = {name: show_unseen(text) for name, text in attributes.items()}
        self.repeated: set[str] = set()
        self.texts: list[str] = []
        self.has_children = False

    def add(self, name: str, value: Any) -> None:
        """Add a child; with an earlier one of its name it makes a list."""
        self.has_children = True
        if name in self.repeated:
            self.content[name].append(value)
        elif name in self.content:
            self.content[name] = [self.content[name], value]
            self.repeated.add(name)
        else:
            self.content[name] = value

    def value(self) -> Any:
        return self.content or show_unseen("".join(self.texts).strip())
