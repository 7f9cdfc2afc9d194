"""What `ledgerport doctor` finds out about the engines of a fleet, which it does not change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from runtime.errors import SettingsError
from runtime.settings import Settings
from runtime.stores.checking import check_records, find_redis_fault
from runtime.stores.migrations import find_newest_version
from tests.deployment import deploy
from tests.redis_server import RedisServer


def settings_of(data: Path, url: str) -> Settings:
    return Settings.load({"LEDGERPORT_DATA": str(data), "LEDGERPORT_DATABASE_URL": url})


def test_a_database_is_checked_and_stays_as_it_is(postgres, tmp_path):
    url = postgres.make_database()
    settings, newest = settings_of(tmp_path, url), find_newest_version()
    assert check_records(settings) == (0, newest)
    assert check_records(settings) == (0, newest)
    deploy(tmp_path, LEDGERPORT_DATABASE_URL=url).stores.close()
    assert check_records(settings) == (newest, newest)
    with pytest.raises(SettingsError, match="belongs to another secret key"):
        check_records(settings_of(tmp_path / "other", url))


def test_a_database_that_is_read_only_is_reported(postgres, tmp_path):
    url = postgres.make_migrated()
    deploy(tmp_path, LEDGERPORT_DATABASE_URL=url).stores.close()
    name = url.rpartition("/")[2].partition("?")[0]
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(SettingsError, match="is read-only"):
        check_records(settings_of(tmp_path, url))


def test_a_redis_that_answers_has_no_fault(tmp_path):
    server = RedisServer(tmp_path)
    server.start()
    try:
        assert asyncio.run(find_redis_fault(server.address)) == ""
    finally:
        server.stop()
    assert "does not answer" in asyncio.run(find_redis_fault(server.address))
