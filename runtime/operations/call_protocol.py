"""What the endpoints know of calling tools: the one protocol of it, which `calls.Calls` fulfills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from generator.catalog import Tool
from runtime.exchange.allowance import PLAIN, Form
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, Grant
from runtime.safety.write_options import Asked
from runtime.upstream.files import NO_FILES, CarriedFiles
from runtime.upstream.limits import Limits


class CallProtocol(Protocol):
    """Carries out calls of tools, and answers for them, errors included."""

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
        asked: Asked | None = None,
    ) -> Answer:
        """Return the answer of one call, which is within the budget of the grant in the form that is given.

        `asked` is what the caller asked for, where this call carries that out.
        """
        ...

    def compute_budget(self, grant: Grant) -> int:
        """Return the bytes that the whole reply to a call may have."""
        ...

    async def is_repeat(
        self, grant: Grant, tools: Mapping[str, Tool], name: str, asked: Asked, key: str
    ) -> bool:
        """Return whether what a caller asks for was carried out before under its key. Raises KeyReused."""
        ...

    async def is_mapped(self, account: Account) -> bool:
        """Return whether the clients of an account's tenant are mapped, so that an answer says of whom it is."""
        ...

    async def read_limits(self, grant: Grant) -> Limits:
        """Return how the company stands with its vendor's limits; nothing is counted."""
        ...
