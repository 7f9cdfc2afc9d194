"""How the path of a call has its writes wait: what it asks before one is sent, and what it gets for one that is not.

Called by `calls`, and by whoever makes a write by itself and answers for it. A deployment has `staging` asked.
"""

from __future__ import annotations

from typing import Protocol

from runtime.exchange.context import CallContext, Request
from runtime.exchange.tool_answer import Answer


class Waits(Protocol):
    """Has writes wait: `Staging`."""

    async def answer_repeat(self, call: CallContext) -> None:
        """Raise Waiting for the repeat of a call that waits or waited, under the key of its caller."""
        ...

    async def hold_back(self, call: CallContext, request: Request) -> None:
        """Raise Waiting for a write that waits, once it is stored; nothing for one that is sent now."""
        ...


class _SentAtOnce:
    async def answer_repeat(self, call: CallContext) -> None:
        """Do nothing: no write waited."""

    async def hold_back(self, call: CallContext, request: Request) -> None:
        """Do nothing: no write waits."""


SENT_AT_ONCE: Waits = _SentAtOnce()
"""For calls that nobody holds back."""


class Waiting(Exception):
    """A write is not sent now: it waits for a person, or for its user to confirm it. Carries the answer of its call."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer
