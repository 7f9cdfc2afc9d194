"""Whether a short tool that merges lists says all that this takes. Part of `short_checks`.

A row without a day could not be merged, and a list that is not filtered by its last day would begin anew at each page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.diagnostics import Diagnostic, Path
from generator.filling import list_paths
from generator.reading.yaml_events import Document
from generator.short_tools import Merge, ShortTool, Target
from generator.suggestions import did_you_mean

RULE = "merge"
ROW = "record"
"""What the template of a row calls its record."""


def check_merged(short: ShortTool, document: Document) -> Iterator[Diagnostic]:
    """Yield every error of merged lists; what only they have is an error of any other tool."""
    if (short.answer == "merged") != (short.merge is not None):
        message = 'An answer of merged lists and "merge" stand together.'
        yield document.make_diagnostic((RULE,) if short.merge else ("answer",), RULE, message)
    elif short.merge is not None:
        yield from _check_lists(short, short.merge, document)
    else:
        for at, target in _list_choices(short):
            for key in ("row", "where", "unless"):
                if getattr(target, key):
                    yield document.make_diagnostic((*at, key), RULE, f'"{key}" is for merged lists alone.')


def _list_choices(short: ShortTool) -> Iterator[tuple[Path, Target]]:
    yield from ((("choose", "values", name), target) for name, target in short.targets.items() if name)


def _check_lists(short: ShortTool, merge: Merge, document: Document) -> Iterator[Diagnostic]:
    arguments, steps = short.input_schema["properties"], [step.name for step in short.steps]
    yield from _check_name((RULE, "until"), merge.until, arguments, document)
    for at, target in _list_choices(short):
        if merge.by not in target.row:
            yield document.make_diagnostic(at, RULE, f'It needs a row with "{merge.by}".')
        if (merge.until,) not in list_paths(target.fill):
            message = f'Nothing of its fill is "{{{merge.until}}}", by which the next page is asked for.'
            yield document.make_diagnostic(at, RULE, message)
        if not isinstance(target.fill.get("limit"), int):
            yield document.make_diagnostic(at, RULE, "It needs a limit, which is how much is read at once.")
        for path in list_paths(target.row):
            yield from _check_name((*at, "row"), path[0], {*arguments, *steps, ROW}, document)
        for key in target.where:
            yield from _check_name((*at, "where", key), key.partition(".")[0], steps, document)
        if target.unless:
            yield from _check_name((*at, "unless"), target.unless, arguments, document)


def _check_name(at: Path, name: str, known: Iterable[str], document: Document) -> Iterator[Diagnostic]:
    if name not in known:
        yield document.make_diagnostic(at, RULE, f'There is no "{name}" here.', did_you_mean(name, known))
