"""The steps of a write before it is sent, and what is done when the vendor says that its version is not current.

Called by `calls`, between preparing a request and reading its response. A request may have several writes in it, as a
batch has: each goes through every step by itself. Nothing is sent before all of them have passed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from runtime.errors import InvalidArguments, LedgerportError, VendorRefused
from runtime.exchange.batch import find_answers
from runtime.exchange.context import CallContext, Request
from runtime.exchange.failures import FIRST_FAILURE, read_value
from runtime.operations.checks import refuse_read_only
from runtime.operations.clients import UNMAPPED, ClientNames, Clients
from runtime.operations.deletions import read_before_deleting
from runtime.operations.duplicates import Duplicates, refuse_twins
from runtime.operations.guarded_updates import GuardedUpdates
from runtime.operations.known_records import KnownRecords
from runtime.operations.lookups import Lookups
from runtime.operations.name_resolution import NameResolution
from runtime.operations.preflight import Preflight, refuse_errors
from runtime.operations.stored_values import complete
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety.company import refuse_other_company
from runtime.safety.once import make_key
from runtime.safety.updates import is_laid_over
from runtime.safety.write_options import read_options
from runtime.upstream import answer as answers
from runtime.upstream.client import VendorResponse


class Writes:
    """Prepares and sends writes. One for the process."""

    def __init__(self, vendor: VendorCalls, known: KnownRecords, clients: Clients = UNMAPPED) -> None:
        self._vendor = vendor
        self._known = known
        self._updates = GuardedUpdates(vendor, known)
        lookups = Lookups(vendor, known)
        self._duplicates = Duplicates(vendor, lookups)
        self._names = NameResolution(lookups)
        self.clients = ClientNames(clients, lookups)
        self._preflight = Preflight(lookups)

    async def resolve_names(self, call: CallContext) -> None:
        """Put Ids in the place of names in the arguments of a call. Raises InvalidArguments for what has no Id."""
        await self.clients.resolve(call)
        if call.tool.references:
            await self._names.resolve(call, (call,))

    async def prepare(self, call: CallContext, request: Request) -> None:
        """Check each write of a request, and complete what it sends. Raises what stands in its way.

        What is found in the records is reported in one error; a dry run has it in its answer.
        """
        refuse_read_only(call)
        call.options, call.writes = read_options(call.tool, call.arguments), request.writes
        if request.changes_data is not None:
            call.changes_data = request.changes_data
        for each in (call, *request.changes):
            refuse_other_company(each.account, each.tool, each.arguments)
        await self._names.resolve(call, [each for each in request.changes if each is not call])
        for change in request.changes:
            change.options = read_options(change.tool, change.arguments)
            await read_before_deleting(self._vendor, call, change)
            if change.is_final:
                continue
            if is_laid_over(change.tool, change.arguments):
                await self._updates.prepare(call, change)
            else:
                await complete(self._vendor, call, change)
        twins, _ = await asyncio.gather(
            self._duplicates.find(call, request.changes), self._preflight.check(call, request.changes)
        )
        await self._refuse_errors(call, request)
        refuse_twins(call, twins)

    async def send(self, call: CallContext, request: Request) -> VendorResponse:
        """Return the vendor's response; an update that came too late is merged and sent once more where that is safe.

        Raises Conflict where it is not.
        """
        response = await self._send(call, request)
        if response.status < FIRST_FAILURE:
            await self._explain_conflicts(call, request, response)
        if call.before is None or call.is_final or response.status < FIRST_FAILURE:
            return response
        if not _is_stale(call, response):
            return response
        current = await self._updates.read_stored(call, call)
        call.attempt += 1
        if await self._vendor.is_repeat(call):
            self._updates.lay_again(call, current)
        else:
            self._updates.resolve_conflict(call, current)
            await self._preflight.check(call, request.changes)
            refuse_errors(call, request.changes)
        call.vendor_key = make_key(call.integration.idempotency_max_length)
        return await self._send(call, request)

    async def _send(self, call: CallContext, request: Request) -> VendorResponse:
        """Send a write, and forget what it may change: what others read meanwhile may be what was there before it."""
        if not call.changes_data:
            return await self._vendor.send(call, request)
        try:
            self._known.forget(call, request.changes)
            response = await self._vendor.send(call, request)
            self._known.note_written(call, response)
        finally:
            self._known.forget(call, request.changes)
        return response

    async def _explain_conflicts(self, call: CallContext, request: Request, response: VendorResponse) -> None:
        """Find out what changed since, for each call in a request whose version the vendor refused.

        One whose record cannot be read has the vendor's own error.
        """
        found: Mapping[str, Any] | None = None
        for change, id_ in request.writes:
            if change.before is None or change.is_final:
                continue
            found = _read_answers(call, response) if found is None else found
            if not _is_refused_as_stale(change, response, found.get(id_)):
                continue
            with contextlib.suppress(LedgerportError):
                current = await self._updates.read_stored(call, change)
                change.conflict = self._updates.explain_conflict(change, current)

    async def _refuse_errors(self, call: CallContext, request: Request) -> None:
        """Raise InvalidArguments for what was found, unless the call is dry or a repeat.

        What a call has done makes an error of its repeat: a line that it removed is not there.
        """
        if call.options.dry_run:
            return
        try:
            refuse_errors(call, request.changes)
        except InvalidArguments:
            if not await self._vendor.is_repeat(call):
                raise


def _read_answers(call: CallContext, response: VendorResponse) -> Mapping[str, Any]:
    """Return what the vendor says of each call in a request with several; nothing where that cannot be read."""
    try:
        return find_answers(call.integration.batch, answers.read_value(response))
    except ValueError:
        return {}


def _is_refused_as_stale(change: CallContext, response: VendorResponse, value: Any) -> bool:
    error = answers.find_error(response, value, change.integration, changes_data=True)
    return isinstance(error, VendorRefused) and error.vendor_code in change.integration.updates.stale_codes


def _is_stale(call: CallContext, response: VendorResponse) -> bool:
    """Return whether the vendor refused a write because the version that it names is not current."""
    try:
        read_value(call, response)
    except VendorRefused as error:
        return error.vendor_code in call.integration.updates.stale_codes
    except LedgerportError:
        return False
    return False
