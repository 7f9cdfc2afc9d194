"""A process of a fleet opens its connections before it takes requests, and starts also while the engines are away."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.deployment import deploy
from tests.engines import Postgres

COUNT = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'"


def test_the_first_request_finds_a_connection_to_postgresql_open(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.make_migrated()
    name = url.rpartition("/")[2]
    stores = deploy(tmp_path, LEDGERPORT_DATABASE_URL=url).stores
    assert int(postgres.execute(COUNT.format(name))[0][0]) == 0

    async def story() -> None:
        await stores.connect()
        assert int(postgres.execute(COUNT.format(name))[0][0]) > 0
        await stores.disconnect()

    asyncio.run(story())
    stores.close()


def test_a_process_starts_also_while_its_engines_are_away(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.make_migrated()
    stores = deploy(
        tmp_path, LEDGERPORT_DATABASE_URL=url, LEDGERPORT_REDIS_URL="redis://127.0.0.1:1/0"
    ).stores
    postgres.execute(f"ALTER DATABASE {url.rpartition('/')[2]} WITH ALLOW_CONNECTIONS false")

    async def story() -> None:
        await stores.connect()
        assert stores.check_health().status == "unavailable"
        await stores.disconnect()

    asyncio.run(story())
    stores.close()
