"""Makes the proposal of a write that waits: what it says, what it does to the books, and what it looks like.

Called by `staging`. Nothing is sent to the vendor but reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from runtime.deployment import Deployment
from runtime.exchange.context import CallContext
from runtime.operations.approvals import rules
from runtime.operations.approvals.bookings import list_changes_of
from runtime.operations.approvals.comparing import (
    Record,
    find_after,
    list_fields,
    name_version_argument,
    read_plain,
)
from runtime.operations.approvals.effects import find_currency, list_effects
from runtime.operations.approvals.proposals import Effect, Proposal
from runtime.operations.approvals.referenced import Referenced, References, State
from runtime.operations.approvals.rules import Reason
from runtime.operations.approvals.similar import SimilarRecords
from runtime.operations.approvals.wording import Words, describe_change
from runtime.operations.duplicates import Duplicates
from runtime.operations.formats import USUAL_CURRENCY, Formats
from runtime.operations.known_records import KnownRecords
from runtime.operations.lookups import Lookups
from runtime.operations.stored_values import find_current, read_stored
from runtime.operations.value_texts import make_writer
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety.findings import list_warnings


class Proposing:
    """Makes proposals. One for the process."""

    def __init__(self, deployment: Deployment, vendor: VendorCalls, known: KnownRecords) -> None:
        self._deployment, self._vendor = deployment, vendor
        lookups = Lookups(vendor, known)
        self._references = References(lookups)
        self._similar = SimilarRecords(deployment, Duplicates(vendor, lookups))

    async def draft(
        self, call: CallContext, changes: Sequence[CallContext], reasons: Sequence[list[Reason]]
    ) -> list[Proposal]:
        """Return the proposals of the changes of a call, each of which waits for some reasons."""
        states = []
        for change in changes:
            before = await self.read_before(call, change)
            after = find_after(change, before)
            moved = list_changes_of(change.tool, change.integration, before, after)
            states.append(State(change, before, after, moved))
        referenced = await self._references.look_up(call, states)
        pairs = zip(states, reasons, strict=True)
        return [await self._propose(call, state, referenced, of) for state, of in pairs]

    async def read_before(self, call: CallContext, change: CallContext) -> Record | None:
        """Return the record that a change is about as it is stored now; None for a new one."""
        known = change.before or change.deleted
        if known is None and (get := find_current(change.tool, call.known)) is not None:
            known = await read_stored(self._vendor, call, change, get)
        return None if known is None else read_plain(known)

    async def _propose(
        self, call: CallContext, state: State, referenced: Referenced, reasons: list[Reason]
    ) -> Proposal:
        change, tool = state.change, state.change.tool
        home = referenced.home_currency
        formats = Formats(home or USUAL_CURRENCY)
        named = state._replace(after=referenced.put_names(state))
        words = Words(make_writer(formats), find_currency(state, referenced) or home, formats)
        worded = describe_change(self._deployment.catalog(), referenced, named, words)
        similar = await self._similar.find(call, named, worded, formats)
        effects = list_effects(state, referenced, call.today(), formats)
        version, required = name_version_argument(change), tool.input_schema.get("required", ())
        arguments = {
            name: value for name, value in change.arguments.items() if name != version or version in required
        }
        called, own_call = tool.name, call.grant.own_call if call.grant is not None else None
        if own_call is not None:
            called, arguments = own_call.name, dict(own_call.arguments)
        return Proposal(
            called=called,
            arguments=arguments,
            says=worded.says,
            action=worded.action,
            kind=worded.kind,
            number=worded.number,
            party=worded.party,
            amount=worded.amount,
            currency=worded.currency,
            changed=worded.changed,
            why=call.grant.why if call.grant is not None else "",
            rules=tuple(dict.fromkeys(each.text for each in reasons)),
            approvers=rules.find_approvers(reasons),
            before=state.before,
            after=named.after,
            fields=list_fields(change, state.before, state.after),
            warnings=tuple(list_warnings(change.findings)),
            resolved=tuple(change.resolved),
            acknowledged=_acknowledge(state) if change.is_blind else "",
            effects=_mark_readable(call, effects),
            similar=similar,
        )


def _acknowledge(state: State) -> str:
    """Return a write in the words of its tool and its Id: nothing of what is stored."""
    tool = state.change.tool
    record_id = (state.before or {}).get(tool.identifier or state.change.integration.identifier)
    return f"{tool.title} {record_id}" if record_id else tool.title


def _mark_readable(call: CallContext, effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """Return effects, marked where who asks may not read the record that is moved."""
    readable = {each.resource for each in call.tools.values() if each.is_read_only}
    return tuple(
        each if not each.resource or each.resource in readable else replace(each, is_readable=False)
        for each in effects
    )
