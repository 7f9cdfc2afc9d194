"""Time limits of many requests behind one timer."""

from __future__ import annotations

import asyncio
import selectors

import pytest

from runtime.upstream.deadlines import Deadlines


class Clock(selectors.DefaultSelector):
    """A clock that a loop waits on: it jumps to when the next timer is due, so that no load changes what it shows."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


def by_its_own_clock(clock: Clock | None = None) -> asyncio.AbstractEventLoop:
    clock = clock or Clock()
    loop = asyncio.SelectorEventLoop(clock)
    loop.time = lambda: clock.now
    return loop


async def work(deadlines: Deadlines, seconds: float) -> str:
    deadline = deadlines.begin()
    try:
        await asyncio.sleep(seconds)
        return "done"
    except asyncio.CancelledError:
        if not deadline.is_cause():
            raise
        return "late"
    finally:
        deadlines.end(deadline)


def test_each_ends_at_its_own_time():
    async def story():
        deadlines, ends = Deadlines(0.2), {}

        async def one(name, wait, seconds):
            await asyncio.sleep(wait)
            outcome = await work(deadlines, seconds)
            ends[name] = (outcome, round(asyncio.get_running_loop().time(), 3))

        await asyncio.gather(
            one("first", 0, 5), one("quick", 0, 0.01), one("later", 0.1, 5), one("idle before", 0.5, 5)
        )
        deadlines.close()
        return ends

    with asyncio.Runner(loop_factory=by_its_own_clock) as runner:
        ends = runner.run(story())
    assert ends == {
        "quick": ("done", 0.01),
        "first": ("late", 0.2),
        "later": ("late", 0.3),
        "idle before": ("late", 0.7),
    }


def test_a_cancellation_from_outside_stays_one():
    async def story():
        deadlines = Deadlines(5)
        task = asyncio.create_task(work(deadlines, 5))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        deadlines.close()

    asyncio.run(story())


def test_both_at_once_is_a_cancellation():
    clock = Clock()

    async def story():
        deadlines = Deadlines(0.05)
        task = asyncio.create_task(work(deadlines, 5))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.05, task.cancel)
        clock.now += 0.1  # both are due in the same turn of the loop
        with pytest.raises(asyncio.CancelledError):
            await task
        deadlines.close()

    with asyncio.Runner(loop_factory=lambda: by_its_own_clock(clock)) as runner:
        runner.run(story())


def test_who_was_late_goes_on_uncancelled():
    async def story():
        deadlines = Deadlines(0.02)

        async def twice():
            return await work(deadlines, 5), await work(deadlines, 0), asyncio.current_task().cancelling()

        outcome = await asyncio.create_task(twice())
        deadlines.close()
        return outcome

    assert asyncio.run(story()) == ("late", "done", 0)


def test_nothing_is_stored_of_what_is_done():
    async def story():
        deadlines = Deadlines(60)
        await asyncio.gather(*(work(deadlines, 0) for _ in range(1000)))
        assert not deadlines._running
        deadlines.close()

    asyncio.run(story())
