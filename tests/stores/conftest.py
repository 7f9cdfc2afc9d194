"""The databases that the promises of the stores are held to: a SQLite file, and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for all tests of a worker; each makes a database of its own."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variables of a deployment over each kind of database, which is empty and up to date."""
    if request.param == "sqlite":
        return {}
    return {"LEDGERPORT_DATABASE_URL": request.getfixturevalue("postgres").make_migrated()}
