"""Calling a tool: the one way in for every door. Checks, sends, reads the answer, bounds it, counts it.

A door turns an `Answer` into its own words: the MCP door into a tool result, the REST door into a status and body.
Nothing is retried and nothing held back: a refusal by the vendor is passed on with the seconds to wait. Only an
access token that the vendor no longer takes is renewed once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import orjson

from generator.catalog import Catalog, Integration, Tool
from runtime.connect.echoes import echoes_of, secrets_of
from runtime.connect.headers import authorization_headers
from runtime.errors import (
    AnswerTooLarge,
    LedgerportError,
    NotFound,
    RateLimited,
    StorageUnavailable,
    VendorRefused,
)
from runtime.logs import without_secrets
from runtime.model import Account, Credentials, Grant
from runtime.operations import batch, bounds, files, lists, worked_out
from runtime.operations.absent import name_absent
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.tool_names import tool_hint
from runtime.safety import masked_updates, masking, write_answers
from runtime.safety.once import KeyedCall, Once, fresh_key
from runtime.stores.hot import HotState
from runtime.upstream import answer as answers
from runtime.upstream.behaviours import BEHAVIOURS
from runtime.upstream.client import VendorClient, VendorResponse
from runtime.upstream.files import NO_FILES, CarriedFiles, OutgoingFile
from runtime.upstream.limits import Limits, measure, refused
from runtime.upstream.request import body_of, build, record

NO_LIMITS = Limits((), (), ())
LARGEST_TEXT = 65_536
"""Bytes of a text that is no object, where the budget is smaller."""
DONE = '{"done":true}'
"""What a success without a word is told as."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that a tool answered, such as the PDF of an invoice."""

    name: str
    media_type: str
    content: bytes


class Answer(NamedTuple):
    """What a call came to.

    `text` is JSON for a record or a list. `status` is the vendor's own HTTP status (0 when nothing was sent).
    """

    text: str = ""
    status: int = 200
    error: LedgerportError | None = None
    file: File | None = None
    limits: Limits = NO_LIMITS
    note: str = ""
    """What the caller should know about a record that was written, in sentences."""


class Tokens(Protocol):
    """Where fresh credentials come from."""

    async def fresh(self, account: Account) -> Credentials:
        """Credentials that are good now; refreshed when they are about to end."""

    async def invalidate(self, account: Account, access_token: str) -> None:
        """Note that the vendor refused this access token."""


@dataclass(slots=True)
class Job:
    """One call on its way."""

    tool: Tool
    integration: Integration
    account: Account
    arguments: dict[str, Any]
    budget: int
    once_key: str = ""
    """The idempotency key for the vendor."""
    caller: str = ""
    given_key: str = ""
    """The idempotency key of the caller, checked; empty when there is none."""
    body: bytes | None = None
    """The body, where it is not made from the arguments of one tool."""
    file: OutgoingFile | None = None
    changes_data: bool = True
    is_masked: bool = True
    """Whether what is sensitive in the answer is hidden."""
    cover: masking.Cover | None = None
    """What is hidden in the answer."""
    is_blind: bool = False
    """Whether it writes a record that the caller may not read."""
    secrets: list[str] = field(default_factory=list)
    """Stored values that the caller is not shown, where they were sent on its behalf."""
    limits: Limits = NO_LIMITS
    status: int = 0
    response: VendorResponse | None = None


