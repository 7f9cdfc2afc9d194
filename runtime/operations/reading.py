"""From the vendor's answer to what a call comes to: reads it, hides what is sensitive, and bounds it.

Comes after `calls` has sent a request. Nothing here waits for anything, so that a large answer is read in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from generator.catalog import Tool
from runtime.errors import AnswerTooLarge, LedgerportError, RateLimited
from runtime.operations import bounds, form_rules, lists, pages, parts, worked_out
from runtime.operations.allowance import Allowance
from runtime.operations.answered import Answer, File
from runtime.operations.job import Job
from runtime.safety import masking, write_answers
from runtime.upstream import answer as answers
from runtime.upstream.advice import attempt_of
from runtime.upstream.behaviours import BEHAVIOURS
from runtime.upstream.client import VendorResponse
from runtime.upstream.limits import refused
from runtime.upstream.request import record
from runtime.upstream.rows import Rows, quick_rows

READ_AT_ONCE = 64 * 1024
"""Bytes of an answer that are read where it came in. By the share of larger ones measured, about 0.5 ms of processor
time for records and 2.4 ms for a report. What is larger is read in a thread, so that no other request waits for it.
"""
DONE = '{"done":true}'
"""What a success without a text is answered as."""
IN_PARTS = "To read it in parts, call {tool} with {filter} and fields {{fields}}."
Made = TypeVar("Made")


async def in_thread_when_large(response: VendorResponse, work: Callable[[], Made]) -> Made:
    """The result of work on an answer, done in a thread when the answer is large."""
    return await asyncio.to_thread(work) if len(response.body) > READ_AT_ONCE else work()


def answer_of(
    job: Job, response: VendorResponse, asked: lists.PageRequest | None, known: Iterable[Tool]
) -> Answer:
    """What a call of one tool came to. `known` are all tools of the catalog. Raises the error that the answer is."""
    returns = job.tool.returns
    if returns.kind == "file" and response.status < 300:
        return job.answer()._replace(file=_file(job, response))
    if returns.kind == "text" and response.status < 300:
        return job.answer(_text(job, response))
    if asked is not None:
        return job.answer(_page(job, response, asked, known))
    if returns.kind == "behaviour":
        return job.answer(_rows(job, response))
    if returns.kind == "nothing":
        value_in(job, response)
        return job.answer(DONE)
    return _record(job, response)


def value_in(job: Job, response: VendorResponse, *, is_exact: bool = False) -> Any:
    """The answer as a value. Raises the error that it is, or that it is no answer to this call."""
    try:
        value = answers.value_of(response, is_exact=is_exact)
    except ValueError as cause:
        raise unreadable(job, response) from cause
    failure = answers.error_in(
        response, value, job.integration, changes_data=job.changes_data, attempt=attempt_of(job)
    )
    if failure is not None:
        raise _noted(job, failure)
    returns, changes_data = job.tool.returns, job.changes_data
    is_open = returns.kind in ("nothing", "batch")
    if not is_open and not answers.is_told(response, value, returns, changes_data=changes_data):
        raise unreadable(job, response)
    return value


def shown_value(job: Job, response: VendorResponse) -> Any:
    """The same for whoever is to see the answer: what is sensitive in it is masked. Never to be sent on."""
    return masking.covered(job.cover, response.body, value_in(job, response, is_exact=True))


def unreadable(job: Job, response: VendorResponse, cause: Exception | None = None) -> LedgerportError:
    """The error for an answer that cannot be passed on."""
    error = answers.unreadable(
        job.integration, response, changes_data=job.changes_data, cause=cause, attempt=attempt_of(job)
    )
    return _noted(job, error)


def _noted(job: Job, error: LedgerportError) -> LedgerportError:
    if isinstance(error, RateLimited):
        job.limits = refused(job.limits, error.retry_after, is_told=error.is_told)
    return error


def _page(job: Job, response: VendorResponse, asked: lists.PageRequest, known: Iterable[Tool]) -> str:
    """The answer of a list: its records read in one pass where nothing else is wanted of it."""
    tool, integration, arguments = job.tool, job.integration, job.arguments
    rows: Rows | None = None
    value = None
    if pages.can_be_quick(tool, integration, arguments):
        names = pages.names_shown(tool, arguments)
        hide = _hiding(job, response)
        if hide is None or "*" not in hide.path:
            rows = quick_rows(response, tool.returns.path, integration.errors, names, hide)
    if rows is None:
        value = shown_value(job, response)
        rows = pages.rows_in(tool, integration, arguments, value)
    link = answers.field_of(response, "link")
    return pages.page_answer(tool, integration, arguments, asked, rows, value, job.allowance(), link, known)


@dataclass(frozen=True, slots=True)
class _Hiding:
    """Hides what is sensitive in single records of a list, as it would be hidden in the whole answer."""

    cover: masking.Cover
    path: tuple[str, ...]
    """The names around a record: a rule may be about them."""

    def may_hide(self, text: bytes) -> bool:
        """Whether a record may hold something that is hidden."""
        return masking.may_hide(self.cover, b'["%b",%b]' % ('","'.join(self.path).encode(), text))

    def hidden(self, record: Any) -> Any:
        """The record without what is hidden."""
        whole = record
        for step in reversed(self.path):
            whole = {step: whole}
        masking.hidden(self.cover, whole)
        return record


def _hiding(job: Job, response: VendorResponse) -> _Hiding | None:
    """What hides the sensitive values of one record; None when there are none.

    Where it is not known what the records are called, the whole answer is looked through.
    """
    cover, path = job.cover, job.tool.returns.path
    if cover is None or ("*" in path and not masking.may_hide(cover, response.body)):
        return None
    return _Hiding(cover, path)


def _rows(job: Job, response: VendorResponse) -> str:
    """The answer of a tool that has code of its own, such as a report."""
    try:
        shape = BEHAVIOURS[job.tool.returns.behaviour](shown_value(job, response))
    except (AttributeError, KeyError, TypeError) as other_shape:
        raise answers.UnexpectedShape from other_shape
    return pages.rows_answer(job.tool, job.arguments, shape, job.allowance())


def _text(job: Job, response: VendorResponse) -> str:
    """A body that is no object, as JSON. Raises AnswerTooLarge: it is a link or a number, and not cut."""
    text = response.body.decode("utf-8", "replace").strip()
    written = orjson.dumps({job.tool.returns.path[0]: text})
    if not job.allowance().holds(written):
        raise AnswerTooLarge(
            f"{job.integration.title} answered a text of {len(response.body):,} bytes, which is more than one answer "
            "holds.",
            advice="Look at it at the vendor.",
        )
    return written.decode()


def _record(job: Job, response: VendorResponse) -> Answer:
    """The answer of a tool with one record, with what its caller should know of it."""
    text = _record_text(job, response)
    dropped = worked_out.dropped_from(job.tool, job.given)
    note = worked_out.note_on(dropped, text.decode(), job.integration.title) if dropped else ""
    note = note or form_rules.note_on(job.tool, job.integration, job.arguments)
    allowance = job.allowance(note)
    if not allowance.holds(text):
        text = in_part(job.tool, text, allowance, job)
    return job.answer(text.decode(), note)


def _record_text(job: Job, response: VendorResponse) -> bytes:
    """The record whole; as the vendor wrote it where nothing is hidden in it."""
    returns = job.tool.returns
    if not job.is_blind and (job.cover is None or not masking.may_hide(job.cover, response.body)):
        cut = answers.record_text(response, returns.path, job.integration.errors)
        if cut:
            return cut.encode()
    value = shown_value(job, response)
    if value is None:
        return DONE.encode()
    found = answers.at(value, returns.path)
    shown = value if found is None else found
    if job.is_blind:
        sent = record(job.tool, job.arguments)
        always = (*job.integration.acknowledged, *filter(None, [job.tool.identifier]))
        shown = write_answers.acknowledged(shown, sent, always)
    return bounds.written(shown)


def in_part(tool: Tool, text: bytes, allowance: Allowance, job: Job) -> bytes:
    """`{note, record}` with what fits of a record that is larger than an answer.

    The record stands apart, so that nobody takes the part for the whole.
    """
    beside = allowance.cost(b'{"note":,"record":}')
    part = parts.of_record(text, allowance.without(beside), _how(tool, text, job))
    return b'{"note":%b,"record":%b}' % (orjson.dumps(part.remark), part.text)


def _how(tool: Tool, text: bytes, job: Job) -> str:
    """How the fields of a record are asked for: with a list tool of the caller that finds it by its Id."""
    identifier = tool.identifier or job.integration.identifier
    id_ = answers.member_of(text, identifier)
    for each in job.tools.values() if id_ else ():
        if each.resource != tool.resource or each.listing is None:
            continue
        for condition in each.listing.conditions:
            if condition.field == identifier and condition.operator in ("equals", "any_of"):
                wanted: Any = [id_] if condition.operator == "any_of" else id_
                shown = f"{condition.argument} {orjson.dumps(wanted).decode()}"
                return IN_PARTS.format(tool=each.name, filter=shown)
    return ""


def _file(job: Job, response: VendorResponse) -> File:
    name = file_name(job.tool, job.arguments)
    return File(name, job.tool.returns.media_type, response.body, job.tool, job.arguments)


def file_name(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """What the file is called that a call of the tool answers."""
    name = tool.returns.file_name or f"{tool.resource}-{{id}}"
    for argument, value in arguments.items():
        name = name.replace(f"{{{argument}}}", str(value))
    return "".join(each if each.isalnum() or each in "-_." else "-" for each in name)[:120]
