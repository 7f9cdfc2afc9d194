"""The history of the schema: released states are taken over with their rows, and later starts do without Alembic."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect

from runtime.keys.crypto import Keys
from runtime.stores.migrating import list_objects_of
from runtime.stores.migrations import INDEXES, OBJECTS, TABLES, VERSION_TABLE, find_newest_version
from runtime.stores.opening import bring_up_to_date
from runtime.stores.records import Records  # noqa: F401  (knows every table)
from runtime.stores.tables import METADATA
from tests.stores.released import RELEASED, make_released

KEYS = Keys(bytes(32))
CHAIN = {"account_id": "a1", "seq": 1, "hash": b"hash"}
ROWS: dict[int, dict[str, dict[str, Any]]] = {
    1: {
        "account": {
            "id": "a1", "integration": "books", "environment": "production", "name": "Shop", "status": "active",
            "company": "42", "fields": "{}", "sealed": KEYS.seal(b"{}", "a1"), "created_at": 1.5, "updated_at": 2.5,
        },
        "mcp_server": {
            "id": "m1", "account_id": "a1", "token_hash": b"hash", "name": "Agent", "config": "{}",
            "expires_at": None, "created_at": 3.5, "updated_at": 4.5,
        },
        "api_token": {"id": "t1", "token_hash": b"hash", "name": "ci", "created_at": 5.5, "last_used_at": None},
        "authorization": {
            "state_hash": b"hash", "account_id": "a1", "redirect_uri": "https://x", "expires_at": 6.5, "used_at": None,
        },
        "audit": {"id": 7, "at": 7.5, "actor": "cli", "action": "made", "subject": "a1", "details": "{}"},
    },
    2: {"deployment": {"id": 1, "key_check": KEYS.check_value(), "created_at": 1.0, "probed_at": None}},
    3: {"idempotency_key": {"id": 3, "key_hash": b"hash", "fingerprint": b"print", "expires_at": 8.5}},
    4: {"refresh_attempt": {"account_id": "a1", "credentials_hash": b"hash", "begun_at": 9.5}},
    8: {"policy_use": {"id": 4, "server_id": "m1", "ref": "r", "at": 10.5, "amount": 2**40}},
    9: {"spending": {"account_id": "a1", "server_id": "", "month": "2001-01", "reads": 2**40, "writes": 1}},
    10: {
        "journal": {
            **CHAIN, "id": "j1", "kind": "write", "caller": "m1", "client": "c", "begun_at": 11.5, "tool": "create",
            "resource": "invoices", "record_id": "", "vendor_key": "k", "reverts": None, "sealed": b"sealed",
        },
        "journal_outcome": {
            **CHAIN, "seq": 2, "entry_id": "j1", "at": 12.5, "outcome": "done", "settled_how": "", "status": 200,
            "trace": "t", "record_id": "9", "sealed": b"sealed",
        },
        "journal_head": {**CHAIN, "seq": 2},
        "journal_open": {"entry_id": "j2", "run": "r1", "claimed_until": 0.0},
    },
}  # fmt: skip
"""One row of each table, by the version that made the table."""


def list_rows(version: int) -> dict[str, dict[str, Any]]:
    return {table: row for made_in, rows in ROWS.items() if made_in <= version for table, row in rows.items()}


def read_schema(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(
            connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        )


@pytest.mark.parametrize("version", RELEASED)
def test_a_file_of_every_released_version_is_taken_over_with_all_that_it_stores(
    tmp_path: Path, version: int
) -> None:
    path, new = tmp_path / "old", tmp_path / "new"
    rows = list_rows(version)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        make_released(connection, version)
        for table, row in rows.items():
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', [*row.values()])

    assert bring_up_to_date(path, 2.0, KEYS) == find_newest_version()

    with closing(sqlite3.connect(path)) as connection:
        for table, row in rows.items():
            found = connection.execute(f'SELECT {", ".join(row)} FROM "{table}"').fetchall()
            assert found == [tuple(row.values())], table
        assert connection.execute("SELECT scopes FROM api_token").fetchall() == [
            ("admin" if version < 5 else "",)
        ]
    bring_up_to_date(new, 1.0, KEYS)
    assert read_schema(path) == read_schema(new)


def test_what_a_start_looks_for_is_what_the_migrations_make(tmp_path: Path) -> None:
    assert list_objects_of(find_newest_version()) | {("table", VERSION_TABLE)} == OBJECTS
    assert ("table", "deployment") not in list_objects_of(1)
    assert set(TABLES) == {*METADATA.tables, VERSION_TABLE}
    assert set(INDEXES) == {str(index.name) for table in METADATA.tables.values() for index in table.indexes}


def list_references(engine: Engine, table: str) -> list[Any]:
    if engine.dialect.name == "sqlite":  # where the inspector does not see what a deletion does
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(f'PRAGMA foreign_key_list("{table}")')]
    return [
        (each["constrained_columns"], each["referred_table"], each["options"])
        for each in inspect(engine).get_foreign_keys(table)
    ]


def describe(engine: Engine) -> dict[str, Any]:
    """Every table with its columns, keys and indexes, as the database itself has them."""
    found = inspect(engine)
    return {
        table: {
            "columns": [
                (each["name"], str(each["type"]), each["nullable"], str(each["default"]).partition("::")[0])
                for each in found.get_columns(table)
            ],
            "key": found.get_pk_constraint(table)["constrained_columns"],
            "references": list_references(engine, table),
            "indexes": {
                each["name"]: (each["column_names"], bool(each["unique"]))
                for each in found.get_indexes(table)
            },
        }
        for table in METADATA.tables
    }


def test_the_tables_that_migrations_make_in_a_file_are_those_that_the_code_knows(tmp_path: Path) -> None:
    path = tmp_path / "made"
    bring_up_to_date(path, 1.0, KEYS)
    made, known = create_engine(f"sqlite:///{path}"), create_engine(f"sqlite:///{tmp_path / 'known'}")
    METADATA.create_all(known)
    for table, found in describe(made).items():
        assert found == describe(known)[table]
    made.dispose()
    known.dispose()


def test_a_start_with_nothing_to_migrate_imports_neither_alembic_nor_sqlalchemy(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from runtime.keys.crypto import Keys; "
        "from runtime.stores.opening import bring_up_to_date; "
        "bring_up_to_date(Path(sys.argv[1]), 1.0, Keys(bytes(32))); "
        "print([name for name in ('alembic', 'sqlalchemy') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "db")]
    first, second = (
        subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)
    )
    assert first == "['alembic', 'sqlalchemy']\n"
    assert second == "[]\n"
