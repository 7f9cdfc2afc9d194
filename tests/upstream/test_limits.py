"""The RateLimit fields, from counts and from a vendor's refusal."""

from __future__ import annotations

from generator.vendor import RateWindow
from runtime.model import WindowCount
from runtime.upstream.limits import Limits, measure, note_refusal

WINDOWS = (RateWindow("minute", 500, 60), RateWindow("second", 10, 1))


def test_the_fields_say_of_the_window_closest_to_its_end():
    limits = measure(WINDOWS, (WindowCount(100, 42.2), WindowCount(9, 0.4)))
    assert dict(limits.write_fields()) == {
        b"ratelimit-limit": b"10",
        b"ratelimit-remaining": b"1",
        b"ratelimit-reset": b"1",
        b"ratelimit-policy": b'"minute";q=500;w=60, "second";q=10;w=1',
        b"ratelimit": b'"second";r=1;t=1',
    }


def test_a_used_up_window_says_how_long_to_wait():
    limits = measure(WINDOWS, (WindowCount(500, 36.5), WindowCount(3, 0.9)))
    assert dict(limits.write_fields())[b"retry-after"] == b"37"
    assert limits.as_dict()["remaining"] == 0


def test_a_refusal_leaves_nothing_and_takes_the_longer_wait():
    limits = note_refusal(
        measure(WINDOWS, (WindowCount(10, 59.0), WindowCount(1, 1.0))), 60, is_from_vendor=False
    )
    assert dict(limits.write_fields())[b"ratelimit"] == b'"minute";r=0;t=60'
    assert limits.as_dict() | {"status": 429, "retry_after": 60, "refused_by": "vendor"} == limits.as_dict()


def test_a_refusal_is_laid_to_the_window_that_is_used_up():
    counted = measure(WINDOWS, (WindowCount(42, 50.0), WindowCount(10, 0.3)))
    assert (
        dict(note_refusal(counted, 60, is_from_vendor=False).write_fields())[b"ratelimit"]
        == b'"second";r=0;t=2'
    )
    assert (
        dict(note_refusal(counted, 60, is_from_vendor=True).write_fields())[b"ratelimit"]
        == b'"second";r=0;t=60'
    )


def test_a_vendor_without_windows_has_only_the_wait():
    assert Limits((), (), ()).write_fields() == []
    assert note_refusal(Limits((), (), ()), 7, is_from_vendor=True).write_fields() == [(b"retry-after", b"7")]
