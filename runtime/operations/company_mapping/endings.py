"""What of company mappings goes with an account, so that it is said before. Called by `accounts` and by the pages."""

from __future__ import annotations

import asyncio

from runtime.deployment import Deployment
from runtime.model import AccountId


async def count_mappings(deployment: Deployment, account_id: AccountId) -> int:
    """Return how many company mappings are deleted when an account is disconnected or deleted."""
    found = await asyncio.to_thread(deployment.stores.records.list_mappings, account_id)
    return len(found)


def describe_mappings(count: int) -> str:
    """Return what goes with an account as a sentence; empty where nothing does."""
    if not count:
        return ""
    return "The company mapping is deleted." if count == 1 else f"{count} company mappings are deleted."
