"""One process of several that want fresh credentials at the same moment. `test_processes` starts it.

`python -m tests.connect.refreshing VARIABLES ACCOUNT COUNT NOW LEASE` says `ready`, waits for a line, asks COUNT times
at once, and prints the access tokens that it got, each once. Its clock begins at NOW.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import runtime.deployment
from runtime.connect.tokens import AccessTokens
from runtime.keys.crypto import Keys
from runtime.model import AccountId
from runtime.settings import Settings
from runtime.stores.embedded import open_stores
from tests.deployment import CATALOG


async def run(variables: dict[str, str], account_id: str, count: int, now: float, lease: float) -> None:
    settings = Settings.load(variables)
    keys = Keys(settings.secret_key)
    began = time.monotonic()
    clock = lambda: now + time.monotonic() - began  # noqa: E731
    stores = open_stores(settings, clock(), keys)
    parts = runtime.deployment.Deployment(settings, keys, stores, lambda: CATALOG, clock)
    tokens = AccessTokens(parts, lease_seconds=lease)
    account = await stores.look_up.find_account(AccountId(account_id))
    assert account is not None
    stores.records.list_audit("")  # what is imported at the first use is imported now
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    found = await asyncio.gather(*(tokens.get_fresh(account) for _ in range(count)))
    print(json.dumps(sorted({each.access_token for each in found})), flush=True)
    await tokens.close()
    await stores.disconnect()
    stores.close()


if __name__ == "__main__":
    asyncio.run(
        run(
            json.loads(Path(sys.argv[1]).read_text()),
            sys.argv[2],
            int(sys.argv[3]),
            float(sys.argv[4]),
            float(sys.argv[5]),
        )
    )
