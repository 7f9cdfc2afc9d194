"""An embedded installation moves to PostgreSQL with the commands, and its URL works there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import Postgres, running_postgres
from tests.faults.process import ledgerport, serving


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


def test_a_url_of_an_embedded_installation_works_in_the_fleet_it_was_moved_to(
    tmp_path: Path, postgres: Postgres
) -> None:
    secret = {"LEDGERPORT_SECRET_KEY": secrets.token_urlsafe(32)}
    fleet = {**secret, "LEDGERPORT_DATABASE_URL": postgres.make_database()}
    file = tmp_path / "export.gz"
    with serving(tmp_path / "one", **secret) as embedded:
        made = embedded.create_url(embedded.account())
        authorization = embedded.api.headers["authorization"]
    assert ledgerport(tmp_path / "one", "export", str(file), **secret).returncode == 0

    imported = ledgerport(tmp_path / "two", "import", str(file), **fleet)

    assert imported.returncode == 0, imported.stderr
    assert "records are stored" in imported.stderr
    token = authorization.removeprefix("Bearer ")
    with serving(tmp_path / "two", token, **fleet) as moved:
        assert moved.list_tools(made).status_code == 200
        assert moved.api.get("/integrated-account").status_code == 200
        refused = ledgerport(tmp_path / "three", "import", str(file), "--replace", **fleet)
        assert refused.returncode == 1
        assert "A Ledgerport serves from this database." in refused.stderr
        assert moved.list_tools(made).status_code == 200
