"""The policies of an MCP server over the writes of one call: read what stands, judge, count, and release.

Called by `calls`, when a request is prepared and before it is sent. `safety.policies` judges one write; here is what
needs the vendor (the record as it stands, the closing date) and the store (what was written before).
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import uuid4

from generator.catalog import Reference, Tool
from runtime.errors import (
    Busy,
    Conflict,
    Forbidden,
    InvalidRequest,
    LedgerportError,
    NeedsReauth,
    RateLimited,
    StorageUnavailable,
    Unchanged,
    VendorRefused,
    VendorUnavailable,
)
from runtime.exchange.context import CallContext, Request
from runtime.exchange.days import add_days
from runtime.model import CLOSING_DATE, NO_POLICIES, Clock, McpServerId, Policies
from runtime.operations.approvals.rules import Measured
from runtime.operations.home_amounts import CompanySettings, HomeAmounts
from runtime.operations.stored_values import find_current, read_stored
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety.policies import (
    MAKES,
    NOTHING,
    Violation,
    Write,
    find_violations,
    measure_amount,
    needs_current,
    refuse,
)
from runtime.safety.policy_limits import Used, find_exceeded
from runtime.stores.policy_use import Limits, Reservation, Use
from runtime.upstream.request import record

UNITS = 1_000_000
"""Parts of one unit of currency in which amounts are counted: finer than any currency."""
NOT_DONE = (
    RateLimited,
    Unchanged,
    InvalidRequest,
    Forbidden,
    Conflict,
    NeedsReauth,
    Busy,
    StorageUnavailable,
)
"""Errors after which nothing has changed at the vendor for certain."""
_EVERY_AMOUNT = Policies(max_amount=Decimal(0))
"""Has the amount of a write found."""
T = TypeVar("T")


class PolicyStore(Protocol):
    """Where is counted what was written. A change is made through `write`; each raises StorageUnavailable."""

    async def write(self, work: Callable[[], T]) -> T:
        """Return the result of a change, made in the thread that writes."""
        ...

    def reserve_use(
        self, server_id: McpServerId, uses: Sequence[Use], limits: Limits, now: float
    ) -> Reservation:
        """Count writes, all or none, where the limits allow them."""
        ...

    def release_use(self, refs: Sequence[str]) -> None:
        """Count writes no longer: nothing was done."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """The writes of one call that are counted: each with its name, where this call was the first to count it."""

    refs: tuple[tuple[CallContext, str], ...] = ()


class _Judged(NamedTuple):
    """A write with what to call it, empty for one that is alone, and its amount."""

    change: CallContext
    at: str
    amount: Decimal


class WritePolicies:
    """Holds the writes of calls to the policies of their MCP servers. One for the process."""

    def __init__(
        self, vendor: VendorCalls, store: PolicyStore | None = None, *, clock: Clock = time.time
    ) -> None:
        self._vendor, self._store, self._clock = vendor, store, clock
        self._settings = CompanySettings(vendor, clock)
        self._home = HomeAmounts(vendor, self._settings, clock)

    async def reserve(self, call: CallContext, request: Request) -> Held:
        """Let the writes of a call through, and count them. Raises PolicyRefused; nothing was sent then.

        Raises whatever reading a record or the closing date fails with, and StorageUnavailable.
        """
        policies = get_policies(call)
        if policies == NO_POLICIES or not request.changes:
            return Held()
        return await self._count(policies, call, await self._judge(policies, call, request))

    @contextlib.asynccontextmanager
    async def hold(self, call: CallContext, request: Request) -> AsyncIterator[None]:
        """Count the writes of a call while they are sent, and release those that the vendor refused.

        Raises what `reserve` raises; nothing was sent then.
        """
        held = await self.reserve(call, request)
        try:
            yield
        except LedgerportError as error:
            await self.release_refused(held, error)
            raise
        await self.release_refused(held)

    async def check(self, call: CallContext, request: Request) -> None:
        """Raise PolicyRefused for a write that is not let through, and count nothing: it will not be sent."""
        policies = get_policies(call)
        if policies != NO_POLICIES:
            await self._judge(policies, call, request)

    async def measure(self, call: CallContext, change: CallContext) -> Measured:
        """Return the amount of a write in the home currency, whatever the policies of its MCP server are."""
        write = await self._describe(_EVERY_AMOUNT, call, change)
        facts = change.integration.policy_facts
        if change.tool.resource in facts.unexamined and change.tool.risk in MAKES:
            return Measured(unknown="It writes a record that holds another one, which is not looked into.")
        try:
            return Measured(measure_amount(write))
        except ValueError as unknown:
            return Measured(unknown=str(unknown))

    async def _judge(self, policies: Policies, call: CallContext, request: Request) -> list[_Judged]:
        """Return the writes of a call with their amounts. Raises PolicyRefused with all that is in their way."""
        first_day = await self._first_day(policies, call)
        judged, violations = [], []
        for at, change in _named(call, request.changes):
            if change.tool.is_read_only:
                continue
            write = await self._describe(policies, call, change)
            found = list(find_violations(policies, write, first_day, call.today().isoformat()))
            violations += [(at, each) for each in found]
            if not found:
                judged.append(_Judged(change, at, measure_amount(write) or Decimal(0)))
        refuse(violations)
        return judged

    async def release_refused(self, held: Held, error: LedgerportError | None = None) -> None:
        """Release what was counted for nothing: the vendor refused the call, or some of the calls in it."""
        refs = [ref for change, ref in held.refs if change.is_refused or _is_not_done(error)]
        if refs and (store := self._store) is not None:
            with contextlib.suppress(StorageUnavailable):  # what stays counted allows less, never more
                await store.write(lambda: store.release_use(refs))

    async def _describe(self, policies: Policies, call: CallContext, change: CallContext) -> Write:
        """Return a write with the record that it changes, where a policy looks at that."""
        content = record(change.tool, change.arguments) if change.content is None else change.content
        get = find_current(change.tool, call.known) if needs_current(policies) else None
        before: Mapping[str, Any] = NOTHING
        if change.before is not None:
            before = change.before
        elif get is not None:
            before = await read_stored(self._vendor, call, change, get)
        references = tuple(_references(change.tool, call.known))
        write = Write(change.tool, change.integration, content, references, before)
        if policies.max_amount is None and policies.max_amount_per_day is None:
            return write
        return replace(write, rate=await self._home.find_rate(call, write))

    async def _count(self, policies: Policies, call: CallContext, judged: list[_Judged]) -> Held:
        """Count writes before they are sent. Raises PolicyRefused when they exceed what may be written."""
        limits = Limits(_in_units(policies.max_amount_per_day or Decimal(0)), policies.max_writes_per_hour)
        if not any(limits) or not judged:
            return Held()
        store, server_id = self._store, call.grant.server_id if call.grant else None
        if store is None or server_id is None:
            raise StorageUnavailable(
                "What was written cannot be counted here. Nothing was sent.",
                reason="There is no store for it.",
            )
        uses = [Use(_ref(call, at), _in_units(each.amount)) for at, each in enumerate(judged)]
        now = self._clock()
        made = await store.write(lambda: store.reserve_use(server_id, uses, limits, now))
        if not made.is_made:
            refuse(("", each) for each in _exceeded(policies, made, judged))
        counted = {use.ref: each.change for use, each in zip(uses, judged, strict=True)}
        return Held(tuple((counted[ref], ref) for ref in made.refs))

    async def _first_day(self, policies: Policies, call: CallContext) -> str:
        """Return the first day that may be written to; empty for any."""
        if policies.not_before != CLOSING_DATE:
            return policies.not_before
        fact = call.integration.policy_facts.closing_date
        closed = await self._settings.read(call, fact) if fact else None
        try:
            return str(add_days(date.fromisoformat(closed), 1)) if closed else ""
        except (TypeError, ValueError) as cause:
            raise VendorUnavailable(
                f"The closing date of the books cannot be read: {str(closed)[:40]}. Nothing was sent.",
                advice="Try again later, or have config.policies.not_before set to a date.",
            ) from cause


def get_policies(call: CallContext) -> Policies:
    """Return the policies that a call is held to."""
    return call.grant.config.policies if call.grant else NO_POLICIES


def _named(call: CallContext, changes: Sequence[CallContext]) -> Iterator[tuple[str, CallContext]]:
    """Yield each write with what to call it in an error: nothing for a call that is one write."""
    for at, change in enumerate(changes):
        yield ("" if change is call else f"write {at + 1} ({change.tool.name})"), change


def _references(tool: Tool, known: Any) -> Iterator[Reference]:
    """Yield where records of a tool's resource refer to others, with the vendor's names of fields."""
    for each in known:
        if each.integration == tool.integration and each.resource == tool.resource and not each.is_read_only:
            fields = dict(each.call.body_arguments)
            for reference in each.references:
                yield replace(
                    reference, path=(fields.get(reference.path[0], reference.path[0]), *reference.path[1:])
                )


def _exceeded(policies: Policies, made: Reservation, judged: list[_Judged]) -> Iterator[Violation]:
    used = Used(Decimal(made.amount) / UNITS, made.writes, made.hour_until, made.day_until)
    together = sum((each.amount for each in judged), Decimal(0))
    yield from find_exceeded(policies, used, together, len(judged))


def _in_units(amount: Decimal) -> int:
    return int((amount * UNITS).to_integral_value(ROUND_CEILING))


def _ref(call: CallContext, at: int) -> str:
    """Return the name of a write: the same one for a repeat under the idempotency key of its caller."""
    if not call.caller_key:
        return uuid4().hex
    text = "\n".join((call.account.id, call.caller, call.caller_key, str(at)))
    return hashlib.sha256(text.encode()).hexdigest()


def _is_not_done(error: LedgerportError | None) -> bool:
    """Return whether an error says for certain that nothing was done."""
    if isinstance(error, VendorRefused):
        return 400 <= error.status < 500 and error.status != 408 and error.code != "unavailable"
    return isinstance(error, NOT_DONE)
