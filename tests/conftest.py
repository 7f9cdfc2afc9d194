"""What all tests share: clients that wait as long as a loaded machine takes, and the same made-up cases in each run.

`LEDGERPORT_TEST_RANDOM=1` makes other cases up, to look for more: a suite that is to be relied on does not do so.
"""

from __future__ import annotations

import os

import httpx2._config
from hypothesis import settings

PATIENCE_SECONDS = 120
"""The library's own 5 s are too short for 100 MB on a machine with several suites at once; no test wants a timeout."""

for _stage in ("connect", "read", "write", "pool"):
    setattr(httpx2._config.DEFAULT_TIMEOUT_CONFIG, _stage, PATIENCE_SECONDS)

settings.register_profile("same", derandomize=True)
settings.register_profile("random", derandomize=False)
settings.load_profile("random" if os.environ.get("LEDGERPORT_TEST_RANDOM") else "same")
