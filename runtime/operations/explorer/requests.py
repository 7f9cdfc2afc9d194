"""What a call that reads would send to the vendor: the method and address of each request, without credentials.

Called by the explorer's pages to show it beside the answer. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.catalog import Catalog, Tool
from runtime.errors import LedgerportError
from runtime.exchange.context import Request, begin_call, build_vendor_request
from runtime.exchange.kinds import KINDS
from runtime.model import Grant
from runtime.operations.checks import Checks, run_for
from runtime.upstream.files import NO_FILES

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request to the vendor: its method, and its address without the host."""

    verb: str
    address: str


async def describe_requests(
    grant: Grant, catalog: Catalog, tools: Mapping[str, Tool], tool: Tool, arguments: dict[str, Any]
) -> tuple[SentRequest, ...]:
    """Return the requests of a call that reads; none where they cannot be made without asking the vendor before."""
    checks = Checks()
    call = begin_call(grant, catalog, tools, tool, arguments, checks.check_arguments)
    try:
        await checks.check(call, NO_FILES)
        request = await run_for(call, KINDS[tool.returns.kind].prepare)
        return tuple(_describe(call, each) for each in (request, *request.others))
    except LedgerportError:
        return ()


def _describe(call: Any, request: Request) -> SentRequest:
    built = build_vendor_request(call, request, "", NOTHING)
    return SentRequest(built.verb, built.url)
