"""What the user of a client is asked in the middle of a call: to decide about a change on its page, or to confirm it.

Called by `methods`, before a call is made and after it. Nothing is remembered between the requests of a call: what was
asked travels in the sealed state (`request_states`), in the form of `elicitation`. What comes back from a client
approves nothing: a change that waits is decided by a person who is signed in, and the call only says how it stands.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any, NamedTuple

import orjson

from runtime.errors import Conflict, InvalidRequest, LedgerportError
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server import elicitation
from runtime.mcp_server.changes import RECENT, Changes
from runtime.mcp_server.elicitation import NO_MODES, Modes, Response
from runtime.mcp_server.protocol import LONGEST_ECHO, Message
from runtime.mcp_server.replies import INVALID_PARAMS
from runtime.mcp_server.request_states import CONFIRM_SECONDS, CallMade, RequestStates, State
from runtime.mcp_server.sending import Sending
from runtime.mcp_server.toolset import Toolset
from runtime.model import Grant
from runtime.operations.approvals.deciding import Decisions, Opened
from runtime.operations.approvals.staging import MOST_OF_BATCH
from runtime.operations.approvals.status import write_pending
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.finished_calls import FinishedCalls, describe_ending
from runtime.safety.fences import PREFACE
from runtime.stores.pending_steps import PendingFilter

NOT_CONFIRMED = (
    "Nothing was sent: the user of this client did not confirm it. Do not call it again unless asked to."
)


class Turn(NamedTuple):
    """One request of a call: what its client can ask, what the call is, and of a retry what was asked and said."""

    modes: Modes
    made: CallMade
    state: State | None = None
    response: Response = Response()

    @property
    def is_confirmed(self) -> bool:
        """Whether the user has confirmed the call that this request repeats."""
        said = self.response.action == "accept" and self.response.content.get(elicitation.CONFIRM) is True
        return self.state is not None and bool(self.state.question) and said

    def prepare(self, sending: Sending) -> Sending:
        """Return what goes with the call; one that was confirmed is carried out once, under the key of its question."""
        if self.state is None or not self.is_confirmed:
            return sending._replace(can_confirm=self.modes.has_form)
        key = sending.key or self.state.nonce
        return sending._replace(key=key, can_confirm=True, confirmed=self.state.question)


class Questions:
    """Asks the users of clients. One for the process; without pending changes nothing is asked."""

    def __init__(self, calls: CallProtocol, finished: FinishedCalls, changes: Changes | None) -> None:
        self._calls, self._finished = calls, finished
        self._decisions: Decisions | None = changes.decisions if changes is not None else None
        if self._decisions is not None:
            deployment = self._decisions.deployment
            self._states = RequestStates(deployment.keys, deployment.clock)

    def read(self, message: Message, grant: Grant, made: CallMade) -> Turn:
        """Return the turn that a request is. Raises Refused for a state that does not belong to it."""
        if self._decisions is None or not message.is_modern:
            return Turn(NO_MODES, made)
        modes, text = elicitation.read_modes(message), elicitation.read_state(message)
        if not text:
            return Turn(modes, made)
        try:
            state = self._states.open(grant, made, text)
        except InvalidRequest as wrong:
            raise message.refuse(INVALID_PARAMS, wrong.message) from wrong
        name = elicitation.APPROVAL if state.change_id else elicitation.CONFIRM
        return Turn(modes, made, state, elicitation.read_response(message, name))

    async def settle(self, grant: Grant, toolset: Toolset, turn: Turn, sending: Sending) -> Answer | None:
        """Return the answer of a retry that makes no call; None for a call that is to be made."""
        state = turn.state
        if state is None:
            return None
        began, limits = perf_counter(), await self._calls.read_limits(grant)
        try:
            answer = await self._settle(grant, toolset, turn, state)
        except LedgerportError as error:
            answer = Answer(error=error)
        if answer is None:
            return None
        answer = answer._replace(status=0, limits=limits)
        shown = turn.made.name[:LONGEST_ECHO]
        self._finished.note_of(grant, shown, began, describe_ending(answer), sending.caller)
        return answer

    async def _settle(self, grant: Grant, toolset: Toolset, turn: Turn, state: State) -> Answer | None:
        if state.change_id:
            return await self._show(grant, state)
        if turn.is_confirmed:
            await self._use_once(turn, state, toolset)
            return None
        if not turn.response.action:  # asked again, where the client has not asked its user
            return None
        text = orjson.dumps({"sent": False, "note": NOT_CONFIRMED}).decode()
        return Answer(text, is_structured=True)

    async def _use_once(self, turn: Turn, state: State, toolset: Toolset) -> None:
        """Raise Conflict where a tool of ours was confirmed before by a state: it takes no idempotency key."""
        if turn.made.name not in toolset.changes:
            return
        assert self._decisions is not None
        deployment = self._decisions.deployment
        now, key = deployment.clock(), deployment.keys.hash_key(f"confirmed\n{state.nonce}".encode())
        stores = deployment.stores
        _, is_new = await stores.write(lambda: stores.bind_key(key, key, now, now + CONFIRM_SECONDS))
        if not is_new:
            raise Conflict(
                "This confirmation was used already. Nothing was sent.",
                advice=f"{RECENT} has what was carried out. Call the tool anew to be asked again.",
            )

    def ask(self, grant: Grant, turn: Turn, answer: Answer) -> dict[str, Any] | None:
        """Return the result that has the client ask its user about a call that is held; None where nothing is asked.

        Who was asked to decide about a change is not asked again: its retry has how it stands.
        """
        if answer.question and turn.modes.has_form:
            state = self._states.make_confirmation(answer.question)
            requests = elicitation.ask_for_confirmation(answer.question)
        elif answer.pending_id and turn.modes.has_url:
            said = orjson.loads(answer.text)
            state = self._states.make_approval(answer.pending_id)
            page = str(said["approve_at"])
            requests = elicitation.ask_for_page(page, f"{said['says']}. {_ASKED}", answer.pending_id)
        else:
            return None
        return elicitation.require_input(requests, self._states.seal(grant, turn.made, state))

    async def _show(self, grant: Grant, state: State) -> Answer:
        """Return how the changes of a call stand; of one that was carried out what its tool answered."""
        assert self._decisions is not None
        company, found = await self._decisions.find_own(grant.companies or (grant,), state.change_id)
        changes = await self._list_batch(found)
        preface = PREFACE if company.config.untrusted_text == "fenced" else ""
        if len(changes) == 1 and found.change.status == "committed" and found.proposal.answer:
            return Answer(found.proposal.answer, preface=preface)
        shown = [each.change for each in changes]
        text = await asyncio.to_thread(write_pending, self._decisions.deployment, company.account, shown)
        return Answer(text, preface=preface, is_structured=True)

    async def _list_batch(self, found: Opened) -> list[Opened]:
        """Return the changes that one call asked for."""
        if self._decisions is None or not found.change.batch:
            return [found]
        wanted = PendingFilter((found.change.account_id,), batch=found.change.batch)
        return await self._decisions.list_part(wanted, limit=MOST_OF_BATCH)


_ASKED = "Nothing is changed until somebody who may has approved it there, signed in."
