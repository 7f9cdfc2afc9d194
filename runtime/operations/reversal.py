"""Reverses a record of bookings by the opposite one, and corrects it: both entries as one request to the vendor.

Called by `mcp_server.changes`. What is booked goes through `calls` as the same calls of an agent would: under its
tools and policies, checked and in the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import orjson

from generator.catalog import COMPANY, DRY_RUN, Catalog, Tool
from runtime.errors import Forbidden, InvalidArguments, InvalidRequest
from runtime.exchange.allowance import Form
from runtime.exchange.batch import CALLS
from runtime.exchange.context import CallContext, begin_call
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant
from runtime.operations.undo import Asked
from runtime.safety.journal.reversal import make_reversal
from runtime.upstream.answer import follow_path


class Caller(Protocol):
    """Calls tools: `runtime.operations.calls.Calls`."""

    async def read(self, call: CallContext) -> Any:
        """Return the body of the response to a read."""
        ...

    async def call(
        self,
        grant: Grant,
        tools: Mapping[str, Tool],
        name: str,
        arguments: dict[str, Any],
        *,
        form: Form,
    ) -> Answer:
        """Return the answer of a call of an agent."""
        ...


class Wanted(NamedTuple):
    """What to reverse: the Id of a record, and the resource it is of where several can be reversed.

    `day` is when the opposite is booked, empty for the day of the record; `corrected` is what to book instead.
    """

    record_id: str
    resource: str = ""
    day: str = ""
    corrected: Mapping[str, Any] | None = None


class Reversal:
    """Reverses records. One for the process."""

    def __init__(self, calls: Caller, catalog: Callable[[], Catalog]) -> None:
        self._calls = calls
        self._catalog = catalog

    async def reverse(self, asked: Asked, wanted: Wanted, form: Form, *, is_preview: bool = False) -> Answer:
        """Return the answer of the call that books the opposite, whose note has the new Ids.

        Raises Forbidden where a tool that it takes is not among those of whoever asks, InvalidRequest where there is
        nothing to reverse by, and what reading the record fails with.
        """
        create, get = self._find_tools(asked, wanted.resource)
        arguments = await self._make(asked, wanted, (create, get))
        options: dict[str, Any] = {DRY_RUN: True} if is_preview else {}
        options |= {COMPANY: asked.company} if asked.company else {}
        if wanted.corrected is None:
            found = await self._calls.call(
                asked.grant, asked.tools, create.name, arguments | options, form=form
            )
        else:
            batch = self._find_batch(create)
            calls = [{"tool": create.name, "arguments": each} for each in (arguments, dict(wanted.corrected))]
            tools = {**asked.tools, batch.name: batch}
            found = await self._calls.call(
                asked.grant, tools, batch.name, {CALLS: calls} | options, form=form
            )
        return found if is_preview else self._describe(found, wanted, create)

    async def _make(self, asked: Asked, wanted: Wanted, tools: tuple[Tool, Tool]) -> dict[str, Any]:
        """Return the arguments that book the opposite of a record as it is now."""
        create, get = tools
        required = dict.fromkeys(get.input_schema["required"], wanted.record_id)
        call = begin_call(asked.grant, self._catalog(), asked.tools, get, required, _as_given)
        found = follow_path(await self._calls.read(call), get.returns.path)
        if not isinstance(found, Mapping):
            raise InvalidRequest("The record cannot be read, so nothing was reversed. Nothing was sent.")
        return make_reversal(create, create.identifier or call.integration.identifier, found, wanted.day)

    def _find_tools(self, asked: Asked, resource: str) -> tuple[Tool, Tool]:
        """Return the tools that book and that read what is reversed."""
        creating = list_reversible(asked.tools.values())
        chosen = [each for each in creating if resource in ("", each.resource)]
        if len(chosen) != 1:
            names = ", ".join(each.resource for each in creating)
            raise InvalidArguments(f"resource has to say what is reversed: {names or 'nothing can be'}.")
        get = next(
            (
                each
                for each in asked.tools.values()
                if each.resource == chosen[0].resource and each.method == "get"
            ),
            None,
        )
        if get is None:
            raise Forbidden(
                "Reversing a record takes the tool that reads it, which is not among the tools here. Nothing was sent.",
                advice="Ask whoever runs the deployment for that tool.",
            )
        return chosen[0], get

    def _find_batch(self, create: Tool) -> Tool:
        """Return the tool that sends several calls in one request, whether or not the caller has it."""
        tools = self._catalog().list_tools(create.integration)
        found = next((each for each in tools if each.returns.kind == "batch"), None)
        if found is None:
            raise InvalidRequest(
                "The vendor takes no two entries in one request, so nothing was corrected. Nothing was sent.",
                advice="Reverse the record, and create the corrected one by itself.",
            )
        return found

    def _describe(self, answer: Answer, wanted: Wanted, create: Tool) -> Answer:
        """Return an answer whose note has the new Ids."""
        if answer.error is not None:
            return answer
        identifier = create.identifier or self._catalog().integrations[create.integration].identifier
        ids = _find_ids(answer.text, identifier, is_batch=wanted.corrected is not None)
        said = [
            f"{wanted.record_id} is reversed by {ids[0]}."
            if ids[0]
            else f"{wanted.record_id} was not reversed."
        ]
        if wanted.corrected is not None:
            second = ids[1] if len(ids) > 1 else ""
            said.append(
                f"The corrected one is {second}."
                if second
                else "The corrected one was not booked: create it by itself, or revert the reversal."
            )
        return answer._replace(note=" ".join([*said, answer.note]).strip())


def list_reversible(tools: Iterable[Tool]) -> list[Tool]:
    """Return the tools that make records which can be reversed."""
    return [each for each in tools if each.reversal is not None]


def _find_ids(text: str, identifier: str, *, is_batch: bool) -> list[str]:
    """Return the Ids of the records in an answer, empty for one that was refused."""
    value = orjson.loads(text)
    answers = [each.get("answer") for each in value.get("results", ())] if is_batch else [value]
    records = [each.get("record", each) if isinstance(each, dict) else {} for each in answers]
    return [str(each.get(identifier) or "") for each in records] or [""]


def _as_given(_tool: Tool, _integration: object, arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments
