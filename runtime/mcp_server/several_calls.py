"""Calls of tools at an address that reaches several companies: at the one that is named, or a read at each of some.

Called by `methods` where a grant has several. What a call comes to at one company is the work of `tool_calls`, with
the grant and the toolset of that company: its log, journal, limits and policies are those that it has alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import orjson

from generator.catalog import COMPANY, Tool
from generator.names import find_tool
from runtime.errors import Forbidden, InvalidArguments, LedgerportError
from runtime.exchange.allowance import BYTES_PER_TOKEN, LEAST_TOKENS, Form
from runtime.exchange.members import add_members
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server import discovery, protocol
from runtime.mcp_server.changes import RECENT
from runtime.mcp_server.sending import Sending
from runtime.mcp_server.several import CONNECTIONS, Several
from runtime.mcp_server.tool_calls import ToolCalls
from runtime.mcp_server.toolset import Toolset
from runtime.model import Account, Grant
from runtime.operations.approvals.own_tools import split_why
from runtime.operations.approvals.status import STATUS_TOOL
from runtime.operations.arguments import MORE, ArgumentChecker
from runtime.operations.companies import (
    Chosen,
    choose_companies,
    refuse_missing_tool,
    refuse_only_one,
    refuse_several,
)
from runtime.operations.connections import LIST_CONNECTIONS, list_connections
from runtime.operations.fan_out import Asked, Space, ask_each
from runtime.operations.finished_calls import describe_ending
from runtime.operations.interpretation import parse_text
from runtime.operations.server_uses import ServerUses
from runtime.safety.company import describe_company
from runtime.safety.fences import PREFACE

CURSOR = "next_cursor"
BLOCK = 80
"""Bytes around a sentence that is added to an answer: a content block of its own has 30, escapes may double them."""
_CHECKER = ArgumentChecker()


class Reached(NamedTuple):
    """What a call came to, and the grant that it was made with: that of its company, where it had one."""

    grant: Grant
    answer: Answer


class Call(NamedTuple):
    """One call of a tool, without what says for which company it is."""

    tool: Tool
    name: str
    """As its caller named it."""
    arguments: dict[str, Any]
    sending: Sending


class SeveralCalls:
    """Calls tools for grants of several companies. One for the process."""

    def __init__(self, tool_calls: ToolCalls, uses: ServerUses | None = None) -> None:
        self._tool_calls, self._uses = tool_calls, uses
        self._calls, self._finished = tool_calls.calls, tool_calls.finished

    async def answer(
        self, grant: Grant, toolset: Toolset, name: str, arguments: dict[str, Any], sending: Sending
    ) -> Reached:
        """Return the answer of a tool, by a name that a client gave; every error is inside."""
        began = perf_counter()
        try:
            return await self._answer(grant, toolset, name, arguments, sending)
        except LedgerportError as error:
            answer = Answer(status=0, error=error, limits=await self._calls.read_limits(grant))
        self._note(grant, name, began, answer, sending)
        return Reached(grant, answer)

    async def _answer(
        self, grant: Grant, toolset: Toolset, name: str, arguments: dict[str, Any], sending: Sending
    ) -> Reached:
        if name == LIST_CONNECTIONS and name in toolset.changes:
            return Reached(grant, await self._list(grant, arguments, sending))
        outer = None
        if toolset.discovery is not None and name in toolset.discovery.listed:
            outer, arguments = take_company(COMPANY, arguments)
            why, arguments = split_why(arguments, may_wait=toolset.may_wait)
            if name not in (discovery.READ, discovery.WRITE):
                return Reached(grant, await self._find(grant, toolset, name, outer, arguments, sending))
            _, name, arguments = toolset.discovery.choose(name, arguments)
            arguments = {**why, **arguments}
            sending = sending._replace(name=name)
        tool = find_tool(toolset.tools, name) or toolset.find_short(name) or toolset.changes.get(name)
        if tool is None:
            return Reached(grant, await self._tool_calls.answer(grant, toolset, name, arguments, sending))
        several = _several_of(toolset)
        named, arguments = take_company(several.names.get(tool.name, COMPANY), arguments)
        if tool.name == STATUS_TOOL and outer is named is None:
            place = await self._tool_calls.find_pending_company(grant, arguments)
            return await self._call_one(grant, toolset, place, Call(tool, name, arguments, sending))
        chosen = await choose_companies(grant, _choose_name(outer, named))
        call = Call(tool, name, arguments, sending)
        if chosen.is_fan_out:
            return Reached(grant, await self._ask_each(grant, toolset, chosen, call))
        return await self._call_one(grant, toolset, chosen.places[0], call)

    async def _call_one(self, grant: Grant, toolset: Toolset, place: int, call: Call) -> Reached:
        """Return the answer of one company, which says which one it is of."""
        company = replace(grant.companies[place], is_one_of_several=True)
        says = _say_company(company.account)
        form = call.sending.form.reserve(2 * len(orjson.dumps(says)) + BLOCK)
        answer = await self._call_at(company, grant, toolset, place, call, form)
        return Reached(company, name_company(answer, company.account, says))

    async def _call_at(
        self, company: Grant, grant: Grant, toolset: Toolset, place: int, call: Call, form: Form
    ) -> Answer:
        """Call a tool at one company. Raises Forbidden where that has it not, or has used up its calls."""
        several = _several_of(toolset)
        having = several.list_having(call.tool.name)
        if place not in having:
            others = [grant.companies[each].account for each in having]
            raise refuse_missing_tool(call.tool.name, company.account, others)
        await self._count_use(company)
        own, sending = several.own[place], call.sending._replace(form=form)
        why, arguments = split_why(call.arguments, may_wait=toolset.may_wait)
        if company.config.approval:
            arguments = {**why, **arguments}
        return await self._tool_calls.answer(company, own, call.name, arguments, sending)

    async def _ask_each(self, grant: Grant, toolset: Toolset, chosen: Chosen, call: Call) -> Answer:
        """Return one answer with a part for each company. Raises InvalidArguments for what only one can answer."""
        _refuse_what_takes_one(toolset, chosen, call)
        companies = [(place, grant.companies[place]) for place in chosen.places]
        is_fenced = any(each.config.untrusted_text == "fenced" for _, each in companies)
        asked = [
            Asked(
                each.account,
                self._calls.compute_budget(each),
                partial(self._call_part, each, grant, toolset, place, call),
            )
            for place, each in companies
        ]
        most = _measure_most_text([each for _, each in companies], call)
        space = Space(call.sending.form, self._calls.compute_budget(grant), most)
        limits = await self._calls.read_limits(grant)
        return await ask_each(
            asked, space, Answer(status=0, limits=limits, preface=PREFACE if is_fenced else "")
        )

    async def _call_part(
        self, company: Grant, grant: Grant, toolset: Toolset, place: int, call: Call, form: Form
    ) -> Answer:
        """Return the answer of one company of several; what is refused before it is called is noted as well."""
        began = perf_counter()
        try:
            return await self._call_at(company, grant, toolset, place, call, form)
        except LedgerportError as error:
            answer = Answer(status=0, error=error)
        self._note(company, call.tool.name, began, answer, call.sending)
        return answer

    async def _find(
        self,
        grant: Grant,
        toolset: Toolset,
        name: str,
        named: Any,
        arguments: dict[str, Any],
        sending: Sending,
    ) -> Answer:
        """Return the answer of a tool that finds or describes others: those of all companies, or of those named."""
        if named is not None:
            places = (await choose_companies(grant, named)).places
            toolset = replace(toolset, discovery=_several_of(toolset).find_finder(toolset, places))
        return await self._tool_calls.answer(grant, toolset, name, arguments, sending)

    async def _list(self, grant: Grant, arguments: dict[str, Any], sending: Sending) -> Answer:
        began = perf_counter()
        arguments = _CHECKER.check(CONNECTIONS, arguments, ())
        beside = Answer(status=0, limits=await self._calls.read_limits(grant))
        allowance = sending.form.compute_allowance(self._calls.compute_budget(grant), beside)
        allowance = allowance.limit(_limit_text([grant.config.max_answer_tokens]))
        text = list_connections(grant.companies, grant, allowance, arguments.get(CURSOR, ""))
        answer = beside._replace(text=text)
        self._note(grant, LIST_CONNECTIONS, began, answer, sending)
        return answer

    async def _count_use(self, company: Grant) -> None:
        """Count a call of the MCP server of a company. Raises Forbidden when it may make no more."""
        if not company.config.max_uses:
            if self._uses is not None:
                self._uses.note(company, is_call=True)
        elif self._uses is None or not await self._uses.take(company):
            raise Forbidden(
                "This access has made all the calls that it may make at this company.",
                advice="Nothing was sent. Ask whoever gave the access for more.",
            )

    def _note(self, grant: Grant, name: str, began: float, answer: Answer, sending: Sending) -> None:
        shown = name[: protocol.LONGEST_ECHO]
        self._finished.note_of(grant, shown, began, describe_ending(answer), sending.caller)


def take_company(argument: str, arguments: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return what a call names as its company, and the arguments without it, by themselves or under `more`.

    Another letter case means the same, as for any argument. Raises InvalidArguments when it is given twice.
    """
    given = [name for name in arguments if name.casefold() == argument]
    more = parse_text(arguments.get(MORE), dict)
    inner = [name for name in more if name.casefold() == argument] if isinstance(more, dict) else []
    if not given and not inner:
        return None, arguments
    if len(given) + len(inner) > 1:
        raise InvalidArguments(
            f'Argument "{argument}" is given twice.', advice="Nothing was sent. Give it once."
        )
    left = {name: value for name, value in arguments.items() if name not in given}
    if given:
        return arguments[given[0]], left
    return more[inner[0]], left | {MORE: {name: value for name, value in more.items() if name not in inner}}


