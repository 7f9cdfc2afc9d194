"""Reverses a record of bookings by the opposite one, and corrects it: both entries as one request to the vendor.

Called by `mcp_server.changes`. What is booked goes through `calls` as the same calls of an agent would: under its
tools and policies, checked and in the journal. A vendor may refuse one entry of a request and book the other one: that
one is taken back by `undo`, and where that cannot be done it is reported as standing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import orjson

from generator.catalog import ALLOW_DUPLICATE, COMPANY, DRY_RUN, Catalog, Tool
from runtime.errors import (
    Forbidden,
    Indeterminate,
    InvalidArguments,
    InvalidRequest,
    LedgerportError,
    PartlyDone,
    VendorRefused,
)
from runtime.exchange.allowance import Form
from runtime.exchange.batch import CALLS
from runtime.exchange.context import CallContext, begin_call
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant, JournalEntry, JournalKind, Origin
from runtime.operations.stored_values import find_get
from runtime.operations.undo import Asked, Undo
from runtime.operations.undo_guard import DONE, get_record_id, make_key
from runtime.safety.company import name_company
from runtime.safety.journal.reversal import make_reversal
from runtime.upstream.answer import follow_path


class Caller(Protocol):
    """Calls tools: `runtime.operations.calls.Calls`."""

    async def read(self, call: CallContext) -> Any:
        """Return the body of the response to a read."""
        ...

    def begin(
        self, grant: Grant, tools: Mapping[str, Tool], tool: Tool, arguments: dict[str, Any], form: Form
    ) -> CallContext:
        """Return a call of an agent."""
        ...

    async def answer(self, call: CallContext) -> Answer:
        """Return what a call comes to, an error inside of it."""
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

    def __init__(self, calls: Caller, catalog: Callable[[], Catalog], undo: Undo) -> None:
        self._calls = calls
        self._catalog = catalog
        self._undo = undo

    async def reverse(self, asked: Asked, wanted: Wanted, form: Form, *, is_preview: bool = False) -> Answer:
        """Return the answer of the call that books the opposite, whose note has the new Ids.

        Raises Forbidden where a tool that it takes is not among those of whoever asks, InvalidRequest where there is
        nothing to reverse by, Conflict for a record that was reversed already, and what reading the record fails with.
        """
        with name_company(asked.grant.account):
            return await self._reverse(asked, wanted, form, is_preview=is_preview)

    async def _reverse(self, asked: Asked, wanted: Wanted, form: Form, *, is_preview: bool) -> Answer:
        tools = self._find_tools(asked, wanted.resource)
        call = await self._plan(asked, wanted, tools, form)
        if is_preview:
            call.arguments[DRY_RUN] = True
            await self._prepare(asked, wanted, call, tools[0].resource)
            return await self._calls.answer(call)
        async with self._undo.guard.hold(asked.grant.account.id, tools[0].resource, wanted.record_id):
            await self._prepare(asked, wanted, call, tools[0].resource)
            answer = await self._calls.answer(call)
            if answer.error is not None or answer.is_held:
                return answer
            return await self._conclude(asked, wanted, call, answer)

    async def _prepare(self, asked: Asked, wanted: Wanted, call: CallContext, resource: str) -> None:
        """Refuse a record that was reversed before, and give a call its key for the vendor."""
        account, what = asked.grant.account.id, (resource, wanted.record_id)
        attempt = await self._undo.guard.count_reversals(account, *what, is_allowed=asked.allow_duplicate)
        most = call.integration.idempotency_max_length
        call.vendor_key = make_key("reverse", account, *what, attempt=attempt, max_length=most)

    async def _plan(self, asked: Asked, wanted: Wanted, tools: tuple[Tool, Tool], form: Form) -> CallContext:
        """Return the call that books the opposite of a record, and what is right in the same request."""
        create, arguments = tools[0], await self._make(asked, wanted, tools)
        if asked.allow_duplicate and ALLOW_DUPLICATE in create.options:
            arguments[ALLOW_DUPLICATE] = True
        company: dict[str, Any] = {COMPANY: asked.company} if asked.company else {}
        origin = Origin("reverse", reverses=wanted.record_id)
        if wanted.corrected is None:
            call = self._calls.begin(asked.grant, asked.tools, create, arguments | company, form)
            call.origin = origin
            return call
        batch = self._find_batch(create)
        each = (arguments, dict(wanted.corrected))
        calls = [{"tool": create.name, "arguments": one} for one in each]
        known = {**asked.tools, batch.name: batch}
        call = self._calls.begin(asked.grant, known, batch, {CALLS: calls} | company, form)
        call.origin = replace(origin, parts=PARTS)
        return call

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
        get = find_get(chosen[0], asked.tools.values())
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

    async def _conclude(self, asked: Asked, wanted: Wanted, call: CallContext, answer: Answer) -> Answer:
        """Return an answer whose note has the new Ids, or the error that a part of the request was refused."""
        ids = [write.call.entry_id for write in call.writes] or [call.entry_id]
        entries = [await asyncio.to_thread(self._undo.guard.find, each) for each in ids]
        if all(each.outcome in DONE for each in entries):
            said = [f"{wanted.record_id} is reversed by {get_record_id(entries[0])}."]
            said += [f"The corrected one is {get_record_id(each)}." for each in entries[1:]]
            return answer._replace(note=" ".join([*said, answer.note]).strip())
        if wanted.corrected is None:  # answered with success; only its outcome could not be stored
            return answer
        error = await self._take_back(asked, entries, _find_refusal(answer.text))
        error.company = answer.company
        return answer._replace(text="", note="", error=error)

    async def _take_back(
        self, asked: Asked, entries: list[JournalEntry], refusal: Mapping[str, Any]
    ) -> LedgerportError:
        """Return the error of a request of which a part was refused, the other part undone where that is certain."""
        done = next((each for each in entries if each.outcome in DONE), None)
        unclear = [each for each in entries if each.outcome not in (*DONE, "refused")]
        if unclear or done is None:
            return _report_open(unclear, done) if unclear else _report_refused(refusal, NOTHING)
        stands = f"{_NAMES[done.kind]} {get_record_id(done)}"
        try:
            await self._undo.revert(asked._replace(allow_duplicate=False), done.id)
        except LedgerportError as error:
            return PartlyDone(
                f"{_describe_refusal(refusal)} {stands} was booked, and could not be taken back: {error.message}",
                advice=f"It stands. Revert the change {done.id}, or create what is missing by itself.",
                details={"done": _show(done), "refused": dict(refusal)},
            )
        return _report_refused(refusal, f"{stands} was taken back, so nothing of it stands.")


PARTS: tuple[JournalKind, JournalKind] = ("reverse", "correct")
"""What the two entries of a correction are in the journal."""
NOTHING = "Nothing was booked."
_NAMES: Mapping[JournalKind, str] = {"reverse": "The reversal", "correct": "The corrected entry"}


def _find_refusal(text: str) -> Mapping[str, Any]:
    """Return the first error in the answer of a request with several calls."""
    errors = (each.get("error") for each in orjson.loads(text).get("results", ()))
    return next((each for each in errors if each), {})


def _describe_refusal(refusal: Mapping[str, Any]) -> str:
    return f"One of the two entries was refused: {refusal.get('message', 'the vendor gave no reason.')}"


def _report_refused(refusal: Mapping[str, Any], rest: str) -> LedgerportError:
    return VendorRefused(
        f"{_describe_refusal(refusal)} {rest}",
        kind=refusal.get("code", "invalid"),
        advice=refusal.get("advice", ""),
        vendor_code=refusal.get("vendor_code", ""),
        trace=refusal.get("trace", ""),
    )


def _report_open(unclear: list[JournalEntry], done: JournalEntry | None) -> LedgerportError:
    """Return the error of a request of which nobody knows whether a part was done."""
    named = " and ".join(f"{_NAMES[each.kind]} (change {each.id})" for each in unclear)
    said = f" {_NAMES[done.kind]} {get_record_id(done)} stands." if done else ""
    return Indeterminate(
        f"{named} may have been booked or not: the outcome is not known.{said}",
        advice="Look which records are there before anything is sent again.",
        details={"indeterminate": True} | ({"done": _show(done)} if done else {}),
    )


def _show(entry: JournalEntry) -> dict[str, str]:
    return {"id": entry.id, "kind": entry.kind, "record_id": get_record_id(entry)}


def list_reversible(tools: Iterable[Tool]) -> list[Tool]:
    """Return the tools that make records which can be reversed."""
    return [each for each in tools if each.reversal is not None]


def _as_given(_tool: Tool, _integration: object, arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments
