"""Whether a file was changed, said across connections and processes without reading it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from runtime.keys.crypto import Keys
from runtime.stores import sqlite
from runtime.stores.opening import bring_up_to_date
from runtime.stores.wal_watch import WalWatch


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "records.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE thing (name TEXT)")
        connection.execute("INSERT INTO thing VALUES ('first')")
    return path


def test_nothing_changed_is_the_same_state(file):
    watch = WalWatch(file)
    assert watch.read_state() is not None
    assert watch.read_state() == watch.read_state()
    watch.close()


def test_a_commit_of_another_connection_is_another_state(file):
    watch = WalWatch(file)
    seen = {watch.read_state()}
    with sqlite3.connect(file, isolation_level=None) as other:
        for at in range(300):
            other.execute("INSERT INTO thing VALUES (?)", (str(at),))
            seen.add(watch.read_state())
    assert len(seen) == 301
    watch.close()


def test_a_change_that_is_not_committed_is_none(file):
    watch = WalWatch(file)
    before = watch.read_state()
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO thing VALUES ('x')")
        assert watch.read_state() == before
        other.execute("ROLLBACK")
    assert watch.read_state() == before
    watch.close()


def test_a_commit_of_another_process_is_seen_as_soon_as_it_returns(file):
    watch = WalWatch(file)
    code = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for line in sys.stdin:\n"
        "    connection.execute(line.strip())\n"
        "    print('done', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for statement in [
            "UPDATE thing SET name = 'a'",
            "PRAGMA wal_checkpoint(TRUNCATE)",
            "INSERT INTO thing VALUES ('b')",
        ] * 20:
            before = watch.read_state()
            process.stdin.write(statement + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "done\n"
            if not statement.startswith("PRAGMA"):
                assert watch.read_state() != before
        process.stdin.close()
    watch.close()


def test_a_file_without_a_shared_index_is_never_trusted(tmp_path):
    path = tmp_path / "plain.sqlite3"
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("CREATE TABLE thing (name TEXT)")
    watch = WalWatch(path)
    assert watch.read_state() is None
    assert watch.read_state() is None
    watch.close()


def run(code: str, *words: str) -> str:
    """What another process prints."""
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


IS_HELD = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, int(sys.argv[3]), int(sys.argv[2]))
    except OSError:
        print("held")
"""
IN_USE, SHARED = ("128", "1"), (str(0x40000002), "510")
"""Bytes of the index and of the file that SQLite retains locked as long as a process has the database open."""


def test_a_watch_and_a_second_start_leave_this_process_its_locks(tmp_path):
    file = tmp_path / "records.sqlite3"
    bring_up_to_date(file, 1.0, Keys(bytes(32)))
    one, two = WalWatch(file), WalWatch(file)
    assert one.read_state() == two.read_state() is not None
    two.close()
    bring_up_to_date(file, 2.0, Keys(bytes(32)))
    assert run(IS_HELD, f"{file}-shm", *IN_USE) == "held"
    assert run(IS_HELD, str(file), *SHARED) == "held"
    one.close()
    assert run(IS_HELD, str(file), *SHARED) == ""


def test_who_opens_and_closes_the_file_elsewhere_takes_nothing_away_here(file):
    watch, here = WalWatch(file), sqlite.connect(file)
    assert watch.read_state() is not None
    for at in range(20):
        here.execute("INSERT INTO thing VALUES (?)", ("x" * 5000,))
        before = watch.read_state()
        run(
            "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM thing')",
            str(file),
        )
        assert watch.read_state() == before is not None
        assert here.execute("SELECT count(*) FROM thing").fetchone() == (at + 2,)
    here.close()
    watch.close()


BY_OTHERS = {
    "checkpoint": "c.execute('PRAGMA wal_checkpoint(PASSIVE)'); c.execute(change)",
    "a log begun anew": "c.execute('PRAGMA wal_checkpoint(RESTART)'); c.execute(change)",
    "a log cut": "c.execute(change); c.execute('PRAGMA wal_checkpoint(TRUNCATE)')",
    "vacuum": "c.execute(change); c.execute('VACUUM')",
    "restored from a copy": (
        "copy = sqlite3.connect(':memory:', isolation_level=None); c.backup(copy); copy.execute(change); copy.backup(c)"
    ),
}


@pytest.mark.parametrize("way", BY_OTHERS)
def test_a_change_by_another_process_is_another_state_however_it_is_made(file, way):
    watch = WalWatch(file)
    seen = {watch.read_state()}
    head = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); change = sys.argv[2]; "
    )
    for at in range(5):
        run(head + BY_OTHERS[way], str(file), f"UPDATE thing SET name = '{at}'")
        seen.add(watch.read_state())
    assert len(seen) == 6
    assert None not in seen
    watch.close()
