"""Short tools: what a few plain arguments become, as a call of a tool of the catalog. Part of `catalog`.

The stage `short_tools` makes them of the files in the folder `short` of an integration, and `runtime.operations.short`
carries them out. A template is a value in which `{path}` is filled (`generator.filling`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

AnswerKind = Literal["called", "results", "document", "connections", "merged"]
"""How an answer is made: that of the tool that is called, results of a search, one document, the companies that the
caller reaches, or the records of several lists merged by their day.
"""
StepKind = Literal["digits", "spread", "for_each", "find"]
DIGITS: StepKind = "digits"
SPREAD: StepKind = "spread"
FOR_EACH: StepKind = "for_each"
FIND: StepKind = "find"


@dataclass(frozen=True, slots=True)
class Target:
    """A tool that a short tool calls, and the templates of its arguments."""

    tool: str
    fill: dict[str, Any]
    resource: str = ""
    identifier: str = ""
    """The field that names a record of the resource."""
    title: str = ""
    """For results and documents, the template of the title of a record."""
    unused: tuple[str, ...] = ()
    """Arguments of the short tool that fill nothing here: given with this choice they are refused."""
    row: dict[str, Any] = field(default_factory=dict)
    """For merged lists, the template of what is shown of a record."""
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For merged lists, values that a step found, each with the fields of which one must have one of them."""
    unless: str = ""
    """For merged lists, the argument that leaves this one out, for it has nothing of the kind."""


@dataclass(frozen=True, slots=True)
class Step:
    """Records that are read before the tool is called, under a name that its templates may use.

    `kind` says what is made of them: those with the digits of an argument in some fields (`digits`), as much of an
    amount as each may take (`spread`), one for each element of a list (`for_each`), or those that an argument names
    (`find`).
    """

    name: str
    kind: StepKind
    call: Target
    source: str = ""
    """The argument with the digits, the amount, the list, or the name."""
    fields: tuple[str, ...] = ()
    """The fields that are looked at; of a spread, the one that says how much a record may take; of what is found, those
    with a name."""
    unless: str = ""
    """The argument, or the member of each element, that makes the step needless."""
    match: str = ""
    """For `for_each`, the member of an element that the field must equal; empty takes the first record for all."""
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields with the values that a record must have to be taken."""
    also: Target | None = None
    """For `for_each`, where the other elements are found."""
    otherwise: str = ""
    """What the caller reads where nothing is found; empty goes on without."""
    otherwise_if: str = ""
    """The argument that must be given for that; empty is always."""
    ids: str = ""
    """For `find`, the pattern of Ids: a text that fits is taken as it is, where the fields with a name are known."""


@dataclass(frozen=True, slots=True)
class Merge:
    """How the records of several lists become one: each list is read from the newest day on."""

    by: str
    """The member of a row that has its day."""
    until: str
    """The argument with the last day."""
    name: str
    """The member of the answer that has the rows."""


@dataclass(frozen=True)
class ShortTool:
    """One tool with few arguments. `targets` has the tools that it calls, under the values of the argument `by`."""

    name: str
    title: str
    description: str
    integration: str
    schema: bytes
    """The input schema, JSON."""
    targets: dict[str, Target]
    by: str = ""
    """The argument that chooses; empty calls the only one, or all of them for results."""
    separator: str = ""
    """What stands behind the value in the argument; what follows it is `{rest}`."""
    aliases: dict[str, dict[str, str]] = field(default_factory=dict)
    """For arguments with certain values, each value under what may be written for it, without style."""
    steps: tuple[Step, ...] = ()
    exactly_one: tuple[tuple[str, ...], ...] = ()
    """Paths of which each call, or each element of a list, gives exactly one."""
    answer: AnswerKind = "called"
    merge: Merge | None = None
    """For merged lists, how."""
    adds: dict[str, Any] = field(default_factory=dict)
    """Templates of what the answer says beside that of the tool; `{record}` is that answer."""

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """The input schema as a value."""
        value: dict[str, Any] = json.loads(self.schema)
        return value

    @cached_property
    def step_tools(self) -> frozenset[str]:
        """The tools that its steps call."""
        targets = [target for step in self.steps for target in (step.call, step.also) if target]
        return frozenset(target.tool for target in targets)
