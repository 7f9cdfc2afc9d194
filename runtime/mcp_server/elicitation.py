"""What a client of revision 2026-07-28 can ask its user, how a server asks for it, and what comes back.

Called by `questions`. A server there sends no requests: it answers a call with an `InputRequiredResult`, and the client
sends the call again with what its user said and the `requestState` of that result (specification 2026-07-28, "Multi
round-trip requests" and "Elicitation"). Up to 2025-11-25 a server without sessions can ask nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from runtime.mcp_server.protocol import CAPABILITIES_KEY, Message
from runtime.mcp_server.replies import INVALID_PARAMS

APPROVAL, CONFIRM = "approval", "confirm"
"""The names of our two requests; the second one is also the name of the field of its form."""
ACTIONS = ("accept", "decline", "cancel")
LONGEST_MESSAGE = 4_000
"""Characters of what is shown to the user: five writes of three changed fields each, the longest that are said."""
_STATE, _RESPONSES = "requestState", "inputResponses"
_FORM = {
    "type": "object",
    "properties": {
        CONFIRM: {
            "type": "boolean",
            "title": "Carry it out",
            "description": "Nothing is sent unless this is confirmed.",
        }
    },
    "required": [CONFIRM],
}


class Modes(NamedTuple):
    """How a client can ask its user: by opening a page, and by a form of its own."""

    has_url: bool = False
    has_form: bool = False


NO_MODES = Modes()


class Response(NamedTuple):
    """What the user of a client said to one request; an empty action where nothing was said."""

    action: str = ""
    content: dict[str, Any] = {}


def read_modes(message: Message) -> Modes:
    """Return how the client of a message can ask its user."""
    if not message.is_modern:
        return NO_MODES
    capability = message.params["_meta"][CAPABILITIES_KEY].get("elicitation")
    if not isinstance(capability, dict):
        return NO_MODES
    # One that names no mode knows forms: the capability had no members at first.
    return Modes(isinstance(capability.get("url"), dict), "form" in capability or "url" not in capability)


def read_state(message: Message) -> str:
    """Return the state that a client sends back; empty for a call that is no retry. Raises Refused."""
    if not message.is_modern:
        return ""
    state = message.params.get(_STATE)
    if state is not None and not isinstance(state, str):
        raise message.refuse(INVALID_PARAMS, f"params.{_STATE} must be a string.")
    if not state and message.params.get(_RESPONSES):
        raise message.refuse(
            INVALID_PARAMS,
            f"params.{_RESPONSES} came without the {_STATE} that belongs to it. Nothing was sent.",
        )
    return state or ""


def read_response(message: Message, name: str) -> Response:
    """Return what the user said to the request of this name. Raises Refused."""
    responses = message.params.get(_RESPONSES)
    if responses is None:
        return Response()
    given = responses.get(name, {}) if isinstance(responses, dict) else None
    action = given.get("action", "") if isinstance(given, dict) else None
    if given and action not in ACTIONS:
        action = None
    if not isinstance(given, dict) or action is None:
        text = f"params.{_RESPONSES}.{name} must be an object with an action: {', '.join(ACTIONS)}."
        raise message.refuse(INVALID_PARAMS, text)
    content = given.get("content")
    return Response(action, content if isinstance(content, dict) else {})


def ask_for_page(url: str, text: str, id_: str) -> dict[str, Any]:
    """Return a request that has the user open a page. Its id is for clients that share code with older revisions."""
    params = {"mode": "url", "message": text[:LONGEST_MESSAGE], "url": url, "elicitationId": id_}
    return {APPROVAL: {"method": "elicitation/create", "params": params}}


def ask_for_confirmation(text: str) -> dict[str, Any]:
    """Return a request that has the user confirm something."""
    params = {"mode": "form", "message": text[:LONGEST_MESSAGE], "requestedSchema": _FORM}
    return {CONFIRM: {"method": "elicitation/create", "params": params}}


def require_input(requests: dict[str, Any], state: str) -> dict[str, Any]:
    """Return the result that has a client ask its user, and send the call again with this state."""
    return {"resultType": "input_required", "inputRequests": requests, _STATE: state}
