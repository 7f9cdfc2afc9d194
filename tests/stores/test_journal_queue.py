"""Intents are waited for, outcomes are not: they are stored with the next intent, or soon, and never forgotten."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from runtime.errors import StorageUnavailable
from runtime.stores import journal_queue
from runtime.stores.journal_queue import JournalQueue
from runtime.stores.new_link import NewLink
from runtime.stores.writer import Writer

FULL = StorageUnavailable("Not stored.", reason="The disk is full.")


def hash_nothing(_values: Mapping[str, Any], _previous: bytes) -> bytes:
    return b""


def intent(name: str) -> NewLink:
    return NewLink("journal", {"id": name}, "run")


def outcome(name: str) -> NewLink:
    return NewLink("journal_outcome", {"entry_id": name})


class Database:
    """Notes what is stored in each transaction; it takes none while `failure` is set."""

    def __init__(self) -> None:
        self.stored: list[list[NewLink]] = []
        self.lasting: list[bool] = []
        self.has_stored = asyncio.Event()
        self.failure: Exception | None = None
        self.queue = JournalQueue(self.start, self.add)

    def start(self, work: Callable[[], None]) -> asyncio.Future[None]:
        made = asyncio.get_running_loop().create_future()
        try:
            made.set_result(work())
        except StorageUnavailable as failed:
            made.set_exception(failed)
            made.exception()
        return made

    def add(self, links: Sequence[NewLink], _hash: object, *, is_lasting: bool) -> None:
        if self.failure is not None:
            raise self.failure
        self.stored.append([*links])
        self.lasting.append(is_lasting)
        self.has_stored.set()


def test_an_outcome_is_stored_in_one_transaction_with_the_next_intent() -> None:
    async def story() -> None:
        here = Database()
        await here.queue.add([intent("a")], hash_nothing)
        here.queue.add_later([outcome("a")], hash_nothing)
        assert here.stored == [[intent("a")]]
        await here.queue.add([intent("b")], hash_nothing)
        assert here.stored[1:] == [[outcome("a"), intent("b")]]
        assert here.lasting == [True, True], "an intent is on the disk"

    asyncio.run(story())


def test_an_outcome_that_no_intent_follows_is_stored_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_queue, "LATE_SECONDS", 0.0)

    async def story() -> None:
        here = Database()
        here.queue.add_later([outcome("a")], hash_nothing)
        await here.has_stored.wait()
        assert here.stored == [[outcome("a")]]
        assert here.lasting == [False], "an outcome waits for no disk"

    asyncio.run(story())


def test_an_outcome_that_was_not_stored_is_stored_later_unless_its_entry_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_queue, "LATE_SECONDS", 0.0)
    monkeypatch.setattr(journal_queue, "AGAIN_SECONDS", 0.0)

    async def story() -> None:
        here = Database()
        here.failure = FULL
        here.queue.add_later([outcome("a")], hash_nothing)
        with pytest.raises(StorageUnavailable):
            await here.queue.add([intent("b")], hash_nothing)
        here.failure = None
        await here.has_stored.wait()
        assert here.stored == [[outcome("a")._replace(settles=True)]]

    asyncio.run(story())


def test_what_is_late_is_stored_when_somebody_reads_or_the_process_stops() -> None:
    async def story() -> None:
        here = Database()
        here.queue.add_later([outcome("a"), outcome("b")], hash_nothing)
        here.queue.drain()
        here.queue.drain()
        assert here.stored == [[outcome("a"), outcome("b")]]
        assert here.lasting == [True], "what is read stays"

    asyncio.run(story())


def test_a_link_that_can_never_be_stored_holds_up_no_other() -> None:
    async def story() -> None:
        here = Database()
        here.failure = ValueError("no such column")
        here.queue.add_later([outcome("a")], hash_nothing)
        with pytest.raises(ValueError, match="column"):
            here.queue.drain()
        here.failure = None
        await here.queue.add([intent("b")], hash_nothing)
        assert here.stored == [[intent("b")]]

    asyncio.run(story())


def test_outcomes_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_queue, "MOST_LATE", 2)

    async def story() -> None:
        here = Database()
        for name in "abc":
            here.queue.add_later([outcome(name)], hash_nothing)
        here.queue.drain()
        assert here.stored == [[outcome("a"), outcome("b")]]

    asyncio.run(story())


def test_a_loop_that_ends_when_an_outcome_is_to_be_stored_leaves_it_to_the_stop_of_the_writer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_queue, "LATE_SECONDS", 0.0)
    here, writer = Database(), Writer()
    queue = JournalQueue(writer.start, here.add)

    async def answer() -> None:
        queue.add_later([outcome("a")], hash_nothing)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(answer())
    loop.run_until_complete(asyncio.sleep(0))  # its time comes in the last turn of the loop
    loop.close()
    writer.close()
    queue.drain()
    gc.collect()  # a coroutine that nobody waits for would be reported now

    assert here.stored == [[outcome("a")]]
