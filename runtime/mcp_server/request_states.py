"""The state of a call whose client asks its user: it leaves with the question, and comes back with the answer.

Called by `questions`. A client may send anything: a state is sealed for one MCP server at one company, names the call
that it is for, and holds for a short time. It says what was asked, and permits nothing by itself.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from runtime.errors import InvalidRequest, SealBroken
from runtime.keys.crypto import Keys
from runtime.model import Clock, Grant
from runtime.operations.approvals.confirming import hash_question

CONFIRM_SECONDS = 600.0
"""Ten minutes: who is asked to confirm sits before the client. As in the SDK."""
APPROVAL_SECONDS = 3_600.0
"""An hour, for somebody who looks into the matter before deciding; afterwards the pending change is asked for by id."""
LONGEST = 8_192
"""Characters. Ours have some 500; a client may send anything."""
_NONCE_BYTES = 16
"""128 bits, as keys of ours have."""
_REFUSED = "params.requestState is not one that belongs to this call"


class CallMade(NamedTuple):
    """The call that a state is for, as its client sent it: with its idempotency key, where it named one."""

    name: str
    arguments: Mapping[str, Any]
    key: str


class State(NamedTuple):
    """What was asked: of a change that waits its id, of a confirmation the hash of its question."""

    nonce: str
    until: float
    change_id: str = ""
    question: str = ""


class RequestStates:
    """Seals and opens states. One for the process."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys, self._clock = keys, clock

    def make_approval(self, change_id: str) -> State:
        """Return the state of a call that waits for a person."""
        return State(_make_nonce(), self._clock() + APPROVAL_SECONDS, change_id)

    def make_confirmation(self, question: str) -> State:
        """Return the state of a call whose user is to confirm it. Its nonce is the idempotency key of the call."""
        return State(_make_nonce(), self._clock() + CONFIRM_SECONDS, question=hash_question(question))

    def seal(self, grant: Grant, made: CallMade, state: State) -> str:
        """Return a state as the client gets it."""
        text = orjson.dumps([self._fingerprint(made), *state])
        return base64.urlsafe_b64encode(self._keys.seal(text, _name_owner(grant))).decode()

    def open(self, grant: Grant, made: CallMade, text: str) -> State:
        """Return the state that a client sends back with a call. Raises InvalidRequest for any other than its own."""
        try:
            sealed = base64.b64decode(text.encode() if len(text) <= LONGEST else b"", b"-_", validate=True)
            fingerprint, *members = orjson.loads(self._keys.open(sealed, _name_owner(grant)))
        except (binascii.Error, SealBroken) as wrong:
            raise _refuse("it was changed, or comes from another MCP server") from wrong
        state = State(*members)
        if fingerprint != self._fingerprint(made):
            raise _refuse("the tool or its arguments are not those that the question was about")
        if state.until <= self._clock():
            about = f" get_pending_change has how {state.change_id} stands." if state.change_id else ""
            raise _refuse(f"it has expired.{about}")
        return state

    def _fingerprint(self, made: CallMade) -> str:
        text = orjson.dumps([made.name, made.arguments, made.key], option=orjson.OPT_SORT_KEYS)
        return self._keys.hash_key(b"request state\n" + text).hex()


def _make_nonce() -> str:
    return secrets.token_urlsafe(_NONCE_BYTES)


def _name_owner(grant: Grant) -> str:
    return f"request state of {grant.caller} at {grant.account.id}"


def _refuse(why: str) -> InvalidRequest:
    return InvalidRequest(f"{_REFUSED}: {why.rstrip('.')}. Nothing was sent.")
