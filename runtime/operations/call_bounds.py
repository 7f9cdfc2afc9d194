"""What bounds a call, asked without making one: the bytes of its answer, and the limits of its company.

Called by the endpoints through `calls`, which carries calls out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from generator.catalog import Catalog, Tool
from runtime.exchange.allowance import LEAST
from runtime.model import Grant
from runtime.operations.vendor_calls import VendorCalls
from runtime.upstream.limits import Limits

Tools = Mapping[str, Tool]
"""The tools that a grant lets through, by name."""


class CallBounds:
    """Answers what bounds the calls of a grant."""

    def __init__(self, catalog: Callable[[], Catalog], vendor: VendorCalls, max_answer_bytes: int) -> None:
        self._catalog, self._vendor, self._max_answer_bytes = catalog, vendor, max_answer_bytes

    def compute_budget(self, grant: Grant) -> int:
        """Return the bytes that the whole reply to a call of a grant may have."""
        return max(grant.config.max_answer_bytes or self._max_answer_bytes, LEAST)

    async def read_limits(self, grant: Grant) -> Limits:
        """Return how the company stands with its vendor's limits; nothing is counted."""
        integration = self._catalog().integrations[grant.account.integration]
        return await self._vendor.read_limits(grant.account, integration)
