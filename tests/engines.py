"""Servers that tests start themselves: their programs, found on PATH, and what is left out where there is none.

`scripts/engines` installs them where it may. `LEDGERPORT_TEST_ENGINES=required`, as `.ci/run` sets it, makes a missing
one a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

LEFT_OUT = "left out, for this is not installed: "
"""How the reason of a test begins that was left out; the rest is the programs of which one is needed."""
MORE_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")
"""Where servers are installed that the PATH of a person need not name."""


def find_engine(names: Sequence[str]) -> Path:
    """Return the first of these programs that is installed. Leaves the test out, or fails it, where there is none."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *MORE_FOLDERS])
    for name in names:
        if found := shutil.which(name, path=path):
            return Path(found)
    missing = " or ".join(names)
    if os.environ.get("LEDGERPORT_TEST_ENGINES") == "required":
        pytest.fail(f"{missing} is needed; scripts/engines installs it")
    pytest.skip(LEFT_OUT + missing)


def describe_left_out(reasons: Sequence[str]) -> str:
    """Return the one line about tests that were left out; empty when none was."""
    missing = [reason.partition(LEFT_OUT)[2] for reason in reasons if LEFT_OUT in reason]
    if not missing:
        return ""
    wanted = ", ".join(sorted(set(missing)))
    return f"Left out: {len(missing)} tests, because this is not installed: {wanted} (scripts/engines installs it)."
