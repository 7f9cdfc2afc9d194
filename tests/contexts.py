"""The context of a call, for tests of one kind that send nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.exchange.context import CallContext
from runtime.model import Account, AccountId
from runtime.operations.checks import Checks

ACCOUNT = Account(AccountId("a1"), "acme", "production", "Acme", "active", "42", {}, b"", 0, 0)


def context_of(
    tool: Tool,
    integration: Integration,
    arguments: dict[str, Any],
    tools: Mapping[str, Tool] | None = None,
) -> CallContext:
    """Return a call whose arguments are checked already."""
    return CallContext(
        tool, integration, ACCOUNT, arguments, Checks().check_arguments, tools or {tool.name: tool}
    )
