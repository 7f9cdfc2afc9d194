"""The argument by which the caller of a write says which company is meant. Part of `arguments`.

A tool whose vendor has a field of that name does not get it.
"""

from __future__ import annotations

from typing import Any, Protocol

from generator.catalog import COMPANY

DESCRIPTION = "Name or Id of the company that is meant; another one refuses it."


class Arguments(Protocol):
    """The arguments of one tool, as far as this adds to them."""

    properties: dict[str, Any]
    advanced: list[str]
    takes_company: bool


def add_company(made: Arguments) -> None:
    """Add the argument, among those that few calls need."""
    made.takes_company = True
    made.properties[COMPANY] = {"type": "string", "description": DESCRIPTION}
    made.advanced.append(COMPANY)
