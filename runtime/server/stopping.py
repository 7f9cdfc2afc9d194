"""When a server stops, and how long it waits. Called by `serve` and `workers`."""

from __future__ import annotations

import os
import sys

GRACE_SECONDS = 60
"""How long a stop waits for the calls under way: a write must come to its end."""


def is_terminal_gone() -> bool:
    """Return whether the terminal that standard output was is gone, which SIGHUP says as well."""
    try:
        os.tcgetpgrp(sys.stdout.fileno())
    except OSError:
        return True
    return False
