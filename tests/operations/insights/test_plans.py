"""The requests of an analysis: whole pages by themselves, the newest first, and what is left together in few."""

from __future__ import annotations

from generator.vendor import RateWindow
from runtime.operations.insights.fetching import AT_ONCE, find_wait
from runtime.operations.insights.plans import MOST_TOGETHER, plan_requests
from runtime.operations.insights.questions import Question
from runtime.upstream.limits import Limits
from tests.builtin import builtin_catalog

TOOL = builtin_catalog().listings["quickbooks", "invoices"]
BIG, SMALL, LITTLE = "big", "small", "little"


def sizes(counts: dict[str, int], together: int = 30) -> list[list[tuple[str, int, int]]]:
    asked = [Question("transactions", name, TOOL) for name in counts]
    named = {each.name: counts[each.resource] for each in asked}
    planned = plan_requests(named, asked, 1_000, together)
    return [[(one.question.resource, one.start, one.count) for one in each] for each in planned]


def test_small_ones_are_asked_for_together_and_whole_pages_alone() -> None:
    assert sizes({BIG: 2_300, SMALL: 400, LITTLE: 200}) == [
        [("small", 0, 400), ("big", 2_000, 300), ("little", 0, 200)],
        [("big", 0, 1_000)],
        [("big", 1_000, 1_000)],
    ]


def test_no_request_asks_for_more_records_than_a_page_has() -> None:
    planned = sizes({BIG: 900, SMALL: 800, LITTLE: 150})

    assert all(sum(count for *_, count in each) <= MOST_TOGETHER for each in planned)
    assert len(planned) == 2


def test_the_newest_page_of_each_comes_before_the_older_ones() -> None:
    assert [each[0][:2] for each in sizes({BIG: 2_000, SMALL: 2_000})] == [
        ("big", 0),
        ("small", 0),
        ("big", 1_000),
        ("small", 1_000),
    ]


def test_a_vendor_that_takes_one_question_at_a_time_is_asked_so() -> None:
    assert sizes({SMALL: 400, LITTLE: 200}, together=0) == [[("small", 0, 400)], [("little", 0, 200)]]


def test_what_finds_nothing_is_not_asked_for() -> None:
    assert sizes({BIG: 0}) == []


def test_a_window_of_a_second_is_waited_for_and_one_of_a_minute_is_not() -> None:
    second, minute = RateWindow("second", 10, 1), RateWindow("minute", 500, 60)

    assert find_wait(Limits((minute, second), (400, AT_ONCE), (60, 1))) == 0
    assert find_wait(Limits((minute, second), (400, AT_ONCE - 1), (60, 1))) == 1
    assert find_wait(Limits((minute, second), (0, 10), (60, 1))) == 0
    assert find_wait(Limits((RateWindow("second", 2, 1),), (2,), (1,))) == 0
