"""Whether a file was changed, told across connections and processes without reading it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from runtime.stores.wal_watch import WalWatch


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "records.sqlite3"
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE thing (name TEXT)")
        connection.execute("INSERT INTO thing VALUES ('first')")
    return path


def test_nothing_changed_is_the_same_state(file):
    watch = WalWatch(file)
    assert watch.state() is not None
    assert watch.state() == watch.state()
    watch.close()


def test_a_commit_of_another_connection_is_another_state(file):
    watch = WalWatch(file)
    seen = {watch.state()}
    with sqlite3.connect(file, isolation_level=None) as other:
        for at in range(300):
            other.execute("INSERT INTO thing VALUES (?)", (str(at),))
            seen.add(watch.state())
    assert len(seen) == 301
    watch.close()


def test_a_change_that_is_not_committed_is_none(file):
    watch = WalWatch(file)
    before = watch.state()
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO thing VALUES ('x')")
        assert watch.state() == before
        other.execute("ROLLBACK")
    assert watch.state() == before
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
            before = watch.state()
            process.stdin.write(statement + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "done\n"
            if not statement.startswith("PRAGMA"):
                assert watch.state() != before
        process.stdin.close()
    watch.close()


def test_a_file_without_a_shared_index_is_never_trusted(tmp_path):
    path = tmp_path / "plain.sqlite3"
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("CREATE TABLE thing (name TEXT)")
    watch = WalWatch(path)
    assert watch.state() is None
    assert watch.state() is None
    watch.close()
