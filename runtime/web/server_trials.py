"""A try of one tool that reads, through the access filter and the limits of an MCP server, by a person.

Called by `server_pages`. The call is carried out and noted as one of the person's own: it counts as no use of the
server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from generator.catalog import Tool, select
from runtime.errors import InvalidRequest, LedgerportError
from runtime.model import Grant, McpServer, ServerConfig
from runtime.operations.finished_calls import Source, describe_ending
from runtime.web.company_pages import PAGE_CALLER, PAGE_CLIENT, CompanyServices, Place

LONGEST_SHOWN = 20_000
"""Characters of an answer that are shown: enough to see what it is."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A tool that is tried: the arguments as JSON, and what came of it. `ms` is None before it ran."""

    tool: Tool
    ask: str
    arguments: str
    ms: float | None = None
    text: str = ""
    size: int = 0
    problem: LedgerportError | None = None


def list_testable(tools: Iterable[Tool], config: ServerConfig) -> dict[str, Tool]:
    """Return the tools of a server that read and answer no file, by name."""
    left = select(tools, config.methods, config.tags)
    return {tool.name: tool for tool in left if tool.is_read_only and not tool.answers_file}


def begin_trial(tools: Mapping[str, Tool], name: str, arguments: str | None = None) -> Trial | None:
    """Return a tool to try with its example, or with the arguments that were entered; None where none can be tried.

    Without a name it is the first one that lists records.
    """
    tool = tools.get(name) or next((each for each in tools.values() if each.listing), None)
    tool = tool or next(iter(tools.values()), None)
    if tool is None:
        return None
    example = tool.examples[0] if tool.examples else None
    usual = json.dumps(example.arguments if example else {}, indent=2)
    return Trial(tool, example.ask if example else "", usual if arguments is None else arguments)


async def carry_out(
    trial: Trial, tools: Mapping[str, Tool], server: McpServer, place: Place, services: CompanyServices
) -> Trial:
    """Return a trial with what the tool answered, or with why it did not."""
    try:
        arguments = _read_arguments(trial.arguments)
    except InvalidRequest as problem:
        return replace(trial, problem=problem)
    config = replace(server.config, is_read_only=True)
    grant = Grant(place.account, config, client=PAGE_CLIENT, person_id=place.who.person.id)
    began = time.perf_counter()
    answer = await services.calls.call(grant, tools, trial.tool.name, arguments)
    ms = (time.perf_counter() - began) * 1000
    source = Source("page", place.who.person.id, place.account, place.account.integration)
    services.finished.note(source, trial.tool.name, began, describe_ending(answer), PAGE_CALLER)
    text = _indent(answer.text)[:LONGEST_SHOWN]
    return replace(trial, ms=ms, text=text, size=len(answer.text), problem=answer.error)


def _read_arguments(text: str) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except (json.JSONDecodeError, RecursionError) as problem:
        said = problem.msg if isinstance(problem, json.JSONDecodeError) else "it is nested too deeply"
        raise InvalidRequest(
            f"The arguments are no JSON: {said}.",
            advice='Write an object such as {"limit": 5}. Nothing was sent.',
        ) from None
    if not isinstance(found, dict):
        raise InvalidRequest(
            "The arguments are no JSON object.",
            advice='Write an object such as {"limit": 5}. Nothing was sent.',
        )
    return found


def _indent(text: str) -> str:
    """Return JSON with a line for each member; any other text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (json.JSONDecodeError, RecursionError):
        return text
