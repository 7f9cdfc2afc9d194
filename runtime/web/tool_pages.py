"""The tool runner: every tool of a company's integration, a form for each, and a question before a write.

A tool that reads is stored as a run and shown by `run_pages`. A write is first shown as what it would send, made by a
dry run where the tool has one; the answer to the question has an idempotency key, so that sent twice it writes once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from generator.catalog import DRY_RUN, ResourceDoc, Tool
from runtime.errors import Forbidden, InvalidRequest, LedgerportError, NotFound
from runtime.operations.explorer.forms import (
    MOST_FIELDS,
    make_form,
    read_filled,
    write_values,
)
from runtime.operations.explorer.history import LONGEST_OUTCOME, is_id, make_id
from runtime.operations.explorer.reading import parse_answer
from runtime.operations.report_runs.report_list import is_report
from runtime.operations.tool_search import LONGEST_QUERY, ToolIndex
from runtime.web.company_pages import Place, require_company
from runtime.web.explorer_base import LONGEST_FORM, PATH, SECTION, ExplorerBase, name_form
from runtime.web.navigation import find_company_address
from runtime.web.record_view import show_record, split_name

TOOLS_PATH = PATH + "/tools"
RUN_TOOL, WRITE_TOOL = "run tool", "write with tool"
"""The names of forms; each goes with the tool and the company."""
MOST_FOUND = 40
"""Tools that a search shows: the best are first."""
_REFUSED = "Your role may read with tools here, and not write."
_ADVICE = "An owner or an admin of the organization can change your role, or which role its tools need."


@dataclass(frozen=True, slots=True)
class Filling:
    """What the form of a tool is shown with: the texts of its fields, and what is wrong with them."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    error: LedgerportError | None = None

    @property
    def status(self) -> int:
        """The status of the page."""
        return self.error.status if self.error else 400 if self.errors else 200


@dataclass(frozen=True, slots=True)
class Question:
    """A write that is asked about: its arguments, its key, the answer of its dry run, and why it failed before."""

    arguments: Mapping[str, Any]
    key: str
    planned: Mapping[str, Any] = field(default_factory=dict)
    error: LedgerportError | None = None


@dataclass(frozen=True, slots=True)
class ToolGroup:
    """The tools of one resource, or all reports: each with what its link says."""

    title: str
    summary: str
    tools: Sequence[tuple[Tool, str]]


