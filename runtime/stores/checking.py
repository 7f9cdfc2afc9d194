"""What the stores of a deployment are like, found out without changing them: for `ledgerport doctor`.

Called by `commands.checkup`.
"""

from __future__ import annotations

from runtime.redis_address import RedisAddress
from runtime.settings import Settings
from runtime.stores.migrations import find_newest_version
from runtime.stores.opening import check_file


def check_records(settings: Settings) -> tuple[int, int]:
    """Return the version of the database and the one that a start migrates to; 0 when nothing is stored yet.

    Raises SettingsError when it cannot be used, with the reason and what to do.
    """
    keys = settings.make_keys()
    if not settings.postgres_url:
        return check_file(settings.database.resolve(), keys), find_newest_version()
    from runtime.stores.postgres_opening import check_database

    return check_database(settings.postgres_url, keys), find_newest_version()


async def find_redis_fault(address: RedisAddress) -> str:
    """Return why Redis does not answer, in a sentence; empty when it does."""
    from runtime.stores.redis_link import RedisLink

    link = RedisLink(address)
    try:
        await link.probe()
        return link.fault
    finally:
        await link.close()
