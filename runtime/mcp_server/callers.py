"""How the program behind a call names itself, for the call log.

The newer revisions name it in each message. Up to 2025-11-25 it is named once, in `initialize`, and there are no
sessions: what it said there is remembered for its URL and User-Agent, in this process. Where nothing is known, the
first product of its User-Agent is taken. It is a label that the client chooses, and proves nothing.
"""

from __future__ import annotations

from typing import Any

from runtime.mcp_server import protocol
from runtime.mcp_server.protocol import Message
from runtime.mcp_server.request import Fields
from runtime.model import Grant
from runtime.operations.finished_calls import read_agent, read_caller
from runtime.recent import Recent
from runtime.watching.calls import Caller

MOST_REMEMBERED = 10_000
"""URLs with their programs; some 3 MB."""


class Callers:
    """Recognizes callers. One for the process."""

    def __init__(self) -> None:
        self._named: Recent[tuple[str | None, bytes], Caller] = Recent(MOST_REMEMBERED)
        self._agents: Recent[bytes, Caller] = Recent(MOST_REMEMBERED)

    def note(self, message: Message, grant: Grant, fields: Fields) -> None:
        """Remember what a program says of itself in `initialize`."""
        self._named.put((grant.server_id, _agent_of(fields)), _read_info(message.params["clientInfo"]))

    def find(self, message: Message, grant: Grant, fields: Fields) -> Caller:
        """Return the program that sends a message."""
        if message.is_modern:
            info = message.params["_meta"].get(protocol.CLIENT_KEY)
            if isinstance(info, dict):
                return _read_info(info)
        agent = _agent_of(fields)
        return self._named.get((grant.server_id, agent)) or self._read_agent(agent)

    def _read_agent(self, agent: bytes) -> Caller:
        found = self._agents.get(agent)
        if found is None:
            found = self._agents.put(agent, read_agent(agent.decode("latin-1")))
        return found


def _agent_of(fields: Fields) -> bytes:
    return fields.get(b"user-agent", b"")[:256]


def _read_info(info: dict[str, Any]) -> Caller:
    return read_caller(info.get("name"), info.get("version"))