class ToolPages(ExplorerBase):
    """Runs tools for people."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the tool runner."""
        return [
            Route(TOOLS_PATH, self.look, methods=["GET"]),
            Route(TOOLS_PATH + "/{tool}", self.open_form, methods=["GET"]),
            Route(TOOLS_PATH + "/{tool}", self.run, methods=["POST"]),
            Route(TOOLS_PATH + "/{tool}/write", self.write, methods=["POST"]),
        ]

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """Show every tool by its resource, or those that a search finds."""
        asked = request.query_params.get("q", "")[:LONGEST_QUERY].strip()
        tools = self.list_usable(place)
        values = {
            **self.make_values(place),
            "asked": asked,
            "found": self._search(place, asked) if asked else [],
            "groups": [] if asked else self._group(place, tools.values()),
            "count": len(tools),
            "may_write": place.may_write,
            "left_out": await self.explain_role(place, place.tools_role) if place.hides_money else "",
        }
        is_part = bool(request.headers.get("hx-request"))
        page = "explorer_tool_list" if is_part else "explorer_tools"
        return await self.show_company(request, place, page, SECTION, **values)

    @require_company("see_journal")
    async def open_form(self, request: Request, place: Place) -> Response:
        """Show the form of a tool, filled as in a run of before where the address names one."""
        tool = self._find_tool(request, place)
        form = make_form(tool)
        values: dict[str, str] = {}
        if run_id := request.query_params.get("run"):
            run = await self._history.find_run(place.account, place.who.person.id, run_id)
            if run is not None and run.tool == tool.name:
                values = write_values(form, run.arguments)
        return await self._show_form(request, place, tool, Filling(values))

    @require_company("see_journal")
    async def run(self, request: Request, place: Place) -> Response:
        """Run a tool that reads, or ask before one that writes."""
        tool = self._find_tool(request, place)
        values = await self.check_form(
            request, name_form(place, f"{RUN_TOOL} {tool.name}"), MOST_FIELDS, LONGEST_FORM
        )
        form = make_form(tool)
        filled = read_filled(form, values)
        if filled.errors:
            return await self._show_form(request, place, tool, Filling(values, filled.errors))
        if tool.is_read_only:
            person = place.who.person.id
            run = await self._history.add_run(
                place.account, person, "tool", tool.name, arguments=filled.arguments
            )
            return RedirectResponse(find_company_address(place.account.id, f"/explorer/runs/{run}"), 303)
        await self._check_writer(place)
        return await self._ask(request, place, tool, values, filled.arguments)

    @require_company("see_journal")
    async def write(self, request: Request, place: Place) -> Response:
        """Carry out a write that was asked about, once however often it is sent."""
        tool = self._find_tool(request, place)
        form = name_form(place, f"{WRITE_TOOL} {tool.name}")
        values = await self.check_form(request, form, longest=LONGEST_FORM)
        await self._check_writer(place)
        key, arguments = values.get("key", ""), _read_arguments(values.get("arguments", ""))
        if not is_id(key) or tool.is_read_only:
            raise InvalidRequest(
                "This is no write of this page.", advice="Fill in the form of the tool again."
            )
        person, address = place.who.person.id, find_company_address(place.account.id, f"/explorer/runs/{key}")
        if await self._history.find_run(place.account, person, key) is not None:
            return RedirectResponse(address, 303)
        answer = await self.call(place, tool.name, arguments, is_write=True, idempotency_key=key)
        if answer.error is not None:
            return await self._show_question(
                request, place, tool, Question(arguments, key, error=answer.error)
            )
        await self._history.add_run(
            place.account, person, "write", tool.name, key,
            arguments=arguments, outcome=answer.text[:LONGEST_OUTCOME],
        )  # fmt: skip
        return RedirectResponse(address, 303)

    async def _ask(
        self,
        request: Request,
        place: Place,
        tool: Tool,
        values: Mapping[str, str],
        arguments: dict[str, Any],
    ) -> Response:
        """Ask before a write, with what it would send. What is wrong with it is shown beside the fields."""
        planned: Any = None
        if DRY_RUN in tool.options:
            answer = await self.call(place, tool.name, {**arguments, DRY_RUN: True}, is_write=True)
            if error := answer.error:
                return await self._show_form(
                    request, place, tool, Filling(values, _list_errors(error), error)
                )
            planned = parse_answer(answer.text)
        question = Question(arguments, make_id(), planned if isinstance(planned, dict) else {})
        return await self._show_question(request, place, tool, question)

    async def _show_question(
        self, request: Request, place: Place, tool: Tool, question: Question
    ) -> Response:
        plan, error = question.planned, question.error
        return await self.show_company(
            request, place, "explorer_write", SECTION, error.status if error else 200,
            **self.make_values(place), tool=tool, error=error, key=question.key,
            arguments=json.dumps(question.arguments, ensure_ascii=False, indent=2),
            findings=plan.get("findings", []), warnings=plan.get("warnings", []),
            request_line=_describe_request(plan), body=_write(plan.get("request", {}).get("body")),
            view=show_record(question.arguments), changes=list(_list_changes(plan.get("changed"))),
            record=show_record(record) if isinstance(record := plan.get("record"), dict) else None,
            is_planned=bool(plan), write_form=f"{WRITE_TOOL} {tool.name}",
        )  # fmt: skip

    async def _show_form(self, request: Request, place: Place, tool: Tool, filling: Filling) -> Response:
        form, filled = make_form(tool), {**filling.values}
        return await self.show_company(
            request, place, "explorer_tool", SECTION, filling.status,
            **self.make_values(place), tool=tool, form=form, filled=filled, errors=filling.errors,
            error=filling.error, run_form=f"{RUN_TOOL} {tool.name}",
            may_run=tool.is_read_only or place.may_write,
            examples=[(each.ask, _write(each.arguments)) for each in tool.examples],
            opens_others=any(each.name in filling.errors or each.input_name in filled for each in form.others),
        )  # fmt: skip

    async def _check_writer(self, place: Place) -> None:
        if not place.may_write:
            raise Forbidden(_REFUSED, advice=_ADVICE)

    def _find_tool(self, request: Request, place: Place) -> Tool:
        tool = self.list_usable(place).get(request.path_params["tool"])
        if tool is None:
            raise NotFound("There is no such tool.", advice="Choose one of the list of tools.")
        return tool

    def _search(self, place: Place, asked: str) -> list[Tool]:
        integration = self._deployment.catalog().integrations[place.account.integration]
        index = ToolIndex(self.list_usable(place).values(), integration.synonyms)
        return index.search(asked)[:MOST_FOUND]

    def _group(self, place: Place, tools: Any) -> list[ToolGroup]:
        docs = {
            each.resource: each
            for each in self._deployment.catalog().resources
            if each.integration == place.account.integration
        }
        reports = sorted(
            ((t, t.title.removesuffix(" report")) for t in tools if is_report(t)), key=lambda e: e[1]
        )
        grouped: dict[str, list[Tool]] = {}
        for tool in tools:
            if not is_report(tool):
                grouped.setdefault(tool.resource, []).append(tool)
        groups = [_make_group(resource, docs.get(resource), some) for resource, some in grouped.items()]
        all_reports = [ToolGroup("Reports", "What the vendor adds up.", reports)] if reports else []
        return all_reports + sorted(groups, key=lambda group: group.title)


def _make_group(resource: str, doc: ResourceDoc | None, tools: list[Tool]) -> ToolGroup:
    title = split_name(doc.entity) if doc and doc.entity != "*" else split_name(resource)
    order = ("read", "create", "overwrite", "send", "destroy")
    ordered = sorted(tools, key=lambda tool: (order.index(tool.risk), tool.method))
    return ToolGroup(title, doc.summary if doc else "", [(t, t.method.replace("_", " ")) for t in ordered])


def _read_arguments(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidRequest("This is no write of this page.", advice="Fill in the form of the tool again.")
    return found


def _list_errors(error: LedgerportError) -> dict[str, str]:
    """Return what is wrong with arguments, by their names; inside of one, beside the whole of it."""
    found: dict[str, str] = {}
    listed = (error.details or {}).get("errors")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            whole = str(each.get("argument", ""))
            name = whole.split(".")[0].split("[")[0]
            said = str(each.get("problem", each.get("message", "")))
            found[name] = f"{found[name]} {said}" if name in found else said
    return found


def _describe_request(plan: Mapping[str, Any]) -> str:
    request = plan.get("request")
    return f"{request.get('method')} {request.get('path')}" if isinstance(request, dict) else ""


def _list_changes(changed: Any, place: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield each field that a dry run says would change, as it is and as it would be; those inside under their path."""
    for name, value in changed.items() if isinstance(changed, dict) else ():
        path = f"{place} {name}".strip()
        if isinstance(value, list) and len(value) == 2:
            yield path, _write_value(value[0]), _write_value(value[1])
        elif isinstance(value, dict):
            yield from _list_changes(value, path)
        else:
            yield path, "", _write_value(value)


def _write_value(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else _write(value) or str(value)


def _write(value: Any) -> str:
    return "" if value in (None, {}, []) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
