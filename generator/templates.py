"""Templates of the definitions: text in which `{name}` stands for something that is known later.

The one reading of them, for the compiler, which checks the names, and for the runtime, which fills them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

_NAME = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=4096)
def split_template(template: str) -> tuple[tuple[bool, str], ...]:
    """Return the parts of a template in their order, each with whether it is a name or literal text.

    `re.split` returns literal text and the group of its pattern in turn, so that every odd part is a name.
    """
    return tuple((at % 2 == 1, part) for at, part in enumerate(_NAME.split(template)) if part)


def find_names(template: str) -> list[str]:
    """Return the names that a template has to be filled with, in their order, each as often as it stands there."""
    return [part for is_name, part in split_template(template) if is_name]


def fill_template(template: str, text_of: Callable[[str], str]) -> str:
    """Return a template with the text of each name in its place. Raises what `text_of` raises."""
    return "".join([text_of(part) if is_name else part for is_name, part in split_template(template)])


def fill_known(template: str, values: Mapping[str, str]) -> str:
    """Return a template with the names that have a value filled; the others stay as they are."""
    return fill_template(template, lambda name: values.get(name, f"{{{name}}}"))
