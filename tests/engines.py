"""The servers that tests start themselves, found on PATH.

`scripts/engines` installs what is missing where it may. A test of an engine that is not there is skipped, and the last
lines of the run say so; with LEDGERPORT_TEST_ENGINES=all, as in `.ci/run`, it fails.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

MISSING = "Left out: the tests on {}, which is not installed here (see scripts/engines)."


def find_program(*names: str) -> Path | None:
    """The first of some programs that is there."""
    found = (shutil.which(name) for name in names)
    return next((Path(each).resolve() for each in found if each), None)


def require_program(title: str, *names: str) -> Path:
    """The same; where it is not there, the test is skipped, or fails where all engines are wanted."""
    found = find_program(*names)
    if found is None and os.environ.get("LEDGERPORT_TEST_ENGINES") == "all":
        pytest.fail(MISSING.format(title))
    if found is None:
        pytest.skip(MISSING.format(title))
    return found


def find_free_port() -> int:
    """Return a port of the loopback interface that nobody listens on; a cluster uses another, 10,000 higher."""
    while True:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
            if port < 55_000:
                return port


def list_left_out(reasons: Sequence[str]) -> list[str]:
    """Return the line about each engine whose tests were skipped, from the reasons of all that were."""
    begin = MISSING.partition("{")[0]
    return sorted(
        {f"{begin}{reason.partition(begin)[2]}".rstrip("')") for reason in reasons if begin in reason}
    )
