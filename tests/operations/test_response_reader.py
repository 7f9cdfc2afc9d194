"""Large responses are read beside the event loop, one at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.operations.response_reader import READ_AT_ONCE, ResponseReader
from runtime.upstream.client import VendorResponse

LARGE = READ_AT_ONCE + 1


async def read(reader: ResponseReader, size: int, work: Callable[[], Any]) -> Any:
    """Read a response of so many bytes as a kind of call that does some work."""
    kind = SimpleNamespace(read=lambda _call, _response: work())
    response = SimpleNamespace(call=None, raw=VendorResponse(200, {}, b" " * size))
    return await reader.read(kind, response)  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "is_in_thread"), [(READ_AT_ONCE, False), (LARGE, True)])
def test_a_large_response_is_read_in_a_thread_and_a_small_one_where_it_came_in(size, is_in_thread):
    found = asyncio.run(read(ResponseReader(), size, threading.get_ident))
    assert (found != threading.get_ident()) == is_in_thread


def test_two_large_responses_are_never_read_at_the_same_time():
    reader, active, alone = ResponseReader(), threading.Semaphore(1), []

    def work() -> None:
        alone.append(active.acquire(blocking=False))
        threading.Event().wait(0.02)  # long enough for another thread to begin
        if alone[-1]:
            active.release()

    async def main() -> None:
        await asyncio.gather(*(read(reader, LARGE, work) for _ in range(4)))

    asyncio.run(main())
    assert alone == [True] * 4


def test_a_small_response_does_not_wait_for_a_large_one():
    reader, begun, done = ResponseReader(), threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return done.wait(30)

    async def main() -> bool:
        large = asyncio.create_task(read(reader, LARGE, work))
        await asyncio.to_thread(begun.wait, 30)
        await read(reader, 1, done.set)
        return await large

    assert asyncio.run(main())
