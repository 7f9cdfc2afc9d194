"""What commands work with: the deployment that the environment names, opened beside a server that may run, and closed.

A change that a command makes holds for the server at once: both read the same database. What is counted in the memory
of one process (the vendor's rate limits, without Redis) is not shared.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from runtime.errors import SettingsError

if TYPE_CHECKING:
    from runtime.deployment import Deployment
    from runtime.server.app import Runtime

ACTOR = "command line"
"""Who does what commands do, for the audit."""
PART = 200
"""Things in one read of a list that is read whole: the most that one answers."""


@contextmanager
def open_deployment() -> Iterator[Deployment]:
    """Open the stores and the catalog for a block, without the parts that call vendors. Raises SettingsError."""
    from generator.compile import compile_catalog
    from generator.reading.files import BUILTIN_DEFINITIONS
    from runtime.deployment import Deployment
    from runtime.settings import Settings
    from runtime.stores.embedded import open_stores

    settings = Settings.load(os.environ)
    catalog = compile_catalog((BUILTIN_DEFINITIONS, *settings.definitions), settings.data / "cache")
    keys = settings.make_keys()
    stores = open_stores(settings, time.time(), keys)
    try:
        yield Deployment(settings, keys, stores, lambda: catalog)
    finally:
        stores.close()


@asynccontextmanager
async def open_runtime() -> AsyncIterator[Runtime]:
    """Open all that calls need for a block, without a server. Its log is not printed. Raises SettingsError."""
    from runtime.server.app import Runtime
    from runtime.settings import Settings

    runtime = Runtime(Settings.load(os.environ), log=lambda _event, **_fields: None)
    try:
        yield runtime
    finally:
        await runtime.close()


def list_whole(listing: Any, *arguments: str) -> list[dict[str, Any]]:
    """Return everything of a list that is answered in parts, such as `Accounts.list`."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        part = listing(*arguments, limit=PART, next_cursor=cursor)
        found += part["result"]
        if not (cursor := part["next_cursor"]):
            return found


def choose_account(given: str, accounts: Any) -> str:
    """Return the id of the account that is meant: the one given, or the only one there is. Raises SettingsError."""
    if given:
        return given
    found = accounts.list(limit=2)["result"]
    if len(found) == 1:
        return str(found[0]["id"])
    if found:
        raise SettingsError(
            "There are several integrated accounts.",
            advice="Give the id of one with --account; ledgerport account list shows them.",
        )
    raise SettingsError(
        "There is no integrated account yet.", advice="Connect one: ledgerport account connect"
    )
