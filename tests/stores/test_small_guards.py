"""Guards of the stores that one branch only reaches: what a probe finds, what a queue drops, what an error shows."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.errors import StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.model import AccountId, TokenHash
from runtime.stores import condition, engine, look_up, sqlite, writer
from runtime.stores.embedded import Stores
from runtime.stores.files import Files
from runtime.stores.opening import bring_up_to_date
from runtime.stores.refresh_records import Claim
from tests.deployment import deploy
from tests.stores.test_records import ACCOUNT, HASH, SERVER, noted


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    made = deploy(tmp_path).stores
    made.records.add_account(ACCOUNT, noted())
    return made


def standing(sleep: Callable[[float], object]) -> type:
    """A clock that stands still, with what a pause comes to."""
    return type("Clock", (), {"monotonic": staticmethod(lambda: 0.0), "sleep": staticmethod(sleep)})


def test_a_database_is_for_its_user_alone(tmp_path: Path) -> None:
    bring_up_to_date(tmp_path / "db", 1.0, Keys(bytes(32)))
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {
        "db": 0o600,
        "db.lock": 0o600,
    }


def test_a_probe_of_a_locked_database_finds_it_degraded_and_the_next_one_well(stores: Stores) -> None:
    stores.condition.note_failure("so that the probe waits only briefly")
    with closing(sqlite3.connect(stores.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = asyncio.run(stores.probe(5.0))
        assert found.status == "degraded"
        assert "locked by another program" in found.reason
        other.execute("ROLLBACK")
    assert asyncio.run(stores.probe(6.0)).status == "ok"
    stores.close()


def test_a_probe_and_a_look_at_the_health_find_a_file_that_was_removed(stores: Stores) -> None:
    stores.path.unlink()
    found = asyncio.run(stores.probe(5.0))
    assert found.status == "unavailable"
    assert "removed or replaced" in found.reason
    assert "removed or replaced" in stores.condition.reason
    stores.close()


def test_a_probe_that_cannot_begin_is_a_failure(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 0)
    assert asyncio.run(stores.probe(5.0)).status == "degraded"
    assert stores.condition.reason == "Too many changes wait to be stored."
    stores.close()


def test_a_note_that_finds_the_queue_full_is_dropped(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr(writer, "MOST_WAITING", 0)
    stores.note(lambda: made.append(1))
    stores.close()
    assert made == []


def test_a_change_that_fails_after_its_caller_has_gone_is_not_reported_by_the_loop(stores: Stores) -> None:
    async def story() -> list[str]:
        reported: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, found: reported.append(found["message"]))
        begun, go = threading.Event(), threading.Event()

        def fail() -> None:
            begun.set()
            go.wait(20)
            raise ValueError("no")

        caller = asyncio.create_task(stores.write(fail))
        assert await asyncio.to_thread(begun.wait, 20)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        del caller
        go.set()
        await stores.write(lambda: None)
        return reported

    assert asyncio.run(story()) == []
    stores.close()


def test_a_database_without_its_own_row_is_not_ours(stores: Stores) -> None:
    with closing(sqlite3.connect(stores.path, isolation_level=None)) as other:
        other.execute("DELETE FROM deployment")
    assert "another secret key" in stores.look_up.find_fault()
    stores.close()


def test_grants_in_memory_are_bounded_and_all_of_them_open(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_up, "_MOST_CACHED", 2)
    hashes = [TokenHash(bytes([number]) * 32) for number in range(5)]
    for number, token_hash in enumerate(hashes):
        server = replace(SERVER, id=type(SERVER.id)(f"m{number}"))
        assert stores.records.add_mcp_server(server, token_hash, noted())
    for token_hash in hashes * 2:
        assert stores.look_up.find_grant(token_hash, 1.0) is not None
        assert len(stores.look_up._cached[1]) <= 2
    stores.close()


def test_a_grant_that_was_just_found_is_not_read_again(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.records.add_mcp_server(SERVER, HASH, noted())
    found = stores.look_up.find_grant(HASH, 1.0)
    with monkeypatch.context() as context:
        context.setattr(stores.look_up, "_row", lambda *_: pytest.fail("it was read again"))
        assert stores.look_up.find_grant(HASH, 1.0) == found
    stores.close()


def test_a_log_file_that_appears_later_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.touch()
    watched = Files(path)
    (tmp_path / "db-wal").touch()
    assert watched.find_fault() == ""
    path.unlink()
    assert "removed or replaced" in watched.find_fault()


def test_an_error_of_a_statement_shows_none_of_its_values(stores: Stores) -> None:
    with pytest.raises(Exception, match="UNIQUE") as failed:
        stores.records.add_account(replace(ACCOUNT, name="canary"), noted())
    assert "canary" not in str(failed.value)
    stores.close()


def test_a_change_beside_one_that_never_ends_is_refused(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = stores.records._engine
    assert isinstance(writing, engine.Writing)
    monkeypatch.setattr(engine, "PATIENCE_SECONDS", 0.01)
    with (
        writing._one,
        ThreadPoolExecutor(1) as other,
        pytest.raises(StorageUnavailable, match="Another change is being stored"),
    ):
        other.submit(stores.records.add_audit, noted()).result()
    stores.records.add_audit(noted())
    stores.close()


def test_a_commit_that_the_disk_did_not_confirm_is_said_to_be_uncertain() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    assert "look before you repeat it" in sqlite.explain_failed_write("The disk failed.", error).advice
    assert "Nothing was changed" in sqlite.explain_failed_write("The disk failed.").advice
    assert not sqlite.is_locked(ValueError("no code"))


def test_a_refresh_with_other_credentials_begins_anew_and_takes_the_place_of_the_note_before(
    stores: Stores,
) -> None:
    account, records = stores.read_account(AccountId("a1")), stores.records
    assert account is not None
    assert records.claim_refresh(account, "me", 1.0, 11.0, 71.0) == Claim(is_mine=True)
    assert records.claim_refresh(account, "me", 2.0, 12.0, 72.0) == Claim(is_mine=True, earlier=1.0)
    records.replace_credentials(account.id, account.sealed, b"new", 2.5)
    assert records.claim_refresh(account, "me", 3.0, 13.0, 73.0) == Claim(is_mine=False, is_stale=True)
    renewed = replace(account, sealed=b"new")
    assert records.claim_refresh(renewed, "me", 3.0, 13.0, 73.0) == Claim(is_mine=True)
    assert asyncio.run(stores.look_up.list_interrupted_refreshes()) == [(account.id, 3.0)]
    stores.close()


def test_only_a_lock_is_waited_for_and_the_pauses_grow(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(condition, "time", standing(slept.append))
    wait = condition.LockWait(stores.condition)
    full, locked = sqlite3.OperationalError("full"), sqlite3.OperationalError("locked")
    full.sqlite_errorcode, locked.sqlite_errorcode = sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY
    assert not wait.pause(full)
    assert slept == []
    assert [wait.pause(locked) for _ in range(8)] == [True] * 8
    assert slept == [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.02, 0.02]
    stores.close()


def test_a_probe_waits_for_a_lock_that_ends_in_time(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(stores.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(condition, "time", standing(lambda _: other.execute("COMMIT")))
        assert asyncio.run(stores.probe(5.0)).status == "ok"
    stores.close()
