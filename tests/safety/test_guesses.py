from __future__ import annotations

import pytest

from runtime.safety.guesses import MOST_FAILURES, WINDOW_SECONDS, Guesses, identify_client
from tests.deployment import HandClock


def fail(guesses: Guesses, address: str, times: int = MOST_FAILURES) -> list[int]:
    return [guesses.note(address) for _ in range(times)]


def test_an_address_is_slowed_down_after_its_limit_until_its_window_ends() -> None:
    clock = HandClock(100.0)
    guesses = Guesses(clock=clock)
    assert fail(guesses, "192.0.2.1") == [0] * MOST_FAILURES
    clock.pass_(WINDOW_SECONDS - 0.5)
    assert guesses.note("192.0.2.1") == 1
    clock.pass_(0.5)
    assert fail(guesses, "192.0.2.1") == [0] * MOST_FAILURES
    assert guesses.note("192.0.2.1") == WINDOW_SECONDS


def test_other_addresses_are_counted_apart() -> None:
    guesses = Guesses(clock=HandClock())
    fail(guesses, "192.0.2.1")
    assert guesses.note("192.0.2.2") == 0
    assert guesses.note("192.0.2.1") > 0


@pytest.mark.parametrize(
    ("address", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("192.0.2.1", "192.0.2.10", False),
        ("", "", True),
    ],
)
def test_a_client_is_an_ipv4_address_or_a_network_of_ipv6(address: str, other: str, is_same: bool) -> None:
    assert (identify_client(address) == identify_client(other)) is is_same


def test_no_more_addresses_are_counted_than_the_bound_and_the_latest_stay() -> None:
    guesses = Guesses(clock=HandClock(), most_addresses=100)
    fail(guesses, "busy")
    for number in range(1_000):
        guesses.note(f"10.0.{number // 250}.{number % 250}")
        assert guesses.note("busy") > 0
    assert len(guesses) == 100
