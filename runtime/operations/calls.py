"""Calling a tool: the one way in for every door. Checks, sends, reads the answer, bounds it, counts it.

A door turns an `Answer` into its own words: the MCP door into a tool result, the REST door into a status and body.
Nothing is retried and nothing held back: a refusal by the vendor is passed on with the seconds to wait. Only an
access token that the vendor no longer takes is renewed once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from generator.catalog import Catalog, Tool
from generator.names import find_tool
from generator.vendor import Integration
from runtime.connect.echoes import echoes_of, secrets_of
from runtime.connect.headers import authorization_headers
from runtime.errors import LedgerportError, NotFound, RateLimited, StorageUnavailable, VendorRefused
from runtime.logs import without_secrets
from runtime.model import Account, Credentials, Grant
from runtime.operations import batch, batch_answers, files, form_rules, lists, reading
from runtime.operations.absent import name_absent
from runtime.operations.allowance import LEAST, PLAIN, Form
from runtime.operations.answered import NO_LIMITS, Answer
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.job import Job
from runtime.operations.structure import structural_problem
from runtime.operations.tool_names import tool_hint
from runtime.safety import masked_updates, masking, write_answers
from runtime.safety.once import KeyedCall, Once, fresh_key
from runtime.stores.hot import HotState
from runtime.upstream import answer as answers
from runtime.upstream.client import VendorClient, VendorResponse
from runtime.upstream.files import NO_FILES, CarriedFiles
from runtime.upstream.limits import Limits, measure
from runtime.upstream.request import body_of, build, record

MANY_VALUES = 1_000
"""Values in arguments. Checking so many takes 1.5 ms of processor time, as measured with the lines of an invoice."""
LONG_TEXT = 20_000
"""Characters of an argument that may be JSON text, which is read and checked."""
Made = TypeVar("Made")


class Tokens(Protocol):
    """Where fresh credentials come from."""

    async def fresh(self, account: Account) -> Credentials:
        """Credentials that are good now; refreshed when they are about to end."""

    async def invalidate(self, account: Account, access_token: str) -> None:
        """Note that the vendor refused this access token."""


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
        form: Form = PLAIN,
    ) -> Answer:
        """Call one of the tools that the grant lets through. Every error comes back inside the answer.

        `idempotency_key` is one that `once.read_key` has read, or empty. `form` says what the answer takes as the
        endpoint sends it: the whole of that is within the budget of the grant.
        `carried` are files that came beside the arguments, each under the digest that stands in its place there.
        """
        tool = find_tool(tools, name)
        if tool is None:
            return Answer(status=0, error=await asyncio.to_thread(_no_tool, name, tools))
        integration = self._catalog().integrations[grant.account.integration]
        budget = self.budget(grant)
        job = Job(tool, integration, grant.account, arguments, budget, changes_data=not tool.is_read_only)
        job.form, job.tools, job.given = form, tools, arguments
        if not tool.is_read_only:
            job.once_key, job.caller, job.given_key = fresh_key(), grant.caller, idempotency_key
        job.is_masked = not grant.config.show_sensitive
        job.cover = masking.cover_of(tool, tools, is_masked=job.is_masked)
        job.is_blind = not tool.is_read_only and write_answers.is_blind(tool, tools)
        try:
            job.arguments = await self._checked(job, arguments, carried)
            form_rules.refuse_wrong_sums(job.tool, job.integration, job.arguments)
            return await self._done(job, tools)
        except LedgerportError as error:
            masked_updates.redacted(error, job.secrets)
            if job.limits is NO_LIMITS:
                job.limits = await self._limits(job.account, job.integration, is_call=False)
            answer = Answer(status=job.status, error=_in_words(job, error, tools), limits=job.limits)
            return form.within(answer, budget)

    def budget(self, grant: Grant) -> int:
        """The bytes that the whole reply to a call of a grant may have."""
        return max(grant.config.max_answer_bytes or self._max_answer_bytes, LEAST)

    async def limits(self, grant: Grant) -> Limits:
        """How the company stands with its vendor's limits; nothing is counted."""
        integration = self._catalog().integrations[grant.account.integration]
        return await self._limits(grant.account, integration, is_call=False)

    async def _checked(self, job: Job, arguments: dict[str, Any], carried: CarriedFiles) -> dict[str, Any]:
        """The arguments that are sent; a file among them goes into the job. Raises InvalidArguments."""
        if job.tool.file_part is None:
            meant = job.integration.meant
            return await _in_thread_when_many(
                arguments, lambda: self._checker.checked(job.tool, arguments, meant)
            )
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
            raise reading.unreadable(job, job.response, other_shape) from other_shape

    async def _single(self, job: Job) -> Answer:
        is_list = job.tool.returns.kind == "records" and job.tool.listing is not None
        asked = lists.page_request(job.tool, job.integration, job.arguments) if is_list else None
        response = await self._answered(job, asked.values if asked else {})
        known = self._catalog().tools
        return await reading.in_thread_when_large(
            response, lambda: reading.answer_of(job, response, asked, known)
        )

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
        before = replace(job, tool=get, arguments=own, once_key="", body=None, changes_data=False)
        try:
            response = await self._answered(before, {})
            found = answers.at(reading.value_in(before, response), get.returns.path)
            if not isinstance(found, Mapping):
                raise reading.unreadable(before, response)
        finally:
            job.limits, job.status = before.limits, before.status
        return found

    async def _batch(self, job: Job, tools: Mapping[str, Tool]) -> Answer:
        items = await _in_thread_when_many(
            job.arguments, lambda: batch.items_of(job.arguments, tools, job.integration, self._checker)
        )
        items = [
            replace(item, content=await self._completed(job, item.tool, item.arguments))
            if item.tool.current is not None
            else item
            for item in items
        ]
        job.body, job.changes_data = batch.body_of(items, job.integration), batch.changes_data(items)
        response = await self._answered(job, {})
        return await reading.in_thread_when_large(
            response, lambda: job.answer(batch_answers.text_of(job, items, response))
        )

    async def _answered(self, job: Job, words: Mapping[str, str]) -> VendorResponse:
        """What the vendor answers, whatever it is; a write with a key of its caller is sent under that."""
        if not job.given_key or not job.changes_data:
            return await self._renewed(job, words)
        if self._once is None:
            raise StorageUnavailable(
                "Idempotency keys cannot be stored here. Nothing was sent.",
                reason="There is no store for them.",
            )
        is_recognized = bool(job.integration.idempotency_query_param or job.integration.idempotency_header)
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


async def _in_thread_when_many(arguments: Mapping[str, Any], work: Callable[[], Made]) -> Made:
    """The result of work on arguments, done in a thread when they hold many values or long texts."""
    is_long = any(isinstance(each, str) and len(each) > LONG_TEXT for each in arguments.values())
    if is_long or structural_problem(arguments, MANY_VALUES):
        return await asyncio.to_thread(work)
    return work()


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
