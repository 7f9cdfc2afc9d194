"""A start on PostgreSQL: it migrates what is empty or older, and refuses what it cannot serve from."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine

from runtime.errors import SettingsError
from runtime.keys.crypto import Keys
from runtime.stores import postgres_opening
from runtime.stores.migrations import find_newest_version
from runtime.stores.postgres_opening import MIGRATION_LOCK, bring_up_to_date
from runtime.stores.tables import METADATA
from tests.deployment import deploy
from tests.engines import Postgres
from tests.stores.test_migrations import describe, list_rows

KEYS, OTHER_KEYS = Keys(bytes(32)), Keys(b"x" * 32)


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.make_database()


def change(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def refusal(url: str, keys: Keys = KEYS) -> str:
    with pytest.raises(SettingsError) as refused:
        bring_up_to_date(url, 2.0, keys)
    assert refused.value.advice
    return refused.value.as_text()


def test_an_empty_database_is_filled_and_opens_with_its_own_key_only(url: str) -> None:
    assert bring_up_to_date(url, 1.0, KEYS) == find_newest_version()
    assert bring_up_to_date(url, 2.0, KEYS) == find_newest_version()
    text = refusal(url, OTHER_KEYS)
    assert "another secret key" in text and "LEDGERPORT_SECRET_KEY" in text


def test_the_tables_that_migrations_make_on_postgresql_are_those_that_the_code_knows(
    postgres: Postgres,
) -> None:
    made, known = (
        create_engine(postgres.make_database().replace("postgresql:", "postgresql+psycopg:"))
        for _ in range(2)
    )
    bring_up_to_date(made.url.set(drivername="postgresql").render_as_string(hide_password=False), 1.0, KEYS)
    METADATA.create_all(known)
    for table, found in describe(made).items():
        assert found == describe(known)[table]
    made.dispose()
    known.dispose()


def test_an_older_version_is_migrated_with_all_that_it_stores(url: str) -> None:
    from runtime.stores.migrating import migrate

    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    rows = list_rows(4)
    with engine.begin() as connection:
        migrate(connection, 4)
        for table, row in rows.items():
            names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
            connection.exec_driver_sql(
                f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values())
            )
    assert bring_up_to_date(url, 2.0, KEYS) == find_newest_version()
    with engine.connect() as connection:
        for table, row in rows.items():
            assert connection.exec_driver_sql(f'SELECT {", ".join(row)} FROM "{table}"').all() == [
                tuple(row.values())
            ], table
        assert connection.exec_driver_sql("SELECT scopes FROM api_token").all() == [("admin",)]
    engine.dispose()


def test_a_later_version_is_refused(url: str) -> None:
    bring_up_to_date(url, 1.0, KEYS)
    change(url, "UPDATE alembic_version SET version_num = '0999'")
    assert "of version 999" in refusal(url)


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE account (id text)", "CREATE TABLE alembic_version (version_num text)"],
)
def test_a_database_of_another_program_is_refused_and_not_changed(url: str, statement: str) -> None:
    change(url, statement)
    assert "another program" in refusal(url)
    with psycopg.connect(url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (1,)


@pytest.mark.parametrize("statement", ["DROP INDEX mcp_server_token", "DROP TABLE mcp_server CASCADE"])
def test_a_database_that_has_lost_something_is_refused(url: str, statement: str) -> None:
    bring_up_to_date(url, 1.0, KEYS)
    change(url, statement)
    assert "damaged" in refusal(url)


def test_what_cannot_be_reached_or_entered_is_refused_in_a_sentence_without_the_password(
    postgres: Postgres,
) -> None:
    wrong = postgres.url(password="a-wrong-password")
    assert "the user or the password is wrong" in refusal(wrong)
    assert "The database does not exist on PostgreSQL." in refusal(postgres.url("nowhere"))
    closed = f"postgresql://ledgerport:a-wrong-password@127.0.0.1:1/{'x'}"
    assert "PostgreSQL cannot be reached." in refusal(closed)
    for url in (wrong, closed):
        assert "a-wrong-password" not in refusal(url)


def test_processes_that_start_at_once_migrate_once(url: str) -> None:
    code = (
        "import sys; from runtime.keys.crypto import Keys; "
        "from runtime.stores.postgres_opening import bring_up_to_date; "
        "print(bring_up_to_date(sys.argv[1], 1.0, Keys(bytes(32))), 'alembic' in sys.modules)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    printed = [process.communicate()[0].split() for process in running]
    assert {each[0] for each in printed} == {str(find_newest_version())}
    assert [each[1] for each in printed].count("True") == 1, "only one has migrated"
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM deployment").fetchone() == (1,)


def test_a_start_beside_one_that_never_ends_says_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_opening, "LONGEST_MIGRATION", 0.05)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        assert "Another process has been migrating" in refusal(url)


def test_a_start_with_nothing_to_migrate_imports_neither_alembic_nor_sqlalchemy(url: str) -> None:
    bring_up_to_date(url, 1.0, KEYS)
    code = (
        "import sys; from runtime.keys.crypto import Keys; "
        "from runtime.stores.postgres_opening import bring_up_to_date; "
        "bring_up_to_date(sys.argv[1], 1.0, Keys(bytes(32))); "
        "print([name for name in ('alembic', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_embedded_installation_never_loads_psycopg(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from runtime.settings import Settings; from runtime.stores.embedded import open_stores; "
        "stores = open_stores(Settings.load(dict(os.environ)), time.time()); stores.records.list_accounts(None, 1); "
        "print('psycopg' in sys.modules)"
    )
    environment = {**os.environ, "LEDGERPORT_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "False\n"


def test_two_deployments_of_one_database_share_their_records(postgres: Postgres, tmp_path: Path) -> None:
    variables = {"LEDGERPORT_DATABASE_URL": postgres.make_database()}
    one = deploy(tmp_path, **variables)
    two = deploy(tmp_path, **variables)
    account = one.accounts.create("Shop", "books")
    assert two.accounts.get(account["id"])["name"] == "Shop"
    thread = threading.Thread(target=one.stores.close)
    thread.start()
    thread.join()
    two.stores.close()
