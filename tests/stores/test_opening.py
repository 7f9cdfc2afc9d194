"""A start refuses what it cannot serve from, and says what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from runtime.errors import SettingsError
from runtime.keys.crypto import Keys
from runtime.settings import Settings
from runtime.stores import opening
from runtime.stores.embedded import open_stores
from runtime.stores.migrations import find_newest_version
from runtime.stores.opening import APPLICATION_ID, bring_up_to_date
from tests.deployment import deploy
from tests.stores.released import make_released

KEYS, OTHER_KEYS = Keys(bytes(32)), Keys(b"x" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "records.sqlite3"
    bring_up_to_date(file, 1.0, KEYS)
    return file


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def refusal(path: Path, keys: Keys = KEYS) -> str:
    with pytest.raises(SettingsError) as refused:
        bring_up_to_date(path, 2.0, keys)
    assert refused.value.advice
    return refused.value.as_text()


def make_version_one(path: Path, sealed: bytes | None = None) -> None:
    """A database as the first version left it, which had no check value."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        make_released(connection, 1)
        if sealed is not None:
            row = ("a1", "books", "production", "Shop", "pending", "", "{}", sealed, 1.0, 1.0)
            connection.execute(f"INSERT INTO account VALUES ({', '.join('?' * len(row))})", row)


def test_accounts_of_a_stand_in_are_of_the_environment_simulator_once_migrated(tmp_path: Path) -> None:
    path = tmp_path / "old"
    make_version_one(path, KEYS.seal(b"credentials", "a1"))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO account SELECT 'a2', integration, 'stand-in', name, status, company, fields, sealed,"
            " created_at, updated_at FROM account"
        )
    bring_up_to_date(path, 2.0, KEYS)
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT id, environment FROM account ORDER BY id").fetchall()
    assert found == [("a1", "production"), ("a2", "simulator")]


def test_a_new_database_is_marked_as_ours_and_opens_with_its_own_key_only(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert bring_up_to_date(path, 2.0, KEYS) == find_newest_version()
    text = refusal(path, OTHER_KEYS)
    assert "LEDGERPORT_SECRET_KEY" in text
    assert "secret.key" in text
    assert "no URL, API token or connection" in text


def test_a_deployment_with_another_key_does_not_open_its_stores(tmp_path: Path) -> None:
    deploy(tmp_path).stores.close()
    key = tmp_path / "secret.key"
    key.write_text(bytes(32).hex())
    with pytest.raises(SettingsError, match="belongs to another secret key"):
        deploy(tmp_path)


@pytest.mark.parametrize("sealed", [None, KEYS.seal(b"credentials", "a1")], ids=["nothing", "credentials"])
def test_an_older_database_adopts_a_key_that_opens_what_it_stores(
    tmp_path: Path, sealed: bytes | None
) -> None:
    make_version_one(tmp_path / "old", sealed)
    assert bring_up_to_date(tmp_path / "old", 2.0, KEYS) == find_newest_version()
    assert "another secret key" in refusal(tmp_path / "old", OTHER_KEYS)


def test_an_older_database_is_left_alone_by_a_key_that_opens_nothing_in_it(tmp_path: Path) -> None:
    make_version_one(tmp_path / "old", KEYS.seal(b"credentials", "a1"))
    assert "another secret key" in refusal(tmp_path / "old", OTHER_KEYS)
    assert bring_up_to_date(tmp_path / "old", 2.0, KEYS) == find_newest_version()


def test_an_empty_file_is_refused_and_its_log_stays(tmp_path: Path) -> None:
    path, log = tmp_path / "db", tmp_path / "db-wal"
    path.touch()
    log.write_bytes(b"frames")
    text = refusal(path)
    assert "is empty" in text
    assert "backup" in text
    assert (path.stat().st_size, log.read_bytes()) == (0, b"frames")


def test_a_log_without_its_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "db-wal").write_bytes(b"frames")
    assert "is missing, but its log" in refusal(tmp_path / "db")
    assert not (tmp_path / "db").exists()


def test_a_database_without_tables_is_refused(tmp_path: Path) -> None:
    change(tmp_path / "db", "PRAGMA journal_mode=WAL", "VACUUM")
    assert "is empty" in refusal(tmp_path / "db")


def write_garbage(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def tear_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


def tear_an_index(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        wanted = "SELECT rootpage FROM sqlite_master WHERE name = 'mcp_server_token'"
        page: int = connection.execute(wanted).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def lose_an_index(path: Path) -> None:
    change(path, "DROP INDEX mcp_server_token")


def lose_a_table(path: Path) -> None:
    change(path, "DROP TABLE mcp_server")


@pytest.mark.parametrize(
    "harm", [write_garbage, tear_a_page, tear_an_index, cut_in_half, lose_an_index, lose_a_table]
)
def test_a_damaged_database_is_refused(path: Path, harm: Callable[[Path], None]) -> None:
    change(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    harm(path)
    text = refusal(path)
    assert str(path) in text
    assert "backup" in text


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE cat (name TEXT)",),
        ("CREATE TABLE schema_version (version INTEGER)", "PRAGMA application_id=7"),
        ("CREATE TABLE schema_version (version INTEGER)", "INSERT INTO schema_version VALUES (1)"),
    ],
)
def test_a_database_of_another_program_is_refused_and_not_changed(
    tmp_path: Path, statements: tuple[str, ...]
) -> None:
    path = tmp_path / "db"
    change(path, *statements)
    before = path.read_bytes()
    assert "another program" in refusal(path)
    assert path.read_bytes() == before


def test_a_database_with_two_names_is_refused(path: Path, tmp_path: Path) -> None:
    os.link(path, tmp_path / "again")
    assert "hard link" in refusal(path)


def test_a_symbolic_link_leads_to_the_same_database_log_and_cache(tmp_path: Path) -> None:
    here = deploy(tmp_path / "one")
    (tmp_path / "link").symlink_to(here.stores.path)
    settings = Settings.load(
        {
            "LEDGERPORT_DATA": str(tmp_path / "one"),
            "LEDGERPORT_DATABASE_URL": f"sqlite:///{tmp_path / 'link'}",
        }
    )
    stores = open_stores(settings, 1.0)
    assert stores.path == here.stores.path
    assert stores.look_up._watch.read_state() is not None
    stores.close()
    here.stores.close()


def test_a_database_whose_writer_is_another_program_opens(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert bring_up_to_date(path, 2.0, KEYS) == find_newest_version()


def test_what_a_killed_first_start_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "db"
    for suffix in ("", "-journal", "-wal", "-shm"):
        (tmp_path / f".db.new{suffix}").write_bytes(b"half")
    bring_up_to_date(path, 1.0, KEYS)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["db", "db.lock"]


def test_a_start_beside_one_that_never_ends_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LONGEST_MIGRATION", 0.0)
    with opening._one_process(path):
        answers: list[str] = []
        thread = threading.Thread(target=lambda: answers.append(refusal(path)))
        thread.start()
        thread.join()
    assert "Another process has been starting" in answers[0]


def test_a_copy_opens_like_the_original(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "copy")
    assert bring_up_to_date(tmp_path / "copy", 2.0, KEYS) == find_newest_version()


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "nowhere" in refusal(tmp_path / "nowhere" / "db")