def name_company(answer: Answer, account: Account, says: str) -> Answer:
    """Return an answer that says which company it is of: as a member of its JSON, or in a sentence beside it."""
    company = describe_company(account)
    if answer.error is not None:
        answer.error.company = answer.error.company or company
        return answer
    member = f'"{COMPANY}":{orjson.dumps(company).decode()}'
    text = answer.text
    if answer.company is None and answer.file is None and member not in text:
        text = add_members(text, {COMPANY: company})
    note = answer.note if member in text else f"{answer.note} {says}".strip()
    return answer._replace(text=text, note=note, company=company)


def _say_company(account: Account) -> str:
    shown = describe_company(account)
    return f"Company: {', '.join(shown[name] for name in ('name', 'id') if name in shown) or account.id}."


def _choose_name(outer: Any, inner: Any) -> Any:
    """Return the company that a call of a tool by another one names. Raises InvalidArguments when they are two."""
    if outer is not None and inner is not None and outer != inner:
        raise InvalidArguments(
            f'"{COMPANY}" is given twice, beside the name of the tool and among its arguments.',
            advice="Nothing was sent. Give it once.",
        )
    return inner if outer is None else outer


def _several_of(toolset: Toolset) -> Several:
    assert toolset.several is not None
    return toolset.several


def _refuse_what_takes_one(toolset: Toolset, chosen: Chosen, call: Call) -> None:
    """Raise InvalidArguments for a call that is meant for several companies, and only one can answer."""
    tool, count = call.tool, len(chosen.places)
    is_own = tool.name in toolset.tools or toolset.find_short(tool.name) is not None
    is_read = tool.is_read_only if is_own else tool.name == RECENT
    if not is_read:
        raise refuse_several(tool.name, count)
    if tool.answers_file:
        raise refuse_only_one(tool.name, "it answers a file")
    more = parse_text(call.arguments.get(MORE), dict)
    is_continued = call.arguments.get(CURSOR) or (isinstance(more, dict) and more.get(CURSOR))
    if is_continued and count > 1:
        raise refuse_only_one(tool.name, f'"{CURSOR}" continues the answer of one company')


def _measure_most_text(companies: Sequence[Grant], call: Call) -> int:
    """Return the bytes that the text of one answer of several companies may have; 0 for no such limit."""
    asked = call.arguments.get("max_tokens")
    own = [each.config.max_answer_tokens for each in companies]
    return _limit_text([*own, asked] if isinstance(asked, int) and asked > 0 else own)


def _limit_text(tokens: Sequence[int]) -> int:
    given = [max(each, LEAST_TOKENS) for each in tokens if each]
    return int(min(given) * BYTES_PER_TOKEN) if given else 0
