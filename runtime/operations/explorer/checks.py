"""What is wrong with a query, and where, before anything is sent: the checks of the tool, in words for a page.

Called by the explorer's page. `exchange.raw_query` decides; here its error is given its line, its column, and the query
as it would be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.catalog import Tool
from generator.suggestions import ask_if_meant, find_nearest_name
from runtime.errors import InvalidArguments
from runtime.exchange.raw_query import find_listing, read_query
from runtime.operations.explorer.completion import LONGEST_QUERY
from runtime.operations.explorer.language import Queryable
from runtime.upstream.query import list_unsupported
from runtime.upstream.query_facts import Problem, list_problems
from runtime.upstream.statements import NotParsed, Statement, parse_statement

LONGEST_PART = 40
"""Characters of a query that an error repeats."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a query. `before`, `wrong` and `after` are its line around the place; no line: nowhere."""

    message: str
    advice: str = ""
    line: int = 0
    before: str = ""
    wrong: str = ""
    after: str = ""
    replacement: str = ""
    fixed: str = ""
    """The query with the replacement in its place; empty without one."""


def diagnose(queryable: Queryable, known: Iterable[Tool], text: str) -> Diagnosis | None:
    """Return what is wrong with a query; None where it can be sent."""
    if not text.strip():
        return Diagnosis(
            "The query is empty.", "Write a query, or choose a record of the list to begin with."
        )
    if len(text) > LONGEST_QUERY:
        return Diagnosis(
            f"The query has {len(text):,} characters; at most {LONGEST_QUERY:,} are read here.",
            "Name fewer values, and ask several times.",
        )
    tools = tuple(known)
    try:
        read_query(queryable.tool, queryable.integration, {"query": text}, tools)
    except InvalidArguments as error:
        problem = _find_problem(queryable, tools, text)
        return _locate(text, problem) if problem else _explain(error)
    return None


def read_statement(queryable: Queryable, known: Iterable[Tool], text: str) -> Statement | None:
    """Return what a query that was found right says; None in a language without a grammar."""
    return read_query(queryable.tool, queryable.integration, {"query": text}, tuple(known))


def _explain(error: InvalidArguments) -> Diagnosis:
    message = error.message.replace('Argument "query":', "The query:").replace(
        'Argument "query"', "The query"
    )
    return Diagnosis(message.replace(" Nothing was sent.", ""), error.advice)


def _find_problem(queryable: Queryable, known: tuple[Tool, ...], text: str) -> Problem | None:
    """Return the first problem of a query that has a place; None where what is wrong has none."""
    language = queryable.integration.query_language
    for (start, end), right in list_unsupported(language, text):
        part = text[start:end].strip()
        place = start + len(text[start:end]) - len(text[start:end].lstrip())
        return Problem(f"“{part[:LONGEST_PART]}” cannot stand in a query here", place, right, len(part))
    try:
        statement = parse_statement(language.grammar, text)
    except NotParsed as error:
        return _explain_syntax(text, error.place, language.entry_says)
    except InvalidArguments:
        return None
    if problem := _find_entity_problem(queryable, statement):
        return problem
    assert queryable.tool.listing is not None
    try:
        listing = find_listing(queryable.tool.listing, queryable.integration.name, statement, known)
    except InvalidArguments:
        return None
    return next(list_problems(language, listing, statement), None)


def _explain_syntax(text: str, place: int, advice: str) -> Problem:
    rest = text[place:].split()
    if not rest:
        return Problem("The query ends too early", len(text.rstrip()), advice)
    return Problem(
        f"“{rest[0][:LONGEST_PART]}” cannot be read here",
        place,
        advice,
        len(rest[0]),
    )


def _find_entity_problem(queryable: Queryable, statement: Statement) -> Problem | None:
    name = statement.entity.text
    if queryable.find(name) is not None:
        return None
    nearest = find_nearest_name(name, [each.name for each in queryable.entities])
    if not nearest:
        return None
    found = f"There is no record “{name[:LONGEST_PART]}”"
    return Problem(found, statement.entity.place, ask_if_meant(nearest), len(name), nearest)


def _locate(text: str, problem: Problem) -> Diagnosis:
    start = text.rfind("\n", 0, problem.place) + 1
    end = text.find("\n", problem.place)
    end = len(text) if end < 0 else end
    stop = min(end, problem.place + max(problem.size, 1))
    fixed = ""
    if problem.replacement:
        fixed = text[: problem.place] + problem.replacement + text[problem.place + problem.size :]
    return Diagnosis(
        f"{problem.found}.",
        problem.right,
        text.count("\n", 0, problem.place) + 1,
        text[start : problem.place],
        text[problem.place : stop],
        text[stop:end],
        problem.replacement,
        fixed,
    )