class Calls:
    """Calls tools for grants. One for the process."""

    def __init__(
        self,
        *,
        catalog: Callable[[], Catalog],
        client: VendorClient,
        tokens: Tokens,
        hot: HotState,
        base_url: Callable[[Integration, Account], str],
        max_answer_bytes: int,
        once: Once | None = None,
        app_secrets: Callable[[Integration], tuple[str, ...]] = lambda integration: (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog = catalog
        self._client = client
        self._tokens = tokens
        self._hot = hot
        self._base_url = base_url
        self._max_answer_bytes = max_answer_bytes
        self._once = once
        self._app_secrets = app_secrets
        self._clock = clock
        self._checker = ArgumentChecker()

    async def call(
        self,
        grant: Grant,
        tools: Mapping[str, Tool],
        name: str,
        arguments: dict[str, Any],
        *,
        idempotency_key: str = "",
        carried: CarriedFiles = NO_FILES,
    ) -> Answer:
        """Call one of the tools that the grant lets through. Every error comes back inside the answer.

        `idempotency_key` is one that `once.read_key` has read, or empty.
        `carried` are files that came beside the arguments, each under the digest that stands in its place there.
        """
        tool = tools.get(name)
        if tool is None:
            return Answer(status=0, error=_no_tool(name, tools))
        integration = self._catalog().integrations[grant.account.integration]
        budget = grant.config.max_answer_bytes or self._max_answer_bytes
        job = Job(tool, integration, grant.account, arguments, budget, changes_data=not tool.is_read_only)
        if not tool.is_read_only:
            job.once_key, job.caller, job.given_key = fresh_key(), grant.caller, idempotency_key
        job.is_masked = not grant.config.show_sensitive
        job.cover = masking.cover_of(tool, tools, is_masked=job.is_masked)
        job.is_blind = not tool.is_read_only and write_answers.is_blind(tool, tools)
        try:
            job.arguments = await self._checked(job, arguments, carried)
            answer = await self._done(job, tools)
            return self._with_note(job, arguments, answer)
        except LedgerportError as error:
            masked_updates.redacted(error, job.secrets)
            if job.limits is NO_LIMITS:
                job.limits = await self._limits(job.account, job.integration, is_call=False)
            return Answer(status=job.status, error=_in_words(job, error, tools), limits=job.limits)

    def _with_note(self, job: Job, given: Mapping[str, Any], answer: Answer) -> Answer:
        dropped = worked_out.dropped_from(job.tool, given)
        note = worked_out.note_on(dropped, answer.text, job.integration.title) if dropped else ""
        return answer._replace(note=note) if note else answer

    async def limits(self, grant: Grant) -> Limits:
        """How the company stands with its vendor's limits; nothing is counted."""
        integration = self._catalog().integrations[grant.account.integration]
        return await self._limits(grant.account, integration, is_call=False)

    async def _checked(self, job: Job, arguments: dict[str, Any], carried: CarriedFiles) -> dict[str, Any]:
        """The arguments that are sent; a file among them goes into the job. Raises InvalidArguments."""
        if job.tool.file_part is None:
            return self._checker.checked(job.tool, arguments, job.integration.meant)
        taken = await files.set_apart(job.tool, arguments, carried)
        checked = self._checker.checked(job.tool, taken.arguments, job.integration.meant)
        checked, job.file = await files.checked(
            job.tool, job.integration, files.SetApart(checked, taken.file)
        )
        return checked

    async def _done(self, job: Job, tools: Mapping[str, Tool]) -> Answer:
        """The answer of a call. An answer of the vendor that cannot be passed on is an error of its own kind."""
        try:
            if job.tool.returns.kind == "batch":
                return await self._batch(job, tools)
            if job.tool.current is not None:
                content = await self._completed(job, job.tool, job.arguments)
                job.body = body_of(job.tool, content) if content else None
            return await self._single(job)
        except (answers.UnexpectedShape, RecursionError) as other_shape:
            if job.response is None:
                raise
            raise self._unreadable(job, job.response, other_shape) from other_shape

    async def _single(self, job: Job) -> Answer:
        returns = job.tool.returns
        if returns.kind == "records" and job.tool.listing is not None:
            asked = lists.page_request(job.tool, job.integration, job.arguments)
            response, value = await self._read(job, asked.values)
            link = answers.field_of(response, "link")
            known = self._catalog().tools
            text = lists.page_answer(
                job.tool, job.integration, job.arguments, asked, value, job.budget, link, known
            )
            return Answer(text, job.status, limits=job.limits)
        if returns.kind == "record" and not job.is_blind:
            response = await self._answered(job, {})
            if job.cover is None or not masking.may_hide(job.cover, response.body):
                cut = answers.record_text(response, returns.path, job.integration.errors)
                text = cut or self._record(job, self._value(job, response))
            else:
                value = masking.covered(job.cover, response.body, self._value(job, response))
                text = self._record(job, value)
            return Answer(text, job.status, limits=job.limits)
        response, value = await self._read(job, {})
        if returns.kind == "file":
            file = File(self._file_name(job), returns.media_type, response.body)
            return Answer("", job.status, file=file, limits=job.limits)
        if returns.kind == "behaviour":
            try:
                shape = BEHAVIOURS[returns.behaviour](value)
            except (AttributeError, KeyError, TypeError) as other_shape:
                raise answers.UnexpectedShape from other_shape
            text = lists.rows_answer(job.tool, job.arguments, shape, job.budget)
        elif returns.kind == "nothing":
            text = DONE
        elif returns.kind == "text":
            text = self._text(job, response)
        else:
            text = self._record(job, value)
        return Answer(text, job.status, limits=job.limits)

    def _text(self, job: Job, response: VendorResponse) -> str:
        """A body that is no object, as JSON. Raises AnswerTooLarge: it is a link or a number, and not cut."""
        if len(response.body) > max(job.budget, LARGEST_TEXT):
            raise AnswerTooLarge(
                f"{job.integration.title} answered a text of {len(response.body):,} bytes; at most "
                f"{max(job.budget, LARGEST_TEXT):,} can be passed on.",
                advice="Look at it at the vendor.",
            )
        text = response.body.decode("utf-8", "replace").strip()
        return orjson.dumps({job.tool.returns.path[0]: text}).decode()

    def _record(self, job: Job, value: Any) -> str:
        if value is None:
            return DONE
        found = answers.at(value, job.tool.returns.path)
        shown = value if found is None else found
        if job.is_blind:
            sent = record(job.tool, job.arguments)
            shown = write_answers.acknowledged(shown, sent, job.integration.acknowledged)
        return bounds.written(shown).decode()

    async def _completed(self, job: Job, tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        """A change with what is stored in place of what the caller is not shown; None when it can go as it is."""
        content = record(tool, arguments)
        if not job.is_masked:
            masking.refuse_masked(tool, content)
        elif tool.current is not None and masked_updates.needs_current(tool, content):
            stored = await self._stored(job, tool.current, arguments)
            completed = masked_updates.complete(tool, content, stored, job.integration.identifier)
            job.secrets += completed.secrets
            return completed.content
        return None

    async def _stored(self, job: Job, get: Tool, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """A record as it is stored, what is sensitive included: never to be answered."""
        own = {name: value for name, value in arguments.items() if name in get.input_schema["properties"]}
        reading = replace(job, tool=get, arguments=own, once_key="", body=None, changes_data=False)
        try:
            response, value = await self._exchange(reading, {})
            found = answers.at(value, get.returns.path)
            if not isinstance(found, Mapping):
                raise self._unreadable(reading, response)
        finally:
            job.limits, job.status = reading.limits, reading.status
        return found

    async def _batch(self, job: Job, tools: Mapping[str, Tool]) -> Answer:
        items = batch.items_of(job.arguments, tools, job.integration, self._checker)
        items = [
            replace(item, content=await self._completed(job, item.tool, item.arguments))
            if item.tool.current is not None
            else item
            for item in items
        ]
        job.body, job.changes_data = batch.body_of(items, job.integration), batch.changes_data(items)
        response, value = await self._read(job, {})
        results = batch.told(items, job.integration, response, value, job.budget, job.secrets, tools)
        return Answer(bounds.written({"results": results}).decode(), job.status, limits=job.limits)

    async def _read(self, job: Job, words: Mapping[str, str]) -> tuple[VendorResponse, Any]:
        """The same for whoever is to see the answer: what is sensitive in it is masked. Never to be sent on."""
        response, value = await self._exchange(job, words)
        return response, masking.covered(job.cover, response.body, value)

    async def _exchange(self, job: Job, words: Mapping[str, str]) -> tuple[VendorResponse, Any]:
        """Send the request and read the answer. Raises the error that the answer is."""
        response = await self._answered(job, words)
        if job.tool.returns.kind in ("file", "text") and response.status < 300:
            return response, None
        return response, self._value(job, response)

    async def _answered(self, job: Job, words: Mapping[str, str]) -> VendorResponse:
        """What the vendor answers, whatever it is; a write with a key of its caller is sent under that."""
        if not job.given_key or not job.changes_data:
            return await self._renewed(job, words)
        if self._once is None:
            raise StorageUnavailable(
                "Idempotency keys cannot be stored here. Nothing was sent.",
                reason="There is no store for them.",
            )
        is_recognized = bool(job.integration.once_query or job.integration.once_header)
        call = KeyedCall(
            job.account.id, job.caller, job.given_key, job.tool.name, job.arguments, is_recognized
        )

        async def send(vendor_key: str) -> VendorResponse:
            job.once_key = vendor_key
            return await self._renewed(job, words)

        return await self._once.send(call, send)

    async def _renewed(self, job: Job, words: Mapping[str, str]) -> VendorResponse:
        """What the vendor answers, with the access token renewed once when it no longer takes it.

        A write may be sent again then: the vendor refused it before it looked at what it says.
        """
        credentials = await self._tokens.fresh(job.account)
        response = await self._send(job, words, credentials)
        if response.status == 401 and credentials.refresh_token:
            await self._tokens.invalidate(job.account, credentials.access_token)
            credentials = await self._tokens.fresh(job.account)
            response = await self._send(job, words, credentials)
        return response

    def _value(self, job: Job, response: VendorResponse) -> Any:
        """The answer as a value. Raises the error that it is, or that it is no answer to this call."""
        try:
            value = answers.value_of(response)
        except ValueError as unreadable:
            raise self._unreadable(job, response) from unreadable
        failure = answers.error_in(response, value, job.integration, changes_data=job.changes_data)
        if failure is not None:
            raise self._noted(job, failure)
        returns, changes_data = job.tool.returns, job.changes_data
        is_open = returns.kind in ("nothing", "batch")
        if not is_open and not answers.is_told(response, value, returns, changes_data=changes_data):
            raise self._unreadable(job, response)
        return value

    def _unreadable(
        self, job: Job, response: VendorResponse, cause: Exception | None = None
    ) -> LedgerportError:
        error = answers.unreadable(job.integration, response, changes_data=job.changes_data, cause=cause)
        return self._noted(job, error)

    async def _send(self, job: Job, words: Mapping[str, str], credentials: Credentials) -> VendorResponse:
        authorization = authorization_headers(job.integration, job.account, credentials)
        request = build(
            job.tool,
            job.integration,
            self._base_url(job.integration, job.account),
            {**job.account.fields, **job.arguments, **words},
            job.arguments,
            authorization=authorization,
            once_key=job.once_key,
            body=job.body,
            file=job.file,
            changes_data=job.changes_data,
        )
        job.limits = await self._limits(job.account, job.integration, is_call=True)
        response = await self._client.send(request, job.account.id)
        secrets = echoes_of(*secrets_of(credentials, authorization), *self._app_secrets(job.integration))
        response = VendorResponse(response.status, *secrets.without(response.headers, response.body))
        job.status, job.response = response.status, response
        return response

    async def _limits(self, account: Account, integration: Integration, *, is_call: bool) -> Limits:
        windows = integration.rate_limit.windows
        company = f"{account.integration}/{account.environment}/{account.company or account.id}"
        count = self._hot.count if is_call else self._hot.peek
        return measure(windows, await count(company, windows, self._clock()))

    def _noted(self, job: Job, error: LedgerportError) -> LedgerportError:
        if isinstance(error, RateLimited):
            job.limits = refused(job.limits, error.retry_after, is_told=error.is_told)
        return error

    def _file_name(self, job: Job) -> str:
        name = job.tool.returns.file_name or f"{job.tool.resource}-{{id}}"
        for argument, value in job.arguments.items():
            name = name.replace(f"{{{argument}}}", str(value))
        return "".join(each if each.isalnum() or each in "-_." else "-" for each in name)[:120]


def _no_tool(name: str, tools: Mapping[str, Tool]) -> NotFound:
    message = f'There is no tool "{without_secrets(name)[:80]}" here.{tool_hint(name, tools)}'
    return NotFound(message, advice="List the tools to see their names.")


def _in_words(job: Job, error: LedgerportError, tools: Mapping[str, Tool]) -> LedgerportError:
    """The error as the caller should read it: a rate limit says how long to wait, an absent record how to find it."""
    if isinstance(error, VendorRefused):
        return name_absent(error, job.tool, job.integration, job.arguments, tools)
    if not isinstance(error, RateLimited) or not job.limits.windows or not job.limits.refused_by_vendor:
        return error
    at = job.limits.closest()
    window, wait = job.limits.windows[at], job.limits.retry_after or error.retry_after
    return RateLimited(
        f"{job.integration.title} rate limit reached (429). {job.limits.remaining[at]} of {window.limit} requests "
        f"left in {_seconds(window.seconds)}, resets in {wait} s.",
        advice=f"Wait {_seconds(wait)}, then retry the same call.",
        retry_after=wait,
        is_told=error.is_told,
        trace=error.trace,
    )


def _seconds(count: int) -> str:
    return "1 second" if count == 1 else f"{count} seconds"
