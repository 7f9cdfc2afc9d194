"""The one place where tests wait for something that another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 60.0
"""Seconds until a test gives up: far more than anything takes, on a machine with other work as well."""
PAUSE = 0.01

Value = TypeVar("Value")


def wait_for(read: Callable[[], Value], is_so: Callable[[Value], bool], patience: float = PATIENCE) -> Value:
    """Return the first value that fulfills the condition. Raises AssertionError with the last one after `patience`."""
    end = time.monotonic() + patience
    while not is_so(found := read()):
        assert time.monotonic() < end, f"it did not happen: {found!r:.500}"
        time.sleep(PAUSE)
    return found


def wait_until(is_so: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for something. Raises AssertionError when it does not happen."""
    wait_for(is_so, bool, patience)
