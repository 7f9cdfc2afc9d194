"""Changes wait in one bounded queue, in order, and what the file does not take is said with its reason."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import InvalidRequest, StorageUnavailable
from runtime.model import AccountId, ApiToken, ApiTokenId, TokenHash
from runtime.stores import condition, files, sqlite, writer
from runtime.stores.condition import StorageHealth
from runtime.stores.embedded import Stores
from runtime.stores.files import Files
from runtime.stores.record_base import note
from tests.deployment import deploy
from tests.stores.test_records import ACCOUNT, HASH, SERVER, noted


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    made = deploy(tmp_path).stores
    made.records.add_account(ACCOUNT, noted())
    return made


def test_changes_are_made_in_the_order_they_were_asked_for_by_one_thread(stores: Stores) -> None:
    async def story() -> None:
        made: list[int] = []
        threads: set[int] = set()

        def work(number: int) -> None:
            made.append(number)
            threads.add(threading.get_ident())

        await asyncio.gather(*(stores.write(lambda number=at: work(number)) for at in range(50)))  # type: ignore[misc]
        assert made == [*range(50)]
        assert len(threads) == 1

    asyncio.run(story())


def test_a_full_queue_and_a_long_wait_are_refused_with_nothing_changed(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LONGEST_WAIT", 0.01)
    monkeypatch.setattr(writer, "MOST_WAITING", 3)

    async def story() -> None:
        begun, go, made = threading.Event(), threading.Event(), []

        def first() -> str:
            begun.set()
            go.wait(20)
            return "stored"

        under_way = asyncio.create_task(stores.write(first))
        assert await asyncio.to_thread(begun.wait, 20)
        late = await asyncio.gather(
            *(stores.write(lambda: made.append(1)) for _ in range(3)), return_exceptions=True
        )
        assert [type(each) for each in late] == [StorageUnavailable] * 3
        assert sorted(each.reason for each in late) == [  # type: ignore[union-attr]
            "Changes take too long to be stored.",
            "Changes take too long to be stored.",
            "Too many changes wait to be stored.",
        ]
        go.set()
        assert await under_way == "stored"
        assert await stores.write(lambda: "next") == "next"
        assert made == []

    asyncio.run(story())


def test_a_caller_that_has_gone_takes_no_change_back(stores: Stores) -> None:
    async def story() -> None:
        begun, go = threading.Event(), threading.Event()

        def change() -> None:
            begun.set()
            go.wait(20)
            stores.records.add_mcp_server(SERVER, HASH, noted())

        caller = asyncio.create_task(stores.write(change))
        assert await asyncio.to_thread(begun.wait, 20)
        caller.cancel()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await stores.write(lambda: None)
        assert stores.look_up.find_grant(HASH, 1.0) is not None

    asyncio.run(story())


def test_a_write_that_never_ends_is_a_fault_of_the_health(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LONGEST_WRITE", 0.0)

    async def story() -> None:
        begun, go = threading.Event(), threading.Event()
        under_way = asyncio.create_task(stores.write(lambda: (begun.set(), go.wait(20))))
        assert await asyncio.to_thread(begun.wait, 20)
        assert stores.check_health() == StorageHealth("degraded", "Changes take too long to be stored.")
        go.set()
        await under_way
        assert stores.check_health() == StorageHealth()

    asyncio.run(story())


def test_a_full_disk_is_the_reason_and_nothing_is_half_stored(stores: Stores) -> None:
    with stores.records._engine.begin() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    large = replace(ACCOUNT, id=AccountId("a2"), fields={"x": "y" * 100_000})
    with pytest.raises(StorageUnavailable, match="The disk is full") as refused:
        stores.records.add_account(large, noted(subject="a2"))
    assert "Nothing was changed" in refused.value.advice
    assert stores.check_health() == StorageHealth("degraded", "The disk is full.")
    assert stores.records.list_accounts(None, 10) == [ACCOUNT]
    assert stores.records.list_audit("a2") == []
    with pytest.raises(StorageUnavailable):
        stores.records.add_account(large, noted())
    stores.records.add_mcp_server(SERVER, HASH, noted())
    assert stores.check_health() == StorageHealth()


def test_while_writes_fail_they_wait_for_a_lock_only_briefly(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    clock = type("Clock", (), {"monotonic": staticmethod(lambda: now[0]), "sleep": staticmethod(sleep)})
    monkeypatch.setattr(condition, "time", clock)
    with closing(sqlite3.connect(stores.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waits = []
        for _ in range(3):
            with pytest.raises(StorageUnavailable, match="locked by another program"):
                stores.records.add_audit(noted())
            waits.append(sum(pauses))
            pauses.clear()
    assert waits[0] == pytest.approx(condition.PATIENCE_SECONDS, abs=0.05)
    assert max(waits[1:]) < 0.1
    stores.records.add_audit(noted())
    assert stores.condition.patience == condition.PATIENCE_SECONDS


def test_a_lock_that_ends_in_time_is_waited_for(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(stores.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        attempts: list[float] = []

        def sleep(seconds: float) -> None:
            attempts.append(seconds)
            if len(attempts) == 3:
                other.execute("COMMIT")

        monkeypatch.setattr(condition.time, "sleep", sleep)
        stores.records.add_audit(noted(subject="a7"))
    assert len(attempts) == 3
    assert len(stores.records.list_audit("a7")) == 1


def test_a_refusal_inside_a_change_is_no_failure_of_the_disk(stores: Stores) -> None:
    stores.records.add_mcp_server(SERVER, HASH, noted())

    def refuse(_server: Any) -> Any:
        raise InvalidRequest("No.")

    with pytest.raises(InvalidRequest):
        stores.records.change_mcp_server(ACCOUNT.id, SERVER.id, refuse, noted())
    assert stores.check_health() == StorageHealth()
    stores.records.add_audit(noted())


@pytest.mark.parametrize(
    "read",
    [
        lambda stores: stores.look_up.find_grant(HASH, 1.0),
        lambda stores: asyncio.run(stores.look_up.find_api_token(HASH, 1.0)),
        lambda stores: stores.read_account(ACCOUNT.id),
        lambda stores: stores.records.list_accounts(None, 10),
    ],
)
def test_nothing_is_read_from_a_file_that_was_replaced(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, read: Callable[[Stores], Any]
) -> None:
    monkeypatch.setattr(files, "LOOK_EVERY_SECONDS", 0.0)
    stores.records.add_mcp_server(SERVER, HASH, noted())
    read(stores)
    away = stores.path.rename(stores.path.with_name("away"))
    with pytest.raises(StorageUnavailable, match="removed or replaced"):
        read(stores)
    assert not stores.path.exists()
    away.rename(stores.path)
    read(stores)


def test_nothing_is_acknowledged_that_went_into_a_file_without_a_name(stores: Stores) -> None:
    stores.records.add_audit(noted())
    stores.path.unlink()
    with pytest.raises(StorageUnavailable, match=r"The change was not stored.*removed or replaced"):
        stores.records.add_audit(noted())
    assert stores.condition.reason


def test_a_connection_never_makes_a_new_file(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        sqlite.connect(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_damaged_file_is_an_error_and_no_revoked_token(stores: Stores) -> None:
    with closing(sqlite3.connect(stores.path, isolation_level=None)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stores.look_up._connection().execute("PRAGMA cache_size=0")
    with stores.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (stores.path.stat().st_size - 4096))
    with pytest.raises(StorageUnavailable, match="damaged"):
        stores.look_up.find_grant(TokenHash(b"x" * 32), 1.0)
    assert stores.check_health().status == "unavailable"


def test_files_are_looked_at_a_hundred_times_a_second_at_most(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "file"
    path.touch()
    watched = Files(path, lambda: now[0])
    watched.check()
    path.unlink()
    now[0] += files.LOOK_EVERY_SECONDS / 2
    watched.check()
    now[0] += files.LOOK_EVERY_SECONDS
    with pytest.raises(StorageUnavailable):
        watched.check()


def test_a_probe_changes_nothing_while_all_is_well_and_writes_after_a_failure(stores: Stores) -> None:
    async def story() -> None:
        before = stores.look_up._watch.read_state()
        assert await stores.probe(5.0) == StorageHealth()
        assert stores.look_up._watch.read_state() == before
        stores.condition.note_failure("The disk is full.")
        assert await stores.probe(6.0) == StorageHealth()
        with closing(sqlite3.connect(stores.path)) as other:
            assert other.execute("SELECT probed_at FROM deployment").fetchone() == (6.0,)

    asyncio.run(story())


def test_a_probe_of_a_disk_that_is_nearly_full_really_writes(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(condition, "LEAST_FREE", 1 << 62)
    before = stores.look_up._watch.read_state()
    asyncio.run(stores.probe(5.0))
    assert stores.look_up._watch.read_state() != before


def test_another_key_in_the_database_is_a_fault_of_the_health(stores: Stores) -> None:
    with closing(sqlite3.connect(stores.path, isolation_level=None)) as other:
        other.execute("UPDATE deployment SET key_check = x'00'")
    assert stores.check_health().status == "unavailable"
    assert "another secret key" in stores.check_health().reason


def test_the_use_of_a_token_is_noted_once_and_not_tried_while_writes_fail(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    tokens = here.api_tokens
    token = asyncio.run(tokens.identify(tokens.create("ci")["token"]))
    assert token is not None
    stored: list[float] = []
    here.stores.records.note_api_token_use = lambda _id, now: stored.append(now)  # type: ignore[method-assign]

    async def use() -> None:
        if tokens.is_use_to_note(token):
            tokens.note_use(token)
        await here.stores.write(lambda: None)

    here.stores.condition.note_failure("The disk is full.")
    asyncio.run(use())
    assert stored == []
    here.stores.condition.note_success()
    here.clock.pass_(300)
    asyncio.run(use())
    asyncio.run(use())
    assert stored == [here.clock()]


def test_a_note_that_fails_is_nobodys_error(stores: Stores) -> None:
    def fail() -> None:
        raise StorageUnavailable("no", reason="no")

    stores.note(fail)
    assert asyncio.run(stores.write(lambda: "next")) == "next"


def test_what_waits_is_stored_before_the_stores_are_closed(stores: Stores) -> None:
    token = ApiToken(ApiTokenId("t1"), "ci", 1.0, None)
    stores.records.add_api_token(token, HASH, noted())
    stores.note(lambda: stores.records.note_api_token_use(token.id, 7.0))
    stores.close()
    with closing(sqlite3.connect(stores.path)) as other:
        assert other.execute("SELECT last_used_at FROM api_token").fetchone() == (7.0,)


class TestTogether:
    """What waits when the turn of the writer comes is stored with one commit."""

    def test_changes_that_wait_are_stored_with_one_commit(self, stores: Stores) -> None:
        commits = count_commits(stores)

        make_together(
            stores, *(partial(stores.records.add_audit, noted(subject=f"b{at}")) for at in range(5))
        )

        assert commits() == 1
        assert [len(stores.records.list_audit(f"b{at}")) for at in range(5)] == [1] * 5

    def test_one_that_is_refused_takes_back_only_itself(self, stores: Stores) -> None:
        def refuse() -> None:
            with stores.records._engine.begin() as connection:
                note(connection, noted(subject="c2"))
                raise InvalidRequest("No.")

        first, refused, last = make_together(
            stores,
            lambda: stores.records.add_audit(noted(subject="c1")),
            refuse,
            lambda: stores.records.add_audit(noted(subject="c3")),
        )

        assert (first, type(refused), last) == (None, InvalidRequest, None)
        assert [len(stores.records.list_audit(each)) for each in ("c1", "c2", "c3")] == [1, 0, 1]

    def test_the_first_changes_of_a_process_may_be_together(self, tmp_path: Path) -> None:
        stores = deploy(tmp_path).stores

        make_together(stores, *[partial(stores.records.add_audit, noted(subject="g1"))] * 2)

        assert len(stores.records.list_audit("g1")) == 2

    def test_one_reads_what_was_changed_before_it_and_is_not_stored_yet(self, stores: Stores) -> None:
        def add() -> Any:
            stores.records.add_audit(noted(subject="d1"))
            return len(stores.records.list_audit("d1"))

        assert make_together(stores, add, add) == [1, 2]

    def test_where_the_commit_fails_none_is_stored_and_each_caller_learns_it(self, stores: Stores) -> None:
        large = replace(ACCOUNT, id=AccountId("a2"), fields={"x": "y" * 100_000})
        with stores.records._engine.begin() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        found = make_together(
            stores,
            lambda: stores.records.add_audit(noted(subject="e1")),
            lambda: stores.records.add_account(large, noted(subject="e2")),
            lambda: stores.records.add_audit(noted(subject="e3")),
        )

        there = [len(stores.records.list_audit(each)) for each in ("e1", "e2", "e3")]
        assert [isinstance(each, StorageUnavailable) for each in found] == [not each for each in there]
        assert isinstance(found[1], StorageUnavailable)
        stores.records.add_audit(noted(subject="e4"))
        assert len(stores.records.list_audit("e4")) == 1

    def test_while_the_file_is_locked_no_work_begins(self, stores: Stores) -> None:
        stores.condition.note_failure("It is locked.")  # so that the lock is waited for only briefly
        begun: list[int] = []
        with closing(sqlite3.connect(stores.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            found = make_together(stores, lambda: begun.append(1), lambda: begun.append(2))

        assert [type(each) for each in found] == [StorageUnavailable] * 2
        assert begun == []


def test_a_loop_that_ended_while_a_change_was_stored_leaves_the_writer_to_others(stores: Stores) -> None:
    begun, go = threading.Event(), threading.Event()

    async def leave() -> None:
        stores.writer.start(lambda: (begun.set(), go.wait(20)))
        await asyncio.to_thread(begun.wait, 20)

    asyncio.run(leave())
    go.set()

    assert asyncio.run(stores.write(lambda: "stored")) == "stored"


def test_a_writer_that_is_closed_has_made_what_waited(stores: Stores) -> None:
    made: list[int] = []

    async def story() -> None:
        for number in range(10):
            stores.writer.run_later(partial(made.append, number))
        stores.writer.close()
        stores.writer.close()

    asyncio.run(story())
    assert made == [*range(10)]


def make_together(stores: Stores, *works: Callable[[], Any]) -> list[Any]:
    """Have changes made that wait while another one is made; return what each came to."""

    async def story() -> list[Any]:
        begun, go = threading.Event(), threading.Event()
        first = stores.writer.start(lambda: (begun.set(), go.wait(20)))
        assert await asyncio.to_thread(begun.wait, 20)
        waiting = [stores.writer.start(work) for work in works]
        go.set()
        await first
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(story())


def count_commits(stores: Stores) -> Callable[[], int]:
    """Return what counts the commits from now on of the one connection that writes."""
    with stores.records._engine.begin_plain() as connection:
        commits: list[str] = []
        connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    commits.clear()
    return lambda: len(commits)


def test_only_what_need_not_last_is_committed_without_waiting_for_the_disk(stores: Stores) -> None:
    def read_synchronous(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA synchronous").fetchone()[0])

    writing = stores.records._engine
    with writing.begin_plain(synchronous="NORMAL") as connection:
        assert read_synchronous(connection) == 1
    with pytest.raises(KeyError), writing.begin_plain(synchronous="NORMAL"):
        raise KeyError
    with writing.begin_plain() as connection:
        assert read_synchronous(connection) == 2


def test_heads_are_exported_once_all_before_them_waited_for_the_disk(stores: Stores) -> None:
    commits = count_commits(stores)
    stores.records.make_lasting(5.0)
    stores.records.make_lasting(6.0)
    assert commits() == 2
