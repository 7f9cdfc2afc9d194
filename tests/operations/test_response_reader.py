"""Large responses are read beside the event loop, one at a time."""

from __future__ import annotations

import asyncio
import threading

import pytest

from runtime.operations.response_reader import READ_AT_ONCE, ResponseReader


@pytest.mark.parametrize(("size", "is_in_thread"), [(READ_AT_ONCE, False), (READ_AT_ONCE + 1, True)])
def test_a_large_response_is_read_in_a_thread_and_a_small_one_where_it_came_in(size, is_in_thread):
    found = asyncio.run(ResponseReader().run(size, threading.get_ident))
    assert (found != threading.get_ident()) == is_in_thread


def test_two_large_responses_are_never_read_at_the_same_time():
    reader, active, most = ResponseReader(), threading.Semaphore(1), []

    def work() -> None:
        alone = active.acquire(blocking=False)
        most.append(alone)
        threading.Event().wait(0.02)  # long enough for another thread to begin
        if alone:
            active.release()

    async def main() -> None:
        await asyncio.gather(*(reader.run(READ_AT_ONCE + 1, work) for _ in range(4)))

    asyncio.run(main())
    assert most == [True] * 4


def test_a_small_response_does_not_wait_for_a_large_one():
    reader, begun, done = ResponseReader(), threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return done.wait(30)

    async def main() -> bool:
        large = asyncio.create_task(reader.run(READ_AT_ONCE + 1, work))
        await asyncio.to_thread(begun.wait, 30)
        await reader.run(1, done.set)
        return await large

    assert asyncio.run(main())
