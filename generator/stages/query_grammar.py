"""The grammar of a vendor's query language: the file that integration.yaml names, held to what the engine reads.

Part of `integration`. The text goes into the catalog; the runtime parses raw queries with it.
"""

from __future__ import annotations

from collections.abc import Mapping

from generator.diagnostics import Diagnostics
from generator.reading.yaml_events import Document
from generator.suggestions import did_you_mean

NEEDED = frozenset({"statement", "entity", "condition", "field", "operator", "value"})
"""Rules without which nothing can be said of a query."""
KNOWN = NEEDED | {
    "columns",
    "everything",
    "count",
    "disjunction",
    "conjunction",
    "group",
    "bare",
    "order",
    "sort_key",
    "descending",
    "start",
    "limit",
}
PLACE = ("query", "grammar")


def find_grammar(document: Document, grammars: Mapping[str, str], diagnostics: Diagnostics) -> str:
    """Return the text of the grammar that an integration names; empty when it names none, or one that is reported."""
    name = (document.value.get("query") or {}).get("grammar", "")
    if not name:
        return ""
    if name not in grammars:
        hint = did_you_mean(name, grammars) or "It stands beside integration.yaml."
        diagnostics.report(document.make_diagnostic(PLACE, "grammar", f"There is no file {name}.", hint))
        return ""
    problems = _find_problems(grammars[name])
    for problem in problems:
        diagnostics.report(document.make_diagnostic(PLACE, "grammar", f"{name}: {problem}"))
    return "" if problems else grammars[name]


def _find_problems(grammar: str) -> list[str]:
    """Return what is wrong with a grammar: it cannot be read, or its rules are not those that the engine knows."""
    from lark import Lark
    from lark.exceptions import LarkError

    try:
        parser = Lark(grammar, parser="lalr", start="statement", propagate_positions=True)
    except (LarkError, ValueError, RecursionError) as error:
        return [" ".join(str(error).split())[:300]]
    names = {rule.alias or str(rule.origin.name) for rule in parser.rules}
    own = {name for name in names if not name.startswith("_")}
    unknown = [f'No rule is called "{name}". {did_you_mean(name, KNOWN)}'.strip() for name in own - KNOWN]
    return sorted([*unknown, *(f'The rule "{name}" is missing.' for name in NEEDED - names)])
